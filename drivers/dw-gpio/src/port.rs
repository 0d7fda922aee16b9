//! A port: what is stored for one line, and what its lines have seen.

use crate::registers::{
    DATA, DIRECTION, EDGES, END, INTERRUPTS, LEVELS, MASK, POLARITY, STATUS, WINDOW,
};
use driver_interfaces::LineEvent;
use userlib::Error;
use userlib::io::Window;

/// The registers of a port, while they answer.
pub(crate) struct Port<'p, 'cap>(pub(crate) &'p Window<'cap, WINDOW>);

impl Port<'_, '_> {
    /// Stores a line's bit, and leaves the others.
    fn set(&self, register: usize, line: u8, on: bool) -> Result<(), Error> {
        let old = self.0.try_read32(register)?;
        let bit = 1 << line;
        self.0
            .try_write32(register, if on { old | bit } else { old & !bit })
    }

    fn is_set(&self, register: usize, line: u8) -> Result<bool, Error> {
        Ok(self.0.try_read32(register)? >> line & 1 != 0)
    }

    /// Makes a line an input without an interrupt.
    pub(crate) fn rest(&self, line: u8) -> Result<(), Error> {
        self.set(MASK, line, true)?;
        self.set(INTERRUPTS, line, false)?;
        self.set(DIRECTION, line, false)
    }

    /// Makes a line an output of this level.
    pub(crate) fn drive(&self, line: u8, high: bool) -> Result<(), Error> {
        self.set(MASK, line, true)?;
        self.set(INTERRUPTS, line, false)?;
        // The level first: the line has no other one in between.
        self.set(DATA, line, high)?;
        self.set(DIRECTION, line, true)
    }

    /// The level at a line.
    pub(crate) fn level(&self, line: u8) -> Result<bool, Error> {
        self.is_set(LEVELS, line)
    }

    /// The level that was last stored for a line.
    pub(crate) fn driven(&self, line: u8) -> Result<bool, Error> {
        self.is_set(DATA, line)
    }

    /// Lets a line interrupt once, at this event. Gives whether it came already, which interrupts too unless it is an
    /// edge of either kind.
    ///
    /// # Errors
    /// `Busy`: the line is an output. `Revoked`: the registers are gone.
    pub(crate) fn arm(&self, line: u8, event: LineEvent) -> Result<bool, Error> {
        if self.is_set(DIRECTION, line)? {
            return Err(Error::Busy);
        }
        let before = self.level(line)?;
        let (edge, high) = match event {
            LineEvent::High => (false, true),
            LineEvent::Low => (false, false),
            LineEvent::Rising => (true, true),
            LineEvent::Falling => (true, false),
            // There is only one at a time: that which comes next.
            LineEvent::Edge => (true, !before),
        };
        self.set(MASK, line, true)?;
        self.set(EDGES, line, edge)?;
        self.set(POLARITY, line, high)?;
        self.set(INTERRUPTS, line, true)?;
        // An edge from before, which the mask kept.
        self.0.try_write32(END, 1 << line)?;
        // One that came since the level was read, and was ended just now.
        let missed = event == LineEvent::Edge && self.level(line)? != before;
        self.set(MASK, line, missed)?;
        Ok(missed)
    }

    /// Takes the lines whose events came. They do not interrupt again before they are armed, which ends old edges.
    pub(crate) fn take(&self) -> Result<u32, Error> {
        let came = self.0.try_read32(STATUS)?;
        let mask = self.0.try_read32(MASK)?;
        self.0.try_write32(MASK, mask | came)?;
        Ok(came)
    }
}

#[cfg(test)]
mod tests;
