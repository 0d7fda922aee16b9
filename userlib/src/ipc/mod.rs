//! Calls between tasks as traits: what `#[interface]` expands to, and the parts it uses.
//!
//! Arguments and results are fixed-layout values, packed into the eight words of a message. `&[u8]` and `&mut [u8]` are
//! lent for the time of the call. So is a record `&T` of any size, and room for a result that is larger than the
//! message; server and client still see both as plain values. Data from the other side is never trusted: a bit pattern
//! that its type does not have is [`Error::Invalid`](crate::Error::Invalid) for a server and
//! [`Error::Protocol`](crate::Error::Protocol) for a client.
//!
//! ```
//! use userlib::ipc::{Answer, ReadLoan, Request, interface};
//! use userlib::Error;
//!
//! /// A clock in another task.
//! #[interface]
//! pub trait Clock {
//!     /// Seconds since 1970.
//!     fn now(&mut self) -> Result<u64, Error>;
//!     /// Sets the clock's name.
//!     fn rename(&mut self, name: &[u8]) -> Result<(), Error>;
//! }
//!
//! /// The server: a driver's state, or any other value.
//! struct Fixed(u64, [u8; 8]);
//!
//! impl ClockServer for Fixed {
//!     fn now(&mut self) -> Result<u64, Error> {
//!         Ok(self.0)
//!     }
//!     fn rename(&mut self, name: ReadLoan) -> Result<(), Error> {
//!         name.read(0, &mut self.1).map(drop)
//!     }
//! }
//!
//! fn request(state: &mut Fixed, request: &Request<'_>) -> Answer {
//!     state.dispatch(request)
//! }
//!
//! // The client. There is no such task on the host.
//! assert_eq!(ClockClient::connect("clock").err(), Some(Error::Denied));
//! ```
//!
//! Methods are numbered from 1. A server of two interfaces starts the second at another number, by
//! `#[interface(first = 16)]`, and asks each of the two traits by `has` whether a request is its own. A first number
//! other than 1 is a multiple of [`FIRSTS`].
//!
//! A server also tells what its methods take and return, see [`describe`]. So the shell's `call` reaches every method.
//!
//! A method with `#[deferred]` gets a [`Deferred`] to answer with later. The driver shows the replies that it keeps, by
//! [`Driver::replies`](crate::runtime::Driver::replies). One that it does not show counts as forgotten.

pub mod describe;
mod owed;
mod pack;
mod peer;
mod request;

pub use owed::Kept;
pub(crate) use owed::Owed;
pub use pack::{Reader, WORDS_BYTES, Writer};
#[doc(hidden)]
pub use pack::{bytes_of, fits, of_bytes};
pub use peer::Peer;
pub use request::{Answer, Deferred, ReadLoan, Request, WriteLoan};
pub use userlib_macros::{Described, interface};

use crate::sys::Tag;

/// What the number of an interface's first method is a multiple of, unless it is 1: who asks a server for all its
/// methods looks there.
pub const FIRSTS: u16 = 16;

/// A request's tag. The third byte names one of the server's bindings.
#[inline(always)]
pub const fn tag(operation: u16, words: u8, instance: u8) -> Tag {
    Tag::from_raw(Tag::new(operation, words).raw() | (instance as usize) << 24)
}

/// The server's binding that a request names.
#[inline(always)]
pub(crate) const fn instance(tag: Tag) -> usize {
    (tag.raw() >> 24) & 0xff
}

#[cfg(test)]
mod tests;
