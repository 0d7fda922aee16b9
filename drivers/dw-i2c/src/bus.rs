//! What a transfer needs: the registers, and a way to wait.

use crate::registers::{Event, Registers, WINDOW};
use userlib::io::{FieldValue, Window};
use userlib::{Error, time};

/// The registers of a controller, and a way to wait for its events.
pub trait Bus {
    /// What `body` does with the registers. They may be gone between two calls.
    ///
    /// # Errors
    /// The registers are not there; those of `body`.
    fn registers<R, E: From<Error>>(
        &self,
        body: impl FnOnce(Registers<'_>) -> Result<R, E>,
    ) -> Result<R, E>;

    /// Waits until one of these events has come, for [`PATIENCE`] at most.
    ///
    /// # Errors
    /// `TimedOut`; the registers are not there.
    fn event(&mut self, wanted: Events) -> impl Future<Output = Result<(), Error>>;
}

/// Some of the events.
pub type Events = FieldValue<u32, Event::Register>;

/// How long a single byte may take, in milliseconds: 90 µs on the bus, unless the target holds the clock. SMBus lets it
/// do that for 35 ms (System Management Bus specification 3.1, table 1, T_TIMEOUT).
pub const PATIENCE: u64 = 40;

/// Looks at the registers until an event is there. So none of its futures ever waits.
#[derive(Debug)]
pub struct Polled<'p, 'cap>(pub &'p Window<'cap, WINDOW>);

impl Bus for Polled<'_, '_> {
    fn registers<R, E: From<Error>>(
        &self,
        body: impl FnOnce(Registers<'_>) -> Result<R, E>,
    ) -> Result<R, E> {
        body(Registers::new(self.0))
    }

    async fn event(&mut self, wanted: Events) -> Result<(), Error> {
        let registers = Registers::new(self.0);
        time::poll_until(time::after(PATIENCE), || {
            match registers.events().try_extract() {
                Ok(events) => events.any_matching_bits_set(wanted).then_some(Ok(())),
                Err(error) => Some(Err(error)),
            }
        })?
    }
}
