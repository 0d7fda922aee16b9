//! QEMU's `virt` machine in supervisor mode: a PLIC, an NS16550, the hart's timer or the firmware's.

use super::Platform;
use crate::board::Memory;
use crate::image::{CHIP, KERNEL};
use leasehold_arch_riscv::boot::{BOOT_PAGES, gigapage};
use leasehold_arch_riscv::{Entry, Standard, csr, sbi};
use leasehold_devices::{Finisher, Ns16550, Plic};

/// What the chip file says, with physical addresses.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Config {
    /// First register of the interrupt controller.
    pub(crate) plic_base: usize,
    /// The controller's context for supervisor mode of the boot hart.
    pub(crate) plic_context: usize,
    /// Interrupt lines, line 0 (none) among them.
    pub(crate) plic_lines: usize,
    /// First register of the early console, an NS16550.
    pub(crate) uart_base: usize,
    /// The register that turns the machine off with an exit code.
    pub(crate) finisher_base: usize,
}

/// The gigapages that the kernel itself needs before the tasks' tables exist: the image and the devices.
#[unsafe(no_mangle)]
static LEASEHOLD_BOOT_PAGES: [Entry; BOOT_PAGES] = [
    gigapage::<Standard>(KERNEL),
    gigapage::<Standard>(CHIP.plic_base),
    gigapage::<Standard>(CHIP.uart_base),
    gigapage::<Standard>(CHIP.finisher_base),
];

/// The machine.
pub(crate) struct VirtSupervisor {
    plic: Plic,
    console: Ns16550,
    finisher: Finisher,
    /// The hart has a timer that the kernel sets without the firmware's help.
    own_timer: bool,
}

impl Platform for VirtSupervisor {
    // SAFETY: the chip file says that these devices are there, and the kernel's gigapages of them are mapped for ever.
    const NEW: Self = unsafe {
        Self {
            plic: Plic::new(
                Memory::address(CHIP.plic_base),
                CHIP.plic_context,
                CHIP.plic_lines as u32,
            ),
            console: Ns16550::new(Memory::address(CHIP.uart_base)),
            finisher: Finisher::new(Memory::address(CHIP.finisher_base)),
            own_timer: false,
        }
    };
    const DEVICES: &'static [usize] = &[CHIP.plic_base, CHIP.uart_base, CHIP.finisher_base];

    unsafe fn start(&mut self) {
        self.plic.start();
        self.own_timer = csr::has_timer();
        csr::enable_external();
        csr::enable_counters();
    }

    #[inline(always)]
    fn now(&self) -> u64 {
        csr::time()
    }

    #[inline(never)]
    fn set_alarm(&mut self, at: u64) {
        if self.own_timer {
            csr::set_timer(at);
        } else {
            sbi::set_timer(at);
        }
        csr::enable_timer();
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
