//! A controller that copies memory by itself.

use leasehold_abi::Error;
use userlib::ipc::interface;

/// What such a controller does.
#[interface]
pub trait Copying {
    /// Has the controller copy `count` bytes (1 to 4096) of a pattern to another place, and compares. `Invalid` for
    /// another count, `Protocol` when the bytes differ, `TimedOut` when the controller does not finish.
    fn copy(&mut self, count: u32) -> Result<(), Error>;
}
