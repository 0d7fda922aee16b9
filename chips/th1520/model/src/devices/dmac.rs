//! DesignWare's AXI DMA controller, as far as it copies memory: one block at a time on each channel, told by registers.
//! Sources: Linux drivers/dma/dw-axi-dmac/dw-axi-dmac.h (registers, bits), kendryte-standalone-sdk lib/drivers/dmac.c
//! (a single block by contiguous type); U-Boot dts/upstream/src/riscv/thead/th1520.dtsi (four channels, blocks of 65536
//! items, 128 bits of data).
//!
//! It is a master of the bus: it sees memory, not what the processor's caches hold. It reads when a block begins, and
//! writes when it ends.

use crate::memory::Memory;
use crate::violation::Rule;

const CHANNELS: usize = 4;
/// Where the registers of the first channel begin, and bytes of each channel's.
const CHANNEL: u64 = 0x100;
/// Items of a block at most.
const ITEMS: u32 = 65536;
/// log₂ of the bytes of the widest item: 128 bits.
const WIDEST: u32 = 4;

/// Bits of a channel's events.
mod event {
    pub(super) const BLOCK: u32 = 1 << 0;
    pub(super) const DONE: u32 = 1 << 1;
    pub(super) const NO_SOURCE: u32 = 1 << 5;
    pub(super) const NO_DESTINATION: u32 = 1 << 6;
}

/// What a master of the bus reaches.
pub trait Reach {
    /// Reads; nothing where nothing is.
    fn read(&mut self, address: u64, length: usize) -> Option<Vec<u8>>;
    /// Writes; nothing where nothing is.
    fn write(&mut self, address: u64, bytes: &[u8]) -> Option<()>;
}

impl Reach for Memory {
    fn read(&mut self, address: u64, length: usize) -> Option<Vec<u8>> {
        self.dma_read(address, length)
    }

    fn write(&mut self, address: u64, bytes: &[u8]) -> Option<()> {
        self.dma_write(address, bytes)
    }
}

/// A block that is being copied.
#[derive(Clone, Debug)]
struct Run {
    /// What was read, once it was.
    bytes: Option<Vec<u8>>,
    ends: u64,
}

#[derive(Clone, Debug, Default)]
struct Channel {
    source: u64,
    destination: u64,
    /// Items less one.
    block: u32,
    control: u64,
    config: u64,
    kept: u32,
    events: u32,
    signals: u32,
    run: Option<Run>,
}

/// The controller.
#[derive(Clone, Debug, Default)]
pub struct Dmac {
    config: u32,
    channels: [Channel; CHANNELS],
}

impl Channel {
    /// log₂ of the bytes of an item.
    fn width(&self) -> u32 {
        (self.control >> 8 & 7) as u32
    }

    fn length(&self) -> usize {
        (self.block as usize + 1) << self.width()
    }

    /// Begins; answers a rule that what was written breaks.
    fn begin(&mut self, now: u64) -> Option<Rule> {
        let fixed = self.control >> 4 & 1 | self.control >> 6 & 1;
        let one_width = self.control >> 11 & 7 == u64::from(self.width());
        let aligned = (self.source | self.destination).trailing_zeros() >= self.width();
        // Lists, handshakes with blocks, and addresses that stay are not part of this model.
        let plain = self.config & 0b1111 == 0 && self.config >> 32 & 7 == 0 && fixed == 0;
        if !plain || !one_width || !aligned || self.width() > WIDEST || self.block >= ITEMS {
            return Some(Rule::ReservedBits);
        }
        self.run = Some(Run {
            bytes: None,
            // How fast it is is not published: a byte in a nanosecond.
            ends: now + self.length() as u64,
        });
        None
    }

    fn advance(&mut self, now: u64, reach: &mut impl Reach) {
        let (length, source, destination) = (self.length(), self.source, self.destination);
        let Some(run) = &mut self.run else { return };
        if run.bytes.is_none() {
            run.bytes = reach.read(source, length);
        }
        let event = match &run.bytes {
            None => event::NO_SOURCE,
            Some(_) if now < run.ends => return,
            Some(bytes) => match reach.write(destination, bytes) {
                Some(()) => event::BLOCK | event::DONE,
                None => event::NO_DESTINATION,
            },
        };
        self.events |= event & self.kept;
        self.run = None;
    }

