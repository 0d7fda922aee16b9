//! What the drivers of the auxiliary sample share.
//!
//! The sample is a parent and its children, on the devices that a board has: `aux-parent` and `aux-child` on PCI's test
//! device, `th1520-sensors` and `aux-child` on a TH1520, `fpgaio`, `fpgaio-leds` and `fpgaio-buttons` on an MPS2 board.
//! Every parent can hold a call, and every child
//! can tell what it sees of its device. So the same commands of a shell and the same tests work on all of them.
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

pub mod child;
pub mod guarded;
pub mod hold;
pub mod payload;
