//! Instructions by program, of measurements that a meter makes: QEMU logs each instruction, and what lies between two
//! readings of the counter counts (`app/bench/meter`).
//!
//! Idle time is no instruction, so it does not count, however long the machine waits for its device.

use super::parts::{Code, address, single_steps};
use crate::build::Bootable;
use crate::machine::Line;
use crate::qemu::{Clock, Devices};
use anyhow::{Context, Result, bail, ensure};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::Duration;

/// Measurements of each kind (`app/bench/meter/src/lib.rs`). That with the fewest instructions counts: in others a
/// clock's alarm came, or the device answered in more than one go.
const ROUNDS: usize = 8;
/// How long the machine may take for a measurement, by this machine's clock. This only ends a wait for one that hangs.
const PATIENCE: Duration = Duration::from_secs(300);

/// The task that reads the counter.
pub(super) const METER: &str = "meter";

/// Instructions by program.
pub(super) type Counts = BTreeMap<String, usize>;

/// Counts an instruction of a program.
pub(super) fn count(counts: &mut Counts, program: &str) {
    match counts.get_mut(program) {
        Some(count) => *count += 1,
        None => drop(counts.insert(program.to_owned(), 1)),
    }
}

/// Those of each of these programs, and of all others.
pub(super) fn split<const N: usize>(counts: &Counts, programs: [&str; N]) -> ([usize; N], usize) {
    let of = |program| counts.get(program).copied().unwrap_or_default();
    let apart = programs.map(of);
    let others = counts.values().sum::<usize>() - apart.iter().sum::<usize>();
    (apart, others)
}

/// Runs an app with a meter, and gives the best measurement of each of `kinds`.
///
/// # Errors
/// When it cannot be run, or does not measure so many kinds.
pub(super) fn measure(
    bootable: &Bootable,
    drive: Option<&str>,
    kinds: usize,
) -> Result<Vec<Counts>> {
    let code = Code::read(bootable)?;
    let release = &bootable.machine.emulator("release")?.release;
    let devices = match drive {
        Some(_) => Devices::All,
        None => Devices::WithoutDisk,
    };
    let clock = (Clock::Real, devices);
    let mut command = (bootable.machine).command(&bootable.built, clock, Line::Pipes)?;
    command.args(drive.map(|drive| ["-drive", drive]).into_iter().flatten());
    bootable.add_network(&mut command);
    single_steps(&mut command, release);
    command.args(["-d", "exec,nochain", "-D", "/dev/stderr"]);
    let all = sections(&mut command, code, kinds * ROUNDS)?;
    let best = |of_kind: &[Counts]| {
        let fewest = of_kind
            .iter()
            .min_by_key(|counts| counts.values().sum::<usize>());
        fewest.cloned().context("no round")
    };
    all.chunks(ROUNDS).map(best).collect()
}

/// Runs the emulator to its end; gives what is between the first reading and the second, the third and the fourth, and
/// so on.
fn sections(command: &mut Command, code: Code, count: usize) -> Result<Vec<Counts>> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .context("cannot run QEMU")?;
    let log = child.stderr.take().context("the pipe asked for")?;
    let (sender, receiver) = channel();
    std::thread::spawn(move || read(log, &code, &sender));
    let mut all = Vec::new();
    let outcome = loop {
        match receiver.recv_timeout(PATIENCE) {
            Ok(Ok(section)) => all.push(section),
            Ok(Err(error)) => break Err(error),
            Err(RecvTimeoutError::Disconnected) => break Ok(()),
            Err(RecvTimeoutError::Timeout) => break Err(anyhow::anyhow!("the machine hangs")),
        }
    };
    let ended = outcome.and_then(|()| end(&mut child));
    // It has ended, or is not wanted any more.
    let _ = child.kill();
    child.wait()?;
    ended?;
    ensure!(all.len() == count, "{} measurements of {count}", all.len());
    Ok(all)
}

/// How the machine went off.
fn end(child: &mut Child) -> Result<()> {
    let status = child.wait()?;
    if !status.success() {
        bail!("the machine went off with {status}: its meter could not measure");
    }
    Ok(())
}

/// Counts a log's instructions.
fn read(log: impl Read, code: &Code, sender: &Sender<Result<Counts>>) {
    let mut log = BufReader::with_capacity(1 << 20, log);
    let (mut section, mut line) = (None::<Counts>, Vec::new());
    loop {
        line.clear();
        match log.read_until(b'\n', &mut line) {
            Ok(0) => return,
            Ok(_) => {}
            Err(error) => {
                let _ = sender.send(Err(error.into()));
                return;
            }
        }
        let Some(at) = std::str::from_utf8(&line).ok().and_then(address) else {
            continue;
        };
        if code.is_reading(at) && code.program(at) == METER {
            if let Some(whole) = section.take() {
                if sender.send(Ok(whole)).is_err() {
                    // Nobody listens any more.
                    return;
                }
            } else {
                section = Some(Counts::new());
            }
        } else if let Some(section) = &mut section {
            count(section, code.program(at));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_instruction_is_counted_once() {
        let mut counts = Counts::new();
        for (program, times) in [
            ("disk", 1),
            ("kernel", 2),
            (METER, 4),
            ("console", 8),
            ("firmware", 16),
        ] {
            (0..times).for_each(|_| count(&mut counts, program));
        }
        let programs = ["disk", "kernel", METER];
        assert_eq!(split(&counts, programs), ([1, 2, 4], 24));
        assert_eq!(split(&Counts::new(), programs), ([0; 3], 0));
    }
}
