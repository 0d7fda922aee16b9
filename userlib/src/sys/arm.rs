//! System calls on Arm: `svc` with the registers that [`leasehold_abi::Call`] names.

use super::Message;
use core::arch::asm;
use core::mem::offset_of;
use leasehold_abi::Call;

/// Makes a call that has no message; unused arguments cost nothing.
macro_rules! stub {
    ($name:ident, $($register:tt: $argument:ident),*) => {
        /// Makes the call with these arguments.
        ///
        /// # Safety
        /// Arguments that are addresses name memory that the kernel may read or write
        /// as the call says, for the time of the call.
        #[inline(always)]
        pub(super) unsafe fn $name(number: Call, $($argument: usize),*) -> [usize; 3] {
            let (status, first, second): (usize, usize, usize);
            // SAFETY: the kernel keeps every register not named here and touches memory only as the caller allows.
            unsafe {
                asm!(
                    "svc 0",
                    in("r12") number as usize,
                    $(in($register) $argument,)*
                    lateout("r0") status, lateout("r1") first, lateout("r2") second,
                    lateout("r3") _, lateout("r12") _,
                    options(nostack, preserves_flags),
                );
            }
            [status, first, second]
        }
    };
}

stub!(call0,);
stub!(call1, "r0": a);
stub!(call2, "r0": a, "r1": b);
stub!(call3, "r0": a, "r1": b, "r2": c);
stub!(call4, "r0": a, "r1": b, "r2": c, "r3": d);
stub!(call5, "r0": a, "r1": b, "r2": c, "r3": d, "r4": e);

// The stub loads and stores `r3` to `r11` in one instruction each: the tag, then the words.
const _: () = assert!(offset_of!(Message, tag) == 0 && offset_of!(Message, words) == 4);

/// Makes a call that sends a message, receives one, or both.
///
/// # Safety
/// As for a call without: `b` and `c` of [`Call::Call`] name a valid list of borrows.
#[inline(always)]
pub(super) unsafe fn message(
    number: Call,
    a: usize,
    b: usize,
    c: usize,
    message: &mut Message,
) -> [usize; 3] {
    let (status, first, second): (usize, usize, usize);
    // SAFETY: as above; `Message` is what the registers are loaded from and stored to. `r6`, `r7` and
    // `r11` may not be operands (the compiler may have a base or frame pointer there), so they are saved by hand.
    unsafe {
        asm!(
            "push {{r3, r6, r7, r11}}",
            "ldm r3, {{r3-r11}}",
            "svc 0",
            "ldr r12, [sp]",
            "stm r12, {{r3-r11}}",
            "pop {{r3, r6, r7, r11}}",
            in("r12") number as usize,
            inlateout("r0") a => status, inlateout("r1") b => first, inlateout("r2") c => second,
            in("r3") message,
            lateout("r3") _, lateout("r4") _, lateout("r5") _, lateout("r8") _, lateout("r9") _,
            lateout("r10") _, lateout("r12") _,
            options(preserves_flags),
        );
    }
    [status, first, second]
}

/// Waits for a message or a notification.
///
/// # Safety
/// As for a call without a message.
#[inline(always)]
pub(super) unsafe fn receive(a: usize, b: usize, c: usize, message: &mut Message) -> [usize; 3] {
    // SAFETY: as above; a receive has no address among its arguments.
    unsafe { self::message(Call::Receive, a, b, c, message) }
}
