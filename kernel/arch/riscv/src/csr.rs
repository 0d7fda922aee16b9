//! Control and status registers of supervisor mode (Privileged Architecture, chapter 4).

use core::arch::asm;

/// `sstatus`: what interrupts are enabled to by `sret`.
pub const STATUS_PREVIOUS_INTERRUPTS: usize = 1 << 5;
/// `sstatus`: the trap came from supervisor mode.
const STATUS_PREVIOUS_SUPERVISOR: usize = 1 << 8;
/// `satp`: translation by Sv39.
pub const SATP_SV39: usize = 8 << 60;
const SATP_SPACE_SHIFT: u32 = 44;
const SATP_SPACE_MASK: usize = 0xffff;
/// `sie`, `sip`: the timer.
const TIMER: usize = 1 << 5;
/// `sie`, `sip`: the interrupt controller.
const EXTERNAL: usize = 1 << 9;
/// `scounteren`: cycle, time and instructions retired.
const COUNTERS: usize = 7;

/// The `satp` of an address space: root table's physical page number, and identifier.
pub const fn satp(root: u64, space: usize) -> usize {
    SATP_SV39 | space << SATP_SPACE_SHIFT | root as usize
}

/// The highest address space identifier that the hart tells apart: 0 if it has none.
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

/// Makes changes to an address space's tables seen, and drops what was cached of it.
#[inline(always)]
pub fn fence(space: usize) {
    // SAFETY: only drops cached translations; memory named by Rust is mapped by global pages that never change.
    unsafe { asm!("sfence.vma zero, {}", in(reg) space, options(nostack)) }
}

/// Makes changes to all address spaces' tables seen, the kernel's own pages included.
pub fn fence_all() {
    // SAFETY: only drops cached translations.
    unsafe { asm!("sfence.vma", options(nostack)) }
}

/// Lets tasks read the counters `cycle`, `time` and `instret`, for measurements.
///
/// A task can so tell how long others ran; it can by [`Time`](leasehold_abi::Call::Time) too, more coarsely.
pub fn enable_counters() {
    // SAFETY: changes only what user mode may read.
    unsafe { asm!("csrw scounteren, {}", in(reg) COUNTERS, options(nomem, nostack)) }
}

/// Interrupts of the interrupt controller on, once a task runs.
pub fn enable_external() {
    // SAFETY: the kernel itself runs with interrupts off (`sstatus.SIE`), so this changes what traps out of tasks.
    unsafe { asm!("csrs sie, {}", in(reg) EXTERNAL, options(nomem, nostack)) }
}

/// The timer's interrupt on or off.
pub fn enable_timer(on: bool) {
    // SAFETY: as for `enable_external`.
    unsafe {
        if on {
            asm!("csrs sie, {}", in(reg) TIMER, options(nomem, nostack));
        } else {
            asm!("csrc sie, {}", in(reg) TIMER, options(nomem, nostack));
        }
    }
}

/// Whether this hart has a timer of its own for supervisor mode (Sstc), and the firmware lets it be used.
///
/// Call it at boot, with interrupts off: where it has none, the attempt traps, and the trap ends here.
pub fn has_timer() -> bool {
    let found: usize;
    // SAFETY: with interrupts off only the write to `stimecmp` can trap, and the vector is
    // then the label behind it. Vector and status are put back before anything else can trap.
    unsafe {
        asm!(
            "csrr {status}, sstatus",
            "la {vector}, 2f",
            "csrrw {vector}, stvec, {vector}",
            "li {found}, 0",
            "csrw 0x14d, {never}",
            "li {found}, 1",
            ".balign 4",
            "2:",
            "csrw stvec, {vector}",
            "csrw sstatus, {status}",
            status = out(reg) _,
            vector = out(reg) _,
            found = out(reg) found,
            never = in(reg) usize::MAX,
            options(nostack),
        );
    }
    found != 0
}

/// Raises the timer interrupt at `ticks`, and takes back one that is pending
/// (Sstc 1.0, `stimecmp`). Only where [`has_timer`].
#[inline(always)]
pub fn set_timer(ticks: u64) {
    // SAFETY: programs a timer; the interrupt is only ever taken out of a task.
    unsafe { asm!("csrw 0x14d, {}", in(reg) ticks, options(nostack)) }
}

/// Whether an enabled interrupt is pending.
#[inline(always)]
pub fn interrupt_pending() -> bool {
    let (pending, enabled): (usize, usize);
    // SAFETY: reads two registers. Not `nomem`: a device write before may change the answer.
    unsafe {
        asm!("csrr {}, sip", "csrr {}, sie", out(reg) pending, out(reg) enabled, options(nostack));
    }
    pending & enabled != 0
}

/// Stalls until an enabled interrupt is pending, perhaps less. It is not taken.
pub fn wait_for_interrupt() {
    // SAFETY: waits; with `sstatus.SIE` clear no trap follows (section 3.3.3).
    unsafe { asm!("wfi", options(nostack)) }
}

/// The `time` counter, in ticks.
#[inline(always)]
pub fn time() -> u64 {
    let ticks: u64;
    // SAFETY: reads a counter.
    unsafe { asm!("csrr {}, time", out(reg) ticks, options(nomem, nostack)) }
    ticks
}

/// Whether the trap that is being handled came from the kernel itself.
pub fn trapped_in_kernel() -> bool {
    let status: usize;
    // SAFETY: reads a register.
    unsafe { asm!("csrr {}, sstatus", out(reg) status, options(nomem, nostack)) }
    status & STATUS_PREVIOUS_SUPERVISOR != 0
}
