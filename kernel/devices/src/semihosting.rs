//! Turns the machine off through the debugger, or emulator, that runs it (Semihosting for AArch32 and AArch64, 100863:
//! `SYS_EXIT_EXTENDED`, section 7.7).
//!
//! QEMU 7.2 supports it with `-semihosting-config enable=on` (semihosting/arm-compat-semi.c), only for privileged code
//! (target/arm/translate.c, `trans_BKPT`).

use core::arch::asm;

const EXIT_EXTENDED: usize = 0x20;
/// `ADP_Stopped_ApplicationExit`.
const APPLICATION_EXIT: usize = 0x2_0026;

/// Ends the emulator with this exit code. Without semihosting it returns, or is a fault.
pub fn exit(code: u32) {
    let block = [APPLICATION_EXIT, code as usize];
    // SAFETY: the call reads the block, and answers in r0.
    unsafe {
        asm!(
            "bkpt 0xab",
            inlateout("r0") EXIT_EXTENDED => _,
            in("r1") block.as_ptr(),
            options(nostack, readonly),
        );
    }
}
