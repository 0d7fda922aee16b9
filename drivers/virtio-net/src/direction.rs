//! One of the two queues of the device: which slot is in which of its chains.

use class_network::{BUFFER, BUFFERS, MEMORY, Slot};
use driver_virtio::{Doorbell, Piece, Queue, Transport};
use userlib::Error;
use userlib::dma::{BusMaster, DmaBuffer, DmaPool};

/// Bytes of the header of a frame. With no feature that concerns it, all of it is 0 (5.1.6).
pub(crate) const HEADER: usize = 12;

/// Descriptors: a header and a frame for each buffer.
const DESCRIPTORS: usize = 2 * BUFFERS;

/// A queue and its buffers.
pub(crate) struct Direction<'cap> {
    /// With each chain it keeps the number of the buffer, which is lent, so it is nobody's alone.
    queue: Queue<'cap, DESCRIPTORS, usize>,
    doorbell: Doorbell<'cap>,
    /// The slots whose buffers the device has.
    slots: [Option<Slot>; BUFFERS],
    /// All chains have the same header. What is written there, nobody reads.
    header: Piece<'static>,
    memory: Piece<'static>,
    /// Whether the device is to be told that something was offered.
    to_tell: bool,
}

/// Queue and buffers before the device has them.
pub(crate) struct Parts<'cap> {
    queue: Queue<'cap, DESCRIPTORS, usize>,
    header: DmaBuffer<'cap, u8>,
    /// The buffers.
    pub(crate) memory: DmaBuffer<'cap, u8>,
}

impl<'cap> Parts<'cap> {
    /// From this pool.
    pub(crate) fn new(pool: &mut DmaPool<'cap>) -> Result<Self, Error> {
        Ok(Self {
            queue: Queue::new(pool)?,
            header: pool.buffer(HEADER)?,
            memory: pool.lendable_buffer(MEMORY)?,
        })
    }

    /// Queue `number` of the device, for frames that the device writes or reads; and the buffers, to be lent.
    pub(crate) fn start(
        self,
        transport: &Transport<'cap>,
        number: u16,
        master: &BusMaster<'cap>,
        is_written: bool,
    ) -> Result<(Direction<'cap>, DmaBuffer<'cap, u8>), Error> {
        let piece = |buffer| match is_written {
            true => Piece::written(buffer, master),
            false => Piece::read(buffer, master),
        };
        let direction = Direction {
            doorbell: transport.queue(number, &self.queue, master)?,
            header: piece(&self.header),
            memory: piece(&self.memory),
            queue: self.queue,
            slots: [const { None }; BUFFERS],
            to_tell: false,
        };
        Ok((direction, self.memory))
    }
}

impl Direction<'_> {
    /// Gives the device the first bytes of the buffer of a slot.
    pub(crate) fn offer(&mut self, slot: Slot, length: usize) -> Result<(), Error> {
        let buffer = slot.index();
        let place = self.slots.get_mut(buffer).ok_or(Error::Protocol)?;
        let frame = self.memory.part(buffer * BUFFER, length)?;
        let pieces = [self.header, frame];
        (self.queue.give(buffer, |_| Ok(pieces))).map_err(|(error, _)| error)?;
        *place = Some(slot);
        self.to_tell = true;
        Ok(())
    }

    /// A slot that the device has done with, and how many bytes it wrote, header included.
    pub(crate) fn take(&mut self) -> Result<Option<(Slot, usize)>, Error> {
        let Some(used) = self.queue.take_back()? else {
            return Ok(None);
        };
        let slot = self.slots.get_mut(used.buffers).and_then(Option::take);
        Ok(Some((slot.ok_or(Error::Protocol)?, used.written as usize)))
    }

    /// Keeps a slot in place of the one whose buffer the device has. Gives it back if the device has not got it.
    pub(crate) fn renew(&mut self, slot: Slot) -> Option<Slot> {
        for kept in self.slots.iter_mut().flatten() {
            if kept.index() == slot.index() {
                *kept = slot;
                return None;
            }
        }
        Some(slot)
    }

    /// Tells the device, if there is something to tell.
    pub(crate) fn tell(&mut self) {
        if core::mem::take(&mut self.to_tell) {
            self.doorbell.ring();
        }
    }

    /// Buffers that the device has.
    pub(crate) fn in_flight(&self) -> usize {
        usize::from(self.queue.in_flight())
    }
}
