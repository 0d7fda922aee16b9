//! The split queue (2.7): the driver offers chains of buffers, the device gives them back used.
//!
//! The device can write all memory of the queue at any time. So nothing that is read there is believed: which chains
//! the device has, and how they go on, stands in the driver's own memory.

use userlib::Error;
use userlib::dma::{BusMaster, DmaBuffer, DmaPool, barrier};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// Flag of a descriptor: another follows (2.7.5).
const NEXT: u16 = 1;
/// Flag of a descriptor: the device writes it.
const WRITE: u16 = 2;
/// Words of 16 bits around the ring of offered chains: flags and index, and an event that is not used (2.7.6).
const AROUND_OFFERED: usize = 3;
/// Words of 32 bits before the ring of used chains, with flags and index (2.7.8), and in each of its entries.
const BEFORE_USED: usize = 1;
const USED: usize = 2;
/// Alignments of the three parts (2.7).
const ALIGN_DESCRIPTORS: usize = 16;
const ALIGN_USED: usize = 4;

/// A part of a chain, as the device sees it (2.7.5).
#[derive(Clone, Copy, Debug, Default, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
struct Descriptor {
    address: u64,
    length: u32,
    flags: u16,
    next: u16,
}

/// A buffer in a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Where it is, for the device.
    address: u64,
    /// Bytes.
    length: u32,
    /// Whether the device writes it; otherwise it reads it.
    written: bool,
}

impl Piece {
    /// A buffer that the device reads.
    pub fn read<'cap, T: FromBytes + IntoBytes + Immutable>(
        buffer: &DmaBuffer<'cap, T>,
        master: &BusMaster<'cap>,
    ) -> Self {
        Self {
            address: buffer.device_address(master),
            // A pool lies below 4 GiB.
            length: (buffer.len() * size_of::<T>()) as u32,
            written: false,
        }
    }

    /// A buffer that the device writes.
    pub fn written<'cap, T: FromBytes + IntoBytes + Immutable>(
        buffer: &DmaBuffer<'cap, T>,
        master: &BusMaster<'cap>,
    ) -> Self {
        Self {
            written: true,
            ..Self::read(buffer, master)
        }
    }

    /// Its first bytes, at most all of them.
    pub fn first(self, bytes: u32) -> Self {
        let length = self.length.min(bytes);
        Self { length, ..self }
    }
}

/// A chain that the device has: the number of its first descriptor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token(u16);

/// What the driver knows of a descriptor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Slot {
    Free,
    /// The first of a chain: how many bytes of it the device may write.
    First(u32),
    Follows,
}

/// A queue of `SIZE` descriptors, a power of two of at most 32768.
#[derive(Debug)]
pub struct Queue<'cap, const SIZE: usize> {
    descriptors: DmaBuffer<'cap, Descriptor>,
    offered: DmaBuffer<'cap, u16>,
    used: DmaBuffer<'cap, u32>,
    slots: [Slot; SIZE],
    /// The descriptor behind each in its chain.
    next: [u16; SIZE],
    /// Chains that were ever offered, and those that were taken back, both modulo 2^16 as the device counts them.
    offers: u16,
    taken: u16,
}

impl<'cap, const SIZE: usize> Queue<'cap, SIZE> {
    /// A queue in this pool.
    ///
    /// # Errors
    /// `Exhausted` when the pool has no room.
    pub fn new(pool: &mut DmaPool<'cap>) -> Result<Self, Error> {
        const {
            assert!(
                SIZE.is_power_of_two() && SIZE <= 1 << 15,
                "a queue has a power of two of descriptors, at most 32768"
            );
        }
        Ok(Self {
            descriptors: pool.aligned_buffer(SIZE, ALIGN_DESCRIPTORS)?,
            offered: pool.buffer(SIZE + AROUND_OFFERED)?,
            // The device writes an event behind the ring only if that was agreed on; it has its place all the same.
            used: pool.aligned_buffer(BEFORE_USED + USED * SIZE + 1, ALIGN_USED)?,
            slots: [Slot::Free; SIZE],
            next: [0; SIZE],
            offers: 0,
            taken: 0,
        })
    }

