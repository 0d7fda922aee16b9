//! What every virtio driver needs: the transport over PCI, and the split queue.
//!
//! Source: OASIS, *Virtual I/O Device (VIRTIO) Version 1.2*; each part names its section. Only devices of version 1
//! and later, which need no I/O ports.
//!
//! This is not built on a published crate: those reach registers and memory through pointers that the user vouches for
//! by an unsafe trait. Here all of it goes through a window and a pool that the binding lends, without unsafe code.
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

mod queue;
mod transport;

pub use queue::{Piece, Queue, Token, Used};
pub use transport::{Cause, Doorbell, Features, Transport};
