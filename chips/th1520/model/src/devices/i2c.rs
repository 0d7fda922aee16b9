//! DesignWare's I2C controller as a master, with the PCA9557 expanders of the board behind it.
//! Source: U-Boot drivers/i2c/designware_i2c.h, Linux drivers/i2c/busses/i2c-designware-core.h (registers and bits),
//! Synopsys DW_apb_i2c databook (abort, disable); NXP PCA9557 data sheet.

use crate::violation::Rule;
use std::collections::VecDeque;

/// Words that each FIFO holds; the register 0xf4 says so. Not read on a board.
const DEPTH: usize = 8;
/// The clock of the counts, in Hz (revyos/thead-kernel, th1520.dtsi).
const CLOCK: u64 = 50_000_000;
/// Clocks of the bus for a byte: eight bits and the acknowledgement; a start or stop is taken for one more.
const BITS: u64 = 9;

/// Bits of the interrupt registers.
mod event {
    pub(super) const RX_UNDER: u32 = 1;
    pub(super) const RX_OVER: u32 = 1 << 1;
    pub(super) const RX_FULL: u32 = 1 << 2;
    pub(super) const TX_OVER: u32 = 1 << 3;
    pub(super) const TX_EMPTY: u32 = 1 << 4;
    pub(super) const TX_ABORT: u32 = 1 << 6;
    pub(super) const STOP: u32 = 1 << 9;
    pub(super) const START: u32 = 1 << 10;
}

/// Bits of a command.
mod command {
    pub(super) const READ: u32 = 1 << 8;
    pub(super) const STOP: u32 = 1 << 9;
    pub(super) const RESTART: u32 = 1 << 10;
}

/// An expander of eight lines: input, output, polarity, direction.
#[derive(Clone, Debug)]
pub struct Expander {
    address: u32,
    registers: [u8; 4],
    pointer: Option<u8>,
}

impl Expander {
    /// As after power-on, at an address of 7 bits.
    #[must_use]
    pub fn new(address: u32) -> Self {
        Self {
            address,
            registers: [0, 0, 0xf0, 0xff],
            pointer: None,
        }
    }

    /// What it drives: which lines, and their levels.
    #[must_use]
    pub fn driven(&self) -> (u8, u8) {
        (!self.registers[3], self.registers[1])
    }

    fn write(&mut self, byte: u8, first: bool) {
        match self.pointer.filter(|_| !first) {
            None => self.pointer = Some(byte & 3),
            Some(0) => {}
            Some(register) => self.registers[usize::from(register)] = byte,
        }
    }

    fn read(&self) -> u8 {
        match self.pointer.unwrap_or(0) {
            // Outputs are seen as inputs; nothing else drives the lines.
            0 => self.registers[1] & !self.registers[3] ^ self.registers[2],
            register => self.registers[usize::from(register)],
        }
    }
}

/// What the bus does.
#[derive(Clone, Copy, Debug)]
struct Transfer {
    command: u32,
    /// The target's address goes first.
    addressed: bool,
    done_at: u64,
}

/// The controller and what is on its bus.
#[derive(Clone, Debug)]
pub struct I2c {
    registers: [u32; 64],
    /// Tied to 1 while anything is done after a disable.
    enabled: bool,
    disabling: bool,
    /// It is not off before.
    off_at: u64,
    commands: VecDeque<u32>,
    received: VecDeque<u8>,
    transfer: Option<Transfer>,
    /// A start went out and no stop did.
    held: bool,
    reads: bool,
    /// Nothing goes in until the abort is cleared.
    aborted: bool,
    raw: u32,
    stuck: bool,
    /// It shall end the transfer, or send clocks until a target lets the data line go.
    aborting: bool,
    recovering: bool,
    /// What the next byte is refused with: bits of the register of aborts.
    refusal: Option<u32>,
    /// It has the part that clears a stuck bus. Not known of the chip.
    pub clears_bus: bool,
    /// Its two pads are lines of the bus. Otherwise no target answers.
    pub connected: bool,
    /// The expander, if there is one.
    pub expander: Option<Expander>,
}

