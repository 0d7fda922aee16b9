//! Registers that supervisor mode alone has: address translation, and the timer of Sstc.

use core::arch::asm;

/// `satp`: translation by Sv39.
pub const SATP_SV39: usize = 8 << 60;
const SATP_SPACE_SHIFT: u32 = 44;
const SATP_SPACE_MASK: usize = 0xffff;
/// The `satp` of an address space: root table's physical page number, and identifier.
pub const fn satp(root: u64, space: usize) -> usize {
    SATP_SV39 | space << SATP_SPACE_SHIFT | root as usize
}

/// The highest address space identifier that the hart supports: 0 if it has none.
///
/// Call it before any task runs: translations are cached under the identifiers tried.
pub fn highest_space() -> usize {
    let (old, found): (usize, usize);
    // SAFETY: the root table stays the same and the kernel's pages are global, so every
    // fetch and access is translated as before, whatever the identifier.
    unsafe {
        asm!(
            "csrr {old}, satp",
            "or {new}, {old}, {mask}",
            "csrw satp, {new}",
            "csrr {new}, satp",
            "csrw satp, {old}",
            "sfence.vma",
            old = out(reg) old,
            new = out(reg) found,
            mask = in(reg) SATP_SPACE_MASK << SATP_SPACE_SHIFT,
            options(nostack),
        );
    }
    let _ = old;
    found >> SATP_SPACE_SHIFT & SATP_SPACE_MASK
}

/// Makes changes to an address space's tables visible, and drops its cached translations.
#[inline(always)]
pub fn fence(space: usize) {
    // SAFETY: only drops cached translations; memory named by Rust is mapped by global pages that never change.
    unsafe { asm!("sfence.vma zero, {}", in(reg) space, options(nostack)) }
}

/// Makes changes to all address spaces' tables visible, the kernel's own pages included.
pub fn fence_all() {
    // SAFETY: only drops cached translations.
    unsafe { asm!("sfence.vma", options(nostack)) }
}

/// Tries one instruction, which leaves 0 in the operand `found` if it traps, and 1 if not. Interrupts are off, so no
/// other instruction can trap.
macro_rules! attempt {
    ($instruction:literal, $($operands:tt)*) => {
        asm!(
            "csrr {status}, sstatus",
            "la {vector}, 2f",
            "csrrw {vector}, stvec, {vector}",
            "li {found}, 0",
            $instruction,
            "li {found}, 1",
            ".balign 4",
            "2:",
            "csrw stvec, {vector}",
            "csrw sstatus, {status}",
            status = out(reg) _,
            vector = out(reg) _,
            $($operands)*
            options(nostack),
        )
    };
}

/// Whether this hart has a timer of its own for supervisor mode (Sstc), and the firmware lets it be used.
///
/// Call it at boot, with interrupts off. Without such a timer the attempt traps, and this function handles the trap.
pub fn has_timer() -> bool {
    let found: usize;
    // SAFETY: with interrupts off only the write to `stimecmp` can trap, and the vector is
    // then the label behind it. Vector and status are put back before anything else can trap.
    unsafe {
        attempt!(
            "csrw 0x14d, {never}",
            found = out(reg) found,
            never = in(reg) usize::MAX,
        );
    }
    found != 0
}

/// Sets the timer to interrupt at `ticks`, and takes back a pending interrupt (Sstc 1.0, `stimecmp`). Only if
/// [`has_timer`].
#[inline(always)]
pub fn set_timer(ticks: u64) {
    // SAFETY: programs a timer; the interrupt is only ever taken out of a task.
    unsafe { asm!("csrw 0x14d, {}", in(reg) ticks, options(nostack)) }
}

/// The `time` counter, in ticks.
#[inline(always)]
pub fn time() -> u64 {
    let ticks: u64;
    // SAFETY: reads a counter.
    unsafe { asm!("csrr {}, time", out(reg) ticks, options(nomem, nostack)) }
    ticks
}

/// T-Head's `sxstatus`, in which supervisor mode sees how machine mode has set up the processor (openC910 RTL,
/// `ct_cp0_regs.v`). Only on a processor of theirs: elsewhere the read is an illegal instruction.
pub fn extended_status() -> usize {
    let status;
    // SAFETY: reads a register.
    unsafe { asm!("csrr {}, 0x5c0", out(reg) status, options(nomem, nostack)) }
    status
}

/// Reads 32 bits of a device that may refuse it: none if the read traps.
///
/// Call it at boot, with interrupts off.
///
/// # Safety
/// The address must be mapped, be a multiple of 4, and be a register that a read does not change.
pub unsafe fn try_read(address: usize) -> Option<u32> {
    let (value, found): (u32, usize);
    // SAFETY: as for `has_timer`; the caller promises the rest.
    unsafe {
        attempt!(
            "lw {value}, 0({address})",
            found = out(reg) found,
            value = out(reg) value,
            address = in(reg) address,
        );
    }
    (found != 0).then_some(value)
}
