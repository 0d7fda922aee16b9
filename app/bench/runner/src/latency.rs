//! The longest interrupt latency while the kernel works. The clock's alarm is set for a moment in a long operation,
//! again and again, until every part of the operation was hit.

use crate::bench::{Bench, CLIENT, DRIVER, LESSEE, SERVER, most, note, row};
use crate::board::{Alarm, WINDOW, start as start_devices};
use crate::leases::revoke;
use crate::types::Outcome;
use bench_machine as machine;
use bench_protocol::Command;
use leasehold_abi::{ClaimMode, GrantKind, LeaseHandle, Notifications, RevokeMode};
use userlib::early_print;
use userlib::sys;

/// Leases that end at once.
const LEASES: usize = 200;
/// Claims that are measured.
const ROUNDS: usize = 16;
/// Moments that are tried, spread over the whole operation.
const SAMPLES: usize = 400;
/// Instructions between setting an alarm and the operation's begin, enough for the driver to get ready.
const AHEAD: usize = 40_000;

/// The moments of an operation that are tried: first spread over all of it, then, by halves, earlier ones than the
/// worst of these. An alarm waits for the end of the kernel's present step, so the worst moment of a step is its first.
struct Moments {
    /// Instructions of the operation.
    whole: usize,
    /// How many are tried.
    tried: usize,
    /// How far before the worst the next one is, once those that are spread were tried.
    back: usize,
    /// The longest latency, and the moment of it, in instructions from the operation's begin.
    worst: (usize, usize),
}

impl Moments {
    /// None is tried yet.
    const fn new(whole: usize) -> Self {
        Self {
            whole,
            tried: 0,
            back: (whole / SAMPLES).next_power_of_two(),
            worst: (0, 0),
        }
    }

    /// The next one to try.
    const fn next(&mut self) -> Option<usize> {
        if self.tried < SAMPLES {
            let lead = self.tried * self.whole / SAMPLES + self.tried % 7;
            self.tried += 1;
            return Some(lead);
        }
        let back = self.back;
        self.back /= 2;
        if back == 0 {
            return None;
        }
        Some(self.worst.1.saturating_sub(back))
    }

    /// What was measured there; none if the alarm came before the operation.
    fn note(&mut self, latency: Option<usize>, lead: usize) {
        self.worst = self.worst.max((latency.unwrap_or(0), lead));
    }
}

/// Does an operation during which, after `lead` instructions of it, the alarm comes; answers the
/// instructions from the alarm to the first instruction of the driver.
///
/// None if the alarm came before the operation: then the driver only waits for the measuring task, which has a higher
/// priority. Behind the operation comes at once what makes way for it, and nothing else of this task's.
fn during(
    alarm: &Alarm,
    bench: &mut Bench,
    lead: usize,
    operation: impl FnOnce() -> Outcome,
) -> Outcome<Option<usize>> {
    // An alarm for an earlier wait would fire in the middle.
    bench.settle()?;
    let now = machine::counter();
    let moment = machine::after(now, AHEAD + lead);
    alarm.begin(bench, moment)?;
    bench.settle_until(machine::after(now, AHEAD))?;
    let begin = machine::counter();
    let done = operation();
    // An interrupt in the operation's last step leaves the driver ready, behind this task: let it run.
    bench.wait_for_message()?;
    done?;
    let report = bench.finish(DRIVER)?;
    alarm.clear(bench)?;
    bench.succeed(DRIVER, Command::Acknowledge, &[alarm.lease, 1])?;
    let (moment, latency) = alarm.outcome(report, moment)?;
    // Relative to the operation's begin, so that a counter may wrap.
    let came = moment.wrapping_sub(begin) as isize;
    let within = came > machine::after(0, machine::ENTRY) as isize;
    Ok(within.then_some(latency))
}

/// Revokes, and nothing else.
fn take_away(lease: LeaseHandle) -> Outcome {
    sys::lease_revoke(lease, RevokeMode::Hard).map_err(|_| "a lease cannot be revoked")
}

/// Two hundred leases below one, all with the same window mapped.
fn prepare(bench: &mut Bench) -> Outcome<LeaseHandle> {
    let lease = bench.lend(SERVER, &[(GrantKind::Mmio, bench.board.window, WINDOW)])?;
    let arguments = [lease.raw() as usize, CLIENT, 1, LEASES];
    let [derived, ..] = bench.command(SERVER, Command::Derive, &arguments)?;
    let [claimed, ..] = bench.command(CLIENT, Command::ClaimOffered, &[])?;
    if derived != LEASES || claimed != LEASES {
        early_print!("{derived} leases, {claimed} claims\n");
        return Err("not every lease could be made");
    }
    Ok(lease)
}

/// Claims the window that has all these claims; answers the instructions of the call.
fn claim(bench: &mut Bench) -> Outcome<usize> {
    let (index, _) = bench.grant(GrantKind::Mmio, bench.board.window)?;
    // The timer of a previous wait, or an alarm for it that is too early by now, would fire in the middle.
    bench.settle()?;
    most(ROUNDS, || {
        let before = machine::counter();
        let claimed =
            sys::grant_claim(bench.root, index, ClaimMode::Shared, Notifications::empty());
        let after = machine::counter();
        claimed.map_err(|_| "a window cannot be claimed once more")?;
        sys::grant_unclaim(bench.root, index).map_err(|_| "a claim cannot be given up")?;
        Ok(machine::between(before, after))
    })
}

