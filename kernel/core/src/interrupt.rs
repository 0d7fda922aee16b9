//! Interrupts: lines go to the claimants of their grants, the alarm to timers and deadlines.
//!
//! A line that was taken stays masked until its claimant acknowledges it, or for good when nobody claims it. Lines that
//! several PCI functions share are [elsewhere](crate::lease::shared).

use crate::{Hardware, Kernel};
use leasehold_abi::{Notifications, TaskState};

impl<H: Hardware, const T: usize, const L: usize, const G: usize, const B: u32>
    Kernel<H, T, L, G, B>
{
    /// Take one line, which posts by `post`, or fire one timer. Whether anything was there.
    #[inline(always)]
    pub(crate) fn take_interrupt(
        &mut self,
        post: impl FnOnce(&mut Self, usize, Notifications),
    ) -> bool {
        if let Some(line) = self.hardware.take_line() {
            let route = self.routes.as_ref().get(line as usize);
            let grant = route.and_then(|&route| self.leases.grants.get(route as usize));
            if let Some(grant) = grant {
                let bits = Notifications::from_register(grant.note);
                let lessee = grant.claimant as usize;
                let was_ready = self.tasks[lessee].state == TaskState::Ready;
                post(self, lessee, bits);
                if !self.reaper.is_idle()
                    && !was_ready
                    && self.tasks[lessee].state == TaskState::Ready
                {
                    self.reaper.line_woke(lessee);
                }
            } else if H::PCI {
                self.take_shared(line);
            }
            return true;
        }
        self.fire_alarm()
    }

    /// Take what interrupts are pending; one is.
    #[inline(never)]
    pub(crate) fn take_interrupts(&mut self) {
        while self.take_interrupt(Self::post) && self.hardware.interrupt_pending() {}
    }
}
