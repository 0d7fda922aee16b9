//! The temperature sensor (Moortec MR75203).
//! Source: Linux drivers/hwmon/mr75203.c (registers, formula); the coefficients from U-Boot
//! dts/upstream/src/riscv/thead/th1520.dtsi.

/// Coefficients, in thousandths of a degree.
const G: i64 = 42_740;
const H: i64 = 220_500;
const J: i64 = -160;
const CAL5: i64 = 4094;
/// The block's clock, in Hz.
const CLOCK: i64 = 73_728_000;
/// How long a conversion takes in this model, in nanoseconds; the sensor's own time is not published.
const CONVERSION: u64 = 1_000_000;

/// Registers, from the block's beginning; those of the sensor begin at 0x80.
mod register {
    pub(super) const CONFIGURATION: u64 = 0x04;
    pub(super) const CLOCK_SYNTHESIS: u64 = 0x80;
    pub(super) const DISABLE: u64 = 0x84;
    pub(super) const STATUS: u64 = 0x88;
    pub(super) const COMMAND: u64 = 0x8c;
    pub(super) const DONE: u64 = 0xd4;
    pub(super) const DATA: u64 = 0xd8;
}

/// The sensor of the processor.
#[derive(Clone, Debug)]
pub struct Pvt {
    synthesis: u32,
    disabled: u32,
    /// Since when it converts without end.
    running: Option<u64>,
    /// When the sample that is shown was read, or the conversion began.
    taken: u64,
    /// The sample that was read last: what is shown until the next one is done.
    stale: u32,
    /// Thousandths of a degree.
    temperature: i64,
}

impl Pvt {
    /// A sensor at rest, at 45 degrees.
    #[must_use]
    pub fn new() -> Self {
        Self {
            synthesis: 0,
            disabled: 0,
            running: None,
            taken: 0,
            stale: 0,
            temperature: 45_000,
        }
    }

    /// Sets the temperature, in thousandths of a degree.
    pub fn set_temperature(&mut self, temperature: i64) {
        self.temperature = temperature;
    }

    /// The number that the sensor gives: Linux's formula, solved for it.
    fn sample(&self) -> u32 {
        let halves = i64::from(self.synthesis & 0xff) + i64::from(self.synthesis >> 8 & 0xff) + 2;
        let clock = CLOCK / halves;
        let above = self.temperature - G + H / 2 - J * clock / 1_000_000;
        (above * CAL5 / H).clamp(0, 0xffff) as u32
    }

    fn is_done(&self, now: u64) -> bool {
        self.running.is_some() && now >= self.taken + CONVERSION
    }

    /// Reads a register.
    pub fn read(&mut self, offset: u64, now: u64) -> Option<u32> {
        Some(match offset {
            // One sensor.
            register::CONFIGURATION => 1,
            register::CLOCK_SYNTHESIS => self.synthesis,
            register::DISABLE => self.disabled,
            register::STATUS => 0,
            register::DONE => u32::from(self.is_done(now)),
            register::DATA => {
                if self.is_done(now) {
                    self.taken = now;
                    self.stale = self.sample();
                }
                self.stale
            }
            0x00..0x1000 => 0,
            _ => return None,
        })
    }

    /// Writes a register.
    pub fn write(&mut self, offset: u64, value: u32, now: u64) -> Option<()> {
        match offset {
            register::CLOCK_SYNTHESIS => self.synthesis = value,
            register::DISABLE => self.disabled = value,
            // A write command to the sensor's control: released from reset, running by itself.
            register::COMMAND => {
                let writes_control =
                    value >> 31 != 0 && value >> 27 & 1 != 0 && value >> 24 & 7 == 0;
                if writes_control && self.synthesis >> 24 & 1 != 0 {
                    let runs = value & 0x10a == 0x10a;
                    self.running = runs.then_some(now);
                    self.taken = now;
                }
            }
            0x00..0x1000 => {}
            _ => return None,
        }
        Some(())
    }
}

impl Default for Pvt {
    fn default() -> Self {
        Self::new()
    }
}