/// Everything is given back.
fn recover(bench: &mut Bench, lease: LeaseHandle) -> Outcome {
    let [released, ..] = bench.command(CLIENT, Command::ReleaseEnding, &[])?;
    if released != LEASES {
        return Err("not every lease ended");
    }
    bench
        .succeed(SERVER, Command::Release, &[lease.raw() as usize])
        .map(drop)
}

/// While two hundred leases are revoked at once.
pub(crate) fn revocation(bench: &mut Bench) -> Outcome {
    start_devices(bench)?;
    bench.start(SERVER)?;
    bench.start(CLIENT)?;
    let lease = prepare(bench)?;
    row("claim-200", claim(bench)?);
    bench.settle()?;
    let whole = revoke(lease)?;
    recover(bench, lease)?;
    row("revoke-200", whole);
    bench.start(LESSEE)?;
    let alarm = Alarm::new(bench)?;
    let mut moments = Moments::new(whole);
    while let Some(lead) = moments.next() {
        let lease = prepare(bench)?;
        moments.note(during(&alarm, bench, lead, || take_away(lease))?, lead);
        recover(bench, lease)?;
    }
    note(format_args!(
        "the longest latency in a revocation came {} of {whole} instructions into it",
        moments.worst.1
    ));
    row("latency-revoke", moments.worst.0);
    bench.stop(LESSEE)?;
    bench.stop(DRIVER)?;
    bench.stop(CLIENT)?;
    bench.stop(SERVER)
}

/// While one window of many pages is revoked.
pub(crate) fn wide(bench: &mut Bench) -> Outcome {
    let Some((base, length)) = bench.board.wide else {
        return Ok(());
    };
    start_devices(bench)?;
    bench.start(CLIENT)?;
    bench.start(LESSEE)?;
    let alarm = Alarm::new(bench)?;
    let prepare = |bench: &mut Bench| {
        let lease = bench.lend(CLIENT, &[(GrantKind::Mmio, base, length)])?;
        bench.succeed(CLIENT, Command::Claim, &[lease.raw() as usize, 0, 0])?;
        Ok(lease)
    };
    let give_back = |bench: &mut Bench, lease: LeaseHandle| {
        bench.succeed(CLIENT, Command::Release, &[lease.raw() as usize])
    };
    let lease = prepare(bench)?;
    let whole = revoke(lease)?;
    give_back(bench, lease)?;
    row("revoke-wide", whole);
    let mut moments = Moments::new(whole);
    while let Some(lead) = moments.next() {
        let lease = prepare(bench)?;
        moments.note(during(&alarm, bench, lead, || take_away(lease))?, lead);
        give_back(bench, lease)?;
    }
    note(format_args!(
        "the longest latency in the revocation of {length} bytes came {} of {whole} instructions into it",
        moments.worst.1
    ));
    row("latency-wide", moments.worst.0);
    bench.stop(LESSEE)?;
    bench.stop(DRIVER)?;
    bench.stop(CLIENT)
}

/// While a task that holds two hundred leases is stopped, and while it is made fresh and started.
pub(crate) fn restart(bench: &mut Bench) -> Outcome {
    bench.start(SERVER)?;
    bench.start(CLIENT)?;
    bench.start(LESSEE)?;
    let alarm = Alarm::new(bench)?;
    let stop = || sys::task_stop(CLIENT).map_err(|_| "a helper cannot be stopped");
    let start = || {
        let started = sys::task_start(CLIENT);
        started.map(drop).map_err(|_| "a helper cannot be started")
    };
    let timed = |operation: &dyn Fn() -> Outcome| {
        let before = machine::counter();
        operation()?;
        Ok(machine::between(before, machine::counter()))
    };
    let lease = prepare(bench)?;
    let (stopping, starting) = (timed(&stop)?, timed(&start)?);
    bench.adopt(CLIENT)?;
    bench.succeed(SERVER, Command::Release, &[lease.raw() as usize])?;
    let (mut stops, mut starts) = (Moments::new(stopping), Moments::new(starting));
    loop {
        let (to_stop, to_start) = (stops.next(), starts.next());
        if to_stop.is_none() && to_start.is_none() {
            break;
        }
        let lease = prepare(bench)?;
        match to_stop {
            Some(lead) => stops.note(during(&alarm, bench, lead, stop)?, lead),
            None => stop()?,
        }
        match to_start {
            Some(lead) => starts.note(during(&alarm, bench, lead, start)?, lead),
            None => start()?,
        }
        bench.adopt(CLIENT)?;
        bench.succeed(SERVER, Command::Release, &[lease.raw() as usize])?;
    }
    for (name, moments) in [("stop", &stops), ("start", &starts)] {
        let ((latency, lead), whole) = (moments.worst, moments.whole);
        note(format_args!(
            "the longest latency in a {name}, {latency}, came {lead} of {whole} instructions into it"
        ));
    }
    row("latency-restart", stops.worst.0.max(starts.worst.0));
    bench.stop(LESSEE)?;
    bench.stop(DRIVER)?;
    bench.stop(CLIENT)?;
    bench.stop(SERVER)
}
