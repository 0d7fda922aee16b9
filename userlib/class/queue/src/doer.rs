//! The end that takes requests out and answers them.

use crate::offers::{AskerOffer, DoerOffer};
use crate::slots::{Holder, Slot, Slots, Tagged};
use core::fmt;
use userlib::Error;
use userlib::auxiliary::{
    LendRegion, Lendable, Lender, LentEnd, Receiver, RingReceiver, RingSender, Turn,
};

/// The end of a queue that does what the other asks: requests of `Q`, answers of `D`, `N` slots (a power of two).
///
/// It is the driver's end for what a task wants of the device, and a child's (as a part of the class's payload) for
/// what the device does by itself.
pub struct Doer<'a, Q, D, const N: usize> {
    requests: RingReceiver<'a, Q, N>,
    answers: RingSender<'a, D, N>,
    slots: Slots<N>,
    /// An earlier life of this side has used it.
    stale: bool,
}

impl<'cap, Q: Tagged, D: Tagged, const N: usize> Doer<'cap, Q, D, N> {
    /// At the driver: this end, and what goes into the payload for an [`Asker`](crate::Asker) at the child.
    ///
    /// # Errors
    /// `Exhausted` when the region's shared memory has no room: twice 16 bytes, and the records.
    pub fn lend(region: &LendRegion<'cap>) -> Result<(Self, AskerOffer<'cap, Q, D, N>), Error> {
        let (requests, from_child) = region.ring_from_child()?;
        let (answers, to_child) = region.ring_to_child()?;
        let offer = AskerOffer {
            requests: from_child,
            answers: to_child,
        };
        Ok((Self::from_rings(requests, answers), offer))
    }

    /// An end of these two rings; [`Doer::lend`] makes both ends.
    pub const fn from_rings(
        requests: RingReceiver<'cap, Q, N>,
        answers: RingSender<'cap, D, N>,
    ) -> Self {
        let stale = requests.has_begun() || answers.has_begun();
        Self {
            requests,
            answers,
            slots: Slots::new(),
            stale,
        }
    }

    /// The next request, with its slot, which is this side's until it is answered.
    ///
    /// # Errors
    /// `Protocol` when the other side says what cannot be.
    pub fn request(&self) -> Result<Option<(Slot, Q)>, Error> {
        self.slots.whole()?;
        if self.stale {
            return Ok(None);
        }
        let request = self.requests.pop().and_then(|request| match request {
            None => Ok(None),
            Some(request) => {
                let slot = self.slots.named(request.tag(), Holder::Free)?;
                Ok(Some((slot, request)))
            }
        });
        self.slots.noted(request)
    }

    /// Answers a request. The other side sees it after [`Doer::publish`]. `answer` makes the record for the slot's
    /// number.
    ///
    /// # Errors
    /// `Protocol` when the other side says what cannot be, `Invalid` for a slot of another queue, or a record that
    /// names another slot.
    pub fn answer(&self, slot: Slot, answer: impl FnOnce(u32) -> D) -> Result<(), Error> {
        self.slots.whole()?;
        let answer = answer(slot.tag());
        if answer.tag() != slot.tag() {
            return Err(Error::Invalid);
        }
        self.slots.leave(&slot, Holder::Free)?;
        // The other side has room for the answer of each request. So a full ring is a lie.
        let pushed = self.answers.push(answer);
        self.slots.noted(pushed.map_err(|_| Error::Protocol))
    }

    /// Shows the other side what was answered. True when it is to be notified now.
    #[must_use = "the other side waits for ever if it is not notified"]
    pub fn publish(&self) -> bool {
        // First the room for requests, so that the other side finds it for each slot that it has back.
        let room = self.requests.release();
        self.answers.publish() | room
    }

    /// Whether to wait for a request. What was answered is to be published before.
    ///
    /// # Errors
    /// As [`Doer::request`].
    pub fn turn(&self) -> Result<Turn, Error> {
        self.slots.whole()?;
        self.slots.noted(self.requests.turn())
    }

    /// Requests that are not answered yet.
    pub fn open(&self) -> usize {
        self.slots.count(Holder::Held)
    }

    /// Whether an earlier life of this task has used the queue: a new one follows.
    pub const fn is_stale(&self) -> bool {
        self.stale
    }

    /// At the driver: whether the child says that it has asked anything.
    pub fn is_used(&self) -> bool {
        self.requests.other_has_begun() || self.answers.other_has_begun()
    }

    /// At the driver: forgets all requests, for the next child. A [`Slot`] of before is worth nothing: the driver takes
    /// care that none is left, and that the device is done with its buffer.
    pub fn restart(&self) {
        self.requests.restart();
        self.answers.restart();
        self.slots.restart();
    }
}

impl<'a, Q: Tagged, D: Tagged, const N: usize> Lendable<'a> for Doer<'a, Q, D, N> {
    type Offer = DoerOffer<'a, Q, D, N>;

    fn lend(offer: &Self::Offer, to: &mut Lender<'_>) -> Result<(), Error> {
        RingReceiver::lend(&offer.requests, to)?;
        RingSender::lend(&offer.answers, to)
    }

    fn receive(from: &mut Receiver<'_, 'a>) -> Result<Self, Error> {
        let requests = RingReceiver::receive(from)?;
        Ok(Self::from_rings(requests, RingSender::receive(from)?))
    }
}

impl<'a, Q: Tagged, D: Tagged, const N: usize> DoerOffer<'a, Q, D, N> {
    /// Of the two ends for the child, for a driver that keeps the rings itself, as one that tests the child does.
    pub const fn from_ends(
        requests: LentEnd<'a, RingReceiver<'a, Q, N>>,
        answers: LentEnd<'a, RingSender<'a, D, N>>,
    ) -> Self {
        Self { requests, answers }
    }

    /// The child's end in this task, for host tests that play both.
    ///
    /// # Errors
    /// `Protocol` when the words of the rings cannot be.
    #[cfg(not(target_os = "none"))]
    pub fn take(&self) -> Result<Doer<'a, Q, D, N>, Error> {
        Ok(Doer::from_rings(
            self.requests.take()?,
            self.answers.take()?,
        ))
    }
}

impl<Q, D, const N: usize> fmt::Debug for Doer<'_, Q, D, N> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Doer({:?})", self.slots)
    }
}
