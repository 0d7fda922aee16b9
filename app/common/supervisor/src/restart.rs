//! What follows the end of a task: start it again after a while, or put it in quarantine.

use leasehold_abi::MOST_ENDS;
use userlib::policy::Restart;

/// How often the back-off doubles. If it doubled more often, a task would wait for hours.
const MOST_DOUBLINGS: u32 = 6;

/// What to do with a task that has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Start it at this time, in milliseconds since boot.
    StartAt(u64),
    /// It crashes too often: leave it until a person restarts it.
    Quarantine,
    /// The manifest says not to start it again.
    Leave,
}

/// The recent ends of one task.
#[derive(Debug, Default)]
pub struct History {
    /// Times of the ends within the window, oldest first, in milliseconds since boot.
    ends: heapless::Vec<u64, MOST_ENDS>,
}

impl History {
    /// No ends yet.
    pub const fn new() -> Self {
        Self {
            ends: heapless::Vec::new(),
        }
    }

    /// Counts an end at `now` (milliseconds since boot) and decides what follows from it.
    pub fn ended(&mut self, policy: &Restart, now: u64) -> Decision {
        if !policy.always {
            return Decision::Leave;
        }
        let since = now.saturating_sub(u64::from(policy.window_ms));
        self.ends.retain(|&end| end >= since);
        if self.ends.push(now).is_err() {
            return Decision::Quarantine;
        }
        let ends = self.ends.len() as u32;
        if ends >= policy.limit.max(1) {
            return Decision::Quarantine;
        }
        let wait = u64::from(policy.backoff_ms) << (ends - 1).min(MOST_DOUBLINGS);
        Decision::StartAt(now + wait)
    }

    /// Forgets all ends, as when a person restarts the task.
    pub fn clear(&mut self) {
        self.ends.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: Restart = Restart {
        always: true,
        backoff_ms: 20,
        limit: 5,
        window_ms: 10_000,
    };

    #[test]
    fn the_wait_doubles_and_then_comes_quarantine() {
        let mut history = History::new();
        assert_eq!(history.ended(&POLICY, 100), Decision::StartAt(120));
        assert_eq!(history.ended(&POLICY, 200), Decision::StartAt(240));
        assert_eq!(history.ended(&POLICY, 300), Decision::StartAt(380));
        assert_eq!(history.ended(&POLICY, 500), Decision::StartAt(660));
        assert_eq!(history.ended(&POLICY, 900), Decision::Quarantine);
        assert_eq!(history.ended(&POLICY, 901), Decision::Quarantine);
    }

    #[test]
    fn ends_far_apart_never_lead_to_quarantine() {
        let mut history = History::new();
        for round in 0..100_u64 {
            let now = round * 10_001;
            assert_eq!(history.ended(&POLICY, now), Decision::StartAt(now + 20));
        }
    }

    #[test]
    fn a_high_limit_lets_a_task_crash_for_ever_at_a_bounded_rate() {
        let patient = Restart {
            limit: 16,
            ..POLICY
        };
        let mut history = History::new();
        let mut now = 0;
        for _ in 0..1000 {
            match history.ended(&patient, now) {
                Decision::StartAt(at) => now = at,
                other => panic!("{other:?} at {now}"),
            }
        }
        assert!(now > 1000 * 1000, "on average a second apart");
    }

    #[test]
    fn a_person_may_start_it_afresh() {
        let mut history = History::new();
        for now in 0..5 {
            history.ended(&POLICY, now);
        }
        history.clear();
        assert_eq!(history.ended(&POLICY, 10), Decision::StartAt(30));
    }

    #[test]
    fn never_means_never_and_odd_limits_are_bounded() {
        let mut history = History::new();
        assert_eq!(
            history.ended(
                &Restart {
                    always: false,
                    ..POLICY
                },
                0
            ),
            Decision::Leave
        );
        assert_eq!(
            history.ended(&Restart { limit: 0, ..POLICY }, 0),
            Decision::Quarantine
        );
        let endless = Restart {
            limit: u32::MAX,
            window_ms: u32::MAX,
            ..POLICY
        };
        let mut history = History::new();
        let mut started = 0;
        while let Decision::StartAt(at) = history.ended(&endless, 5) {
            assert!(at <= 5 + (20 << MOST_DOUBLINGS));
            started += 1;
        }
        assert_eq!(started, MOST_ENDS);
    }
}
