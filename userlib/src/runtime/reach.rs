//! Whether a binding reaches what another is about to claim.

use super::Task;
use super::ranges::{meet, range};
use super::slot::Phase;
use crate::manifest::if_needed;
use crate::sys::{self, GrantInfo, LeaseState};

if_needed! {
    /// Whether a binding in another slot than `own` reaches the window of `grant`, or may still reach it. A task with
    /// one binding has no other.
    pub(crate) fn is_reached_elsewhere(task: &Task, own: u8, grant: &GrantInfo) -> bool;
    __is_reached_elsewhere = __is_reached_by_another or __is_reached_by_none (false)
    {
        let Some(wanted) = range(grant) else {
            return false;
        };
        let mut others = (0_u8..)
            .zip(task.slots())
            .filter(|(index, _)| *index != own)
            .map(|(_, slot)| slot);
        others.any(|slot| match slot.phase.get() {
            Phase::Free => false,
            Phase::Retired => slot.kept.get().is_some_and(|kept| kept.meets(wanted)),
            Phase::Bound | Phase::Ending => {
                // A hard end takes the claims before the binding knows of it.
                let active = sys::lease_info(slot.lease.get())
                    .is_ok_and(|lease| lease.state == LeaseState::Active);
                slot.grants().any(|(_, grant)| {
                    (grant.is_claimed() || !active)
                        && range(&grant).is_some_and(|range| meet(range, wanted))
                })
            }
        })
    }
}
