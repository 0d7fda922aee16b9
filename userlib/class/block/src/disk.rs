//! The end of the task above.

use crate::{Answer, BUFFER, Failure, Geometry, Operation, Request, SLOTS};
use class_queue::{Asker, AskerOffer, Driver, Slot, Turn};
use userlib::auxiliary::Lendable;
use userlib::dma::{DmaView, LentDma};
use userlib::for_lt::Family;
use userlib::{Error, ForLt};

/// Payload of the auxiliary device: a disk to read and write.
#[derive(Debug, Family, Lendable)]
#[for_lt(crate = userlib::for_lt)]
#[offer(DiskOffer<'a>)]
pub struct Disk<'a> {
    geometry: Geometry,
    driver: Driver,
    queue: Asker<'a, Request, Answer, SLOTS>,
    buffers: DmaView<'a, u8>,
}

/// What the driver gives for a [`Disk`].
#[derive(Clone, Copy, Debug)]
pub struct DiskOffer<'a> {
    /// What the disk is.
    pub geometry: Geometry,
    /// The driver.
    pub driver: (),
    /// The queue.
    pub queue: AskerOffer<'a, Request, Answer, SLOTS>,
    /// A buffer for each slot.
    pub buffers: LentDma<'a, u8>,
}

/// A request that was answered: its slot, which is this side's again, and what the disk made of it.
pub type Answered = (Slot, Result<(), Failure>);

/// The family of [`Disk`].
pub type DiskFamily = ForLt!(Disk<'_>);

/// Where `bytes` of a slot's buffer lie, from `offset` on.
fn range(slot: &Slot, offset: usize, bytes: usize) -> Result<core::ops::Range<usize>, Error> {
    let end = offset.checked_add(bytes).ok_or(Error::Invalid)?;
    if end > BUFFER {
        return Err(Error::Invalid);
    }
    let first = slot.index() * BUFFER;
    Ok(first + offset..first + end)
}

impl Disk<'_> {
    /// What the disk is.
    pub const fn geometry(&self) -> Geometry {
        self.geometry
    }

    /// A slot, and its buffer, for a request; none while all are used, or while the queue is an earlier life's.
    pub fn slot(&self) -> Option<Slot> {
        self.queue.slot()
    }

    /// Gives a slot back.
    ///
    /// # Errors
    /// `Invalid`: it is of another queue.
    pub fn put_back(&self, slot: Slot) -> Result<(), Error> {
        self.queue.put_back(slot)
    }

    /// Fills the slot's buffer from `offset` on.
    ///
    /// # Errors
    /// `Invalid` past its end, `Denied` when the driver does not let this task write.
    pub fn fill(&self, slot: &Slot, offset: usize, from: &[u8]) -> Result<(), Error> {
        let range = range(slot, offset, from.len())?;
        self.buffers.copy_from(range.start, from)
    }

    /// Copies out of the slot's buffer from `offset` on.
    ///
    /// # Errors
    /// `Invalid` past its end.
    pub fn copy(&self, slot: &Slot, offset: usize, into: &mut [u8]) -> Result<(), Error> {
        let range = range(slot, offset, into.len())?;
        self.buffers.copy_to(range.start, into)
    }

    /// Asks. The driver sees it after [`Disk::publish`].
    ///
    /// # Errors
    /// `Protocol` when the driver breaks the rules.
    pub fn ask(&self, slot: Slot, operation: Operation) -> Result<(), Error> {
        let buffers = self.buffers.len();
        if buffers < SLOTS * BUFFER {
            return Err(Error::Protocol);
        }
        self.queue.ask(slot, |tag| Request::new(tag, operation))
    }

    /// Shows the driver what was asked.
    pub fn publish(&self) {
        if self.queue.publish() {
            self.driver.notify();
        }
    }

    /// The next answer.
    ///
    /// # Errors
    /// `Protocol` when the driver breaks the rules.
    pub fn answer(&self) -> Result<Option<Answered>, Error> {
        match self.queue.answer()? {
            None => Ok(None),
            Some((slot, answer)) => Ok(Some((slot, answer.result()?))),
        }
    }

    /// Whether to wait for [`READY`](crate::READY) before the next look for an answer.
    ///
    /// # Errors
    /// As [`Disk::answer`].
    pub fn wait(&self) -> Result<bool, Error> {
        let Turn { notify, wait } = self.queue.turn()?;
        if notify {
            self.driver.notify();
        }
        Ok(wait)
    }
}
