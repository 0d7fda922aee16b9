//! What is tied to a binding, and the binding's end.

use super::Task;
use super::slot::{Phase, Slot};
use super::tables;
use super::values::Values;
use crate::auxiliary::Offers;
use crate::sys;
use crate::timer::TimerState;

impl Slot {
    /// The values tied to the binding.
    pub(crate) fn values(&self) -> &'static Values {
        let place = tables::values()[usize::from(self.index.get())].get();
        if self.ends_values.get().is_none() {
            // SAFETY: there is room for it, and what was there has ended.
            unsafe { Values::make_at(place) };
            self.ends_values.set(Some(Self::end_values));
        }
        // SAFETY: written when it was first asked for, and only ever shared.
        unsafe { &*place }
    }

    /// The next use finds none, for tests.
    #[cfg(test)]
    pub(crate) fn forget_values(&self) {
        self.ends_values.set(None);
    }

    /// Ends them; true when all are gone.
    fn end_values(&self) -> bool {
        let values = self.values();
        let all_gone = values.end_all();
        if !all_gone {
            // Claimed or not: a hard end took the claims, and the windows are still in the value.
            self.grants().for_each(|(_, grant)| values.kept.add(&grant));
            self.kept.set(Some(&values.kept));
        }
        values.received.forget();
        all_gone
    }

    /// Auxiliary devices that the driver registered, and their memory.
    pub(crate) fn offers(&self) -> &'static Offers {
        let place = tables::offers()[usize::from(self.index.get())].get();
        if self.ends_offers.get().is_none() {
            // SAFETY: there is room for it, and what was there has ended.
            unsafe { Offers::make_at(place) };
            self.ends_offers.set(Some(&Offers::ENDS));
        }
        // SAFETY: written when it was first asked for, and only ever shared.
        unsafe { &*place }
    }

    /// Ends registrations and values, then the binding. The driver's state is dropped before.
    pub(crate) fn end(&self, task: &Task, index: u8) {
        if let Some(offers) = self.ends_offers.get() {
            (offers.leases)(self, task);
        }
        let all_gone = self.ends_values.get().is_none_or(|end| end(self));
        task.free_bits(index);
        // One that was forgotten; a value's end may be what the driver waited for.
        if self.timer.replace(TimerState::Free).deadline().is_some()
            && let Some(set_timer) = task.sets_timer.get()
        {
            set_timer(task);
        }
        // `Revoked` when the kernel released it meanwhile: there is nothing left to give back.
        let _ = sys::release(self.lease.get());
        sys::let_go(self.lease.get());
        let next = self.generation.get().checked_add(1);
        self.generation.set(next.unwrap_or(0));
        // A slot whose generations are used up is never used again.
        if all_gone && next.is_some() {
            self.ends_values.set(None);
            if let Some(offers) = self.ends_offers.get() {
                (offers.memory)(self, task);
                self.ends_offers.set(None);
            }
            self.phase.set(Phase::Free);
        } else {
            self.phase.set(Phase::Retired);
        }
    }
}
