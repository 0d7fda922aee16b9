//! A port: what is stored for one line, and what its lines have seen.

use crate::registers::{Registers, WINDOW};
use driver_interfaces::LineEvent;
use userlib::Error;
use userlib::io::{ReadWrite, Register, Window};

/// The registers of a port, while they answer.
pub(crate) struct Port<'p>(Registers<'p>);

/// Stores a line's bit, and leaves the others.
fn set(register: Register<'_, u32, (), ReadWrite>, line: u8, on: bool) -> Result<(), Error> {
    let old = register.try_get()?;
    let bit = 1 << line;
    register.try_set(if on { old | bit } else { old & !bit })
}

/// A line's bit.
const fn is_set(register: u32, line: u8) -> bool {
    register >> line & 1 != 0
}

impl<'p> Port<'p> {
    /// The port behind this window.
    pub(crate) fn new(window: &'p Window<'_, WINDOW>) -> Self {
        Self(Registers::new(window))
    }

    /// Makes a line an input without an interrupt.
    pub(crate) fn rest(&self, line: u8) -> Result<(), Error> {
        set(self.0.mask(), line, true)?;
        set(self.0.interrupts(), line, false)?;
        set(self.0.direction(), line, false)
    }

    /// Makes a line an output of this level.
    pub(crate) fn drive(&self, line: u8, high: bool) -> Result<(), Error> {
        set(self.0.mask(), line, true)?;
        set(self.0.interrupts(), line, false)?;
        // The level first: the line has no other one in between.
        set(self.0.data(), line, high)?;
        set(self.0.direction(), line, true)
    }

    /// The level at a line.
    pub(crate) fn level(&self, line: u8) -> Result<bool, Error> {
        Ok(is_set(self.0.levels().try_get()?, line))
    }

    /// The level that was last stored for a line.
    pub(crate) fn driven(&self, line: u8) -> Result<bool, Error> {
        Ok(is_set(self.0.data().try_get()?, line))
    }

    /// Lets a line interrupt once, at this event. Gives whether it came already, which interrupts too unless it is an
    /// edge of either kind.
    ///
    /// # Errors
    /// `Busy`: the line is an output. `Revoked`: the registers are gone.
    pub(crate) fn arm(&self, line: u8, event: LineEvent) -> Result<bool, Error> {
        if is_set(self.0.direction().try_get()?, line) {
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
        set(self.0.mask(), line, true)?;
        set(self.0.edges(), line, edge)?;
        set(self.0.polarity(), line, high)?;
        set(self.0.interrupts(), line, true)?;
        // An edge from before, which the mask kept.
        self.0.end().try_set(1 << line)?;
        // One that came since the level was read, and was ended just now.
        let missed = event == LineEvent::Edge && self.level(line)? != before;
        set(self.0.mask(), line, missed)?;
        Ok(missed)
    }

    /// Takes the lines whose events came. They do not interrupt again before they are armed, which ends old edges.
    pub(crate) fn take(&self) -> Result<u32, Error> {
        let came = self.0.status().try_get()?;
        let mask = self.0.mask().try_get()?;
        self.0.mask().try_set(mask | came)?;
        Ok(came)
    }
}

#[cfg(test)]
mod tests;
