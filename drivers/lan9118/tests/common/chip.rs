//! A model of the chip, by the datasheet: causes of interrupts are levels as long as what they are about lasts.

use driver_testing::{DeviceModel, Memory, Offer};
use leasehold_abi::names;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

pub(crate) const ADDRESS: [u8; 6] = [0x52, 0x54, 0, 1, 2, 3];
/// Causes of interrupts.
pub(crate) const PHY: u32 = 1 << 18;
pub(crate) const RECEIVE_ERROR: u32 = 1 << 14;
pub(crate) const TRANSMIT_ROOM: u32 = 1 << 9;
pub(crate) const TRANSMIT_STATUS: u32 = 1 << 7;
pub(crate) const DROPPED: u32 = 1 << 6;
pub(crate) const RECEIVED: u32 = 1 << 3;
/// Bytes of the FIFO for frames to send.
const ROOM: usize = 4608;

/// Number of a register of the MAC.
const MAC_CONTROL: usize = 1;
const ADDRESS_HIGH: usize = 2;
const ADDRESS_LOW: usize = 3;
const PHY_COMMAND: usize = 6;
const PHY_DATA: usize = 7;

/// What is wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    None,
    /// It never wakes.
    Asleep,
    /// A reset never ends.
    Resets,
    /// A reset fails.
    ResetFails,
    /// It loads its address for ever.
    Loads,
    /// The MAC is never done with a command.
    MacBusy,
    /// The PHY is never done with one.
    PhyBusy,
    /// There is no PHY.
    NoPhy,
}

/// The chip.
pub(crate) struct Chip {
    pub(crate) fault: Fault,
    pub(crate) byte_order: u32,
    /// Causes that stay until they are cleared.
    pub(crate) causes: u32,
    pub(crate) enabled: u32,
    pub(crate) pin: u32,
    levels: u32,
    hardware: u32,
    transmits: bool,
    pub(crate) statuses: VecDeque<u32>,
    pub(crate) data: VecDeque<u32>,
    /// Words written of a frame to send.
    words: Vec<u32>,
    /// Frames in the FIFO, with their tags.
    queue: VecDeque<(u32, Vec<u8>)>,
    pub(crate) sent: Vec<Vec<u8>>,
    pub(crate) transmit_statuses: VecDeque<u32>,
    /// Frames stay in the FIFO.
    pub(crate) holds: bool,
    /// The next frames fail.
    pub(crate) fails: bool,
    pub(crate) dropped: u32,
    pub(crate) mac: [u32; 16],
    mac_data: u32,
    pub(crate) phy: [u16; 32],
    pub(crate) resets: u32,
    /// Loads of its registers.
    pub(crate) loads: u32,
}

impl Chip {
    /// With a link to a partner that can all, and an address.
    pub(crate) fn new() -> Rc<RefCell<Self>> {
        let mut chip = Self {
            fault: Fault::None,
            byte_order: 0x8765_4321,
            causes: 0,
            enabled: 0,
            pin: 0,
            levels: 0,
            hardware: 0x5_0000,
            transmits: false,
            statuses: VecDeque::new(),
            data: VecDeque::new(),
            words: Vec::new(),
            queue: VecDeque::new(),
            sent: Vec::new(),
            transmit_statuses: VecDeque::new(),
            holds: false,
            fails: false,
            dropped: 0,
            mac: [0; 16],
            mac_data: 0,
            phy: [0; 32],
            resets: 0,
            loads: 0,
        };
        chip.set_address(ADDRESS);
        chip.phy[0] = 0x3000;
        chip.phy[1] = 0x782d;
        (chip.phy[2], chip.phy[3]) = (7, 0xc0d1);
        (chip.phy[4], chip.phy[5]) = (0x01e1, 0x45e1);
        Rc::new(RefCell::new(chip))
    }

    pub(crate) fn set_address(&mut self, [a, b, c, d, e, f]: [u8; 6]) {
        self.mac[ADDRESS_LOW] = u32::from_le_bytes([a, b, c, d]);
        self.mac[ADDRESS_HIGH] = u32::from_le_bytes([e, f, 0, 0]);
    }

    /// The device on offer, with memory for the class's buffers.
    pub(crate) fn offer(chip: &Rc<RefCell<impl DeviceModel + 'static>>, pool: &Memory) -> Offer {
        Offer::new("ethernet", 0, 0)
            .with_device("registers", chip.clone(), 0x100)
            .with_line("irq0")
            .with_memory(names::POOL, pool)
    }

    /// A frame comes in.
    pub(crate) fn receive(&mut self, frame: &[u8], error: bool) {
        assert!(self.mac[MAC_CONTROL] & 1 << 2 != 0, "it receives");
        let mut bytes = frame.to_vec();
        // A check sequence, which nobody reads.
        bytes.extend([0xc5; 4]);
        let length = bytes.len() as u32;
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        let words = bytes.chunks(4);
        self.data
            .extend(words.map(|word| u32::from_le_bytes(word.try_into().unwrap())));
        self.statuses
            .push_back(length << 16 | u32::from(error) << 15);
    }

    /// All that is in the FIFO goes out.
    pub(crate) fn release(&mut self) {
        for (tag, frame) in std::mem::take(&mut self.queue) {
            self.sent.push(frame);
            let status = tag << 16 | u32::from(self.fails) << 15;
            self.transmit_statuses.push_back(status);
        }
    }

