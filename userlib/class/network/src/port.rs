//! The driver's end: gives frames that came, and takes frames to send.

use crate::{
    BUFFER, BUFFERS, Done, Frame, Identity, NETWORK, NetworkFamily, NetworkOffer, is_length,
};
use class_queue::{Asker, AskerOffer, Doer, DoerOffer, Offered, Slot};
use userlib::Error;
use userlib::auxiliary::{Lent, LentCell};
use userlib::dma::{DmaBuffer, DmaPool};
use userlib::runtime::{Bound, Device};
use userlib::supervisor::LET_GO;
use userlib::sys::{Notifications, Rights};

/// Bytes of shared memory for the queues: four rings, each with its words, two of frames and two of what was done.
const RINGS: usize = 4 * 16 + 2 * BUFFERS * (size_of::<Frame>() + size_of::<Done>());

/// The parts of the payload, by which it is offered again.
#[derive(Debug)]
struct Parts<'cap> {
    identity: Identity,
    link: Lent<'cap, u32>,
    received: DoerOffer<'cap, Frame, Done, BUFFERS>,
    transmit: AskerOffer<'cap, Frame, Done, BUFFERS>,
    pool: DmaPool<'cap>,
    received_memory: DmaBuffer<'cap, u8>,
    transmit_memory: DmaBuffer<'cap, u8>,
}

impl<'cap> Parts<'cap> {
    fn offer(&self) -> Result<NetworkOffer<'cap>, Error> {
        let lend = |memory, rights| self.pool.lend(memory, rights);
        Ok(NetworkOffer {
            driver: (),
            identity: self.identity,
            link: self.link,
            received: self.received,
            transmit: self.transmit,
            received_memory: lend(&self.received_memory, Rights::READ)?,
            transmit_memory: lend(&self.transmit_memory, Rights::READ | Rights::WRITE)?,
        })
    }
}

/// What a driver wants of the child: only then a post wakes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wants {
    /// Buffers for frames to come, at once when the child gives them back.
    pub buffers: bool,
    /// Frames to send: the device has room.
    pub frames: bool,
}

/// Where bytes of a slot's buffer are in the memory of all buffers.
fn place(slot: &Slot, at: usize, count: usize) -> Result<usize, Error> {
    if at > BUFFER || count > BUFFER - at {
        return Err(Error::Invalid);
    }
    Ok(slot.index() * BUFFER + at)
}

/// The driver's end. The driver says what its device did, and asks what the device is to do.
///
/// A child that breaks the protocol, or goes, has its queues taken away, and the next child gets new ones: see
/// [`Port::renews`].
#[derive(Debug)]
pub struct Port<'cap> {
    /// Before the memory that it lends.
    offered: Offered<'cap, NetworkFamily>,
    device: Device<'cap, Bound>,
    parts: Parts<'cap>,
    link: LentCell<'cap, u32>,
    received: Asker<'cap, Frame, Done, BUFFERS>,
    transmit: Doer<'cap, Frame, Done, BUFFERS>,
    renews: bool,
}

