//! From the firmware, or the reset vector, to Rust.
//!
//! On RV64, OpenSBI enters at the image's physical address, in supervisor mode, with translation and interrupts off,
//! the hart's number in `a0` and the device tree's address in `a1` (SBI 1.0, chapter 9; RISC-V boot convention). The
//! boot code continues in the upper half. The kernel image defines `LEASEHOLD_BOOT_PAGES`, an entry of the root table
//! for each gigapage that it needs. Before that it calls the image's `leasehold_processor()`, which may stop the
//! machine. That function runs at physical addresses, where the image is not linked: code and data are found from the
//! program counter, but no address that is kept in memory is right.
//!
//! With Sv39 what runs at boot alone, the section `.init`, lies right below the kernel's stack (`sv39.ld`). There the
//! stack grows over it, once the boot is over.
//!
//! On RV32 the reset vector enters in the same way, in machine mode, at the image's address.
//!
//! Either way, the image defines `leasehold_boot(hart, device tree) -> first task's register file`.

use crate::RegisterFile;
#[cfg(target_arch = "riscv64")]
use crate::{Attributes, Entry, Permission, Table, WINDOW_MASK, csr};
use core::mem::MaybeUninit;

/// Bytes of the kernel's stack; with Sv39 those of `.init` come on top, once the boot is over.
pub(crate) const STACK_SIZE: usize = if cfg!(target_arch = "riscv64") {
    14 * 1024
} else {
    16 * 1024
};

/// How many gigapages the boot code maps.
#[cfg(target_arch = "riscv64")]
pub const BOOT_PAGES: usize = 4;

/// The root table until a task runs.
#[cfg(target_arch = "riscv64")]
pub(crate) static mut BOOT_TABLE: Table = Table::EMPTY;

/// A gigapage of the kernel in the boot table: that with this physical address.
#[cfg(target_arch = "riscv64")]
pub const fn gigapage<A: Attributes>(address: usize) -> Entry {
    let first = address as u64 & !(GIGAPAGE - 1);
    Entry::leaf(first, Permission::Kernel).attributed::<A>()
}

/// Bytes of a gigapage.
#[cfg(target_arch = "riscv64")]
const GIGAPAGE: u64 = 1 << 30;

/// Maps one more gigapage for the kernel, until a task runs.
///
/// # Safety
/// Call it at boot, before any task's table is in use.
#[cfg(target_arch = "riscv64")]
pub unsafe fn map<A: Attributes>(address: usize) {
    let index = (address as u64 & WINDOW_MASK) / GIGAPAGE;
    // SAFETY: at boot nothing else uses the table but the hardware, which reads whole entries.
    unsafe {
        (&raw mut BOOT_TABLE)
            .cast::<Entry>()
            .add(256 + index as usize)
            .write_volatile(gigapage::<A>(address));
    }
    csr::fence_all();
}

/// The kernel's stack and above it, where the trap vector expects it, a register file for
/// faults of the kernel itself.
#[repr(C, align(16))]
pub(crate) struct Stack {
    bytes: MaybeUninit<[u8; STACK_SIZE]>,
    registers: MaybeUninit<RegisterFile>,
}

/// Used by the entry code alone, through its symbol.
#[unsafe(link_section = ".bss.stack")]
pub(crate) static mut STACK: Stack = Stack {
    bytes: MaybeUninit::uninit(),
    registers: MaybeUninit::uninit(),
};

/// The kernel's stack pointer at entry.
pub fn stack_top() -> usize {
    &raw const STACK as usize + STACK_SIZE
}
