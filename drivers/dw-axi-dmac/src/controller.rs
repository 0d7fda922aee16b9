//! One copy by the controller's first channel.

use crate::registers::*;
use userlib::io::Window;
use userlib::{Error, time};

/// How long a copy may take, in milliseconds: far longer than any.
const TIME: u64 = 20;
/// How long the controller may take to let go of a copy that did not end.
const STOP_TIME: u64 = 20;

/// What became of a copy that did not end well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The controller is done with the memory.
    Over(Error),
    /// Nobody knows whether it is.
    Runs,
}

impl From<Error> for Failure {
    /// An access that failed says nothing of the controller.
    fn from(_: Error) -> Self {
        Self::Runs
    }
}

/// The controller, while its clock runs.
pub(crate) struct Controller<'w, 'cap>(pub(crate) &'w Window<'cap, WINDOW>);

impl Controller<'_, '_> {
    fn load(&self, register: usize) -> Result<u32, Error> {
        self.0.try_read32(register)
    }

    fn store(&self, register: usize, value: u32) -> Result<(), Error> {
        self.0.try_write32(register, value)
    }

    fn store_address(&self, register: usize, address: u64) -> Result<(), Error> {
        self.store(register, address as u32)?;
        self.store(register + 4, (address >> 32) as u32)
    }

    fn works(&self) -> Result<bool, Error> {
        Ok(self.load(CHANNELS)? & WORKS != 0)
    }

    /// Copies `count` bytes, which do not overlap, between two addresses of memory.
    ///
    /// # Errors
    /// [`Failure::Over`] with `NoDevice` where no controller answers, `Busy` when the channel works already,
    /// `BadAddress` when the controller says that something is wrong, `TimedOut`.
    pub(crate) fn copy(&self, from: u64, to: u64, count: usize) -> Result<(), Failure> {
        self.store(CONFIGURATION, ON)?;
        if self.load(CONFIGURATION)? != ON {
            return Err(Failure::Over(Error::NoDevice));
        }
        if self.works()? {
            return Err(Failure::Over(Error::Busy));
        }
        self.store_address(SOURCE, from)?;
        self.store_address(DESTINATION, to)?;
        for (register, value) in [
            (BLOCK, count as u32 - 1),
            (FORM, 0),
            (FORM + 4, 0),
            (FLOW, 0),
            (FLOW + 4, 0),
            (KEPT, DONE | WRONG),
            (END, u32::MAX),
            (CHANNELS, WORKS | ABOUT),
        ] {
            self.store(register, value)?;
        }
        if !self.ends_within(TIME)? {
            self.store(CHANNELS, ABOUT)?;
            return Err(if self.ends_within(STOP_TIME)? {
                Failure::Over(Error::TimedOut)
            } else {
                Failure::Runs
            });
        }
        match self.load(EVENTS)? {
            events if events & WRONG != 0 => Err(Failure::Over(Error::BadAddress)),
            events if events & DONE != 0 => Ok(()),
            _ => Err(Failure::Over(Error::Protocol)),
        }
    }

    /// Waits until the channel does not work, for so many milliseconds; whether it came to that.
    fn ends_within(&self, milliseconds: u64) -> Result<bool, Error> {
        let ended = time::poll_until(time::after(milliseconds), || match self.works() {
            Ok(true) => None,
            Ok(false) => Some(Ok(())),
            Err(error) => Some(Err(error)),
        });
        ended.map_or(Ok(false), |ended| ended.map(|()| true))
    }
}

#[cfg(test)]
mod tests;
