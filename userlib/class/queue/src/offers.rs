//! What a driver gives for each end of a queue in a payload.

use core::fmt;
use userlib::auxiliary::{LentEnd, RingReceiver, RingSender};

/// What the driver gives for an [`Asker`](crate::Asker) in a payload.
pub struct AskerOffer<'a, Q, D, const N: usize> {
    pub(crate) requests: LentEnd<'a, RingSender<'a, Q, N>>,
    pub(crate) answers: LentEnd<'a, RingReceiver<'a, D, N>>,
}

impl<Q, D, const N: usize> Clone for AskerOffer<'_, Q, D, N> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<Q, D, const N: usize> Copy for AskerOffer<'_, Q, D, N> {}

impl<Q, D, const N: usize> fmt::Debug for AskerOffer<'_, Q, D, N> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "AskerOffer({:?})", self.requests)
    }
}

/// What the driver gives for a [`Doer`](crate::Doer) in a payload.
pub struct DoerOffer<'a, Q, D, const N: usize> {
    pub(crate) requests: LentEnd<'a, RingReceiver<'a, Q, N>>,
    pub(crate) answers: LentEnd<'a, RingSender<'a, D, N>>,
}

impl<Q, D, const N: usize> Clone for DoerOffer<'_, Q, D, N> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<Q, D, const N: usize> Copy for DoerOffer<'_, Q, D, N> {}

impl<Q, D, const N: usize> fmt::Debug for DoerOffer<'_, Q, D, N> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "DoerOffer({:?})", self.requests)
    }
}
