//! The rate of [`sys::time`](crate::sys::time), and milliseconds instead of ticks.

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
    crate::sys::time() / (TICKS_PER_SECOND / 1000)
}

/// This many milliseconds as ticks.
pub const fn ticks(milliseconds: u64) -> u64 {
    milliseconds.saturating_mul(TICKS_PER_SECOND / 1000)
}

/// The time, in ticks since boot, this many milliseconds from now.
pub fn after(milliseconds: u64) -> u64 {
    crate::sys::time().saturating_add(ticks(milliseconds))
}
