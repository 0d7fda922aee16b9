//! What a binding's timer is set to.

use core::cell::Cell;

/// The setting of a binding's timer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Setting {
    /// There is no [`Timer`](super::Timer).
    Free,
    /// It is not set.
    Idle,
    /// It fires at this time, in ticks since boot.
    At(u64),
}

impl Setting {
    /// When it fires.
    pub(crate) const fn deadline(self) -> Option<u64> {
        match self {
            Self::At(deadline) => Some(deadline),
            Self::Free | Self::Idle => None,
        }
    }
}

/// Whether the timer's time has come. If so, the setting is cleared.
pub(crate) fn take_due(timer: &Cell<Setting>, now: u64) -> bool {
    let due = timer.get().deadline().is_some_and(|at| at <= now);
    if due {
        timer.set(Setting::Idle);
    }
    due
}
