//! The machine that the kernel runs on: its protection hardware and its platform, by the types that the build names.

use crate::image::{CONFIG, GUARD, LINES, PCI, Platform, Protection, TASKS};
use crate::platform::Platform as _;
use crate::report;
use leasehold_abi::configuration::{BUS_MASTER, COMMAND};
use leasehold_abi::{Error, FaultKind, GrantKind};
use leasehold_arch_common::Protection as Protected;
use leasehold_core::{Fault, GrantConfig, Hardware, Region, TaskConfig, Window};

/// Most bytes that are copied or zeroed in one step of making memory fresh.
const FRESH_STEP: usize = Memory::STEP;

/// Whether the kernel itself reads and writes what a grant names: PCI configuration space.
const fn is_configuration(grant: &GrantConfig) -> bool {
    matches!(grant.kind, GrantKind::Config | GrantKind::BusMaster)
}

/// Base and length of each such grant.
const CONFIGURATION: [(u64, u64); {
    let (mut grant, mut found) = (0, 0);
    while grant < CONFIG.grants.len() {
        found += is_configuration(&CONFIG.grants[grant]) as usize;
        grant += 1;
    }
    found
}] = {
    let mut ranges = [(0, 0); _];
    let (mut grant, mut found) = (0, 0);
    while grant < CONFIG.grants.len() {
        if is_configuration(&CONFIG.grants[grant]) {
            ranges[found] = (CONFIG.grants[grant].base, CONFIG.grants[grant].length);
            found += 1;
        }
        grant += 1;
    }
    ranges
};

/// Physical memory, as the kernel reaches it.
pub(crate) type Memory =
    leasehold_arch_common::Memory<{ <Protection as Protected>::KERNEL_OFFSET }>;

/// The tables of the protection hardware. Handed over once, by [`Board::start`].
static mut STORE: <Protection as Protected>::Store = <Protection as Protected>::STORE;

/// The machine.
pub(crate) struct Board {
    protection: Protection,
    platform: Platform,
}

impl Board {
    /// The machine, before [`start`](Self::start).
    ///
    /// # Safety
    /// Make one only, and use it when the kernel's memory and devices are mapped as the entry code maps them.
    pub(crate) const unsafe fn new() -> Self {
        Self {
            protection: <Protection as Protected>::NEW,
            platform: <Platform as crate::platform::Platform>::NEW,
        }
    }

    /// Makes the address spaces, and quiets the interrupt controller.
    ///
    /// # Errors
    /// [`Error::Exhausted`] when the image has fewer page tables than tasks.
    ///
    /// # Safety
    /// Call it once.
    #[expect(
        clippy::deref_addrof,
        reason = "a plain reference to a mutable static is refused"
    )]
    #[cold]
    #[inline(never)]
    #[unsafe(link_section = ".init.text")]
    pub(crate) unsafe fn start(&mut self) -> Result<(), Error> {
        // SAFETY: the only reference to it, as this runs once.
        let store = unsafe { &mut *(&raw mut STORE) };
        self.protection.start(store, TASKS)?;
        for address in <Platform as crate::platform::Platform>::DEVICES {
            self.protection.map_kernel(*address as u64, 1);
        }
        for task in CONFIG.tasks {
            for range in [task.text, task.constants, task.data] {
                self.protection
                    .map_kernel(range.base() as u64, range.length() as u64);
            }
        }
        for (base, length) in CONFIGURATION {
            self.protection.map_kernel(base, length);
        }
        // SAFETY: this is the boot, and runs once.
        unsafe { self.platform.start() };
        Ok(())
    }

    /// Makes the processor use the protection hardware.
    ///
    /// # Safety
    /// Call it once, at boot, after [`start`](Self::start) and before a task runs.
    pub(crate) unsafe fn finish(&mut self) {
        // SAFETY: the caller's promise. What is mapped later is of tasks, which do not run yet.
        unsafe { self.protection.finish() };
    }

    /// The platform.
    pub(crate) fn platform(&mut self) -> &mut Platform {
        &mut self.platform
    }

    /// A task's address space, for its registers.
    pub(crate) fn space(&self, task: usize) -> usize {
        self.protection.space(task)
    }

    /// Page tables that are not in use, where there are any.
    pub(crate) fn free_tables(&self) -> Option<usize> {
        self.protection.available()
    }
}

impl Hardware for Board {
    type Context = <Protection as Protected>::Context;
    type Routes = [u16; LINES];

    const GRANULE: usize = <Protection as Protected>::GRANULE;
    const GUARD: usize = GUARD;
    const WINDOW_MASK: usize = <Protection as Protected>::WINDOW_MASK;
    const CHECKED_STRIDE: usize = 8;
    const PCI: bool = PCI;

