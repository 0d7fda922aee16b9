//! The end that puts requests in and takes their answers out.

use crate::offers::{AskerOffer, DoerOffer};
use crate::slots::{Holder, Slot, Slots, Tagged};
use core::fmt;
use userlib::Error;
use userlib::auxiliary::{
    LendRegion, Lendable, Lender, LentEnd, Receiver, RingReceiver, RingSender, Turn,
};

/// The end of a queue that asks: requests of `Q`, answers of `D`, `N` slots (a power of two).
///
/// It is the driver's end for what the device does by itself, and a child's (as a part of the class's payload) for what
/// a task wants of the device.
pub struct Asker<'a, Q, D, const N: usize> {
    requests: RingSender<'a, Q, N>,
    answers: RingReceiver<'a, D, N>,
    slots: Slots<N>,
    /// An earlier life of this side has used it.
    stale: bool,
}

impl<'cap, Q: Tagged, D: Tagged, const N: usize> Asker<'cap, Q, D, N> {
    /// At the driver: this end, and what goes into the payload for a [`Doer`](crate::Doer) at the child.
    ///
    /// # Errors
    /// `Exhausted` when the region's shared memory has no room: twice 16 bytes, and the records.
    pub fn lend(region: &LendRegion<'cap>) -> Result<(Self, DoerOffer<'cap, Q, D, N>), Error> {
        let (requests, to_child) = region.ring_to_child()?;
        let (answers, from_child) = region.ring_from_child()?;
        let offer = DoerOffer {
            requests: to_child,
            answers: from_child,
        };
        Ok((Self::from_rings(requests, answers), offer))
    }

    /// An end of these two rings; [`Asker::lend`] makes both ends.
    pub const fn from_rings(
        requests: RingSender<'cap, Q, N>,
        answers: RingReceiver<'cap, D, N>,
    ) -> Self {
        let stale = requests.has_begun() || answers.has_begun();
        Self {
            requests,
            answers,
            slots: Slots::new(),
            stale,
        }
    }

    /// A slot for a request, and its buffer; none while all are used, or when the queue is stale.
    pub fn slot(&self) -> Option<Slot> {
        if self.stale {
            return None;
        }
        self.slots.any()
    }

    /// Gives a slot back that is not asked.
    ///
    /// # Errors
    /// `Invalid`: it is of another queue.
    pub fn put_back(&self, slot: Slot) -> Result<(), Error> {
        self.slots.leave(&slot, Holder::Free)
    }

    /// Asks. The other side sees it after [`Asker::publish`]. `request` makes the record for the slot's number.
    ///
    /// # Errors
    /// `Protocol` when the other side says what cannot be, `Invalid` for a slot of another queue, or a record that
    /// names another slot.
    pub fn ask(&self, slot: Slot, request: impl FnOnce(u32) -> Q) -> Result<(), Error> {
        self.slots.whole()?;
        let request = request(slot.tag());
        if request.tag() != slot.tag() {
            return Err(Error::Invalid);
        }
        self.slots.leave(&slot, Holder::Away)?;
        // A slot is free only when its last request was taken out. So a full ring is a lie.
        let pushed = self.requests.push(request);
        self.slots.noted(pushed.map_err(|_| Error::Protocol))
    }

    /// The next answer, with the slot, which is this side's again.
    ///
    /// # Errors
    /// `Protocol` when the other side says what cannot be.
    pub fn answer(&self) -> Result<Option<(Slot, D)>, Error> {
        self.slots.whole()?;
        if self.stale {
            return Ok(None);
        }
        let answer = self.answers.pop().and_then(|answer| match answer {
            None => Ok(None),
            Some(answer) => {
                let slot = self.slots.named(answer.tag(), Holder::Away)?;
                Ok(Some((slot, answer)))
            }
        });
        self.slots.noted(answer)
    }

    /// Shows the other side what was asked. True when it is to be notified now.
    #[must_use = "the other side waits for ever if it is not notified"]
    pub fn publish(&self) -> bool {
        // First the room for answers, so that the other side finds it for each request.
        let room = self.answers.release();
        self.requests.publish() | room
    }

    /// Whether to wait for an answer. What was asked is to be published before.
    ///
    /// # Errors
    /// As [`Asker::answer`].
    pub fn turn(&self) -> Result<Turn, Error> {
        self.slots.whole()?;
        self.slots.noted(self.answers.turn())
    }

    /// Requests without an answer.
    pub fn asked(&self) -> usize {
        self.slots.count(Holder::Away)
    }

    /// Whether an earlier life of this task has used the queue: a new one follows.
    pub const fn is_stale(&self) -> bool {
        self.stale
    }

    /// At the driver: whether the child says that it has done anything.
    pub fn is_used(&self) -> bool {
        self.requests.other_has_begun() || self.answers.other_has_begun()
    }

    /// At the driver: forgets all requests, for the next child. [`Offered`](crate::Offered) calls it when no child can
    /// reach the queue any more.
    pub fn restart(&self) {
        self.requests.restart();
        self.answers.restart();
        self.slots.restart();
    }
}

impl<'a, Q: Tagged, D: Tagged, const N: usize> Lendable<'a> for Asker<'a, Q, D, N> {
    type Offer = AskerOffer<'a, Q, D, N>;

    fn lend(offer: &Self::Offer, to: &mut Lender<'_>) -> Result<(), Error> {
        RingSender::lend(&offer.requests, to)?;
        RingReceiver::lend(&offer.answers, to)
    }

    fn receive(from: &mut Receiver<'_, 'a>) -> Result<Self, Error> {
        let requests = RingSender::receive(from)?;
        Ok(Self::from_rings(requests, RingReceiver::receive(from)?))
    }
}

impl<'a, Q: Tagged, D: Tagged, const N: usize> AskerOffer<'a, Q, D, N> {
    /// Of the two ends for the child, for a driver that keeps the rings itself, as one that tests the child does.
    pub const fn from_ends(
        requests: LentEnd<'a, RingSender<'a, Q, N>>,
        answers: LentEnd<'a, RingReceiver<'a, D, N>>,
    ) -> Self {
        Self { requests, answers }
    }

    /// The child's end in this task, for host tests that play both.
    ///
    /// # Errors
    /// `Protocol` when the words of the rings cannot be.
    #[cfg(not(target_os = "none"))]
    pub fn take(&self) -> Result<Asker<'a, Q, D, N>, Error> {
        Ok(Asker::from_rings(
            self.requests.take()?,
            self.answers.take()?,
        ))
    }
}

impl<Q, D, const N: usize> fmt::Debug for Asker<'_, Q, D, N> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Asker({:?})", self.slots)
    }
}