    fn read(&self, offset: u64) -> Option<u32> {
        Some(match offset {
            0x00 => self.source as u32,
            0x04 => (self.source >> 32) as u32,
            0x08 => self.destination as u32,
            0x0c => (self.destination >> 32) as u32,
            0x10 => self.block,
            0x18 => self.control as u32,
            0x1c => (self.control >> 32) as u32,
            0x20 => self.config as u32,
            0x24 => (self.config >> 32) as u32,
            0x80 => self.kept,
            0x88 => self.events,
            0x90 => self.signals,
            _ => return None,
        })
    }

    fn write(&mut self, offset: u64, value: u32) -> Option<Rule> {
        let is_event = (0x80..=0x98).contains(&offset);
        if self.run.is_some() && !is_event {
            return Some(Rule::WriteIgnored);
        }
        let low = |old: u64| old >> 32 << 32 | u64::from(value);
        let high = |old: u64| old & 0xffff_ffff | u64::from(value) << 32;
        match offset {
            0x00 => self.source = low(self.source),
            0x04 => self.source = high(self.source),
            0x08 => self.destination = low(self.destination),
            0x0c => self.destination = high(self.destination),
            0x10 => self.block = value,
            0x18 => self.control = low(self.control),
            0x1c => self.control = high(self.control),
            0x20 => self.config = low(self.config),
            0x24 => self.config = high(self.config),
            0x80 => self.kept = value,
            0x90 => self.signals = value,
            0x98 => self.events &= !value,
            _ => return Some(Rule::WriteIgnored),
        }
        None
    }
}

impl Dmac {
    /// Copies what is due.
    pub fn advance(&mut self, now: u64, reach: &mut impl Reach) {
        for channel in &mut self.channels {
            channel.advance(now, reach);
        }
    }

    /// When a block begins or ends next.
    #[must_use]
    pub fn next_event(&self) -> Option<u64> {
        let runs = self
            .channels
            .iter()
            .filter_map(|channel| channel.run.as_ref());
        runs.map(|run| if run.bytes.is_some() { run.ends } else { 0 })
            .min()
    }

    /// The interrupt line.
    #[must_use]
    pub fn line(&self) -> bool {
        self.config & 2 != 0 && self.pending() != 0
    }

    fn pending(&self) -> u32 {
        let channels = self.channels.iter().enumerate();
        channels
            .filter(|(_, channel)| channel.events & channel.signals != 0)
            .map(|(index, _)| 1 << index)
            .sum()
    }

    fn running(&self) -> u32 {
        let channels = self.channels.iter().enumerate();
        channels
            .filter(|(_, channel)| channel.run.is_some())
            .map(|(index, _)| 1 << index)
            .sum()
    }

    /// Reads a register.
    #[must_use]
    pub fn read(&self, offset: u64) -> Option<u32> {
        match offset {
            0x10 => Some(self.config),
            0x18 => Some(self.running()),
            0x30 => Some(self.pending()),
            CHANNEL.. => {
                let channel = self.channels.get((offset / CHANNEL - 1) as usize)?;
                channel.read(offset % CHANNEL)
            }
            _ => None,
        }
    }

    /// Writes a register; answers a rule that the write breaks.
    pub fn write(&mut self, offset: u64, value: u32, now: u64) -> Option<Rule> {
        match offset {
            0x10 => self.config = value & 3,
            0x18 => return self.enable(value, now),
            0x58 if value & 1 != 0 => *self = Self::default(),
            0x58 => {}
            CHANNEL.. => {
                let channel = self.channels.get_mut((offset / CHANNEL - 1) as usize);
                return match channel {
                    Some(channel) => channel.write(offset % CHANNEL, value),
                    None => Some(Rule::WriteIgnored),
                };
            }
            _ => return Some(Rule::WriteIgnored),
        }
        None
    }

