//! A 16550 UART, which DesignWare's and QEMU's both are at the core.
//! Source: National Semiconductor PC16550D; Synopsys DesignWare DW_apb_uart databook (busy detection, USR).

use crate::violation::Rule;
use std::collections::VecDeque;

/// Bytes that each FIFO holds.
const DEPTH: usize = 16;

/// Bits of `IER`.
mod enable {
    pub(super) const RECEIVED: u8 = 1;
    pub(super) const SENT: u8 = 2;
    pub(super) const LINE: u8 = 4;
}

/// Values of `IIR`, the most urgent first.
mod cause {
    pub(super) const LINE: u8 = 6;
    pub(super) const RECEIVED: u8 = 4;
    pub(super) const TIMEOUT: u8 = 0xc;
    pub(super) const SENT: u8 = 2;
    pub(super) const BUSY: u8 = 7;
    pub(super) const NONE: u8 = 1;
}

/// Bits of `LSR`.
mod line {
    pub(super) const RECEIVED: u8 = 1;
    pub(super) const OVERRUN: u8 = 2;
    pub(super) const ROOM: u8 = 0x20;
    pub(super) const EMPTY: u8 = 0x40;
}

/// `LCR`: the divisor's registers take the place of others.
const DIVISOR_LATCH: u8 = 0x80;

/// How fast the line is.
#[derive(Clone, Copy, Debug)]
pub enum Line {
    /// Bytes take no time, and wait for room.
    Instant,
    /// The clock that the divisor divides, in Hz; what finds the FIFO full is lost.
    Clocked(u64),
}

/// The UART.
#[derive(Clone, Debug)]
pub struct Uart {
    speed: Line,
    interrupts: u8,
    format: u8,
    modem: u8,
    scratch: u8,
    divisor: u16,
    fifo_control: u8,
    overrun: bool,
    /// The transmitter became empty, and nobody was told yet.
    sent: bool,
    /// A write to `LCR` came while busy; until `USR` is read.
    busy_write: bool,
    received: VecDeque<u8>,
    /// When the last byte came or was taken.
    touched: u64,
    sending: VecDeque<u8>,
    /// When the byte that is being shifted out is done.
    sent_at: u64,
    arriving: VecDeque<u8>,
    arrives_at: u64,
    output: Vec<u8>,
    rule: Option<Rule>,
}

impl Uart {
    /// A UART after reset.
    #[must_use]
    pub fn new(speed: Line) -> Self {
        Self {
            speed,
            interrupts: 0,
            format: 0,
            modem: 0,
            scratch: 0,
            divisor: 0,
            fifo_control: 0,
            overrun: false,
            sent: false,
            busy_write: false,
            received: VecDeque::new(),
            touched: 0,
            sending: VecDeque::new(),
            sent_at: 0,
            arriving: VecDeque::new(),
            arrives_at: 0,
            output: Vec::new(),
            rule: None,
        }
    }

    /// As the firmware leaves it: 8N1, FIFOs on, this divisor.
    pub fn leave_set_up(&mut self, divisor: u16) {
        self.format = 3;
        self.modem = 3;
        self.fifo_control = 1;
        self.divisor = divisor;
    }

    /// Nanoseconds that one character takes: ten bits of sixteen clocks.
    fn character(&self) -> u64 {
        match self.speed {
            Line::Instant => 0,
            Line::Clocked(clock) => 160 * u64::from(self.divisor.max(1)) * 1_000_000_000 / clock,
        }
    }

    fn room(&self) -> usize {
        if self.fifo_control & 1 != 0 { DEPTH } else { 1 }
    }

    fn trigger(&self) -> usize {
        match self.fifo_control >> 6 {
            _ if self.fifo_control & 1 == 0 => 1,
            0 => 1,
            1 => 4,
            2 => 8,
            _ => 14,
        }
    }

    /// Bytes for the receiver.
    pub fn arrive(&mut self, bytes: &[u8], now: u64) {
        if self.arriving.is_empty() {
            self.arrives_at = self.arrives_at.max(now) + self.character();
        }
        self.arriving.extend(bytes);
        self.advance(now);
    }

