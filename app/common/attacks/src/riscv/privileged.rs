//! Instructions of privileged modes, and of extensions that a task does not have
//! (The RISC-V Instruction Set Manual, Volume II: Privileged Architecture, 20211203).
//!
//! Each is expected to fault. One that returns reports what it left in a register.

use super::memory::{atomic, stack_overflow};
use super::system::{fault_with_stack, system_call_with_stack};
use crate::Attack;
use core::arch::asm;

/// Executes an instruction that leaves nothing behind.
macro_rules! instruction {
    ($text:literal) => {{
        // SAFETY: the point is to fault. An instruction that a broken kernel lets pass
        // changes machine state that no Rust object of this task depends on.
        unsafe { asm!($text) }
        0
    }};
}

/// Reads a control and status register.
macro_rules! read {
    ($name:literal) => {{
        let value: usize;
        // SAFETY: the point is to fault; if it does not, it is a plain read.
        unsafe { asm!(concat!("csrr {}, ", $name), out(reg) value) }
        value
    }};
}

/// Writes a control and status register.
macro_rules! write {
    ($name:literal, $value:expr) => {{
        let value: usize = $value;
        // SAFETY: the point is to fault; if it does not, the next trap goes astray, and the run
        // with it, which is a failed test.
        unsafe { asm!(concat!("csrw ", $name, ", {}"), in(reg) value) }
        0
    }};
}

/// Executes an attack; gives what it left in a register, or nothing when it is not one of this
/// instruction set.
pub fn execute(attack: Attack, argument: usize) -> Option<usize> {
    Some(match attack {
        Attack::Illegal => instruction!("unimp"),
        Attack::Breakpoint => instruction!("ebreak"),
        // Illegal in user mode where supervisor mode exists (section 3.3.3).
        Attack::WaitForInterrupt => instruction!("wfi"),
        // `fmv.w.x ft0, zero`, by its encoding, since tasks are built without that extension.
        Attack::FloatingPoint => instruction!(".4byte 0xf0000053"),
        Attack::MisalignedAtomic => atomic(argument),
        Attack::StackOverflow => stack_overflow(),
        Attack::LargeFrame => crate::large_frame(),
        Attack::WildStack => {
            system_call_with_stack(leasehold_abi::Call::TaskSelf as usize, argument)
        }
        Attack::FaultWithWildStack => fault_with_stack(argument),
        Attack::ReadStatus => read!("sstatus"),
        Attack::ReadScratch => read!("sscratch"),
        Attack::WriteTranslation => write!("satp", 0),
        Attack::WriteTrapVector => write!("stvec", argument),
        Attack::SupervisorReturn => instruction!("sret"),
        Attack::FenceTranslation => instruction!("sfence.vma zero, zero"),
        Attack::ReadMachineStatus => read!("mstatus"),
        Attack::ReadMachineScratch => read!("mscratch"),
        Attack::WriteMachineTrapVector => write!("mtvec", argument),
        Attack::WriteProtectionAddress => write!("pmpaddr0", argument),
        Attack::WriteProtectionRights => write!("pmpcfg0", argument),
        Attack::MachineReturn => instruction!("mret"),
        Attack::ReadTranslation => read!("satp"),
        Attack::ReadProtectionAddress => read!("pmpaddr0"),
        _ => return None,
    })
}
