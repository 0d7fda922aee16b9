//! DesignWare's general-purpose I/O, one port of 32 lines.
//! Source: U-Boot drivers/gpio/dwapb_gpio.c, Linux drivers/gpio/gpio-dwapb.c (offsets), Synopsys DW_apb_gpio databook.

use crate::violation::Rule;

/// The port.
#[derive(Clone, Debug, Default)]
pub struct Gpio {
    data: u32,
    /// 1 is an output.
    direction: u32,
    control: u32,
    interrupts: u32,
    mask: u32,
    /// 1 is an edge.
    edges: u32,
    /// 1 is high, or rising.
    polarity: u32,
    debounce: u32,
    /// Edges that came and were not ended.
    latched: u32,
    outside: u32,
}

impl Gpio {
    /// What drives the lines from outside.
    pub fn set_outside(&mut self, levels: u32) {
        let old = self.seen();
        self.outside = levels;
        self.notice(old);
    }

    /// The levels at the pads' inner side.
    #[must_use]
    pub fn seen(&self) -> u32 {
        self.data & self.direction | self.outside & !self.direction
    }

    /// What the port drives: which lines, and their levels.
    #[must_use]
    pub fn driven(&self) -> (u32, u32) {
        (self.direction, self.data)
    }

    fn notice(&mut self, old: u32) {
        let new = self.seen();
        let rising = !old & new & self.polarity;
        let falling = old & !new & !self.polarity;
        self.latched |= (rising | falling) & self.edges & self.interrupts & !self.direction;
    }

    fn raw(&self) -> u32 {
        let levels = !(self.seen() ^ self.polarity) & !self.edges;
        (levels | self.latched) & self.interrupts & !self.direction
    }

    /// The interrupt line.
    #[must_use]
    pub fn line(&self) -> bool {
        self.raw() & !self.mask != 0
    }

    /// Reads a register.
    #[must_use]
    pub fn read(&self, offset: u64) -> Option<u32> {
        Some(match offset {
            0x00 => self.data,
            0x04 => self.direction,
            0x08 => self.control,
            0x30 => self.interrupts,
            0x34 => self.mask,
            0x38 => self.edges,
            0x3c => self.polarity,
            0x40 => self.raw() & !self.mask,
            0x44 => self.raw(),
            0x48 => self.debounce,
            0x4c => 0,
            0x50 => self.seen(),
            _ => return None,
        })
    }

    /// Writes a register. Answers a rule that the write breaks.
    pub fn write(&mut self, offset: u64, value: u32) -> Option<Rule> {
        let old = self.seen();
        match offset {
            0x00 => self.data = value,
            0x04 => self.direction = value,
            0x08 => self.control = value,
            0x30 => self.interrupts = value,
            0x34 => self.mask = value,
            0x38 => {
                self.edges = value;
                self.latched &= value;
            }
            0x3c => self.polarity = value,
            0x48 => self.debounce = value,
            0x4c => self.latched &= !value,
            _ => return Some(Rule::WriteIgnored),
        }
        self.notice(old);
        None
    }
}
