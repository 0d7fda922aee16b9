//! Instructions of privileged code, of the other state, and of extensions that a task does not have
//! (Armv7-M Architecture Reference Manual, DDI 0403E.e; Armv8-M, DDI 0553B.x).
//!
//! Unlike on RISC-V, some do not fault in an unprivileged task: a write of a special register is
//! ignored (B5.2.3, `MSR`), and so is `CPS` (B5.2.1). They report what is read back, for a test to compare.

use super::memory::{atomic, stack_overflow, stack_pointer};
use super::system::{fault_with_stack, system_call_with_stack};
use crate::Attack;
use core::arch::asm;

/// Executes an instruction that leaves nothing behind.
macro_rules! instruction {
    ($text:literal) => {{
        // SAFETY: the point is to fault, or to have no effect. What a broken kernel lets pass changes
        // machine state that no Rust object of this task depends on.
        unsafe { asm!($text) }
        0
    }};
}

/// Executes an instruction, with the argument in a register, then reads a special register.
macro_rules! special {
    ($text:literal, $register:literal, $argument:expr) => {{
        let argument: usize = $argument;
        let value: usize;
        // SAFETY: as above; a task has no right to change special registers, and the test looks.
        unsafe {
            asm!(
                $text,
                "isb",
                concat!("mrs {value}, ", $register),
                argument = in(reg) argument,
                value = out(reg) value,
            );
        }
        value
    }};
}

/// Loads more than one register from an address.
macro_rules! several {
    ($text:literal, $address:expr) => {{
        // SAFETY: the point is to fault; otherwise only these registers change.
        unsafe { asm!($text, in("r0") $address, out("r1") _, out("r2") _) }
        0
    }};
}

/// Branches to an even address, which means the Non-secure state (Armv8-M, C2.4.22 and C2.4.24), by an
/// instruction's encoding, since other processors do not have it.
macro_rules! state_change {
    ($text:literal, $address:expr) => {{
        // SAFETY: the point is to fault. All that a call of code made of integers may change is declared.
        unsafe {
            asm!(
                $text, inlateout("r0") $address & !1 => _,
                out("r1") _, out("r2") _, out("r3") _, out("r12") _, out("lr") _,
            )
        }
        0
    }};
}

/// Sets `CONTROL.SFPA`, which is the task's to set (Armv8-M, D1.2.5), loads floating-point registers by `vlldm` from
/// 136 bytes at a multiple of 8, and makes a call; gives its status.
fn long_frame(from: usize) -> usize {
    let status: usize;
    // SAFETY: the point is a frame that the kernel does not expect: the stack pointer may not come back to its place,
    // and is put there. No function of a task that is made of integers keeps anything in floating-point registers.
    unsafe {
        asm!(
            "movs r1, #8",
            "msr CONTROL, r1",
            "isb",
            ".inst.w 0xec300a00",
            "mov r5, sp",
            "mov r12, #0",
            "svc 0",
            "mov sp, r5",
            inlateout("r0") from => status,
            out("r1") _, out("r2") _, out("r3") _, out("r5") _, out("r12") _,
        );
    }
    status
}

/// Executes an attack; gives what it left in a register, or nothing when it is not one of this
/// instruction set.
pub fn execute(attack: Attack, argument: usize) -> Option<usize> {
    Some(match attack {
        Attack::Illegal => instruction!("udf #0"),
        Attack::Breakpoint => instruction!("bkpt #0"),
        Attack::WaitForInterrupt => instruction!("wfi"),
        // `vmov s0, r0`, by its encoding, since tasks are built without that extension.
        Attack::FloatingPoint => instruction!(".inst.w 0xee000a10"),
        Attack::MisalignedAtomic => atomic(argument),
        Attack::StackOverflow => stack_overflow(),
        Attack::LargeFrame => crate::large_frame(),
        Attack::WildStack => {
            system_call_with_stack(leasehold_abi::Call::TaskSelf as usize, 0, argument)
        }
        Attack::FaultWithWildStack => fault_with_stack(argument),
        Attack::WriteControl => special!("msr CONTROL, {argument}", "CONTROL", argument),
        Attack::WriteProcessStack => {
            let before = stack_pointer();
            let _ = special!("msr PSP, {argument}", "APSR", argument);
            stack_pointer().wrapping_sub(before)
        }
        Attack::WriteMainStack => special!("msr MSP, {argument}", "MSP", argument),
        Attack::WriteBasePriority => special!("msr BASEPRI, {argument}", "BASEPRI", argument),
        Attack::DisableInterrupts => special!("cpsid i /* {argument} */", "PRIMASK", argument),
        Attack::DisableFaults => special!("cpsid f /* {argument} */", "FAULTMASK", argument),
        Attack::LeaveThumb => {
            // SAFETY: the point is to fault.
            unsafe { asm!("bx {}", in(reg) argument & !1, options(noreturn)) }
        }
        Attack::ExceptionReturn => {
            // SAFETY: the point is to fault.
            unsafe { asm!("bx {}", in(reg) argument, options(noreturn)) }
        }
        Attack::MisalignedPair => several!("ldrd r1, r2, [r0]", argument),
        Attack::MisalignedMultiple => several!("ldm r0, {{r1, r2}}", argument),
        Attack::Semihosting => {
            // SAFETY: the point is to fault. `SYS_EXIT`, with the reason "application exit"
            // (Arm, Semihosting for AArch32 and AArch64, 6.8).
            unsafe { asm!("bkpt #0xab", inlateout("r0") 0x18 => _, in("r1") 0x20026) }
            0
        }
        Attack::ReceiveWithStack => {
            let mask = leasehold_abi::Notifications::LEASE.register();
            system_call_with_stack(leasehold_abi::Call::Receive as usize, mask, argument)
        }
        Attack::NonSecureBranch => state_change!(".inst.n 0x4704", argument),
        Attack::NonSecureCall => state_change!(".inst.n 0x4784", argument),
        Attack::Halt => {
            // SAFETY: as for `Semihosting`.
            unsafe { asm!(".inst.n 0xbabc", inlateout("r0") 0x18 => _, in("r1") 0x20026) }
            0
        }
        Attack::LongFrame => long_frame(argument),
        _ => return None,
    })
}