impl I2c {
    /// A controller after reset.
    #[must_use]
    pub fn new(expander: Option<Expander>) -> Self {
        let mut registers = [0; 64];
        // Speed fast, master, restarts, no target.
        registers[0] = 0x7f;
        registers[1] = 0x55;
        (registers[5], registers[6]) = (0x190, 0x1d6);
        (registers[7], registers[8]) = (0x3c, 0x82);
        registers[0x30 / 4] = 0x8ff;
        registers[0x7c / 4] = 1;
        Self {
            registers,
            enabled: false,
            disabling: false,
            off_at: 0,
            commands: VecDeque::new(),
            received: VecDeque::new(),
            transfer: None,
            held: false,
            reads: false,
            aborted: false,
            raw: 0,
            stuck: false,
            aborting: false,
            recovering: false,
            refusal: None,
            clears_bus: false,
            connected: true,
            expander,
        }
    }

    /// The data line is held low from outside: nothing that was begun ends.
    pub fn set_stuck(&mut self, stuck: bool) {
        self.stuck = stuck;
    }

    /// The next byte is refused with these bits of the register of aborts: 8 is a target that does not take it, 0x1000
    /// another master.
    pub fn refuse_next(&mut self, source: u32) {
        self.refusal = Some(source);
    }

    /// Nanoseconds of so many clocks of the bus.
    fn bus_time(&self, clocks: u64) -> u64 {
        let standard = self.registers[0] >> 1 & 3 == 1;
        let (high, low) = if standard { (5, 6) } else { (7, 8) };
        let count =
            u64::from(self.registers[high] & 0xffff) + u64::from(self.registers[low] & 0xffff);
        clocks * count.max(2) * 1_000_000_000 / CLOCK
    }

    /// Lets bytes pass.
    pub fn advance(&mut self, now: u64) {
        if self.recovering {
            // Nine clocks end whatever the target sends.
            self.stuck = false;
        }
        if (self.aborting || self.recovering) && !self.stuck {
            if self.transfer.take().is_some() || self.held {
                self.abort(1 << 16);
            }
            self.aborting = false;
            self.recovering = false;
        }
        while let Some(transfer) = self
            .transfer
            .filter(|transfer| transfer.done_at <= now && !self.stuck)
        {
            self.transfer = None;
            self.finish(transfer);
            self.begin(transfer.done_at);
        }
        if self.disabling && self.transfer.is_none() && self.off_at <= now {
            self.enabled = false;
            self.disabling = false;
            // A bus that is held stays held: only a stop, or an abort, lets it go.
            self.commands.clear();
            self.received.clear();
        }
    }

    /// When one has passed.
    #[must_use]
    pub fn next_event(&self) -> Option<u64> {
        self.transfer
            .filter(|_| !self.stuck)
            .map(|transfer| transfer.done_at)
    }

    fn begin(&mut self, now: u64) {
        if self.transfer.is_some() || !self.enabled || self.disabling {
            return;
        }
        let Some(command) = self.commands.pop_front() else {
            return;
        };
        let reads = command & command::READ != 0;
        let addressed = !self.held || command & command::RESTART != 0 || reads != self.reads;
        let mut clocks = BITS;
        if addressed {
            clocks += BITS + 1;
            self.raw |= event::START;
        }
        if command & command::STOP != 0 {
            clocks += 1;
        }
        self.held = true;
        self.reads = reads;
        self.transfer = Some(Transfer {
            command,
            addressed,
            done_at: now + self.bus_time(clocks),
        });
    }

    fn finish(&mut self, transfer: Transfer) {
        if let Some(source) = self.refusal.take() {
            self.abort(source);
            return;
        }
        let target = self.registers[1] & 0x3ff;
        let Some(expander) = self
            .expander
            .as_mut()
            .filter(|expander| self.connected && expander.address == target)
        else {
            self.abort(1);
            return;
        };
        if transfer.command & command::READ != 0 {
            let byte = expander.read();
            if self.received.len() >= DEPTH {
                self.raw |= event::RX_OVER;
            } else {
                self.received.push_back(byte);
            }
        } else {
            expander.write(transfer.command as u8, transfer.addressed);
        }
        if transfer.command & command::STOP != 0 {
            self.held = false;
            self.raw |= event::STOP;
        }
    }

    /// The source's bit, a stop, and an empty FIFO that takes nothing until the abort is cleared.
    fn abort(&mut self, source: u32) {
        self.registers[0x80 / 4] |= source;
        self.raw |= event::TX_ABORT | event::STOP;
        self.commands.clear();
        self.held = false;
        self.aborted = true;
    }

