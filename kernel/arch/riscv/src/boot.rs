//! From the firmware to Rust in the upper half.
//!
//! OpenSBI enters at the image's physical address, in supervisor mode, with translation and interrupts
//! off, the hart's number in `a0` and the device tree's address in `a1` (SBI 1.0, chapter 9; RISC-V boot convention).
//! The kernel image defines `LEASEHOLD_BOOT_PAGES`, a physical address in each gigapage that it needs, and
//! `leasehold_boot(hart, device tree) -> first task's register file`.

use crate::{DIRECT_MAP, Entry, Permission, RegisterFile, Table, csr};
use core::mem::{MaybeUninit, offset_of};

/// Bytes of the kernel's stack.
const STACK_SIZE: usize = 16 * 1024;

/// How many gigapages the boot code maps.
pub const BOOT_PAGES: usize = 4;

/// The root table until a task runs.
static mut BOOT_TABLE: Table = Table::EMPTY;

/// The kernel's stack and above it, where the trap vector expects it, a register file for
/// faults of the kernel itself.
#[repr(C, align(16))]
struct Stack {
    bytes: MaybeUninit<[u8; STACK_SIZE]>,
    registers: MaybeUninit<RegisterFile>,
}

/// Used by the entry code alone, through its symbol.
static mut STACK: Stack = Stack {
    bytes: MaybeUninit::uninit(),
    registers: MaybeUninit::uninit(),
};

core::arch::global_asm!(
    include_str!("boot.s"),
    STACK = sym STACK,
    BOOT_TABLE = sym BOOT_TABLE,
    BOOT_PAGES = const BOOT_PAGES,
    LEAF = const Entry::leaf(0, Permission::Kernel).bits(),
    STACK_SIZE = const STACK_SIZE,
    KERNEL_STACK = const offset_of!(RegisterFile, kernel_stack),
    DIRECT_MAP = const DIRECT_MAP,
    // Interrupts on and user mode after the first `sret`; floating point and vectors off, no access to tasks' pages.
    STATUS = const csr::STATUS_PREVIOUS_INTERRUPTS,
    SV39 = const csr::SATP_SV39,
);

/// The kernel's stack pointer at entry.
pub fn stack_top() -> usize {
    &raw const STACK as usize + STACK_SIZE
}
