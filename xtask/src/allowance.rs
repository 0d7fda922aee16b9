//! How long an emulator may run without the event that is awaited. This is counted in the emulator's own time: the
//! host's time, minus the time in which the emulator was ready to run while other programs had the processors.
//!
//! Neither of the two simple measures is right. By the host's clock a machine that works looks hung as soon as the host
//! is busy: with eight other programs on two processors it gets a fifth of the time. By consumed processor time a guest
//! that waits for an interrupt which never comes looks alive for ever, because it consumes nothing. Linux counts what
//! is needed for each thread (`/proc/PID/task/TID/schedstat`: time on a processor, time waiting for one; Linux,
//! Documentation/scheduler/sched-stats.rst). For the rest of the host's time the thread slept. So:
//!
//! - a guest that computes is charged the processor time that it got, however busy the host is;
//! - a guest that waits, or an emulator that somebody stopped, is charged the host's time;
//! - if two threads wait for a processor at once, the emulator is charged at least the time that all of them got. So an
//!   emulator that spins in several threads is noticed as well.
//!
//! An emulator that gets no processor at all is charged nothing. That wait ends after [`BACKSTOP`] times the allowance
//! by the host's clock. If the system does not have these counts, the host's clock decides.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// The longest wait for anything, in allowances by the host's clock: a machine needs so long if it shares two
/// processors with forty other programs.
const BACKSTOP: u32 = 20;

/// What a thread has used since it began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Usage {
    /// On a processor.
    ran: Duration,
    /// Ready to run, with no processor to run on.
    waited: Duration,
}

/// The usage of each thread of a process, by the thread's number.
type Threads = BTreeMap<u32, Usage>;

/// Reads what an emulator uses.
#[derive(Debug)]
pub(crate) struct Meter {
    /// The folder with one folder for each thread.
    tasks: PathBuf,
    last: (Instant, Threads),
}

impl Meter {
    /// Of the process with this number, from now on.
    pub(crate) fn new(process: u32) -> Self {
        let tasks = PathBuf::from(format!("/proc/{process}/task"));
        let last = (Instant::now(), threads(&tasks));
        Self { tasks, last }
    }

    /// Counts from now on.
    pub(crate) fn restart(&mut self) {
        self.read();
    }

    /// The host's time since it was read last, and the emulator's own time in that.
    fn read(&mut self) -> (Duration, Duration) {
        let now = (Instant::now(), threads(&self.tasks));
        let host = now.0.duration_since(self.last.0);
        let own = own_time(host, &self.last.1, &now.1);
        self.last = now;
        (host, own)
    }
}

/// The usage of every thread; none where the system does not tell.
fn threads(tasks: &Path) -> Threads {
    let entries = fs::read_dir(tasks).into_iter().flatten().flatten();
    let thread = |entry: fs::DirEntry| {
        let number = entry.file_name().to_str()?.parse().ok()?;
        let counts = fs::read_to_string(entry.path().join("schedstat")).ok()?;
        Some((number, usage(&counts)?))
    };
    entries.filter_map(thread).collect()
}

/// What `schedstat` says: nanoseconds on a processor, nanoseconds waiting for one, and how often.
fn usage(counts: &str) -> Option<Usage> {
    let mut counts = counts.split_whitespace().map(str::parse);
    let mut next = || counts.next()?.ok().map(Duration::from_nanos);
    Some(Usage {
        ran: next()?,
        waited: next()?,
    })
}

/// How much of the host's time was the emulator's own, by what its threads had used before and after.
fn own_time(host: Duration, before: &Threads, after: &Threads) -> Duration {
    let (mut ran, mut waited) = (Duration::ZERO, Duration::ZERO);
    for (thread, now) in after {
        // A thread that was not there before began in between.
        let then = before.get(thread).copied().unwrap_or_default();
        ran += now.ran.saturating_sub(then.ran);
        waited += now.waited.saturating_sub(then.waited);
    }
    host.saturating_sub(waited).max(ran).min(host)
}

/// The rest of the time that a machine may take for something.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Allowance {
    own: Duration,
    host: Duration,
}

impl Allowance {
    /// This long of the emulator's own time.
    pub(crate) fn new(time: Duration) -> Self {
        Self {
            own: time,
            host: time.saturating_mul(BACKSTOP),
        }
    }

    /// Takes off what an emulator used since its meter was read last.
    pub(crate) fn charge(&mut self, meter: &mut Meter) {
        let (host, own) = meter.read();
        self.take(host, own);
    }

    fn take(&mut self, host: Duration, own: Duration) {
        self.host = self.host.saturating_sub(host);
        self.own = self.own.saturating_sub(own);
    }

