//! Families of machines: interrupt controller, clock, early console and power switch, put
//! together from the devices in `kernel/devices/`. The chip file names the one that an image is for.

#[cfg(target_arch = "arm")]
pub(crate) mod mps2;
#[cfg(target_arch = "riscv32")]
pub(crate) mod virt_machine;
#[cfg(target_arch = "riscv64")]
pub(crate) mod virt_supervisor;

/// The half of a machine that is not protection; what its functions do is said at
/// [`Hardware`](leasehold_core::Hardware)'s of the same names.
pub(crate) trait Platform {
    /// Before [`start`](Self::start). A value of its own speaks and turns off, but no more.
    const NEW: Self;
    /// Addresses of devices that the kernel uses itself, each to be mapped for it.
    const DEVICES: &'static [usize];

    /// Quiets the interrupt controller and lets the processor take interrupts out of tasks.
    ///
    /// # Safety
    /// Call it once, at boot.
    unsafe fn start(&mut self);
    fn now(&self) -> u64;
    fn set_alarm(&mut self, at: Option<u64>);
    fn interrupt_pending(&self) -> bool;
    fn take_line(&mut self) -> Option<u32>;
    fn unmask_line(&mut self, line: u32);
    fn mask_line(&mut self, line: u32);
    fn print(&mut self, bytes: &[u8]);
    fn off(&mut self, code: u32, reset: bool) -> !;
}
