//! Blocks of a chip that are off until somebody uses them, and the pads of the chip.

use leasehold_abi::Error;
use userlib::ipc::interface;

/// What the parent of a chip's clock gates and resets does.
///
/// Each block is an auxiliary device of it. Only who has that device on lease may ask for the block. When the lease
/// ends, however it does, the block is off and held in reset again.
#[interface]
pub trait Blocks {
    /// Lets the block's clock run and lifts its reset. `block` is the [`label`](leasehold_abi::label) of its
    /// auxiliary device. Gives the rate with which the block counts, in Hz; 0 if nobody knows it.
    ///
    /// A block that was open already stays as it is. `Denied`: the caller does not have it on lease; `NotFound`: no
    /// such block is offered; `NoDevice`: the registers do not keep what is written.
    fn open(&mut self, block: u32) -> Result<u32, Error>;
}

/// What the parent of a chip's pads does. Each pad is an auxiliary device of it.
///
/// When the lease of a pad ends, the pad is an input without a pull again.
#[interface]
pub trait Pads {
    /// Gives a pad one of its functions and these electrical settings. `pad` is the
    /// [`label`](leasehold_abi::label) of its auxiliary device; numbers of functions and settings are the chip's.
    ///
    /// `Denied`: the caller does not have the pad on lease; `NotFound`: no such pad is offered; `Invalid`: a function
    /// or setting that there is not; `NoDevice`: the registers do not keep what is written.
    fn connect_pad(&mut self, pad: u32, function: u32, settings: u32) -> Result<(), Error>;
}