    /// Turns channels on and off. A bit counts with the one eight places above it.
    fn enable(&mut self, value: u32, now: u64) -> Option<Rule> {
        let is_on = self.config & 1 != 0;
        for (index, channel) in self.channels.iter_mut().enumerate() {
            let on = value >> index & 1 != 0;
            match (value >> 8 >> index & 1 != 0, on, channel.run.is_some()) {
                (true, true, false) if is_on => {
                    if let Some(rule) = channel.begin(now) {
                        return Some(rule);
                    }
                }
                (true, true, false) => return Some(Rule::WriteIgnored),
                (true, false, true) => channel.run = None,
                _ => {}
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: u64 = 0x2000;
    const DESTINATION: u64 = 0x3000;
    const FIRST: u64 = CHANNEL;

    /// A controller that is on, told to copy `count` bytes on its first channel, and memory.
    fn told(count: u32) -> (Dmac, Memory) {
        let mut dmac = Dmac::default();
        for (offset, value) in [
            (0x10, 3),
            (FIRST, SOURCE as u32),
            (FIRST + 0x08, DESTINATION as u32),
            (FIRST + 0x10, count - 1),
            (FIRST + 0x80, u32::MAX),
            (FIRST + 0x90, event::DONE),
        ] {
            assert_eq!(dmac.write(offset, value, 0), None);
        }
        let mut memory = Memory::new(0, 0x1_0000, false);
        memory.place(SOURCE, &[5; 128]).unwrap();
        (dmac, memory)
    }

    const GO: u32 = 1 | 1 << 8;

    #[test]
    fn a_block_takes_time_and_is_copied_in_memory() {
        let (mut dmac, mut memory) = told(100);
        // The processor's own lines are not seen.
        memory.store(SOURCE, [9_u8]).unwrap();
        assert_eq!(dmac.write(0x18, GO, 1000), None);
        assert_eq!((dmac.read(0x18), dmac.next_event()), (Some(1), Some(0)));
        dmac.advance(1000, &mut memory);
        assert_eq!(dmac.next_event(), Some(1100));
        dmac.advance(1099, &mut memory);
        assert!(!dmac.line());
        dmac.advance(1100, &mut memory);
        assert_eq!((dmac.read(0x18), dmac.line()), (Some(0), true));
        let copied = memory.dma_read(DESTINATION, 101).unwrap();
        assert!(copied[..100].iter().all(|byte| *byte == 5) && copied[100] == 0);
        assert_eq!(memory.load(DESTINATION), Some([0_u8]), "the old line");
        assert_eq!(dmac.write(FIRST + 0x98, u32::MAX, 1200), None);
        assert!(!dmac.line());
    }

    #[test]
    fn what_is_told_at_the_wrong_time_is_ignored() {
        let (mut dmac, mut memory) = told(8);
        assert_eq!(dmac.write(0x18, 1, 0), None, "without its own bit");
        assert_eq!(dmac.read(0x18), Some(0));
        dmac.write(0x10, 0, 0);
        assert_eq!(dmac.write(0x18, GO, 0), Some(Rule::WriteIgnored));
        dmac.write(0x10, 1, 0);
        assert_eq!(dmac.write(0x18, GO, 0), None);
        assert_eq!(dmac.write(FIRST, 0, 0), Some(Rule::WriteIgnored));
        dmac.write(0x18, 1 << 8, 0);
        dmac.advance(1000, &mut memory);
        assert_eq!(memory.dma_read(DESTINATION, 1).unwrap(), [0], "ended");
    }

    #[test]
    fn an_address_without_memory_is_an_event() {
        for (register, found) in [
            (FIRST + 4, event::NO_SOURCE),
            (FIRST + 0x0c, event::NO_DESTINATION),
        ] {
            let (mut dmac, mut memory) = told(8);
            dmac.write(register, 0xff, 0);
            dmac.write(0x18, GO, 0);
            dmac.advance(8, &mut memory);
            assert_eq!(dmac.read(FIRST + 0x88), Some(found));
            assert_eq!(dmac.read(0x18), Some(0));
        }
    }

    #[test]
    fn what_it_cannot_do_is_reported() {
        for (register, value) in [
            (FIRST + 0x10, ITEMS),
            (FIRST + 0x18, 5 << 8 | 5 << 11),
            (FIRST + 0x18, 1 << 8),
            (FIRST + 0x18, 1 << 4),
            (FIRST + 0x20, 3),
            (FIRST + 0x24, 1),
        ] {
            let (mut dmac, _) = told(8);
            dmac.write(register, value, 0);
            assert_eq!(dmac.write(0x18, GO, 0), Some(Rule::ReservedBits));
        }
    }
}
