//! Pulse-width modulation: waves, and one output of it for crates that know only a duty cycle.

use core::fmt;
use embedded_hal::pwm::{self, ErrorKind, ErrorType, SetDutyCycle};
use leasehold_abi::Error;
use userlib::ipc::interface;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// A wave. From `offset` on, in each period, the output is high for `duty`.
///
/// Linux has the same description, `struct pwm_waveform`.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct Wave {
    /// Length of a period in nanoseconds. 0: the output is low for ever.
    pub period: u64,
    /// How long the output is high in each period, in nanoseconds.
    pub duty: u64,
    /// Where in the period that begins, in nanoseconds. A wave that is high at the end of its period is inverted.
    pub offset: u64,
}

/// What a PWM does.
#[interface]
pub trait Pwm {
    /// From the next period on a channel has this wave, as nearly as its counter can. Gives the wave that it has.
    ///
    /// Lengths are rounded down to counts, but a period has at least one; an offset is 0, or all of the rest of the
    /// period. `NotFound`: no such channel. `Invalid`: `duty` is longer than the period, or `offset` not within it.
    /// `Busy`: the channel runs, and the other way round, which it cannot change. `Unbound`: its clock or its registers
    /// are not there.
    fn set(&mut self, channel: u32, wave: Wave) -> Result<Wave, Error>;
    /// The wave that a channel has. Lengths are rounded up to nanoseconds.
    fn wave(&mut self, channel: u32) -> Result<Wave, Error>;
}

/// A channel with a fixed period, as an output of `embedded-hal`.
#[derive(Debug)]
pub struct PwmOutput {
    pwm: PwmClient,
    channel: u32,
    period: u64,
}

impl PwmOutput {
    /// This channel, with periods of so many nanoseconds. Nothing is set before a duty cycle is.
    pub const fn new(pwm: PwmClient, channel: u32, period: u64) -> Self {
        Self {
            pwm,
            channel,
            period,
        }
    }
}

/// Why an output could not be set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PwmError(pub Error);

impl pwm::Error for PwmError {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Other
    }
}

impl fmt::Display for PwmError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl core::error::Error for PwmError {}

impl ErrorType for PwmOutput {
    type Error = PwmError;
}

impl SetDutyCycle for PwmOutput {
    /// The whole period.
    fn max_duty_cycle(&self) -> u16 {
        u16::MAX
    }

    fn set_duty_cycle(&mut self, duty: u16) -> Result<(), PwmError> {
        let wave = Wave {
            period: self.period,
            duty: duty_of(self.period, duty),
            offset: 0,
        };
        self.pwm.set(self.channel, wave).map(drop).map_err(PwmError)
    }
}

/// So many parts of 65535 of a period, rounded down.
fn duty_of(period: u64, duty: u16) -> u64 {
    (u128::from(period) * u128::from(duty) / u128::from(u16::MAX)) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duty_cycle_is_a_part_of_the_period() {
        assert_eq!(duty_of(10_000_000, 0), 0);
        assert_eq!(duty_of(10_000_000, u16::MAX), 10_000_000);
        assert_eq!(duty_of(10_000_000, u16::MAX / 5), 2_000_000);
        assert_eq!(duty_of(u64::MAX, u16::MAX), u64::MAX);
    }
}
