//! The state of a binding's timer.

use core::cell::Cell;

/// The state of a binding's timer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TimerState {
    /// There is no [`Timer`](super::Timer).
    Free,
    /// It is not set.
    Idle,
    /// It fires at this time, in ticks since boot.
    At(u64),
}

impl TimerState {
    /// When it fires.
    pub(crate) const fn deadline(self) -> Option<u64> {
        match self {
            Self::At(deadline) => Some(deadline),
            Self::Free | Self::Idle => None,
        }
    }
}

/// Whether the timer's time has come. If so, it is not set any more.
pub(crate) fn take_due(timer: &Cell<TimerState>, now: u64) -> bool {
    let due = timer.get().deadline().is_some_and(|at| at <= now);
    if due {
        timer.set(TimerState::Idle);
    }
    due
}
