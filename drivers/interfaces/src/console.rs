//! The console: a byte stream each way.

use leasehold_abi::{Error, Notifications};
use userlib::ipc::interface;

/// What a console does.
#[interface]
pub trait Console {
    /// Sends `bytes`. The reply comes when the driver has accepted all of them, and an accepted
    /// byte is sent. `Busy` when too many wait already.
    #[deferred]
    fn write(&mut self, bytes: &[u8]) -> Result<u32, Error>;
    /// Waits for input and copies it, at most the buffer's length. Returns the number of bytes.
    #[deferred]
    fn read(&mut self, bytes: &mut [u8]) -> Result<u32, Error>;
    /// Copies the input that is there, perhaps none.
    #[deferred]
    fn read_ready(&mut self, bytes: &mut [u8]) -> Result<u32, Error>;
    /// Waits until every accepted byte has left the chip.
    #[deferred]
    fn flush(&mut self) -> Result<u32, Error>;
    /// From now on, input posts `wanted`, of [`Notifications::PEERS`], to the caller. This ends with the present
    /// binding of the driver.
    fn watch(&mut self, wanted: Notifications) -> Result<(), Error>;
}
