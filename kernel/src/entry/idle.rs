//! What the processor does while no task can run.

use super::state::{Image, Registers};

/// The registers of the idle task.
#[cfg(target_arch = "arm")]
pub(super) fn idle(_: &mut Image) -> *mut Registers {
    leasehold_arch_arm::idle::registers()
}

/// Waits until there is a task to run.
#[cfg(any(target_arch = "riscv32", target_arch = "riscv64"))]
#[cold]
#[inline(never)]
pub(super) fn idle(kernel: &mut Image) -> *mut Registers {
    use leasehold_core::{Hardware, Next};
    loop {
        while !kernel.hardware().interrupt_pending() {
            leasehold_arch_riscv::csr::wait_for_interrupt();
        }
        if let Next::Run(task) = kernel.wake() {
            return kernel.context(task);
        }
    }
}
