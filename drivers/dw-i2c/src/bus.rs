//! What a transfer needs: the registers, and a way to wait.

use crate::registers::{EVENTS, WINDOW};
use userlib::io::Window;
use userlib::{Error, time};

/// The registers of a controller, and a way to wait for its events.
pub trait Bus {
    /// Loads a register.
    ///
    /// # Errors
    /// The registers are not there.
    fn load(&self, register: usize) -> Result<u32, Error>;

    /// Stores to a register.
    ///
    /// # Errors
    /// The registers are not there.
    fn store(&self, register: usize, value: u32) -> Result<(), Error>;

    /// Waits until one of these events has come, for [`PATIENCE`] at most.
    ///
    /// # Errors
    /// `TimedOut`; the registers are not there.
    fn event(&mut self, wanted: u32) -> impl Future<Output = Result<(), Error>>;
}

/// How long a single byte may take, in milliseconds: 90 µs on the bus, unless the target holds the clock. SMBus lets it
/// do that for 35 ms (System Management Bus specification 3.1, table 1, T_TIMEOUT).
pub const PATIENCE: u64 = 40;

/// Looks at the registers until an event is there. So none of its futures ever waits.
#[derive(Debug)]
pub struct Polled<'p, 'cap>(pub &'p Window<'cap, WINDOW>);

impl Bus for Polled<'_, '_> {
    fn load(&self, register: usize) -> Result<u32, Error> {
        self.0.try_read32(register)
    }

    fn store(&self, register: usize, value: u32) -> Result<(), Error> {
        self.0.try_write32(register, value)
    }

    async fn event(&mut self, wanted: u32) -> Result<(), Error> {
        time::poll_until(time::after(PATIENCE), || match self.load(EVENTS) {
            Ok(events) => (events & wanted != 0).then_some(Ok(())),
            Err(error) => Some(Err(error)),
        })?
    }
}
