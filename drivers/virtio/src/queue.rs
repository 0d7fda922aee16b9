//! The split queue (2.7): the driver offers chains of buffers, the device gives them back used.
//!
//! The device can write all memory of the queue at any time. So nothing that is read there is believed: which chains
//! the device has, and how they go on, stands in the driver's own memory.

use core::marker::PhantomData;
use userlib::Error;
use userlib::dma::{BusMaster, DmaBuffer, DmaPool, Theirs, barrier};
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

/// A buffer in a chain. One that belongs to the device meanwhile is borrowed for `'b` from what the queue keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece<'b> {
    /// Where it is, for the device.
    address: u64,
    /// Bytes.
    length: u32,
    /// Whether the device writes it; otherwise it reads it.
    written: bool,
    buffer: PhantomData<&'b ()>,
}

impl Piece<'static> {
    /// A buffer that the device reads, and that driver and device use at the same time.
    pub fn read<'cap, T: FromBytes + IntoBytes + Immutable>(
        buffer: &DmaBuffer<'cap, T>,
        master: &BusMaster<'cap>,
    ) -> Self {
        Self::new(buffer.device_address(master), buffer.len() * size_of::<T>())
    }

    /// The same, which the device writes.
    pub fn written<'cap, T: FromBytes + IntoBytes + Immutable>(
        buffer: &DmaBuffer<'cap, T>,
        master: &BusMaster<'cap>,
    ) -> Self {
        Self::read(buffer, master).to_be_written()
    }
}

impl<'b> Piece<'b> {
    /// A buffer that is the device's, which reads it.
    pub fn read_theirs<'cap, T>(
        buffer: &'b DmaBuffer<'cap, T, Theirs>,
        master: &BusMaster<'cap>,
    ) -> Self {
        Self::new(buffer.device_address(master), buffer.len() * size_of::<T>())
    }

    /// A buffer that is the device's, which writes it.
    pub fn written_theirs<'cap, T>(
        buffer: &'b DmaBuffer<'cap, T, Theirs>,
        master: &BusMaster<'cap>,
    ) -> Self {
        Self::read_theirs(buffer, master).to_be_written()
    }

    const fn new(address: u64, length: usize) -> Self {
        Self {
            address,
            // A pool lies below 4 GiB.
            length: length as u32,
            written: false,
            buffer: PhantomData,
        }
    }

    /// The same, which the device writes.
    fn to_be_written(self) -> Self {
        Self {
            written: true,
            ..self
        }
    }

    /// `length` bytes of it from `offset` on, for a buffer that holds many.
    ///
    /// # Errors
    /// `Invalid` past its end.
    pub fn part(self, offset: usize, length: usize) -> Result<Self, Error> {
        let end = offset.checked_add(length).ok_or(Error::Invalid)?;
        if end > self.length as usize {
            return Err(Error::Invalid);
        }
        Ok(Self {
            address: self.address + offset as u64,
            // Both fit: they are inside.
            length: length as u32,
            ..self
        })
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

/// A chain that the device has used.
#[derive(Debug, PartialEq, Eq)]
pub struct Used<B> {
    /// Which it was.
    pub token: Token,
    /// Bytes that the device wrote.
    pub written: u32,
    /// What the queue kept for it.
    pub buffers: B,
}

/// What the driver knows of a descriptor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Slot {
    Free,
    /// The first of a chain: how many bytes of it the device may write.
    First(u32),
    Follows,
}

/// A queue of `SIZE` descriptors, a power of two of at most 32768.
///
/// With each chain it keeps a `B`: the buffers that are the device's meanwhile. Nobody has them before the device gives
/// the chain back. Chains of buffers that both sides use keep nothing.
#[derive(Debug)]
pub struct Queue<'cap, const SIZE: usize, B = ()> {
    descriptors: DmaBuffer<'cap, Descriptor>,
    offered: DmaBuffer<'cap, u16>,
    used: DmaBuffer<'cap, u32>,
    slots: [Slot; SIZE],
    /// The descriptor behind each in its chain, or behind a free one in the list of those.
    next: [u16; SIZE],
    /// The first free descriptor, if there is one, and how many there are.
    first_free: u16,
    free: usize,
    /// What belongs to the chain that begins there.
    kept: [Option<B>; SIZE],
    /// Chains that were ever offered, and those that were taken back, both modulo 2^16 as the device counts them.
    offers: u16,
    taken: u16,
}

impl<'cap, B, const SIZE: usize> Queue<'cap, SIZE, B> {
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
            // Each is free, and the next one is behind it. Nobody looks behind the last.
            next: core::array::from_fn(|at| (at as u16).wrapping_add(1)),
            first_free: 0,
            free: SIZE,
            kept: [const { None }; SIZE],
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

