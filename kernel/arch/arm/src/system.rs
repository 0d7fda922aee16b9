//! The system control space: the registers that the entry code needs (Armv7-M, B3.2 and B3.5; Armv8-M, D1.2).
//!
//! Interrupt controller and system timer are there too, but belong to the platform: `kernel/devices/`.

use crate::fault::Status;
use core::arch::asm;

/// `ICSR`: interrupt control and state.
pub(crate) const INTERRUPT_CONTROL: usize = 0xe000_ed04;
/// `ICSR.PENDSVSET`.
pub(crate) const PEND_SERVICE: usize = 1 << 28;
/// `VTOR`: the vector table.
pub(crate) const VECTORS: usize = 0xe000_ed08;
/// `MPU_TYPE`: `DREGION` is how many regions there are.
const PROTECTION_TYPE: usize = 0xe000_ed90;
/// `MPU_CTRL`.
pub(crate) const PROTECTION: usize = 0xe000_ed94;
/// `MPU_CTRL`: on; privileged code may access everything that is in no region.
pub(crate) const PROTECTION_ON: usize = 0b101;
/// `MPU_RBAR`, after it the other registers of the region, and their aliases for the next three.
pub(crate) const REGIONS: usize = 0xe000_ed9c;
/// `MPU_RNR`: the region that those registers belong to.
const REGION_NUMBER: usize = 0xe000_ed98;
/// `MPU_RASR`, on Armv8-M `MPU_RLAR`: with 0 in it, the region is off.
const REGION_ENABLE: usize = 0xe000_eda0;

/// `CPACR`: which coprocessors there are. The unit for floating point is two of them.
pub(crate) const COPROCESSORS: usize = 0xe000_ed88;
pub(crate) const FLOATING_ON: usize = 0xf << 20;
/// `FPCCR`: `ASPEN` and `LSPEN`, by which exceptions push floating-point registers.
const FLOATING_CONTROL: usize = 0xe000_ef34;
const FLOATING_PUSHED: u32 = 0b11 << 30;

/// `AIRCR`, with its key.
const RESET_CONTROL: usize = 0xe000_ed0c;
const RESET_REQUEST: u32 = 0x05fa << 16 | 1 << 2;
/// `SHPR1` to `SHPR3`: priorities of the faults, of `SVC`, of the monitor, `PendSV` and `SysTick`.
const PRIORITIES: usize = 0xe000_ed18;
/// `SHCSR`: which faults have handlers of their own, and which exceptions are active or pending.
const HANDLERS: usize = 0xe000_ed24;
/// `MEMFAULTENA`, `BUSFAULTENA`, `USGFAULTENA`, and `SECUREFAULTENA`, which Armv7-M does not have.
const HANDLERS_ON: u32 = 0b1111 << 16;
/// `USGFAULTPENDED`, `MEMFAULTPENDED`, `BUSFAULTPENDED`, `SVCALLPENDED`, and Armv8-M's `SECUREFAULTPENDED`.
const HANDLERS_PENDING: u32 = 0b1111 << 12 | 1 << 20;
const CONFIGURABLE_STATUS: usize = 0xe000_ed28;
const HARD_STATUS: usize = 0xe000_ed2c;
const DEBUG_STATUS: usize = 0xe000_ed30;
const ADDRESS: usize = 0xe000_ed34;
const BUS_ADDRESS: usize = 0xe000_ed38;
/// Armv8-M: `MPU_MAIR0`, `SFSR`.
#[cfg(armv8m)]
const ATTRIBUTES: usize = 0xe000_edc0;
#[cfg(armv8m)]
const SECURE_STATUS: usize = 0xe000_ede4;
/// `ACTLR` of Cortex-M3 and -M4 (DDI 0337I, DDI 0439D: section 4.2): no buffered stores, so that the bus names the
/// instruction that it refuses.
#[cfg(not(armv8m))]
const AUXILIARY_CONTROL: usize = 0xe000_e008;
#[cfg(not(armv8m))]
const NO_WRITE_BUFFER: u32 = 1 << 1;