    fn room(&self) -> usize {
        let used: usize = self.queue.iter().map(|(_, frame)| 8 + frame.len()).sum();
        ROOM - used
    }

    /// Causes that last.
    fn lasting(&self) -> u32 {
        let received = self.statuses.len() > (self.levels & 0xff) as usize;
        let status = self.transmit_statuses.len() > (self.levels >> 16 & 0xff) as usize;
        let room = self.room() > 64 * (self.levels >> 24) as usize;
        let phy = self.phy[29] & self.phy[30] != 0;
        [
            (received, RECEIVED),
            (status, TRANSMIT_STATUS),
            (room, TRANSMIT_ROOM),
            (phy, PHY),
        ]
        .iter()
        .filter(|(lasts, _)| *lasts)
        .fold(0, |causes, (_, cause)| causes | cause)
    }

    /// Whether the line is asserted.
    pub(crate) fn asserts(&self) -> bool {
        (self.causes | self.lasting()) & self.enabled != 0 && self.pin == 0x111
    }

    fn transmit(&mut self, word: u32) {
        assert!(self.transmits, "the transmitter is on");
        self.words.push(word);
        let [first, second, data @ ..] = &self.words[..] else {
            return;
        };
        let length = (second & 0x7ff) as usize;
        assert_eq!(first & 0x7ff, length as u32, "the two commands agree");
        assert_eq!(
            first >> 11,
            0b110,
            "one buffer, and no interrupt of its own"
        );
        if 4 * data.len() < length {
            return;
        }
        assert!(8 + length.next_multiple_of(4) <= self.room(), "it has room");
        let mut bytes: Vec<u8> = data.iter().flat_map(|word| word.to_le_bytes()).collect();
        bytes.truncate(length);
        self.queue.push_back((second >> 16, bytes));
        self.words.clear();
        if !self.holds {
            self.release();
        }
    }

    fn mac_command(&mut self, command: u32) {
        let register = (command & 0xff) as usize;
        if command & 1 << 30 != 0 {
            self.mac_data = self.mac[register];
            return;
        }
        self.mac[register] = self.mac_data;
        if register == PHY_COMMAND {
            let command = self.mac[PHY_COMMAND];
            assert_eq!(command >> 11 & 0x1f, 1, "the PHY in the chip");
            let phy = (command >> 6 & 0x1f) as usize;
            if command & 2 != 0 {
                self.phy[phy] = self.mac[PHY_DATA] as u16;
            } else {
                let value = match self.fault {
                    Fault::NoPhy => 0xffff,
                    _ => self.phy[phy],
                };
                self.mac[PHY_DATA] = value.into();
                if phy == 29 {
                    self.phy[29] = 0;
                }
            }
            if self.fault != Fault::PhyBusy {
                self.mac[PHY_COMMAND] &= !1;
            }
        }
    }

    fn reset(&mut self) {
        let fault = self.fault;
        self.resets += 1;
        self.hardware = match fault {
            Fault::Resets => 1,
            Fault::ResetFails => 2,
            _ => 0x5_0000,
        };
        (self.causes, self.enabled, self.levels) = (0, 0, 0x4800_0000);
        self.statuses.clear();
        self.data.clear();
        self.queue.clear();
        self.words.clear();
        self.transmit_statuses.clear();
        self.transmits = false;
        self.mac[MAC_CONTROL] = 0;
    }
}

impl DeviceModel for Chip {
    fn load(&mut self, offset: usize, width: usize) -> u64 {
        assert_eq!(width, 4);
        self.loads += 1;
        let value = match offset {
            0x00 => self.data.pop_front().unwrap_or_else(|| {
                self.causes |= RECEIVE_ERROR;
                0
            }),
            0x40 => self.statuses.pop_front().expect("a frame"),
            0x48 => self.transmit_statuses.pop_front().expect("a status"),
            0x50 => 0x0118_0001,
            0x54 => self.pin,
            0x58 => self.causes | self.lasting(),
            0x5c => self.enabled,
            0x64 => self.byte_order,
            0x74 => self.hardware,
            0x7c => ((self.statuses.len() << 16) + 4 * self.data.len()) as u32,
            0x80 => ((self.transmit_statuses.len() << 16) + self.room()) as u32,
            0x84 => u32::from(self.fault != Fault::Asleep),
            0xa0 => std::mem::take(&mut self.dropped),
            0xa4 => u32::from(self.fault == Fault::MacBusy) << 31,
            0xa8 => self.mac_data,
            0xb0 => u32::from(self.fault == Fault::Loads) << 31,
            _ => panic!("no register to read at {offset:#x}"),
        };
        value.into()
    }

    fn store(&mut self, offset: usize, width: usize, value: u64) {
        assert_eq!(width, 4);
        let value = value as u32;
        match offset {
            0x20 => self.transmit(value),
            0x54 => self.pin = value,
            0x58 => self.causes &= !value,
            0x5c => self.enabled = value,
            0x68 => self.levels = value,
            0x70 => self.transmits = value & 2 != 0,
            0x74 if value & 1 != 0 => self.reset(),
            0x74 => {
                assert_ne!(value & 1 << 20, 0, "the bit that must be one");
                self.hardware = value;
            }
            0xa4 => self.mac_command(value),
            0xa8 => self.mac_data = value,
            _ => panic!("no register to write at {offset:#x}"),
        }
    }
}