    /// Offers a chain, and keeps its buffers until the device gives it back. `pieces` says what of them the device
    /// reads, which comes first, and what it writes. The device may look at once, or after
    /// [`Doorbell::ring`](crate::Doorbell::ring).
    ///
    /// A buffer that belongs to the device is among those that the queue keeps:
    /// ```compile_fail
    /// use driver_virtio::{Piece, Queue};
    /// use userlib::dma::{BusMaster, DmaBuffer, Theirs};
    /// type Buffer<'cap> = DmaBuffer<'cap, u8, Theirs>;
    /// fn give<'cap>(
    ///     queue: &mut Queue<'cap, 4, ()>, buffer: &Buffer<'cap>, master: &BusMaster<'cap>,
    /// ) {
    ///     // borrowed data escapes: the buffer could be taken back while the device has it
    ///     let _ = queue.give((), |_| Ok([Piece::read_theirs(buffer, master)]));
    /// }
    /// ```
    ///
    /// # Errors
    /// As [`Queue::offer`], with the buffers.
    pub fn give<const PIECES: usize>(
        &mut self,
        buffers: B,
        pieces: impl for<'b> FnOnce(&'b B) -> Result<[Piece<'b>; PIECES], Error>,
    ) -> Result<Token, (Error, B)> {
        let first = match pieces(&buffers).and_then(|pieces| self.chain(&pieces)) {
            Ok(first) => first,
            Err(error) => return Err((error, buffers)),
        };
        self.kept[usize::from(first)] = Some(buffers);
        self.show(first)
            .map_err(|error| match self.kept[usize::from(first)].take() {
                Some(buffers) => (error, buffers),
                None => unreachable!("just put there"),
            })
    }

    /// Writes the descriptors of a chain; gives the number of the first.
    fn chain(&mut self, pieces: &[Piece<'_>]) -> Result<u16, Error> {
        if pieces.is_empty() || !pieces.is_sorted_by_key(|piece| piece.written) {
            return Err(Error::Invalid);
        }
        if self.free < pieces.len() {
            return Err(Error::Exhausted);
        }
        let mut written = 0_u32;
        // From the last to the first, so that each knows the next.
        let mut behind = None;
        for piece in pieces.iter().rev() {
            let at = usize::from(self.first_free);
            let writes = if piece.written { WRITE } else { 0 };
            let descriptor = Descriptor {
                address: piece.address,
                length: piece.length,
                flags: writes | behind.map_or(0, |_| NEXT),
                next: behind.unwrap_or(0),
            };
            self.descriptors.write(at, descriptor)?;
            self.slots[at] = Slot::Follows;
            self.first_free = self.next[at];
            self.free -= 1;
            // The last of a chain names itself.
            self.next[at] = behind.unwrap_or(at as u16);
            if piece.written {
                written = written.saturating_add(piece.length);
            }
            behind = Some(at as u16);
        }
        let first = behind.ok_or(Error::Invalid)?;
        self.slots[usize::from(first)] = Slot::First(written);
        Ok(first)
    }

    /// Shows the device the chain that begins there.
    fn show(&mut self, first: u16) -> Result<Token, Error> {
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

    /// What was kept for the chains that the device has, when it is gone and will give none of them back.
    pub fn abandon(&mut self) -> impl Iterator<Item = B> {
        self.kept.iter_mut().filter_map(Option::take)
    }

    /// Takes a chain back that the device has used, with what was kept for it; none when there is none.
    ///
    /// # Errors
    /// `Protocol` when the device gives back what it has not got, or more bytes than it had room for. Then nothing that
    /// it says can be relied on: reset it.
    pub fn take_back(&mut self) -> Result<Option<Used<B>>, Error> {
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
            self.next[at] = self.first_free;
            self.first_free = at as u16;
            self.free += 1;
            if behind == at {
                break;
            }
            at = behind;
        }
        Ok(Some(Used {
            token: Token(place as u16),
            written: length,
            buffers: self.kept[place].take().ok_or(Error::Protocol)?,
        }))
    }
}

/// Of buffers that both sides use.
impl<const SIZE: usize> Queue<'_, SIZE> {
    /// Offers a chain of buffers. Those that the device reads come first. The device may look at once, or after
    /// [`Doorbell::ring`](crate::Doorbell::ring).
    ///
    /// # Errors
    /// `Exhausted` when too few descriptors are free; `Invalid` for no pieces, or in another order.
    pub fn offer(&mut self, pieces: &[Piece<'static>]) -> Result<Token, Error> {
        let first = self.chain(pieces)?;
        self.kept[usize::from(first)] = Some(());
        self.show(first)
    }

    /// Takes a chain back, with the bytes that the device wrote; none when there is none.
    ///
    /// # Errors
    /// As [`Queue::take_back`].
    pub fn take(&mut self) -> Result<Option<(Token, u32)>, Error> {
        let used = self.take_back()?;
        Ok(used.map(|used| (used.token, used.written)))
    }
}

#[cfg(test)]
mod tests;