    /// The least time, by the host's clock, for which it lasts; none once it is used up.
    pub(crate) fn left(&self) -> Option<Duration> {
        let left = self.own.min(self.host);
        (!left.is_zero()).then_some(left)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::{Command, Stdio};

    const SECOND: Duration = Duration::from_secs(1);

    /// Threads that ran and waited for so many seconds.
    fn used(threads: &[(u32, u64, u64)]) -> Threads {
        let usage = |&(thread, ran, waited): &(u32, u64, u64)| {
            let [ran, waited] = [ran, waited].map(Duration::from_secs);
            (thread, Usage { ran, waited })
        };
        threads.iter().map(usage).collect()
    }

    /// The own time in `host` seconds of an emulator whose threads had used nothing before.
    fn own(host: u64, threads: &[(u32, u64, u64)]) -> u64 {
        let before: Vec<_> = threads.iter().map(|thread| (thread.0, 0, 0)).collect();
        own_time(
            SECOND * u32::try_from(host).unwrap(),
            &used(&before),
            &used(threads),
        )
        .as_secs()
    }

    #[test]
    fn a_guest_that_computes_is_charged_what_it_got() {
        assert_eq!(own(100, &[(1, 100, 0)]), 100, "an idle host");
        assert_eq!(own(100, &[(1, 20, 80)]), 20, "a load of eight");
        assert_eq!(
            own(100, &[(1, 0, 0), (2, 20, 80)]),
            20,
            "beside a main loop"
        );
    }

    #[test]
    fn a_guest_that_waits_is_charged_the_host_s_time() {
        assert_eq!(own(100, &[(1, 0, 0), (2, 0, 0)]), 100);
        assert_eq!(own(100, &[(1, 1, 4)]), 96, "it woke now and then");
    }

    #[test]
    fn threads_that_spin_together_are_charged_what_they_got() {
        assert_eq!(own(100, &[(1, 30, 70), (2, 25, 75)]), 55);
        assert_eq!(own(100, &[(1, 100, 0), (2, 100, 0)]), 100);
    }

    #[test]
    fn threads_come_and_go() {
        let before = used(&[(1, 5, 0), (2, 50, 50)]);
        let after = used(&[(1, 6, 0), (3, 2, 7)]);
        assert_eq!(own_time(SECOND * 10, &before, &after), SECOND * 3);
    }

    #[test]
    fn without_counts_the_host_s_clock_decides() {
        assert_eq!(own(100, &[]), 100);
        assert!(threads(Path::new("/proc/0/task")).is_empty());
    }

    #[test]
    fn an_allowance_ends_by_the_emulator_s_own_time() {
        let mut allowance = Allowance::new(SECOND * 60);
        for _ in 0..59 {
            // It got a fifth of the processor.
            allowance.take(SECOND * 5, SECOND);
        }
        assert_eq!(allowance.left(), Some(SECOND));
        allowance.take(SECOND * 5, SECOND);
        assert_eq!(allowance.left(), None);
    }

    #[test]
    fn an_emulator_that_gets_no_processor_is_not_waited_for_for_ever() {
        let mut allowance = Allowance::new(SECOND * 60);
        allowance.take(SECOND * 60 * (BACKSTOP - 1), Duration::ZERO);
        assert!(allowance.left().is_some());
        allowance.take(SECOND * 60, Duration::ZERO);
        assert_eq!(allowance.left(), None);
    }

    #[test]
    fn counts_are_read() {
        let expected = Usage {
            ran: Duration::from_nanos(12),
            waited: Duration::from_nanos(345),
        };
        assert_eq!(usage("12 345 6\n"), Some(expected));
        assert_eq!(usage("12\n"), None);
        assert_eq!(usage(""), None);
    }

    /// The counts of a real process that sleeps, and of one that is stopped. It may have to wait for
    /// a processor before it comes to that.
    #[test]
    fn a_process_that_sleeps_or_is_stopped_is_charged() {
        for script in ["read line", "kill -STOP $$"] {
            let mut child = Command::new("sh")
                .args(["-c", script])
                .stdin(Stdio::piped())
                .spawn()
                .unwrap();
            let mut meter = Meter::new(child.id());
            let is_charged = (0..100).any(|_| {
                std::thread::sleep(Duration::from_millis(50));
                let (host, own) = meter.read();
                assert!(own <= host);
                own * 10 > host * 9
            });
            child.kill().unwrap();
            child.wait().unwrap();
            assert!(is_charged, "{script}");
        }
    }

    #[cfg(target_os = "linux")]
    /// A process that computes is charged what it got, which is no more than the host's time.
    #[test]
    fn a_process_that_computes_is_charged_what_it_got() {
        let mut child = Command::new("sh")
            .args(["-c", "while :; do :; done"])
            .spawn()
            .unwrap();
        let mut meter = Meter::new(child.id());
        std::thread::sleep(Duration::from_millis(300));
        let (before, after) = (meter.last.1.clone(), {
            meter.restart();
            meter.last.1.clone()
        });
        child.kill().unwrap();
        child.wait().unwrap();
        let total = |threads: &Threads| -> Duration {
            threads.values().map(|usage| usage.ran + usage.waited).sum()
        };
        assert!(total(&after) > total(&before), "the counts go on");
    }
}
