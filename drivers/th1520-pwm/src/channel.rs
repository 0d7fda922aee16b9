//! A channel: the stores that set its wave.

use crate::registers::{CONTROL, Control, FIRST_PHASE, PERIOD, STRIDE, WINDOW};
use crate::setting::Setting;
use userlib::Error;
use userlib::io::Window;

/// What is known of a channel since its block was reset.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Channel {
    /// The setting, once it has started. It runs until the block is reset again.
    runs: Option<Setting>,
}

impl Channel {
    /// The setting that it has.
    pub(crate) fn setting(&self) -> Setting {
        self.runs.unwrap_or_default()
    }

    /// Gives it a setting; gives the one that it has then.
    ///
    /// # Errors
    /// `Busy`: it runs the other way round. `Revoked`: the window is gone.
    pub(crate) fn set(
        &mut self,
        registers: &Window<'_, WINDOW>,
        number: usize,
        wanted: Setting,
    ) -> Result<Setting, Error> {
        let Some(before) = self.runs else {
            // A channel that never started is low, and may still be started either way round.
            if !wanted.is_low() {
                write(registers, number, wanted, true)?;
                self.runs = Some(wanted);
            }
            return Ok(wanted);
        };
        // No store stops the counter: it is low by its first phase.
        let lasting = if wanted.period == 0 { before } else { wanted };
        let new = if wanted.is_low() {
            lasting.low(before.inverted)
        } else {
            lasting
        };
        if new.inverted != before.inverted {
            return Err(Error::Busy);
        }
        if new != before {
            write(registers, number, new, false)?;
            self.runs = Some(new);
        }
        Ok(if wanted.period == 0 { wanted } else { new })
    }
}

/// Stores a setting, and starts the counter if it does not run yet.
fn write(
    registers: &Window<'_, WINDOW>,
    number: usize,
    setting: Setting,
    start: bool,
) -> Result<(), Error> {
    let store = |offset, value| registers.try_write32(STRIDE * number + offset, value);
    let level = if setting.inverted {
        Control::FIRST::Low
    } else {
        Control::FIRST::High
    };
    let control = Control::MODE::Continuous + level;
    // `UPDATE` is 0 before it is 1: only the change counts.
    store(CONTROL, control.value)?;
    store(PERIOD, setting.period)?;
    store(FIRST_PHASE, setting.first)?;
    store(CONTROL, (control + Control::UPDATE::SET).value)?;
    if start {
        // In a store of its own, after the others.
        store(CONTROL, (control + Control::START::SET).value)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
