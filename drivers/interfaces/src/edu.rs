//! QEMU's `edu` device.

use leasehold_abi::Error;
use userlib::ipc::interface;

/// What the `edu` driver does.
#[interface]
pub trait Edu {
    /// `number`! modulo 2^32, computed by the device. `Busy` when too many wait, `TimedOut`
    /// when the device does not finish.
    fn factorial(&mut self, number: u32) -> Result<u32, Error>;
    /// Sends `count` bytes (1 to 4095) of a pattern to the device by DMA and back to another
    /// place, and compares. Gives the milliseconds that both took. `Invalid` for another count,
    /// `Protocol` when the bytes differ, else as [`factorial`](Self::factorial).
    fn transfer(&mut self, count: u32) -> Result<u32, Error>;
}
