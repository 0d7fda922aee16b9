//! Families of machines: interrupt controller, clock, early console and power switch, put
//! together from the devices in `kernel/devices/`. The chip file names the one that an image is for.

// The build names one by a feature.
#[cfg(feature = "mps2")]
pub(crate) mod mps2;
#[cfg(feature = "th1520")]
pub(crate) mod th1520;
#[cfg(feature = "virt-machine")]
pub(crate) mod virt_machine;
#[cfg(feature = "virt-supervisor")]
pub(crate) mod virt_supervisor;

/// The part of a machine that is not protection hardware. The functions of the same names in
/// [`Hardware`](leasehold_core::Hardware) have the documentation.
pub(crate) trait Platform {
    /// The state before [`start`](Self::start). Such a value can print and turn the machine off, nothing else.
    const NEW: Self;
    /// Addresses of devices that the kernel itself uses; each must be mapped for it.
    const DEVICES: &'static [usize];

    /// Looks whether the image is for this processor, before the kernel's memory is where it is linked. Does not return
    /// if it is not. `boot.rs` of the architecture says what such code may do.
    #[cfg(target_arch = "riscv64")]
    fn check_processor() {}

    /// Looks whether the image is for this machine, by the device tree that the firmware describes it with. Does not
    /// return if it is not. The kernel's own gigapages are mapped.
    ///
    /// # Safety
    /// Call it once, at boot, before [`start`](Self::start), with what the firmware passed.
    #[cfg(target_arch = "riscv64")]
    unsafe fn check_machine(&mut self, _device_tree: usize) {}

    /// Masks all interrupts at the controller, and allows the processor to take interrupts while a task runs.
    ///
    /// # Safety
    /// Call it once, at boot.
    unsafe fn start(&mut self);
    fn now(&self) -> u64;
    fn set_alarm(&mut self, at: u64);
    fn interrupt_pending(&self) -> bool;
    fn take_line(&mut self) -> Option<u32>;
    fn unmask_line(&mut self, line: u32);
    fn mask_line(&mut self, line: u32);
    fn print(&mut self, bytes: &[u8]);
    fn off(&mut self, code: u32, reset: bool) -> !;
}
