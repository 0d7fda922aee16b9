//! QEMU's `virt` machine in machine mode: a PLIC, a CLINT, an NS16550.

use super::Platform;
use crate::image::CHIP;
use leasehold_arch_riscv::csr;
use leasehold_devices::{Clint, Finisher, Ns16550, Plic};

/// What the chip file says, with physical addresses.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Config {
    /// First register of the interrupt controller.
    pub(crate) plic_base: usize,
    /// The controller's context for machine mode of the boot hart.
    pub(crate) plic_context: usize,
    /// Interrupt lines, line 0 (none) among them.
    pub(crate) plic_lines: usize,
    /// First register of the early console, an NS16550.
    pub(crate) uart_base: usize,
    /// The register that turns the machine off with an exit code.
    pub(crate) finisher_base: usize,
    /// First register of the core-local interruptor.
    pub(crate) clint_base: usize,
}

/// The hart that runs the kernel.
const HART: usize = 0;

/// The machine.
pub(crate) struct VirtMachine {
    plic: Plic,
    clint: Clint,
    console: Ns16550,
    finisher: Finisher,
}

impl Platform for VirtMachine {
    // SAFETY: the chip file says that these devices are there, and machine mode reaches all memory.
    const NEW: Self = unsafe {
        Self {
            plic: Plic::new(CHIP.plic_base, CHIP.plic_context, CHIP.plic_lines as u32),
            clint: Clint::new(CHIP.clint_base, HART),
            console: Ns16550::new(CHIP.uart_base),
            finisher: Finisher::new(CHIP.finisher_base),
        }
    };
    const DEVICES: &'static [usize] = &[];

    unsafe fn start(&mut self) {
        self.plic.start();
        csr::enable_external();
        csr::enable_counters();
    }

    #[inline(always)]
    fn now(&self) -> u64 {
        self.clint.time()
    }

    fn set_alarm(&mut self, at: u64) {
        self.clint.set(at);
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
        loop {
            csr::wait_for_interrupt();
        }
    }
}
