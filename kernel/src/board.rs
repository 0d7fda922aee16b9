//! The machine that the kernel runs on: Sv39, a PLIC, the hart's timer or the firmware's, an NS16550.

use crate::image::{CHIP, CONFIG, PAGE_TABLES, TASKS};
use leasehold_abi::{Error, GrantKind, Rights};
use leasehold_arch_riscv::{
    DIRECT_MAP, PAGE_SIZE, Permission, RegisterFile, Sv39, Table, csr, physical, sbi, trap,
};
use leasehold_chips::{Finisher, Ns16550, Plic};
use leasehold_core::{FreshProgress, Hardware, Region, RegionKind, TaskConfig, Window};

/// Most bytes that one step of making memory fresh copies.
const COPY_STEP: usize = 1024;
/// Most bytes that such a step zeroes.
const ZERO_STEP: usize = 1024;
/// PCI configuration space: the command register, its bus-master bit (PCI Local Bus 3.0, section 6.2.2).
const COMMAND: u64 = 4;
const BUS_MASTER: u32 = 1 << 2;

/// The store of page tables, and their counters. Handed over once, by [`Board::start`].
static mut TABLES: [Table; PAGE_TABLES] = [const { Table::EMPTY }; PAGE_TABLES];
static mut TABLE_ENTRIES: [u16; PAGE_TABLES] = [0; PAGE_TABLES];

/// The machine.
pub(crate) struct Board {
    spaces: Sv39,
    plic: Plic,
    console: Ns16550,
    finisher: Finisher,
    /// The hart has a timer that the kernel sets without the firmware's help.
    own_timer: bool,
}

