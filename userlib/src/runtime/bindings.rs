//! The task's bindings, and what all of them together make of it.

use super::Task;
use super::slot::Slot;
use super::tables;
use crate::sys::{self, Notifications};

impl Task {
    /// The first [`Runner`](super::Runner) of the task begins.
    pub(super) fn begin(&self) {
        if self.begun.replace(true) || cfg!(not(target_os = "none")) {
            return;
        }
        for place in tables::slots() {
            // SAFETY: there is room for it, and nothing in it yet.
            unsafe { place.get().write(Slot::new()) };
        }
    }

    /// The bindings.
    #[inline]
    pub(crate) fn slots(&self) -> &'static [Slot] {
        let places = tables::slots();
        // SAFETY: only a `Runner` makes devices, whose slots are asked for, and before that all were written. They are
        // only ever shared.
        unsafe { core::slice::from_raw_parts(places.as_ptr().cast(), places.len()) }
    }

    /// Sets the task's timer for the first of its bindings' timers.
    pub(crate) fn set_timer(&self) {
        let deadlines = self
            .slots()
            .iter()
            .filter_map(|slot| slot.timer.get().deadline());
        match deadlines.min() {
            // The own timer can always be set.
            Some(first) => _ = sys::set_timer(first, Notifications::TIMER),
            None => sys::cancel_timer(),
        }
    }
}
