//! Memory that a device accesses itself.
//!
//! A [`DmaPool`] gives out buffers. A [`DmaBuffer`] is either used by both sides at any time, as the queues of a device
//! are, or belongs to one side at a time, which its type says: see [`Ours`] and [`Theirs`].

mod brand;
mod buffer;
mod bus_master;
mod cache;
mod field;
mod lent;
mod memory;
mod pool;

pub use buffer::{DmaBuffer, Ours, Owner, Reachable, Shared, Theirs};
pub use bus_master::BusMaster;
pub use field::Field;
pub use lent::{DmaView, LentDma};
pub use pool::DmaPool;

use core::sync::atomic::{Ordering, fence};

/// Orders all earlier accesses before all later ones, of memory and devices. Use it before the store that starts a
/// device, and after the device has reported that it is done.
#[inline(always)]
pub fn barrier() {
    fence(Ordering::SeqCst);
    #[cfg(any(target_arch = "riscv64", target_arch = "riscv32"))]
    // SAFETY: a fence changes nothing. `fence(SeqCst)` orders memory only.
    unsafe {
        core::arch::asm!("fence iorw, iorw", options(nostack));
    }
}

#[cfg(test)]
mod tests;
