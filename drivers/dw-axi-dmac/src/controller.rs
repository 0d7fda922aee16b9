//! One copy by the controller's first channel.

use crate::registers::{ABOUT, DONE, ON, Registers, WINDOW, WORKS, WRONG};
use userlib::io::{ReadWrite, RegisterArray, Window};
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
pub(crate) struct Controller<'w>(Registers<'w>);

/// The two halves of 64 bits.
type Halves<'w> = RegisterArray<'w, u32, (), ReadWrite, 4, 2>;

/// Stores both halves, the lower one first.
fn store(halves: &Halves<'_>, value: u64) -> Result<(), Error> {
    halves.nth::<0>().try_set(value as u32)?;
    halves.nth::<1>().try_set((value >> 32) as u32)
}

impl<'w> Controller<'w> {
    /// The controller behind this window.
    pub(crate) fn new(window: &'w Window<'_, WINDOW>) -> Self {
        Self(Registers::new(window))
    }

    fn works(&self) -> Result<bool, Error> {
        Ok(self.0.channels().try_get()? & WORKS != 0)
    }

    /// Copies `count` bytes, which do not overlap, between two addresses of memory.
    ///
    /// # Errors
    /// [`Failure::Over`] with `NoDevice` where no controller answers, `Busy` when the channel works already,
    /// `BadAddress` when the controller says that something is wrong, `TimedOut`.
    pub(crate) fn copy(&self, from: u64, to: u64, count: usize) -> Result<(), Failure> {
        let registers = &self.0;
        registers.configuration().try_set(ON)?;
        if registers.configuration().try_get()? != ON {
            return Err(Failure::Over(Error::NoDevice));
        }
        if self.works()? {
            return Err(Failure::Over(Error::Busy));
        }
        store(&registers.source(), from)?;
        store(&registers.destination(), to)?;
        registers.block().try_set(count as u32 - 1)?;
        store(&registers.control(), 0)?;
        store(&registers.flow(), 0)?;
        registers.kept().try_set(DONE | WRONG)?;
        registers.end().try_set(u32::MAX)?;
        registers.channels().try_set(WORKS | ABOUT)?;
        if !self.ends_within(TIME)? {
            registers.channels().try_set(ABOUT)?;
            return Err(if self.ends_within(STOP_TIME)? {
                Failure::Over(Error::TimedOut)
            } else {
                Failure::Runs
            });
        }
        match registers.events().try_get()? {
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