    #[inline(always)]
    fn now(&self) -> u64 {
        self.platform.now()
    }

    fn set_alarm(&mut self, at: u64) {
        self.platform.set_alarm(at);
    }

    #[inline(always)]
    fn interrupt_pending(&self) -> bool {
        self.platform.interrupt_pending()
    }

    #[inline(always)]
    fn take_line(&mut self) -> Option<u32> {
        self.platform.take_line()
    }

    fn unmask_line(&mut self, line: u32) {
        self.platform.unmask_line(line);
    }

    fn mask_line(&mut self, line: u32) {
        self.platform.mask_line(line);
    }

    fn map_own(&mut self, task: usize, regions: &[Region]) -> Result<(), Error> {
        self.protection.map_own(task, regions)
    }

    fn map_step(
        &mut self,
        task: usize,
        window: Window,
        progress: &mut usize,
    ) -> Result<bool, Error> {
        self.protection.map_step(task, window, progress)
    }

    fn unmap(&mut self, task: usize, window: (usize, usize), progress: &mut usize) -> bool {
        self.protection.unmap(task, window, progress)
    }

    #[inline(always)]
    fn unmapped_at_once(progress: usize) -> bool {
        <Protection as Protected>::unmapped_at_once(progress)
    }

    #[inline(always)]
    fn unmap_at_once(&mut self, task: usize, window: (usize, usize), progress: usize) {
        self.protection.unmap_at_once(task, window, progress);
    }

    fn fault_kind(&self, task: usize, kind: FaultKind, address: usize) -> FaultKind {
        self.protection.fault_kind(task, kind, address)
    }

    fn set_bus_master(&mut self, configuration: usize, on: bool) {
        // The status register above it clears where ones are written: write zeros there.
        let command = self.read_configuration(configuration + COMMAND) & 0xffff;
        let command = if on {
            command | BUS_MASTER
        } else {
            command & !BUS_MASTER
        };
        self.write_configuration(configuration + COMMAND, 2, command);
        // A read returns only when the writes before it have arrived.
        self.read_configuration(configuration + COMMAND);
    }

    fn write_configuration(&mut self, address: usize, width: usize, value: u32) {
        // SAFETY: the kernel names configuration space of a grant, which `start` mapped, and
        // offsets within it that are multiples of the width. Bus mastering is the kernel's own decision.
        unsafe { Memory::write_register(address, width, value) }
    }

    fn read_configuration(&self, address: usize) -> u32 {
        // SAFETY: as for `write_configuration`.
        unsafe { Memory::read_register(address) }
    }

    #[inline]
    fn copy(&mut self, from: usize, to: usize, length: usize) {
        // SAFETY: the kernel has checked both ranges against the memory of tasks.
        unsafe { Memory::copy(from, to, length) }
    }

    #[inline(always)]
    fn load(&self, from: usize) -> usize {
        // SAFETY: as for `copy`; the kernel names a multiple of a word's size.
        unsafe { Memory::load(from) }
    }

    #[inline]
    fn read(&self, from: usize, into: &mut [u8]) {
        // SAFETY: as for `copy`.
        unsafe { Memory::read(from, into) }
    }

    #[inline]
    fn write(&mut self, to: usize, bytes: &[u8]) {
        // SAFETY: as for `copy`.
        unsafe { Memory::write(to, bytes) }
    }

    fn fresh(&mut self, task: &TaskConfig, done: &mut usize) {
        let (base, length) = (task.data.base(), task.data.length());
        let (first, end) = task.initial_offsets();
        loop {
            let to = base + *done;
            let initial = (first..end).contains(done);
            let part_end = if initial {
                end
            } else if *done < first {
                first
            } else {
                length
            };
            let step = FRESH_STEP.min(part_end - *done);
            // SAFETY: these ranges are the image's and the task's by the build's tables; the task is dormant.
            unsafe {
                if initial {
                    Memory::copy(task.initial_source as usize + *done - first, to, step);
                } else {
                    Memory::zero(to, step);
                }
            }
            *done += step;
            if *done >= length || self.interrupt_pending() {
                return;
            }
        }
    }

    fn print(&mut self, bytes: &[u8]) {
        self.platform.print(bytes);
    }

    fn off(&mut self, code: u32, reset: bool) -> ! {
        self.platform.off(code, reset)
    }

    fn supervisor_ended(&mut self, fault: &Fault, message: &[u8]) -> ! {
        report::supervisor_ended(&mut self.platform, fault, message)
    }
}
