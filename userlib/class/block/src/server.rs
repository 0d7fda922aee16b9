//! The driver's end.

use crate::{
    Answer, BUFFER, DISK, DiskFamily, DiskOffer, Failure, Geometry, Operation, Request, SLOTS,
};
use class_queue::{Doer, Offered, Slot, Turn};
use core::fmt;
use userlib::Error;
use userlib::dma::{DmaBuffer, DmaPool};
use userlib::runtime::{Bound, Device};
use userlib::sys::Rights;

/// Bytes that a child can write: the rings.
const SHARED: usize = 512;

/// What the driver is to do for its child.
#[derive(Debug)]
pub struct Job {
    /// Its slot, whose buffer is that of this number.
    pub slot: Slot,
    /// What.
    pub operation: Operation,
}

/// A disk on offer: requests of whichever child has it.
pub struct Server<'cap> {
    offered: Offered<'cap, DiskFamily>,
    queue: Doer<'cap, Request, Answer, SLOTS>,
    buffers: DmaBuffer<'cap, u8>,
    offer: DiskOffer<'cap>,
}

impl<'cap> Server<'cap> {
    /// Offers a disk of this geometry. The buffers are of `pool`: `SLOTS` times `BUFFER` bytes, at a whole granule.
    ///
    /// # Errors
    /// `Exhausted` when pool or arena have no room; those of a registration.
    pub fn new(
        device: &Device<'cap, Bound>,
        pool: &mut DmaPool<'cap>,
        geometry: Geometry,
    ) -> Result<Self, Error> {
        let buffers = pool.lendable_buffer::<u8>(SLOTS * BUFFER)?;
        let region = device.lend_region(0, SHARED)?;
        let (queue, to_child) = Doer::lend(&region)?;
        let offer = DiskOffer {
            geometry,
            driver: (),
            queue: to_child,
            buffers: pool.lend(&buffers, Rights::READ | Rights::WRITE)?,
        };
        Ok(Self {
            offered: Offered::new(device, region, (DISK, 0), offer)?,
            queue,
            buffers,
            offer,
        })
    }

    /// The buffers: that of slot `n` begins at byte `n * BUFFER`.
    pub const fn buffers(&self) -> &DmaBuffer<'cap, u8> {
        &self.buffers
    }

    /// The next request that the disk can do. Those that it cannot, and a flush without a cache, are
    /// answered here.
    ///
    /// # Errors
    /// `Protocol`: the child breaks the rules. [`Server::renew`] is to follow.
    pub fn next(&self) -> Result<Option<Job>, Error> {
        while let Some((slot, request)) = self.queue.request()? {
            match request.operation(self.offer.geometry)? {
                // Without a cache each write was on the medium when it was answered.
                Ok(Operation::Flush) if self.offer.geometry.cached == 0 => {
                    self.answer(slot, Ok(()))?;
                }
                Ok(operation) => return Ok(Some(Job { slot, operation })),
                Err(failure) => self.answer(slot, Err(failure))?,
            }
        }
        Ok(None)
    }

    /// Answers a request. The child sees it after [`Server::publish`].
    ///
    /// # Errors
    /// As [`Server::next`].
    pub fn answer(&self, slot: Slot, result: Result<(), Failure>) -> Result<(), Error> {
        self.queue.answer(slot, |tag| Answer::new(tag, result))
    }

    /// Shows the child what was answered.
    pub fn publish(&self) {
        if self.queue.publish() {
            self.offered.notify();
        }
    }

    /// Whether to wait for [`READY`](crate::READY) before the next look for requests.
    ///
    /// # Errors
    /// As [`Server::next`].
    pub fn wait(&self) -> Result<bool, Error> {
        let Turn { notify, wait } = self.queue.turn()?;
        if notify {
            self.offered.notify();
        }
        Ok(wait)
    }

    /// A child let go (`LET_GO`). True when it has used the queue: then [`Server::renew`] is to follow.
    pub fn let_go(&self) -> bool {
        self.offered.let_go();
        self.queue.is_used()
    }

    /// Takes the disk from whoever has it, and offers it anew. The device is done with all requests before: their slots
    /// are the next child's.
    ///
    /// # Errors
    /// Those of a registration.
    pub fn renew(&self, device: &Device<'cap, Bound>) -> Result<(), Error> {
        self.offered.renew(device, || {
            self.queue.restart();
            self.offer
        })
    }
}

impl fmt::Debug for Server<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "Server({:?}, {:?})",
            self.offer.geometry, self.queue
        )
    }
}
