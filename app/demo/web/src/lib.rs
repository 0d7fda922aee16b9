//! Serves a page on the system, as it changes, by HTTP/1.1.
//!
//! The page asks for the state again and again, so each request is answered at once: no connection is ever waited for,
//! and one task serves all of them without a heap. What it may do to the system is what its manifest says: it observes,
//! and it may call the crasher or not.
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

mod answer;
mod connection;
mod request;
mod server;
mod state;
mod status;
mod system;
#[cfg(test)]
mod tests;
mod upload;

pub use crate::server::serve;
