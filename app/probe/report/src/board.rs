//! The report, from what costs nothing to what may hang.
//!
//! Sources of the registers: Linux `drivers/clk/thead/clk-th1520-ap.c`, `drivers/reset/reset-th1520.c`,
//! `drivers/pwm/pwm_th1520.rs`; U-Boot `drivers/pinctrl/pinctrl-th1520.c`.

use crate::rate::{self, Edges};
use driver_th1520::blocks::{BLOCKS, Bits, Block};
use driver_th1520::pads::{Field, PWM, Pad, settings};
use userlib::io::Window;
use userlib::{Error, sys};

/// Bytes that are read of each block.
pub(crate) const WINDOW: usize = 0x1000;

/// Registers of clocks that are told: the two words of each PLL, their locks, dividers, gates, the UART's source.
const CLOCKS: &[usize] = &[
    0x00, 0x04, 0x10, 0x14, 0x20, 0x24, 0x30, 0x34, 0x40, 0x44, 0x50, 0x54, 0x60, 0x64, 0x80,
    0x120, 0x130, 0x140, 0x150, 0x204, 0x208, 0x210,
];
/// Registers of resets that are told: watchdogs, timers, UARTs, SPI, I2C, GPIO, PWM, pads.
const RESETS: &[usize] = &[
    0x04, 0x34, 0x38, 0x3c, 0x40, 0x70, 0x74, 0x78, 0x7c, 0x80, 0x84, 0x94, 0x98, 0x9c, 0xa0, 0xa4,
    0xa8, 0xac, 0xb0, 0xb4, 0xb8, 0xc0, 0xc4, 0x1a8, 0x20c,
];
/// Words with the functions of a group's pads.
const FUNCTIONS: core::ops::Range<usize> = 0..8;

/// Channels of the PWM, and bytes of each.
const CHANNELS: usize = 6;
const STRIDE: usize = 0x20;
/// The channel that is measured, and the line that sees it.
const CHANNEL: usize = 1;
const SEEN: u32 = 3;
/// Counts of its period, and the control words that start it (`pwm_th1520.rs`).
const COUNTS: u32 = 240_000;
const CONTINUOUS_HIGH: u32 = 1 << 5 | 1 << 8;
const UPDATE: u32 = 1 << 2;
const START: u32 = 1;
/// Where a port of GPIO shows the levels of its lines.
const LEVELS: usize = 0x50;

/// The windows.
pub(crate) struct Board<'w> {
    pub(crate) clocks: &'w Window<'w, WINDOW>,
    pub(crate) resets: &'w Window<'w, WINDOW>,
    pub(crate) group2: &'w Window<'w, WINDOW>,
    pub(crate) group3: &'w Window<'w, WINDOW>,
    pub(crate) pwm: &'w Window<'w, WINDOW>,
    pub(crate) gpio1: &'w Window<'w, WINDOW>,
}