/// Priority of calls and all interrupts: the kernel is not interrupted.
pub const KERNEL_PRIORITY: u8 = 0x80;
/// Priority of faults. If a task's frame cannot be pushed, that fault comes before the exception for which it was
/// pushed.
const FAULT_PRIORITY: u8 = 0x40;

fn read(at: usize) -> u32 {
    // SAFETY: a register of the system control space, and reading one changes nothing.
    unsafe { (at as *const u32).read_volatile() }
}

/// # Safety
/// What the write does must not change how the code that runs is executed.
unsafe fn write(at: usize, value: u32) {
    // SAFETY: a register of the system control space; the rest is the caller's promise.
    unsafe { (at as *mut u32).write_volatile(value) }
}

/// Gives faults their own handlers, with a higher priority than everything else. Calls and interrupts have one
/// priority.
pub(crate) fn start() {
    let faults = u32::from_ne_bytes([FAULT_PRIORITY; 4]);
    let kernel = u32::from_ne_bytes([KERNEL_PRIORITY; 4]);
    // SAFETY: no fault or interrupt is active or expected; the kernel itself runs at the priority of `PendSV`.
    unsafe {
        write(PRIORITIES, faults);
        write(PRIORITIES + 4, kernel);
        write(PRIORITIES + 8, kernel);
        write(HANDLERS, read(HANDLERS) | HANDLERS_ON);
        #[cfg(not(armv8m))]
        write(AUXILIARY_CONTROL, read(AUXILIARY_CONTROL) | NO_WRITE_BUFFER);
    }
}

/// How many regions the memory protection unit has; 0 without one.
pub(crate) fn protection_regions() -> usize {
    (read(PROTECTION_TYPE) >> 8 & 0xff) as usize
}

/// Switches the memory protection unit on. Regions from `used` on stay off. If a region binds privileged code too, the
/// entry code switches the unit on whenever a task runs.
pub(crate) fn enable_protection(used: usize) {
    // SAFETY: the kernel is privileged, and no region is enabled yet. Their state after a reset is not known
    // everywhere.
    unsafe {
        for region in used..protection_regions() {
            write(REGION_NUMBER, region as u32);
            write(REGION_ENABLE, 0);
        }
        #[cfg(armv8m)]
        write(ATTRIBUTES, crate::pmsa_v8::ATTRIBUTES);
        #[cfg(not(armv8m))]
        write(PROTECTION, PROTECTION_ON as u32);
        asm!("dsb", "isb", options(nostack, preserves_flags));
    }
}

/// Makes exceptions push no floating-point registers. Call it only if there are such registers.
pub(crate) fn push_no_floating() {
    // SAFETY: the kernel uses none.
    unsafe { write(FLOATING_CONTROL, read(FLOATING_CONTROL) & !FLOATING_PUSHED) }
}

/// Reads and clears the fault's registers. It also clears other faults that the same instruction left pending;
/// otherwise they would be taken for the next task's.
pub fn take_fault() -> Status {
    let status = Status {
        configurable: read(CONFIGURABLE_STATUS),
        hard: read(HARD_STATUS),
        address: read(ADDRESS) as usize,
        bus_address: read(BUS_ADDRESS) as usize,
    };
    // SAFETY: status bits clear where ones are written; the handlers that are active stay so.
    unsafe {
        write(CONFIGURABLE_STATUS, status.configurable);
        write(HARD_STATUS, status.hard);
        write(DEBUG_STATUS, read(DEBUG_STATUS));
        #[cfg(armv8m)]
        write(SECURE_STATUS, read(SECURE_STATUS));
        write(HANDLERS, read(HANDLERS) & !HANDLERS_PENDING);
    }
    status
}

/// Asks for a reset, and waits for it.
pub fn reset() -> ! {
    // SAFETY: all begins anew.
    unsafe { write(RESET_CONTROL, RESET_REQUEST) };
    loop {
        core::hint::spin_loop();
    }
}

/// The number of the exception that is being handled.
#[inline(always)]
pub fn active() -> u32 {
    let number: u32;
    // SAFETY: reads a register.
    unsafe { asm!("mrs {}, ipsr", out(reg) number, options(nomem, nostack, preserves_flags)) }
    number
}
