//! A virtio device of version 1 over PCI, for drivers' tests.
//!
//! Source: OASIS, *Virtual I/O Device (VIRTIO) Version 1.2*: 4.1 (the transport), 2.7 (the queue). It follows the
//! document where a driver could tell, and panics where a driver breaks a rule that a device may rely on.

use crate::{DeviceModel, Memory, Offer};
use leasehold_abi::GrantKind;
use std::cell::RefCell;
use std::rc::Rc;

/// Where the structures are in BAR 4.
const INTERRUPT: usize = 0x1000;
const OWN: usize = 0x2000;
const DOORBELLS: usize = 0x3000;
const LENGTH: usize = 0x4000;
/// Bytes between two doorbells.
const STEP: u32 = 4;
/// The driver is ready (2.1).
const DRIVER_OK: u8 = 4;
const FEATURES_OK: u8 = 8;
/// Version 1 (6).
const VERSION_1: u64 = 1 << 32;
/// Most descriptors of the queue.
const MOST: u16 = 64;
/// Flags of a descriptor (2.7.5).
const NEXT: u16 = 1;
const WRITE: u16 = 2;

/// The pieces of a chain: address, length, and whether the device writes it.
pub type Pieces = Vec<(u64, u32, bool)>;

/// A queue, as the driver set it up.
#[derive(Clone, Default)]
struct Queue {
    size: u16,
    enabled: bool,
    /// Descriptors, offered and used chains.
    places: [u64; 3],
    /// Chains that were taken, and that were given back.
    taken: u16,
    given: u16,
}

/// The device.
pub struct Virtio {
    memory: Memory,
    features: u64,
    taken_features: u64,
    /// Which halves the feature registers show and set.
    selects: [u32; 2],
    status: u8,
    queues: Vec<Queue>,
    /// Most descriptors of each.
    most: u16,
    /// The queue that the driver has selected, and the one that the test's methods are about.
    selected: usize,
    about: usize,
    cause: u8,
    rung: usize,
    /// The start of its own structure.
    own: Vec<u8>,
}

impl Virtio {
    /// A device with these features, beside version 1, that uses this memory.
    pub fn new(memory: &Memory, features: u64) -> Self {
        Self {
            memory: memory.clone(),
            features: features | VERSION_1,
            taken_features: 0,
            selects: [0; 2],
            status: 0,
            queues: Vec::new(),
            most: MOST,
            selected: 0,
            about: 0,
            cause: 0,
            rung: 0,
            own: Vec::new(),
        }
        .with_queues(1, MOST)
    }

    /// The same, with so many queues of at most so many descriptors.
    #[must_use]
    pub fn with_queues(self, count: usize, most: u16) -> Self {
        let queue = Queue {
            size: most,
            ..Queue::default()
        };
        Self {
            queues: vec![queue; count],
            most,
            ..self
        }
    }

    /// The same device, whose methods are about this queue from now on.
    pub fn queue(&mut self, number: usize) -> &mut Self {
        assert!(number < self.queues.len(), "no queue {number}");
        self.about = number;
        self
    }

    fn about(&self) -> &Queue {
        &self.queues[self.about]
    }

    /// The same, whose own structure begins with these bytes.
    #[must_use]
    pub fn with_own(self, bytes: &[u8]) -> Self {
        let own = bytes.to_vec();
        Self { own, ..self }
    }

    /// The same, running, with a queue of so many descriptors at these places: descriptors, offered and used chains.
    pub fn running(memory: &Memory, places: [u64; 3], size: u16) -> Self {
        let mut device = Self::new(memory, 0);
        device.queues[0] = Queue {
            places,
            size,
            enabled: true,
            ..Queue::default()
        };
        device.status = DRIVER_OK;
        device
    }

    /// The function of this number (vendor << 16 | device) with the device.
    pub fn offer(device: &Rc<RefCell<Self>>, id: u32, memory: &Memory) -> Offer {
        Offer::new("pci", id, 0)
            .with_bytes("config", GrantKind::Config, &Self::configuration(), 4096)
            .with_device("bar4", device.clone(), LENGTH)
            .with_line("intx")
            .with_pool(memory)
    }

    /// Configuration space with a capability for each structure (4.1.4).
    fn configuration() -> Vec<u8> {
        let mut bytes = vec![0; 256];
        // There are capabilities (PCI 3.0, 6.2.3), and here is the first.
        bytes[6] = 1 << 4;
        bytes[0x34] = 0x40;
        let mut at = 0x40;
        let mut add = |kind: u8, offset: usize, length: u32, more: &[u8], last: bool| {
            let size = 16 + more.len();
            let behind = at + size;
            let next = if last { 0 } else { behind as u8 };
            bytes[at..at + 5].copy_from_slice(&[0x09, next, size as u8, kind, 4]);
            bytes[at + 8..at + 12].copy_from_slice(&(offset as u32).to_le_bytes());
            bytes[at + 12..at + 16].copy_from_slice(&length.to_le_bytes());
            bytes[at + 16..behind].copy_from_slice(more);
            at = behind;
        };
        add(1, 0, 0x38, &[], false);
        add(3, INTERRUPT, 0x1000, &[], false);
        add(4, OWN, 0x1000, &[], false);
        add(2, DOORBELLS, 0x1000, &STEP.to_le_bytes(), true);
        bytes
    }

    /// Whether the driver has started it, and not reset it since.
    pub const fn is_running(&self) -> bool {
        self.status & DRIVER_OK != 0
    }

    /// The features that the driver took.
    pub const fn taken_features(&self) -> u64 {
        self.taken_features
    }

    /// What is the device's own has changed: it begins with these bytes now.
    pub fn change_own(&mut self, bytes: &[u8]) {
        self.own = bytes.to_vec();
        self.cause |= 2;
    }

