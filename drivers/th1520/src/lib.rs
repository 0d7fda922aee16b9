//! What drivers of the TH1520's blocks share: which gate and reset each block has, which pads there are, and how a
//! parent of many keeps account of who has what.
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

pub mod blocks;
pub mod pads;
mod parts;

pub use parts::{MOST, Nothing, Part, Parts};

use driver_interfaces::{BlocksClient, PadsClient};
use userlib::Error;
use userlib::runtime::{Bound, Device};

/// The task that has gates and resets, in every manifest. A block's auxiliary device is `control.<block>`.
pub const CONTROL: &str = "control";
/// The task that has the pads, in every manifest. A pad's auxiliary device is `pins.<pad>`.
pub const PINS: &str = "pins";

/// For the child that is bound to the auxiliary device of a block: opens the block. Gives its rate in Hz, 0 if unknown.
/// The block is off again when the binding is over.
///
/// # Errors
/// Those of [`BlocksClient::open`].
pub fn open(block: &Device<'_, Bound>) -> Result<u32, Error> {
    BlocksClient::connect(CONTROL)?.open(block.label())
}

/// For the child that is bound to the auxiliary device of a pad: gives the pad a function. The pad is an input again
/// when the binding is over.
///
/// # Errors
/// Those of [`PadsClient::connect_pad`].
pub fn connect(pad: &Device<'_, Bound>, function: u32, settings: u32) -> Result<(), Error> {
    PadsClient::connect(PINS)?.connect_pad(pad.label(), function, settings)
}
