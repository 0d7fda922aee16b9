//! Calls that a person types: from a server's description of a method, and words, to a message, and back to text.
//!
//! The description comes from another task, so nothing in it is believed: what does not fit ends with an error.

mod method;
mod read;
mod shape;
mod show;
mod wrong;

#[cfg(test)]
mod tests;

pub use method::{Method, Prepared};
pub use read::Words;
pub(crate) use read::number;
pub use wrong::Wrong;
