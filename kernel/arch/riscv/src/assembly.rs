//! The boot code and the trap vector, put together for the mode that the kernel runs in.

use crate::boot::{STACK, STACK_SIZE};
use crate::{FloatingRegisters, RegisterFile, csr};
use core::mem::offset_of;
use leasehold_abi::Call;
use leasehold_arch_common::QUICK;

/// `boot.s` and `trap.s` with the file that has the mode's instructions, and what that file names.
macro_rules! assembly {
    ($mode:literal, $($operands:tt)*) => {
        core::arch::global_asm!(
            include_str!($mode),
            include_str!("boot.s"),
            include_str!("trap.s"),
            include_str!("floating.s"),
            WORD = const size_of::<usize>(),
            STATUS = const csr::STATUS,
            ENABLE = const csr::ENABLE,
            VECTOR = const csr::VECTOR,
            SCRATCH = const csr::SCRATCH,
            PC_REGISTER = const csr::PROGRAM_COUNTER,
            CAUSE = const csr::CAUSE,
            VALUE = const csr::VALUE,
            // Interrupts on and user mode after the first return; floating point and vectors off, no access to tasks'
            // pages.
            PREVIOUS_INTERRUPTS = const csr::STATUS_PREVIOUS_INTERRUPTS,
            STACK = sym STACK,
            STACK_SIZE = const STACK_SIZE,
            X = const offset_of!(RegisterFile, x),
            SPACE = const offset_of!(RegisterFile, address_space),
            INTERRUPTED = const offset_of!(RegisterFile, interrupted),
            KERNEL_STACK = const offset_of!(RegisterFile, kernel_stack),
            FLOATING = const offset_of!(RegisterFile, floating),
            F = const offset_of!(FloatingRegisters, f),
            FCSR = const offset_of!(FloatingRegisters, fcsr),
            UNIT = const csr::STATUS_FLOATING_POINT,
            CALL = const Call::Call as usize,
            REPLY_RECEIVE = const Call::ReplyReceive as usize,
            QUICK = const QUICK,
            ECALL_FROM_USER = const 8,
            $($operands)*
        );
    };
}

#[cfg(target_arch = "riscv64")]
assembly!(
    "supervisor.s",
    BOOT_TABLE = sym crate::boot::BOOT_TABLE,
    BOOT_PAGES = const crate::boot::BOOT_PAGES,
    LEAF = const crate::Entry::leaf(0, crate::Permission::Kernel).bits(),
    DIRECT_MAP = const crate::DIRECT_MAP,
    SV39 = const csr::SATP_SV39,
);

#[cfg(target_arch = "riscv32")]
assembly!(
    "machine.s",
    LOADER = const offset_of!(crate::pmp::Image, loader),
    ADDRESSES = const offset_of!(crate::pmp::Image, address),
    CONFIGURATIONS = const offset_of!(crate::pmp::Image, configuration),
);
