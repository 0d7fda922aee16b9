//! The rate of [`sys::time`](crate::sys::time), milliseconds and microseconds instead of ticks, and waiting for a
//! device that does not interrupt.

use crate::sys::{Error, time};

/// Ticks of [`sys::time`](crate::sys::time) in a second: the chip file's `ticks-per-second`,
/// which the build gives to every task. On the host, where no time passes by itself, 10 MHz.
pub const TICKS_PER_SECOND: u64 = match option_env!("LEASEHOLD_TICKS_PER_SECOND") {
    Some(text) => match u64::from_str_radix(text, 10) {
        Ok(ticks) => ticks,
        Err(_) => panic!("LEASEHOLD_TICKS_PER_SECOND is not a number"),
    },
    None => 10_000_000,
};

/// Milliseconds since boot.
pub fn milliseconds() -> u64 {
    time() / (TICKS_PER_SECOND / 1000)
}

/// This many milliseconds as ticks.
pub const fn ticks(milliseconds: u64) -> u64 {
    milliseconds.saturating_mul(TICKS_PER_SECOND / 1000)
}

/// The time, in ticks since boot, this many milliseconds from now.
pub fn after(milliseconds: u64) -> u64 {
    time().saturating_add(ticks(milliseconds))
}

/// This many microseconds as ticks, rounded up.
pub const fn ticks_of_microseconds(microseconds: u64) -> u64 {
    const MILLION: u64 = 1_000_000;
    if TICKS_PER_SECOND.is_multiple_of(MILLION) {
        // No division, which is long on a processor of 32 bits.
        microseconds.saturating_mul(TICKS_PER_SECOND / MILLION)
    } else {
        microseconds
            .saturating_mul(TICKS_PER_SECOND)
            .div_ceil(MILLION)
    }
}

/// The time, in ticks since boot, this many microseconds from now.
pub fn after_microseconds(microseconds: u64) -> u64 {
    time().saturating_add(ticks_of_microseconds(microseconds))
}

/// Looks at the device again and again until there is a result, or this time (in ticks since boot) has come.
///
/// It looks first, and once more after the time has come: a driver that did not run for a while takes no device for
/// one that is late. It does not let tasks of lower priority run, so it is for waits that are short: for the others
/// there are interrupts, timers and [`sleep`](crate::future::sleep).
///
/// ```
/// use userlib::io::{Readable, Window};
/// use userlib::{Error, time};
///
/// userlib::register_fields! { u32, Status [RESET OFFSET(0) NUMBITS(1) []] }
/// userlib::registers! {
///     struct Block: 4 {
///         status: ReadOnly<u32, Status> = 0;
///     }
/// }
/// fn reset_is_over(window: &Window<'_, 4>) -> Result<(), Error> {
///     let block = Block::new(window);
///     time::poll_until(time::after_microseconds(500), || {
///         (!block.status().is_set(Status::RESET)).then_some(())
///     })
/// }
/// ```
///
/// # Errors
/// `TimedOut`.
pub fn poll_until<T>(deadline: u64, mut look: impl FnMut() -> Option<T>) -> Result<T, Error> {
    let mut looks = 0_u64;
    loop {
        // On the host no time passes by itself, so there each look takes a microsecond.
        let passed = if cfg!(target_os = "none") {
            0
        } else {
            ticks_of_microseconds(looks)
        };
        let over = time() + passed >= deadline;
        if let Some(result) = look() {
            return Ok(result);
        }
        if over {
            return Err(Error::TimedOut);
        }
        looks += 1;
    }
}

/// Lets at least this many microseconds pass, for hardware that needs them between two accesses. As with
/// [`poll_until`], tasks of lower priority do not run meanwhile.
pub fn delay_microseconds(microseconds: u64) {
    // The tick that has begun already does not count.
    let deadline = after_microseconds(microseconds).saturating_add(1);
    let _ = poll_until::<()>(deadline, || None);
}

#[cfg(test)]
mod tests;