impl<'cap> Port<'cap> {
    /// Registers the auxiliary device. The two buffers, of [`MEMORY`](crate::MEMORY) bytes each, are of this pool: for
    /// frames that come, and for frames to send.
    ///
    /// # Errors
    /// Those of [`Registration::new`](userlib::auxiliary::Registration::new).
    pub fn new(
        device: &Device<'cap, Bound>,
        (identity, has_link): (Identity, bool),
        pool: DmaPool<'cap>,
        [received_memory, transmit_memory]: [DmaBuffer<'cap, u8>; 2],
    ) -> Result<Self, Error> {
        let region = device.lend_region(size_of::<u32>(), RINGS)?;
        let link = region.cell(u32::from(has_link))?;
        let (received, to_receive) = Asker::lend(&region)?;
        let (transmit, to_transmit) = Doer::lend(&region)?;
        let parts = Parts {
            identity,
            link: link.lent(),
            received: to_receive,
            transmit: to_transmit,
            pool,
            received_memory,
            transmit_memory,
        };
        Ok(Self {
            offered: Offered::new(device, region, (NETWORK, 0), parts.offer()?)?,
            device: device.clone(),
            parts,
            link,
            received,
            transmit,
            renews: false,
        })
    }

    /// Whether there is a link, from now on.
    pub fn set_link(&mut self, has_link: bool) {
        self.link.write(u32::from(has_link));
        self.offered.notify();
    }

    /// A free buffer for a frame to come.
    pub fn free(&mut self) -> Option<Slot> {
        loop {
            let Some((slot, _)) = self.said(|port| port.received.answer()) else {
                return self.received.slot();
            };
            // It is of this queue.
            let _ = self.received.put_back(slot);
        }
    }

    /// The device has received a frame of so many bytes into the buffer of this slot. What is no frame is dropped.
    ///
    /// # Errors
    /// `Invalid`: the slot is of another queue.
    pub fn received(&mut self, slot: Slot, length: usize) -> Result<(), Error> {
        if !is_length(length) || self.renews {
            return self.received.put_back(slot);
        }
        let length = length as u32;
        let asked = self.received.ask(slot, |tag| Frame { tag, length });
        self.said(|_| asked.map(Some));
        Ok(())
    }

    /// Copies bytes of a frame that came into the buffer of this slot, from byte `at` on: for a device without DMA.
    ///
    /// # Errors
    /// `Invalid` past the buffer's end.
    pub fn put(&mut self, slot: &Slot, at: usize, bytes: &[u8]) -> Result<(), Error> {
        let at = place(slot, at, bytes.len())?;
        self.parts.received_memory.copy_from(at, bytes)
    }

    /// The next frame to send: its slot and its length. The device has its buffer until [`Port::sent`].
    pub fn to_send(&mut self) -> Option<(Slot, usize)> {
        let (slot, frame) = self.said(|port| port.transmit.request())?;
        let length = self.said(|_| frame.checked().map(Some))?;
        Some((slot, length))
    }

    /// Copies bytes of a frame to send out of the buffer of this slot, from byte `at` on: for a device without DMA.
    ///
    /// # Errors
    /// `Invalid` past the buffer's end.
    pub fn get(&self, slot: &Slot, at: usize, into: &mut [u8]) -> Result<(), Error> {
        let at = place(slot, at, into.len())?;
        self.parts.transmit_memory.copy_to(at, into)
    }

    /// The device has sent the frame in the buffer of this slot.
    pub fn sent(&mut self, slot: Slot) {
        let answered = self.transmit.answer(slot, |tag| Done { tag });
        self.said(|_| answered.map(Some));
    }

    /// Somebody posted this.
    pub fn posted(&mut self, bits: Notifications) {
        if bits.contains(LET_GO) {
            self.offered.let_go();
            self.renews |= self.received.is_used() || self.transmit.is_used();
        }
    }

    /// Whether the queues are to be emptied for another child, by [`Port::renew`]. No frame can be sent until then.
    pub const fn renews(&self) -> bool {
        self.renews
    }

    /// Offers the queues anew, when the device has no frame to send any more. All slots are free then, also those that
    /// the driver has: `received` gets the buffers that the device has for frames to come, in these slots.
    ///
    /// # Errors
    /// Those of [`Registration::new`](userlib::auxiliary::Registration::new).
    pub fn renew(&mut self, mut take: impl FnMut(Slot) -> Result<(), Error>) -> Result<(), Error> {
        self.renew_free()?;
        while let Some(slot) = self.received.slot() {
            take(slot)?;
        }
        Ok(())
    }

    /// As [`Port::renew`], for a device that has no buffers for frames to come: all stay here.
    ///
    /// # Errors
    /// As [`Port::renew`].
    pub fn renew_free(&mut self) -> Result<(), Error> {
        self.renews = false;
        let offer = self.parts.offer()?;
        let (received, transmit) = (&self.received, &self.transmit);
        self.offered.renew(&self.device, || {
            received.restart();
            transmit.restart();
            offer
        })
    }

    /// Shows the child all that was done, and says whether to wait for a post.
    pub fn turn(&mut self, wants: Wants) -> bool {
        let mut notify = self.received.publish() | self.transmit.publish();
        let mut wait = true;
        // A lie is remembered by `said`.
        let _ = self.said(|port| {
            if wants.frames {
                let transmit = port.transmit.turn()?;
                notify |= transmit.notify;
                wait &= transmit.wait;
            }
            if wants.buffers {
                let received = port.received.turn()?;
                notify |= received.notify;
                wait &= received.wait;
            }
            Ok(Some(()))
        });
        if notify {
            self.offered.notify();
        }
        self.renews || wait
    }

    /// What the child said, if that can be; otherwise it loses its queues.
    fn said<T>(&mut self, said: impl FnOnce(&Self) -> Result<Option<T>, Error>) -> Option<T> {
        if self.renews {
            return None;
        }
        said(self).unwrap_or_else(|error| {
            userlib::log!("the task above breaks the protocol ({error}) and loses its queues");
            self.renews = true;
            None
        })
    }
}
