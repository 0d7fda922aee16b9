//! What happens after each test: everything ends, and nothing may be left.

use crate::outcome::{Outcome, because, check};
use crate::suite::{RUNNER, Suite, TASKS};
use leasehold_abi::{Error, LeaseInfo, LeaseState, RevokeMode, TaskState};
use userlib::sys;

impl Suite {
    /// Ends all workers and leases; fails when something is left over.
    pub(crate) fn clean(&mut self) -> Outcome {
        self.limit(2_000);
        for task in RUNNER + 1..TASKS {
            if self.info(task)?.state != TaskState::Dormant {
                self.stop(task)?;
            }
        }
        self.end_own_leases();
        for task in RUNNER + 1..TASKS {
            self.wait_dormant(task)?;
        }
        self.end_own_leases();
        while sys::lease_event().is_some() {}
        self.pause(1)?;
        let left = self.leases();
        check!(left == 1, "{} leases left over", left - 1);
        Ok(())
    }

    /// Revokes what the runner lent, and releases what was lent to it.
    fn end_own_leases(&self) {
        for slot in 0.. {
            let info = match sys::lease_at(slot) {
                Ok(info) => info,
                Err(Error::NotFound) => break,
                Err(_) => continue,
            };
            let lease = info.handle;
            if lease == self.root() {
                continue;
            }
            // Both may be over already, which is what is wanted.
            if info.lessor.get() == Some(RUNNER as u32) {
                let _ = sys::lease_revoke(lease, RevokeMode::Hard);
            }
            if info.lessee.index() == RUNNER {
                let _ = sys::lease_release(lease);
            }
        }
    }

    /// How many leases there are.
    pub(crate) fn leases(&self) -> usize {
        self.count_leases(|info| info.state != LeaseState::Free)
    }

    /// How many leases are as `matches` wants them.
    pub(crate) fn count_leases(&self, matches: impl Fn(&LeaseInfo) -> bool) -> usize {
        (0..)
            .map(sys::lease_at)
            .take_while(|found| *found != Err(Error::NotFound))
            .filter(|found| found.is_ok_and(|info| matches(&info)))
            .count()
    }

    /// Waits until only the root lease and `others` are left.
    pub(crate) fn wait_leases(&mut self, others: usize) -> Outcome {
        let mut rounds = 0;
        while self.leases() != others + 1 {
            self.pause(1)?;
            rounds += 1;
            if rounds > 1_000 {
                return Err(because(format_args!(
                    "{} leases, not {}",
                    self.leases() - 1,
                    others
                )));
            }
        }
        Ok(())
    }
}