    /// How often the driver rang.
    pub const fn rung(&self) -> usize {
        self.rung
    }

    /// Chains that are offered and not taken.
    pub fn offered(&self) -> u16 {
        let index = u16::from_le_bytes(self.memory.read(self.about().places[1] + 2));
        index.wrapping_sub(self.about().taken)
    }

    /// Takes the next chain: its number and its pieces.
    pub fn take(&mut self) -> Option<(u16, Pieces)> {
        if !self.is_running() || self.offered() == 0 {
            return None;
        }
        let Queue {
            size,
            places,
            taken,
            ..
        } = *self.about();
        let place = u64::from(taken % size);
        let first = u16::from_le_bytes(self.memory.read(places[1] + 4 + 2 * place));
        self.queues[self.about].taken = taken.wrapping_add(1);
        let (mut at, mut pieces) = (first, Vec::new());
        loop {
            assert!(at < size, "a descriptor that is not there: {at}");
            assert!(pieces.len() < usize::from(size), "a chain without an end");
            let bytes: [u8; 16] = self.memory.read(places[0] + 16 * u64::from(at));
            let [address, rest] = [0, 8].map(|from| {
                u64::from_le_bytes(bytes[from..from + 8].try_into().expect("eight bytes"))
            });
            let (length, flags, next) = (rest as u32, (rest >> 32) as u16, (rest >> 48) as u16);
            pieces.push((address, length, flags & WRITE != 0));
            if flags & NEXT == 0 {
                return Some((first, pieces));
            }
            at = next;
        }
    }

    /// Gives a chain of this number back, with so many bytes written, whatever it has: also what it has not got.
    pub fn give(&mut self, number: u32, length: u32) {
        let about = &mut self.queues[self.about];
        let entry = about.places[2] + 4 + 8 * u64::from(about.given % about.size);
        about.given = about.given.wrapping_add(1);
        let given = about.given;
        self.memory.write(entry, &number.to_le_bytes());
        self.memory.write(entry + 4, &length.to_le_bytes());
        self.count(given);
    }

    /// Says that so many chains were given back.
    pub fn count(&mut self, given: u16) {
        self.memory
            .write(self.about().places[2] + 2, &given.to_le_bytes());
        self.cause = 1;
    }

    /// Writes bytes into the next chain and gives it back; false when there is none.
    pub fn complete(&mut self, bytes: &[u8]) -> bool {
        let Some((number, pieces)) = self.take() else {
            return false;
        };
        let mut left = bytes;
        for (address, length, _) in pieces.into_iter().filter(|piece| piece.2) {
            let (now, later) = left.split_at(left.len().min(length as usize));
            self.memory.write(address, now);
            left = later;
        }
        self.give(u32::from(number), (bytes.len() - left.len()) as u32);
        true
    }

    fn reset(&mut self) {
        let own = std::mem::take(&mut self.own);
        let about = self.about;
        *self = Self::new(&self.memory, self.features)
            .with_own(&own)
            .with_queues(self.queues.len(), self.most);
        self.about = about;
    }

    /// The half of a number that the register at `offset` of a pair that begins at `begin` has.
    fn set_half(number: &mut u64, high: bool, value: u64) {
        let shift = if high { 32 } else { 0 };
        *number = *number & !(0xffff_ffff << shift) | (value & 0xffff_ffff) << shift;
    }
}

impl DeviceModel for Virtio {
    fn load(&mut self, offset: usize, width: usize) -> u64 {
        match (offset, width) {
            (0x04, 4) => self.features >> (32 * self.selects[0].min(1)) & 0xffff_ffff,
            (0x14, 1) => u64::from(self.status),
            (0x18, 2) => u64::from(self.queues.get(self.selected).map_or(0, |queue| queue.size)),
            (0x1e, 2) => 0,
            (OWN..DOORBELLS, _) => {
                let at = offset - OWN;
                let mut value = [0; 8];
                let there = self.own.get(at..at + width);
                value[..width].copy_from_slice(there.expect("the structure is that long"));
                u64::from_le_bytes(value)
            }
            // To read the cause lets the line be silent (4.1.4.5).
            (INTERRUPT, 1) => u64::from(std::mem::take(&mut self.cause)),
            _ => panic!("no register of {width} bytes to load at {offset:#x}"),
        }
    }

    fn store(&mut self, offset: usize, width: usize, value: u64) {
        match (offset, width) {
            (0x00, 4) => self.selects[0] = value as u32,
            (0x08, 4) => self.selects[1] = value as u32,
            (0x0c, 4) => {
                let high = self.selects[1] == 1;
                Self::set_half(&mut self.taken_features, high, value);
            }
            (0x14, 1) if value == 0 => self.reset(),
            (0x14, 1) => {
                self.status = value as u8;
                if self.taken_features & !self.features != 0 {
                    self.status &= !FEATURES_OK;
                }
                assert!(
                    !self.is_running() || self.queues.iter().all(|queue| queue.enabled),
                    "started without its queues"
                );
            }
            (0x16, 2) => self.selected = value as usize,
            (0x18, 2) => self.queues[self.selected].size = value as u16,
            (0x1c, 2) => self.queues[self.selected].enabled = value == 1,
            (0x20..0x38, 4) => {
                let place = &mut self.queues[self.selected].places[(offset - 0x20) / 8];
                Self::set_half(place, offset % 8 == 4, value);
            }
            (DOORBELLS, 2) => {
                assert!(self.is_running(), "a doorbell before the driver is ready");
                self.rung += 1;
            }
            _ => panic!("no register of {width} bytes to store {value:#x} at {offset:#x}"),
        }
    }
}