    /// Where descriptors, offered and used chains are, for the device.
    pub(crate) fn places(&self, master: &BusMaster<'cap>) -> [u64; 3] {
        [
            self.descriptors.device_address(master),
            self.offered.device_address(master),
            self.used.device_address(master),
        ]
    }

    /// Chains that the device has.
    pub const fn in_flight(&self) -> u16 {
        self.offers.wrapping_sub(self.taken)
    }

    /// Offers a chain of buffers. Those that the device reads come first. The device may look at once, or after
    /// [`Doorbell::ring`](crate::Doorbell::ring).
    ///
    /// # Errors
    /// `Exhausted` when too few descriptors are free; `Invalid` for no pieces, or in another order.
    pub fn offer(&mut self, pieces: &[Piece]) -> Result<Token, Error> {
        if pieces.is_empty() || !pieces.is_sorted_by_key(|piece| piece.written) {
            return Err(Error::Invalid);
        }
        let free = |slot: &Slot| *slot == Slot::Free;
        if self.slots.iter().filter(|slot| free(slot)).count() < pieces.len() {
            return Err(Error::Exhausted);
        }
        let mut written = 0_u32;
        // From the last to the first, so that each knows the next.
        let mut behind = None;
        for piece in pieces.iter().rev() {
            let at = self.slots.iter().position(free).ok_or(Error::Exhausted)?;
            let writes = if piece.written { WRITE } else { 0 };
            let descriptor = Descriptor {
                address: piece.address,
                length: piece.length,
                flags: writes | behind.map_or(0, |_| NEXT),
                next: behind.unwrap_or(0),
            };
            self.descriptors.write(at, descriptor)?;
            self.slots[at] = Slot::Follows;
            // The last of a chain names itself.
            self.next[at] = behind.unwrap_or(at as u16);
            if piece.written {
                written = written.saturating_add(piece.length);
            }
            behind = Some(at as u16);
        }
        let first = behind.ok_or(Error::Invalid)?;
        self.slots[usize::from(first)] = Slot::First(written);
        let place = usize::from(self.offers) % SIZE;
        self.offered.write(2 + place, first)?;
        self.offers = self.offers.wrapping_add(1);
        // The chain must be there before the index says so (2.7.13.3).
        barrier();
        self.offered.write(1, self.offers)?;
        // And the index before the device is told.
        barrier();
        Ok(Token(first))
    }

    /// Takes a chain back that the device has used, with the bytes that it wrote; none when there is none.
    ///
    /// # Errors
    /// `Protocol` when the device gives back what it has not got, or more bytes than it had room for. Then nothing that
    /// it says can be relied on: reset it.
    pub fn take(&mut self) -> Result<Option<(Token, u32)>, Error> {
        // Flags in the low half.
        let given = (self.used.read(0)? >> 16) as u16;
        let ready = given.wrapping_sub(self.taken);
        if ready == 0 {
            return Ok(None);
        }
        if ready > self.in_flight() {
            return Err(Error::Protocol);
        }
        // What the chain says was written before the index.
        barrier();
        let entry = BEFORE_USED + USED * (usize::from(self.taken) % SIZE);
        let (first, length) = (self.used.read(entry)?, self.used.read(entry + 1)?);
        let place = usize::try_from(first).map_err(|_| Error::Protocol)?;
        match self.slots.get(place) {
            Some(Slot::First(most)) if length <= *most => {}
            _ => return Err(Error::Protocol),
        }
        self.taken = self.taken.wrapping_add(1);
        let mut at = place;
        loop {
            self.slots[at] = Slot::Free;
            let behind = usize::from(self.next[at]);
            if behind == at {
                break;
            }
            at = behind;
        }
        Ok(Some((Token(place as u16), length)))
    }
}

#[cfg(test)]
mod tests;
