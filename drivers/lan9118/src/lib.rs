//! A LAN9118 Ethernet controller, which has FIFOs and no DMA.
//!
//! Two drivers for it: [`NetworkDriver`] is of the class `network`, and [`EthernetDriver`] only says what the chip is,
//! for boards that have no room for a network. The second is the program `driver-lan9118-identity`.
//!
//! Source: SMSC, *LAN9118 datasheet*. A chip that does not keep to it ends the driver of the class with a panic: the
//! next life resets it.
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

mod chip;
mod fifo;
mod identity;
mod network;
mod phy;
mod registers;

pub use identity::{Controller, EthernetDriver};
pub use network::{NetworkDriver, State};
