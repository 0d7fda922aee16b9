//! System calls on RISC-V: `ecall` with the registers that [`leasehold_abi::Call`] names.

use super::Message;
use core::arch::asm;
use leasehold_abi::{Call, Tag};

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
                    "ecall",
                    in("a7") number as usize,
                    $(in($register) $argument,)*
                    lateout("a0") status, lateout("a1") first, lateout("a2") second,
                    lateout("a3") _, lateout("a4") _, lateout("a5") _, lateout("a6") _,
                    lateout("a7") _, lateout("t0") _, lateout("t1") _, lateout("t2") _,
                    lateout("t3") _, lateout("t4") _, lateout("t5") _, lateout("t6") _,
                    options(nostack),
                );
            }
            [status, first, second]
        }
    };
}

stub!(call0,);
stub!(call1, "a0": a);
stub!(call2, "a0": a, "a1": b);
stub!(call3, "a0": a, "a1": b, "a2": c);
stub!(call4, "a0": a, "a1": b, "a2": c, "a3": d);
stub!(call5, "a0": a, "a1": b, "a2": c, "a3": d, "a4": e);

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
    let [
        mut w0,
        mut w1,
        mut w2,
        mut w3,
        mut w4,
        mut w5,
        mut w6,
        mut w7,
    ] = message.words;
    let mut tag = message.tag.raw();
    // SAFETY: as above; the message registers are operands in both directions.
    unsafe {
        asm!(
            "ecall",
            in("a7") number as usize,
            inlateout("a0") a => status, inlateout("a1") b => first, inlateout("a2") c => second,
            inlateout("s2") w0, inlateout("s3") w1, inlateout("s4") w2, inlateout("s5") w3,
            inlateout("s6") w4, inlateout("s7") w5, inlateout("s8") w6, inlateout("s9") w7,
            inlateout("s10") tag,
            lateout("a3") _, lateout("a4") _, lateout("a5") _, lateout("a6") _,
            lateout("a7") _, lateout("t0") _, lateout("t1") _, lateout("t2") _,
            lateout("t3") _, lateout("t4") _, lateout("t5") _, lateout("t6") _,
            lateout("ra") _, lateout("s11") _,
            options(nostack),
        );
    }
    *message = Message {
        tag: Tag::from_raw(tag),
        words: [w0, w1, w2, w3, w4, w5, w6, w7],
    };
    [status, first, second]
}

/// Waits for a message or a notification. There is no message to send.
///
/// # Safety
/// As for a call without a message.
#[inline(always)]
pub(super) unsafe fn receive(a: usize, b: usize, c: usize, message: &mut Message) -> [usize; 3] {
    let (status, first, second): (usize, usize, usize);
    let (w0, w1, w2, w3, w4, w5, w6, w7, tag): (_, _, _, _, _, _, _, _, usize);
    // SAFETY: as above; the message registers are results.
    unsafe {
        asm!(
            "ecall",
            in("a7") Call::Receive as usize,
            inlateout("a0") a => status, inlateout("a1") b => first, inlateout("a2") c => second,
            lateout("s2") w0, lateout("s3") w1, lateout("s4") w2, lateout("s5") w3,
            lateout("s6") w4, lateout("s7") w5, lateout("s8") w6, lateout("s9") w7,
            lateout("s10") tag,
            lateout("a3") _, lateout("a4") _, lateout("a5") _, lateout("a6") _,
            lateout("a7") _, lateout("t0") _, lateout("t1") _, lateout("t2") _,
            lateout("t3") _, lateout("t4") _, lateout("t5") _, lateout("t6") _,
            lateout("ra") _, lateout("s11") _,
            options(nostack),
        );
    }
    // A notification has no message: nothing is stored.
    if first as u32 != u32::MAX {
        *message = Message {
            tag: Tag::from_raw(tag),
            words: [w0, w1, w2, w3, w4, w5, w6, w7],
        };
    }
    [status, first, second]
}