    fn events(&self) -> u32 {
        let mut events = self.raw;
        if self.received.len() > self.registers[0x38 / 4] as usize {
            events |= event::RX_FULL;
        }
        if self.enabled && self.commands.len() <= self.registers[0x3c / 4] as usize {
            events |= event::TX_EMPTY;
        }
        events
    }

    /// The interrupt line.
    #[must_use]
    pub fn line(&self) -> bool {
        self.events() & self.registers[0x30 / 4] != 0
    }

    /// Reads a register.
    pub fn read(&mut self, offset: u64, now: u64) -> Option<u32> {
        self.advance(now);
        let clear = |raw: &mut u32, bits: u32| {
            let was = u32::from(*raw & bits != 0);
            *raw &= !bits;
            was
        };
        Some(match offset {
            0x10 => match self.received.pop_front() {
                Some(byte) => u32::from(byte),
                None => {
                    self.raw |= event::RX_UNDER;
                    0
                }
            },
            0x2c => self.events() & self.registers[0x30 / 4],
            0x34 => self.events(),
            0x40 => {
                self.aborted = false;
                self.registers[0x80 / 4] = 0;
                clear(&mut self.raw, u32::MAX)
            }
            0x44 => clear(&mut self.raw, event::RX_UNDER),
            0x48 => clear(&mut self.raw, event::RX_OVER),
            0x4c => clear(&mut self.raw, event::TX_OVER),
            0x54 => {
                self.aborted = false;
                self.registers[0x80 / 4] = 0;
                clear(&mut self.raw, event::TX_ABORT)
            }
            0x50 | 0x58 | 0x5c => 0,
            0x60 => clear(&mut self.raw, event::STOP),
            0x64 => clear(&mut self.raw, event::START),
            0x6c => {
                let on = u32::from(self.enabled && !self.disabling);
                on | u32::from(self.aborting) << 1 | u32::from(self.recovering) << 3
            }
            0x70 => {
                let active = self.transfer.is_some() || self.held;
                let busy = if active { 0x21 } else { 0 };
                busy | u32::from(self.commands.len() < DEPTH) << 1
                    | u32::from(self.commands.is_empty()) << 2
                    | u32::from(!self.received.is_empty()) << 3
                    | u32::from(self.received.len() >= DEPTH) << 4
            }
            0x74 => self.commands.len() as u32,
            0x78 => self.received.len() as u32,
            0x9c => u32::from(self.enabled),
            0xf4 => ((DEPTH - 1) << 16 | (DEPTH - 1) << 8 | 2 << 2) as u32,
            0xf8 => 0x3230_322a,
            0xfc => 0x4457_0140,
            0x00..0xf4 => self.registers[offset as usize / 4],
            _ => return None,
        })
    }

    /// Writes a register. Answers a rule that the write breaks.
    pub fn write(&mut self, offset: u64, value: u32, now: u64) -> Option<Rule> {
        self.advance(now);
        match offset {
            0x10 => return self.push(value, now),
            0x6c => {
                if value & 1 != 0 {
                    self.enabled = true;
                    self.disabling = false;
                    self.aborting |= value & 2 != 0;
                    self.recovering |= value & 8 != 0 && self.clears_bus;
                    self.advance(now);
                } else if self.enabled {
                    // It ends what goes over the bus first, and takes some time in any case.
                    if !self.disabling {
                        self.off_at = now + self.bus_time(1);
                    }
                    self.disabling = true;
                    self.advance(now);
                }
            }
            // What describes the transfer takes writes only while the controller is off.
            0x00..0x10 | 0x14..0x2c | 0x7c | 0xa0 if self.enabled => {
                return Some(Rule::WriteIgnored);
            }
            // The bit for the part that clears a bus is kept where there is one.
            0x00 if !self.clears_bus => self.registers[0] = value & !(1 << 11),
            0x00..0x10 | 0x14..0x2c | 0x30 | 0x38 | 0x3c | 0x7c | 0xa0 => {
                self.registers[offset as usize / 4] = value
            }
            _ => return Some(Rule::WriteIgnored),
        }
        None
    }

    fn push(&mut self, value: u32, now: u64) -> Option<Rule> {
        if !self.enabled || self.disabling || self.aborted {
            return Some(Rule::WriteIgnored);
        }
        if self.commands.len() >= DEPTH {
            self.raw |= event::TX_OVER;
            return Some(Rule::WriteIgnored);
        }
        self.commands.push_back(value & 0x7ff);
        self.begin(now);
        None
    }
}
