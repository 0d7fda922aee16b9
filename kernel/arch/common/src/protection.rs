//! What the kernel requires of protection hardware: a task can access what it holds, and nothing else.
//!
//! Each implementation is a module in `kernel/arch/`. A board combines it with interrupt controller, clock and console
//! into [`Hardware`](leasehold_core::Hardware).

use leasehold_abi::{Error, FaultKind};
use leasehold_core::{Context, Region, Window};

/// Protection hardware, and the registers of a task on its processor.
pub trait Protection {
    /// Saved registers of a task.
    type Context: Context;
    /// Tables that the image keeps in zeroed memory; `()` where there are none.
    type Store: 'static;

    /// The tables, before [`start`](Self::start).
    const STORE: Self::Store;
    /// The state before [`start`](Self::start): nothing can be mapped.
    const NEW: Self;
    /// The unit of protection in bytes: address and length of everything that is lent are multiples of it.
    const GRANULE: usize;
    /// [`Hardware::WINDOW_MASK`](leasehold_core::Hardware::WINDOW_MASK).
    const WINDOW_MASK: usize;
    /// What is added to a physical address to reach it from the kernel.
    const KERNEL_OFFSET: usize;

    /// Takes over the tables, at boot; nothing is mapped for any of so many tasks.
    ///
    /// # Errors
    /// [`Error::Exhausted`] when the tables have no room for as many.
    fn start(&mut self, store: &'static mut Self::Store, tasks: usize) -> Result<(), Error>;
    /// Lets the kernel itself reach physical memory; called at boot.
    fn map_kernel(&mut self, base: u64, length: u64);
    /// Makes the processor use it.
    ///
    /// # Safety
    /// Call it once, at boot, after all is mapped and before a task runs.
    unsafe fn finish(&mut self);
    /// The value that the entry code loads when it switches to a task.
    fn space(&self, task: usize) -> usize;

    /// [`Hardware::map_own`](leasehold_core::Hardware::map_own).
    ///
    /// # Errors
    /// [`Error::Exhausted`] when the hardware has no room for them.
    fn map_own(&mut self, task: usize, regions: &[Region]) -> Result<(), Error>;
    /// [`Hardware::map_step`](leasehold_core::Hardware::map_step).
    ///
    /// # Errors
    /// [`Error::Exhausted`] when the hardware has no room for it.
    fn map_step(
        &mut self,
        task: usize,
        window: Window,
        progress: &mut usize,
    ) -> Result<bool, Error>;
    /// [`Hardware::unmap`](leasehold_core::Hardware::unmap).
    fn unmap(&mut self, task: usize, window: (usize, usize), progress: &mut usize) -> bool {
        self.unmap_at_once(task, window, *progress);
        true
    }
    /// [`Hardware::unmap_at_once`](leasehold_core::Hardware::unmap_at_once).
    fn unmap_at_once(&mut self, task: usize, window: (usize, usize), progress: usize);
    /// [`Hardware::unmapped_at_once`](leasehold_core::Hardware::unmapped_at_once); any window, where it takes one step.
    #[inline(always)]
    fn unmapped_at_once(_progress: usize) -> bool {
        true
    }
    /// [`Hardware::fault_kind`](leasehold_core::Hardware::fault_kind).
    fn fault_kind(&self, _task: usize, kind: FaultKind, _address: usize) -> FaultKind {
        kind
    }
    /// Page tables that are not in use, for the boot log; none where it has no tables.
    fn available(&self) -> Option<usize>;
}
