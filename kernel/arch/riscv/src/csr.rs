//! Control and status registers of the mode that the kernel runs in: supervisor mode on RV64, machine mode on RV32
//! (Privileged Architecture, chapters 3 and 4). The two have the same registers in the same order.

use core::arch::asm;

#[cfg(target_arch = "riscv64")]
mod supervisor;
#[cfg(target_arch = "riscv64")]
pub use supervisor::{
    SATP_SV39, extended_status, fence, fence_all, has_timer, highest_space, satp, set_timer, time,
    try_read,
};

/// The number of a mode's first register (table 2.1).
const MODE: usize = if cfg!(target_arch = "riscv64") {
    0x100
} else {
    0x300
};
/// `sstatus`, `mstatus`.
pub(crate) const STATUS: usize = MODE;
/// `sie`, `mie`.
pub(crate) const ENABLE: usize = MODE + 0x04;
/// `stvec`, `mtvec`.
pub(crate) const VECTOR: usize = MODE + 0x05;
/// `sscratch`, `mscratch`.
pub(crate) const SCRATCH: usize = MODE + 0x40;
/// `sepc`, `mepc`.
pub(crate) const PROGRAM_COUNTER: usize = MODE + 0x41;
/// `scause`, `mcause`.
pub(crate) const CAUSE: usize = MODE + 0x42;
/// `stval`, `mtval`.
pub(crate) const VALUE: usize = MODE + 0x43;
/// `sip`, `mip`.
const PENDING: usize = MODE + 0x44;

/// How many bits higher machine mode's fields are than supervisor mode's, in the registers that have both.
const SHIFT: u32 = if cfg!(target_arch = "riscv64") { 0 } else { 2 };
/// Status: whether the return from a trap enables interrupts.
pub(crate) const STATUS_PREVIOUS_INTERRUPTS: usize = 1 << (5 + SHIFT);
/// Status: the mode that the trap came from; 0 is user mode.
const STATUS_PREVIOUS_MODE: usize = if cfg!(target_arch = "riscv64") {
    1 << 8
} else {
    3 << 11
};
/// Status: the floating-point unit, on and its registers changed.
pub(crate) const STATUS_FLOATING_POINT: usize = 3 << 13;
/// Enabled, pending: the timer.
const TIMER: usize = 1 << (5 + SHIFT);
/// Enabled, pending: the interrupt controller.
const EXTERNAL: usize = 1 << (9 + SHIFT);
/// Counter enable: cycle, time and instructions retired.
const COUNTERS: usize = 7;

/// Lets tasks read the counters `cycle`, `time` and `instret`, for measurements.
///
/// With them a task can measure how long others ran. It can do so with [`Time`](leasehold_abi::Call::Time) too, less
/// precisely.
pub fn enable_counters() {
    // SAFETY: changes only what user mode may read.
    unsafe {
        asm!("csrw scounteren, {}", in(reg) COUNTERS, options(nomem, nostack));
        // If there is supervisor mode, both modes must allow user mode to read.
        #[cfg(target_arch = "riscv32")]
        asm!("csrw mcounteren, {}", in(reg) COUNTERS, options(nomem, nostack));
    }
}

/// Whether there are 16 entries of physical memory protection with a granularity of words (section 3.7). Without
/// entries user mode may do everything. Call it at boot: the last entry is off afterwards.
#[cfg(target_arch = "riscv32")]
pub(crate) fn has_protection() -> bool {
    let (address, configuration): (usize, usize);
    let last = 7_usize << 24;
    // SAFETY: no entry that is not locked binds machine mode.
    unsafe {
        asm!(
            "csrw pmpcfg3, zero",
            "csrw pmpaddr15, {ones}",
            "csrr {address}, pmpaddr15",
            "csrw pmpcfg3, {last}",
            "csrr {configuration}, pmpcfg3",
            "csrw pmpcfg3, zero",
            ones = in(reg) usize::MAX,
            last = in(reg) last,
            address = out(reg) address,
            configuration = out(reg) configuration,
            options(nomem, nostack),
        );
    }
    // While an entry is off, the address bits below its granularity read as 0.
    address == usize::MAX && configuration == last
}

/// Interrupts of the interrupt controller on, once a task runs.
pub fn enable_external() {
    // SAFETY: the kernel itself runs with interrupts off in the status register, so this changes what traps out of
    // tasks.
    unsafe {
        asm!("csrs {}, {}", const ENABLE, in(reg) EXTERNAL, options(nomem, nostack));
    }
}

/// Turns the timer's interrupt on, once the timer is set.
#[inline(always)]
pub fn enable_timer() {
    // SAFETY: as for `enable_external`.
    unsafe {
        asm!("csrs {}, {}", const ENABLE, in(reg) TIMER, options(nomem, nostack));
    }
}

/// Whether an enabled interrupt is pending.
#[inline(always)]
pub fn interrupt_pending() -> bool {
    let (pending, enabled): (usize, usize);
    // SAFETY: reads two registers. Not `nomem`: a device write before may change the answer.
    unsafe {
        asm!(
            "csrr {}, {}",
            "csrr {}, {}",
            out(reg) pending,
            const PENDING,
            out(reg) enabled,
            const ENABLE,
            options(nostack),
        );
    }
    pending & enabled != 0
}

/// Waits until an enabled interrupt is pending, or less long. The interrupt is not taken.
pub fn wait_for_interrupt() {
    // SAFETY: waits; with interrupts off in the status register no trap follows (section 3.3.3).
    unsafe { asm!("wfi", options(nostack)) }
}

/// Whether the trap that is being handled came from the kernel itself.
pub fn trapped_in_kernel() -> bool {
    let status: usize;
    // SAFETY: reads a register.
    unsafe { asm!("csrr {}, {}", out(reg) status, const STATUS, options(nomem, nostack)) }
    status & STATUS_PREVIOUS_MODE != 0
}