impl Board {
    /// The machine, before [`start`](Self::start).
    ///
    /// # Safety
    /// Make one only, and use it when the boot table is in use.
    pub(crate) const unsafe fn new() -> Self {
        // SAFETY: the chip file says that these devices are there, and the kernel's gigapages of them are mapped for ever.
        unsafe {
            Self {
                spaces: Sv39::new(),
                plic: Plic::new(
                    physical::address(CHIP.plic_base),
                    CHIP.plic_context,
                    CHIP.plic_lines as u32,
                ),
                console: Ns16550::new(physical::address(CHIP.uart_base)),
                finisher: Finisher::new(physical::address(CHIP.finisher_base)),
                own_timer: false,
            }
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
    pub(crate) unsafe fn start(&mut self) -> Result<(), Error> {
        // SAFETY: the only references to these two, as this runs once.
        let (tables, used) = unsafe { (&mut *(&raw mut TABLES), &mut *(&raw mut TABLE_ENTRIES)) };
        let base = (tables.as_ptr() as usize).wrapping_sub(DIRECT_MAP) as u64;
        self.spaces.start(tables, used, base, TASKS)?;
        for address in [
            base,
            CHIP.plic_base as u64,
            CHIP.uart_base as u64,
            CHIP.finisher_base as u64,
        ] {
            self.spaces.map_kernel(address);
        }
        for task in CONFIG.tasks {
            for range in [task.text, task.constants, task.data] {
                self.map_kernel(range.base() as u64, range.length() as u64);
            }
        }
        for grant in CONFIG.grants {
            if matches!(grant.kind, GrantKind::Config | GrantKind::BusMaster) {
                self.map_kernel(grant.base, grant.length);
            }
        }
        self.plic.start();
        self.own_timer = csr::has_timer();
        csr::enable_external();
        csr::enable_counters();
        Ok(())
    }

    /// Every gigapage of a range, for the kernel.
    fn map_kernel(&mut self, base: u64, length: u64) {
        let mut gigapage = base >> 30;
        while gigapage << 30 < base + length {
            self.spaces.map_kernel(gigapage << 30);
            gigapage += 1;
        }
    }

    /// Whether each task can have an address space identifier of its own. If not, all have the
    /// same, and from now on the trap vector drops cached translations at each switch.
    ///
    /// # Safety
    /// Call it at boot, before a task runs, with the tables that [`start`](Self::start) made.
    pub(crate) unsafe fn tells_spaces_apart(&self) -> bool {
        let apart = csr::highest_space() >= TASKS;
        if !apart {
            // SAFETY: this is the boot; the kernel's pages can be written.
            unsafe { trap::flush_at_each_switch() };
        }
        apart
    }

    /// A task's address space, for its registers.
    pub(crate) fn address_space(&self, task: usize, apart: bool) -> usize {
        csr::satp(self.spaces.root(task), if apart { space(task) } else { 0 })
    }

    /// Page tables that are not in use.
    pub(crate) fn free_tables(&self) -> usize {
        self.spaces.available()
    }
}

/// The address space identifier of a task; 0 is the boot table's.
const fn space(task: usize) -> usize {
    task + 1
}

fn permission(window: &Window) -> Permission {
    if window.rights.contains(Rights::WRITE) {
        Permission::ReadWrite
    } else {
        Permission::Read
    }
}

impl Hardware for Board {
    type Context = RegisterFile;

    const GRANULE: usize = PAGE_SIZE as usize;
    const CHECKED_STRIDE: usize = 8;

    #[inline(always)]
    fn now(&self) -> u64 {
        csr::time()
    }

    fn set_alarm(&mut self, at: Option<u64>) {
        if let Some(at) = at {
            if self.own_timer {
                csr::set_timer(at);
            } else {
                sbi::set_timer(at);
            }
        }
        csr::enable_timer(at.is_some());
    }

    #[inline(always)]
    fn interrupt_pending(&self) -> bool {
        csr::interrupt_pending()
    }

    #[inline(always)]
    fn take_line(&mut self) -> Option<u32> {
        self.plic.take()
    }

    fn unmask_line(&mut self, line: u32) {
        self.plic.unmask(line);
    }

    fn mask_line(&mut self, line: u32) {
        self.plic.mask(line);
    }

    fn map_own(&mut self, task: usize, regions: &[Region]) -> Result<(), Error> {
        for region in regions {
            let permission = match region.kind {
                RegionKind::Text => Permission::ReadExecute,
                RegionKind::Constants => Permission::Read,
                RegionKind::Data => Permission::ReadWrite,
            };
            let (base, length) = (region.range.base(), region.range.length());
            self.spaces
                .map(task, base as u64, length as u64, permission)?;
        }
        csr::fence_all();
        Ok(())
    }

    fn map_step(&mut self, task: usize, window: Window, done: &mut u64) -> Result<bool, Error> {
        let result =
            self.spaces
                .map_step(task, window.base, window.length, permission(&window), done);
        // With one identifier for all, the switch to the task drops everything.
        csr::fence(space(task));
        result
    }

    fn unmap(&mut self, task: usize, window: Window, done: &mut u64) -> bool {
        let gone = self.spaces.unmap(task, window.base, window.length, done);
        csr::fence(space(task));
        gone
    }

    fn window_address(base: u64) -> usize {
        Sv39::window_address(base) as usize
    }

    fn set_bus_master(&mut self, configuration: u64, on: bool) {
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

    fn write_configuration(&mut self, address: u64, width: usize, value: u32) {
        let at = physical::address(address as usize);
        // SAFETY: the kernel names configuration space of a grant, which `start` mapped, and
        // offsets within it that are multiples of the width.
        unsafe {
            match width {
                1 => (at as *mut u8).write_volatile(value as u8),
                2 => (at as *mut u16).write_volatile(value as u16),
                _ => (at as *mut u32).write_volatile(value),
            }
        }
    }

    fn read_configuration(&self, address: u64) -> u32 {
        // SAFETY: as for `write_configuration`.
        unsafe { (physical::address(address as usize) as *const u32).read_volatile() }
    }

    #[inline]
    fn copy(&mut self, from: usize, to: usize, length: usize) {
        // SAFETY: the kernel has checked both ranges against the memory of tasks.
        unsafe { physical::copy(from, to, length) }
    }

    #[inline(always)]
    fn load(&self, from: usize) -> usize {
        // SAFETY: as for `copy`; the kernel names a multiple of a word's size.
        unsafe { (physical::address(from) as *const usize).read_volatile() }
    }

    #[inline]
    fn read(&self, from: usize, into: &mut [u8]) {
        // SAFETY: as for `copy`.
        unsafe { physical::read(from, into) }
    }

    #[inline]
    fn write(&mut self, to: usize, bytes: &[u8]) {
        // SAFETY: as for `copy`.
        unsafe { physical::write(to, bytes) }
    }

    fn fresh(&mut self, task: &TaskConfig, progress: &mut FreshProgress) -> bool {
        let [before, behind] = task.zero();
        // A part that is done, or empty, costs no step. To start the task then is one of its own.
        let range = loop {
            let range = match progress.part {
                0 => task.initial,
                1 => before,
                2 => behind,
                _ => return true,
            };
            if progress.done < range.length() {
                break range;
            }
            progress.part += 1;
            progress.done = 0;
        };
        let (to, left) = (range.base() + progress.done, range.length() - progress.done);
        // SAFETY: these ranges are the image's and the task's by the build's tables; the task is dormant.
        unsafe {
            if progress.part == 0 {
                let step = left.min(COPY_STEP);
                physical::copy(task.initial_source as usize + progress.done, to, step);
                progress.done += step;
            } else {
                let step = left.min(ZERO_STEP);
                physical::zero(to, step);
                progress.done += step;
            }
        }
        false
    }

    fn print(&mut self, bytes: &[u8]) {
        self.console.print(bytes);
    }

    fn off(&mut self, code: u32, reset: bool) -> ! {
        self.finisher.finish(code, reset);
        sbi::reset(reset);
        loop {
            csr::wait_for_interrupt();
        }
    }
}
