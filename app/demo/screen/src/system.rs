//! The system's state in lines: tasks at the left, leases at the right.

use crate::lines::{LINES, Line, Lines, Paint, Tone};
use leasehold_abi::{Error, LeaseState, MAX_LEASES, MAX_TASKS, TaskInfo};
use userlib::supervisor::{Care, LeaseLine, SupervisorClient};
use userlib::sys;

/// The column of tasks.
const TASKS: usize = 0;
/// The column of leases.
const LEASES: usize = 1;

/// Paints what is new.
///
/// # Errors
/// Those of the painting.
pub(crate) fn show<P: Paint>(
    supervisor: &mut SupervisorClient,
    lines: &mut Lines,
    on: &mut P,
) -> Result<(), P::Error> {
    lines.begin(on)?;
    tasks(supervisor, lines, on)?;
    leases(supervisor, lines, on)
}

fn tasks<P: Paint>(
    supervisor: &mut SupervisorClient,
    lines: &mut Lines,
    on: &mut P,
) -> Result<(), P::Error> {
    let heading = format_args!(
        "{:<14} {:<12} {:>4} {:>6}",
        "TASK", "STATE", "GEN", "LEASES"
    );
    lines.set(on, (TASKS, 0), Line::new(Tone::Title, heading))?;
    for index in 0..MAX_TASKS {
        let Ok(info) = sys::task_info(index) else {
            break;
        };
        let care = supervisor.care(index as u32).ok();
        lines.set(on, (TASKS, index + 1), task(&info, care))?;
    }
    Ok(())
}

/// The line of a task.
fn task(info: &TaskInfo, care: Option<Care>) -> Line {
    let (tone, state) = match care {
        Some(Care::Quarantined) => (Tone::Bad, "quarantine"),
        Some(Care::Waiting) => (Tone::Changing, "backing off"),
        Some(Care::Left) => (Tone::Quiet, "ended"),
        Some(Care::Idle) => (Tone::Quiet, info.state.text()),
        _ if info.has_ended() => (Tone::Changing, info.state.text()),
        // Which of the ways to work it is changes all the time.
        _ => (Tone::Good, "works"),
    };
    let (name, generation, held) = (info.name, info.handle.generation(), info.leases_held);
    Line::new(
        tone,
        format_args!("{name:<14} {state:<12} {generation:>4} {held:>6}"),
    )
}

fn leases<P: Paint>(
    supervisor: &mut SupervisorClient,
    lines: &mut Lines,
    on: &mut P,
) -> Result<(), P::Error> {
    let heading = format_args!("{:<22} {}", "LEASE", "LENT TO");
    lines.set(on, (LEASES, 0), Line::new(Tone::Title, heading))?;
    let (mut at, mut more) = (1, 0);
    for slot in 0..MAX_LEASES {
        let found = match supervisor.lease(slot) {
            Ok(found) => found,
            Err(Error::Revoked) => continue,
            Err(_) => break,
        };
        // The first is everything, from the kernel; the last place is for how many more there are.
        if found.lease.lessor.get().is_none() {
            continue;
        }
        if at < LINES - 1 {
            lines.set(on, (LEASES, at), lease(&found))?;
            at += 1;
        } else {
            more += 1;
        }
    }
    if more != 0 {
        let line = Line::new(Tone::Quiet, format_args!("and {more} more"));
        return lines.set(on, (LEASES, at), line);
    }
    // What was below, when there were more.
    (at..LINES).try_for_each(|at| lines.set(on, (LEASES, at), Line::default()))
}

/// The line of a lease. Most are from the supervisor, so only other lessors are named.
fn lease(found: &LeaseLine) -> Line {
    let (lease, device) = (&found.lease, found.device);
    let tone = match lease.state {
        LeaseState::Active => Tone::Good,
        _ => Tone::Changing,
    };
    let lessee = lease.lessee.index();
    match lease.lessor.get() {
        // A part of a device that a driver offers to others.
        Some(_) if lessee == 0 => Line::new(tone, format_args!("{device:<22} (offered)")),
        Some(from) if from != 0 => {
            let from = Named(from as usize);
            Line::new(tone, format_args!("{device:<22} {} {from}", Named(lessee)))
        }
        _ => Line::new(tone, format_args!("{device:<22} {}", Named(lessee))),
    }
}

/// The name of a task.
struct Named(usize);

impl core::fmt::Display for Named {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match sys::task_info(self.0) {
            Ok(info) => formatter.write_str(info.name.as_str()),
            Err(_) => formatter.write_str("?"),
        }
    }
}
