//! What a callback is told of, and the things that can be among it.

use crate::sys::Notifications;

/// What came: asked by the thing that it belongs to.
///
/// ```
/// use userlib::interrupt::Interrupt;
/// use userlib::runtime::Events;
/// use userlib::sys::Notifications;
/// use userlib::timer::Timer;
///
/// /// The notification by which a client says that there is work.
/// const RING: Notifications = Notifications::peer(0);
///
/// fn what_came(events: Events, line: &Interrupt<'_>, timer: &Timer<'_>) -> [bool; 3] {
///     [events.contains(line), events.contains(timer), events.from_peer(RING)]
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Events(Notifications);

impl Events {
    /// For the runtime: these notifications of one binding.
    pub(crate) const fn new(came: Notifications) -> Self {
        Self(came)
    }

    /// Whether something came from this interrupt line, or this timer.
    #[inline]
    pub fn contains(self, source: &impl Source) -> bool {
        self.0.intersects(source.notifications())
    }

    /// Whether the time has come, for [`Driver::notified_unbound`](super::Driver::notified_unbound).
    #[inline]
    pub const fn is_time(self) -> bool {
        self.0.contains(Notifications::TIMER)
    }

    /// Whether a peer posted one of these. Of other bits than peers have, none.
    #[inline]
    pub const fn from_peer(self, wanted: Notifications) -> bool {
        self.0.intersects(wanted.intersection(Notifications::PEERS))
    }
}

/// What events come from: an [`Interrupt`](crate::interrupt::Interrupt) or a [`Timer`](crate::timer::Timer).
pub trait Source: sealed::Sealed {
    /// Its notifications.
    #[doc(hidden)]
    fn notifications(&self) -> Notifications;
}

/// Other crates do not say which notifications are whose.
pub(super) mod sealed {
    /// For the sources of this crate.
    pub trait Sealed {}
}