impl Board<'_> {
    /// Tells all of it.
    pub(crate) fn tell(&self) -> Result<(), Error> {
        userlib::log!("TH1520 probe 1: please paste all lines from here on");
        self.as_left()?;
        let pwm = block("pwm")?;
        self.open(pwm)?;
        self.after_reset()?;
        self.measure()?;
        self.closed(pwm)?;
        userlib::log!("TH1520 probe 1: end");
        Ok(())
    }

    /// What the firmware left.
    fn as_left(&self) -> Result<(), Error> {
        for offset in CLOCKS {
            let value = self.clocks.try_read32(*offset)?;
            userlib::log!("clock {offset:#x} = {value:#010x}");
        }
        for offset in RESETS {
            let value = self.resets.try_read32(*offset)?;
            userlib::log!("reset {offset:#x} = {value:#x}");
        }
        for (group, window) in [(2, self.group2), (3, self.group3)] {
            for word in FUNCTIONS {
                let value = window.try_read32(0x400 + 4 * word)?;
                userlib::log!("pads {group} functions {word} = {value:#010x}");
            }
        }
        Ok(())
    }

    /// The PWM's registers as a reset leaves them.
    fn after_reset(&self) -> Result<(), Error> {
        for channel in 0..CHANNELS {
            let word = |index: usize| self.pwm.try_read32(STRIDE * channel + 4 * index);
            let words = [word(0)?, word(1)?, word(2)?, word(3)?, word(4)?];
            userlib::log!("pwm {channel} after reset = {words:x?}");
        }
        Ok(())
    }

    /// The rate of the PWM's counter, by a wire from its pad to a line of GPIO.
    fn measure(&self) -> Result<(), Error> {
        self.open(block("gpio1")?)?;
        let output = Pad::of_line(3, 3).ok_or(Error::Invalid)?;
        let input = Pad::of_line(1, SEEN as u8).ok_or(Error::Invalid)?;
        let pads = [
            (self.group3, output.settings(), settings::STRONGEST),
            (self.group3, output.function(), PWM),
            (
                self.group2,
                input.settings(),
                settings::INPUT | settings::USUAL,
            ),
            (self.group2, input.function(), input.gpio_function()),
        ];
        for (window, field, value) in pads {
            put(window, field, value)?;
        }
        let base = STRIDE * CHANNEL;
        let stores = [
            (0x00, CONTINUOUS_HIGH),
            (0x08, COUNTS),
            (0x0c, COUNTS / 2),
            (0x00, CONTINUOUS_HIGH | UPDATE),
            (0x00, CONTINUOUS_HIGH | START),
        ];
        for (offset, value) in stores {
            self.pwm.try_write32(base + offset, value)?;
        }
        let level = || Ok(self.gpio1.try_read32(LEVELS)? >> SEEN & 1 != 0);
        match rate::edges(level, sys::time)? {
            Edges::None => userlib::log!(
                "pwm rate: no wave at GPIO1_3; connect GPIO10 and GPIO11 of the header and start again"
            ),
            Edges::Some { periods, ticks } => {
                let hertz = rate::hertz(COUNTS, periods, ticks);
                userlib::log!("pwm rate: {hertz} Hz, by {periods} periods in {ticks} ticks");
                rate::judge(hertz);
            }
        }
        // Low, without an end of the counter.
        for (offset, value) in [
            (0x00, CONTINUOUS_HIGH),
            (0x0c, 0),
            (0x00, CONTINUOUS_HIGH | UPDATE),
        ] {
            self.pwm.try_write32(base + offset, value)?;
        }
        Ok(())
    }

    /// What a block answers that is held in reset, and one without its clock.
    fn closed(&self, pwm: &Block) -> Result<(), Error> {
        userlib::log!("now a read of the PWM in reset; if nothing follows, it hangs");
        change(self.resets, pwm.reset, 0)?;
        self.answer("in reset");
        userlib::log!("now a read of the PWM without its clock; if nothing follows, it hangs");
        change(self.clocks, pwm.gate, 0)?;
        self.answer("without its clock");
        Ok(())
    }

    fn answer(&self, how: &str) {
        match self.pwm.try_read32(8) {
            Ok(value) => userlib::log!("pwm {how}: reads {value:#x}"),
            Err(_) => userlib::log!("pwm {how}: an access fault"),
        }
    }

    /// Opens a block, after a reset of it.
    fn open(&self, block: &Block) -> Result<(), Error> {
        change(self.resets, block.reset, 0)?;
        change(self.clocks, block.gate, block.gate.mask)?;
        change(self.resets, block.reset, block.reset.mask)
    }
}

fn block(name: &str) -> Result<&'static Block, Error> {
    BLOCKS
        .iter()
        .find(|block| block.name == name)
        .ok_or(Error::NotFound)
}

fn change(window: &Window<'_, WINDOW>, bits: Bits, wanted: u32) -> Result<(), Error> {
    let old = window.try_read32(bits.offset)?;
    window.try_write32(bits.offset, old & !bits.mask | wanted)
}

fn put(window: &Window<'_, WINDOW>, field: Field, value: u32) -> Result<(), Error> {
    let old = window.try_read32(field.offset)?;
    window.try_write32(field.offset, field.with(old, value))
}
