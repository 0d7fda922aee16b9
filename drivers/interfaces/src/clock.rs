//! A real-time clock.

use leasehold_abi::{Error, Padded};
use userlib::ipc::interface;

/// What a real-time clock does.
#[interface]
pub trait Clock {
    /// Nanoseconds since 1970-01-01T00:00:00Z.
    fn now(&mut self) -> Result<u64, Error>;
    /// The same for a person: date and time of day, in UTC.
    fn date(&mut self) -> Result<Padded<24>, Error>;
}
