//! Calls to the firmware (SBI 1.0).

use core::arch::asm;

/// Base Extension, section 4: its functions for `mvendorid`, `marchid` and `mimpid`.
const BASE: usize = 0x10;
const IDENTITIES: [usize; 3] = [4, 5, 6];
/// Legacy Extensions, section 5.2: prints a character. Every firmware that the boards have still knows it.
const PRINT: usize = 1;
/// Timer Extension, section 6.
const TIMER: usize = 0x5449_4d45;
/// System Reset Extension, section 10.
const RESET: usize = 0x5352_5354;

/// # Safety
/// The call must not let the firmware change memory or the execution of this hart in
/// a way that Rust does not expect.
unsafe fn call(extension: usize, function: usize, first: usize, second: usize) -> (usize, usize) {
    let (error, value);
    // SAFETY: the firmware keeps all registers but a0 and a1 (chapter 3); the rest is the caller's promise.
    unsafe {
        asm!(
            "ecall",
            inlateout("a0") first => error,
            inlateout("a1") second => value,
            in("a6") function,
            in("a7") extension,
            options(nostack),
        );
    }
    (error, value)
}

/// The processor's `mvendorid`, `marchid` and `mimpid`.
pub fn identity() -> [usize; 3] {
    // SAFETY: reads.
    IDENTITIES.map(|function| unsafe { call(BASE, function, 0, 0) }.1)
}

/// Prints on the firmware's console.
pub fn print(bytes: &[u8]) {
    for byte in bytes {
        // SAFETY: sends a character.
        unsafe { call(PRINT, 0, usize::from(*byte), 0) };
    }
}

/// Sets the timer to interrupt at `ticks`, and takes back a pending interrupt.
pub fn set_timer(ticks: u64) {
    // SAFETY: programs a timer; the interrupt is only ever taken out of a task.
    unsafe { call(TIMER, 0, ticks as usize, 0) };
}

/// Shuts the machine down, or resets it. Returns if the firmware cannot.
pub fn reset(reset: bool) {
    // SAFETY: the machine stops, or nothing happens. Type 0 is shutdown, 1 a cold reboot; reason 0 is none.
    unsafe { call(RESET, 0, usize::from(reset), 0) };
}