    /// Takes what was sent.
    pub fn take_output(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.output)
    }

    /// Takes the rule that was broken last.
    pub fn broken_rule(&mut self) -> Option<Rule> {
        self.rule.take()
    }

    /// Lets pass what is due.
    pub fn advance(&mut self, now: u64) {
        let character = self.character();
        while !self.sending.is_empty() && self.sent_at <= now {
            self.output.extend(self.sending.pop_front());
            self.sent_at += character;
            if self.sending.is_empty() {
                self.sent = true;
            }
        }
        while !self.arriving.is_empty() && self.arrives_at <= now {
            if self.received.len() >= self.room() {
                if matches!(self.speed, Line::Instant) {
                    break;
                }
                self.overrun = true;
                self.rule = Some(Rule::UartOverrun);
                self.arriving.pop_front();
            } else {
                self.received.extend(self.arriving.pop_front());
            }
            self.touched = self.arrives_at;
            self.arrives_at += character;
        }
    }

    /// How many more bytes may be sent to it before one would find the FIFO full.
    #[must_use]
    pub fn free(&self) -> usize {
        match self.speed {
            Line::Instant => usize::MAX,
            Line::Clocked(_) => self
                .room()
                .saturating_sub(self.received.len() + self.arriving.len()),
        }
    }

    /// When something happens next.
    #[must_use]
    pub fn next_event(&self, now: u64) -> Option<u64> {
        let sent = (!self.sending.is_empty()).then_some(self.sent_at);
        let full = matches!(self.speed, Line::Instant) && self.received.len() >= self.room();
        let arrived = (!self.arriving.is_empty() && !full).then_some(self.arrives_at);
        let idle = self.times_out_at();
        let timeout = (!self.received.is_empty() && idle > now).then_some(idle);
        [sent, arrived, timeout].into_iter().flatten().min()
    }

    /// Four characters' time without one coming or being taken.
    fn times_out_at(&self) -> u64 {
        self.touched + 4 * self.character()
    }

    /// Something is being shifted out or in, or waits to be taken.
    #[must_use]
    pub fn is_busy(&self, now: u64) -> bool {
        let shifts_in = !self.arriving.is_empty() && now + self.character() > self.arrives_at;
        shifts_in || !self.sending.is_empty() || !self.received.is_empty()
    }

    /// What the interrupt line is on for.
    fn cause(&self, now: u64) -> u8 {
        let on = |bit| self.interrupts & bit != 0;
        if on(enable::LINE) && self.overrun {
            cause::LINE
        } else if on(enable::RECEIVED) && self.received.len() >= self.trigger() {
            cause::RECEIVED
        } else if on(enable::RECEIVED) && !self.received.is_empty() && now >= self.times_out_at() {
            cause::TIMEOUT
        } else if on(enable::SENT) && self.sent {
            cause::SENT
        } else if self.busy_write {
            cause::BUSY
        } else {
            cause::NONE
        }
    }

    /// The interrupt line.
    #[must_use]
    pub fn line(&self, now: u64) -> bool {
        self.cause(now) != cause::NONE
    }

    /// Reads a register by its number.
    pub fn read(&mut self, number: u64, now: u64) -> u8 {
        self.advance(now);
        let latched = self.format & DIVISOR_LATCH != 0;
        match number {
            0 if latched => self.divisor as u8,
            1 if latched => (self.divisor >> 8) as u8,
            0 => {
                self.touched = now;
                let byte = self.received.pop_front().unwrap_or(0);
                self.advance(now);
                byte
            }
            1 => self.interrupts,
            2 => {
                let cause = self.cause(now);
                if cause == cause::SENT {
                    self.sent = false;
                }
                cause | if self.fifo_control & 1 != 0 { 0xc0 } else { 0 }
            }
            3 => self.format,
            4 => self.modem,
            5 => {
                let mut status = 0;
                if !self.received.is_empty() {
                    status |= line::RECEIVED;
                }
                if std::mem::take(&mut self.overrun) {
                    status |= line::OVERRUN;
                }
                if self.sending.is_empty() {
                    status |= line::ROOM | line::EMPTY;
                }
                status
            }
            6 => 0xb0,
            7 => self.scratch,
            _ => 0,
        }
    }

    /// Writes a register by its number. `checks_busy`: as DesignWare's, which ignores `LCR` while it works.
    pub fn write(&mut self, number: u64, value: u8, now: u64, checks_busy: bool) {
        self.advance(now);
        let latched = self.format & DIVISOR_LATCH != 0;
        match number {
            0 if latched => self.divisor = self.divisor & 0xff00 | u16::from(value),
            1 if latched => self.divisor = self.divisor & 0xff | u16::from(value) << 8,
            0 => self.send(value, now),
            1 => {
                // Switched on while empty, the interrupt comes at once.
                if value & !self.interrupts & enable::SENT != 0 && self.sending.is_empty() {
                    self.sent = true;
                }
                self.interrupts = value & 0xf;
            }
            2 => {
                self.fifo_control = value & 0xc1;
                if value & 2 != 0 {
                    self.received.clear();
                }
                if value & 4 != 0 {
                    self.sending.clear();
                }
            }
            3 if checks_busy && self.is_busy(now) => {
                self.busy_write = true;
                self.rule = Some(Rule::UartBusy);
            }
            3 => self.format = value,
            4 => self.modem = value & 0x1f,
            7 => self.scratch = value,
            _ => {}
        }
    }

    fn send(&mut self, value: u8, now: u64) {
        self.sent = false;
        // One more than the FIFO: the byte that is being shifted out.
        if self.sending.len() > self.room() {
            self.rule = Some(Rule::WriteIgnored);
            return;
        }
        if self.sending.is_empty() {
            self.sent_at = now + self.character();
        }
        self.sending.push_back(value);
        self.advance(now);
    }

    /// DesignWare's status register `USR`; reading it ends the interrupt for a write while busy.
    pub fn read_status(&mut self, now: u64) -> u32 {
        self.advance(now);
        self.busy_write = false;
        u32::from(self.is_busy(now))
            | u32::from(self.sending.len() <= self.room()) << 1
            | u32::from(self.sending.is_empty()) << 2
            | u32::from(!self.received.is_empty()) << 3
            | u32::from(self.received.len() >= self.room()) << 4
    }
}
