//! The demo's story, told at its shell: a parent driver crashes, its child's leases go with it, both come back.

use super::{SHIFT, Tally, readme};
use crate::build;
use crate::qemu::{self, Clock};
use crate::run::is_kernel_fault;
use crate::session::{Event, Session};
use anyhow::{Result, bail, ensure};
use leasehold_build::{Built, Workspace};
use std::time::{Duration, Instant};

/// The app.
const APP: &str = "demo";
/// How long the machine may take to boot, and for each line.
const LIMIT: Duration = Duration::from_secs(60);

/// What the shell asks with.
const PROMPTS: [&str; 2] = ["leasehold> ", "leasehold [failed]> "];

/// A line at the shell and what must come of it.
struct Step {
    /// What it shows.
    name: &'static str,
    /// What is typed.
    line: &'static str,
    /// Whether the shell calls it a success.
    succeeds: bool,
    /// What must be in the answer.
    has: &'static [&'static str],
    /// What must not.
    lacks: &'static [&'static str],
}

const fn step(
    name: &'static str,
    line: &'static str,
    has: &'static [&'static str],
    lacks: &'static [&'static str],
) -> Step {
    Step {
        name,
        line,
        succeeds: true,
        has,
        lacks,
    }
}

const fn refused(name: &'static str, line: &'static str, has: &'static [&'static str]) -> Step {
    Step {
        name,
        line,
        succeeds: false,
        has,
        lacks: &[],
    }
}

/// What `ps` shows of the tasks that must not notice: all but parent and misbehaver.
const BYSTANDERS: &[&str] = &["console", "rtc", "pci-host", "edu", "aux-child", "shell"];
const PARENT: &str = "aux-parent of generation";
const PRESENT: &[&str] = &[
    "aux-parent.sample#0: supervisor",
    "aux-parent.sample#1: supervisor",
    "aux-child",
];

/// The story, in order. The parent stays down for half a second, in which the steps up to its return are told.
const STORY: &[Step] = &[
    step("the_tree_has_parent_and_child", "leases", PRESENT, &[]),
    step(
        "the_child_sees_its_parent_s_identity",
        "aux",
        &[
            "device 0: index 0, parent 1b36:0005 of generation 1",
            "device 1: index 1, parent 1b36:0005 of generation 1",
        ],
        &["None"],
    ),
    step(
        "the_child_calls_its_parent",
        "aux hold 5000",
        &["aux-child calls aux-parent"],
        &[],
    ),
    step("the_parent_crashes", "crash aux-parent", &[PARENT], &[]),
    step(
        "the_tree_has_neither_parent_nor_child",
        "leases",
        &["edu", "rtc"],
        &["aux-parent", "aux-child"],
    ),
    step(
        "the_child_s_access_gives_none_and_its_call_an_error",
        "aux",
        &[
            "device 0: try_access gives None",
            "device 1: try_access gives None",
            "the task died",
        ],
        &["parent 1b36:0005"],
    ),
    step("the_fault_is_named", "ps", &["aux-parent", "panic"], &[]),
    step("edu_computes_meanwhile", "fact 10", &["10! = 3628800"], &[]),
    step("the_parent_comes_back", "sleep 1500", &[], &[]),
    step("the_tree_has_both_again", "leases", PRESENT, &[]),
    step(
        "the_child_s_new_leases_work",
        "aux",
        &[
            "device 0: index 0, parent 1b36:0005 of generation 2",
            "device 1: index 1, parent 1b36:0005 of generation 2",
        ],
        &["None"],
    ),
    step(
        "dma_works_both_ways",
        "dma 4095",
        &["4095 bytes", "equal"],
        &[],
    ),
    step("the_clock_tells_the_date", "date", &["20", ":", "UTC"], &[]),
    step(
        "the_log_tells_the_story",
        "log",
        &[
            "aux-parent: panic",
            "aux-child: device 0 is gone",
            "aux-parent: started again, generation 2",
        ],
        &[],
    ),
    step(
        "a_wild_read_is_confined",
        "chaos wild-read",
        &["chaos", "read fault"],
        &[],
    ),
    step("its_task_comes_back", "sleep 500", &[], &[]),
    step(
        "an_unbound_device_is_said_to_be",
        "unbind 1234:11e8",
        &["unbound"],
        &[],
    ),
    refused("a_request_to_it_is_an_error", "fact 5", &["unbound"]),
    step("it_is_bound_again", "bind 1234:11e8", &["bound"], &[]),
    step("it_binds", "sleep 300", &[], &[]),
    step("it_works_again", "fact 5", &["5! = 120"], &[]),
    refused(
        "an_unknown_command_is_one_line",
        "nonsense",
        &["no command 'nonsense'"],
    ),
    refused(
        "an_unknown_task_is_one_line",
        "crash nobody",
        &["no task 'nobody'"],
    ),
];

/// Runs the demo and checks what it says.
///
/// # Errors
/// When it cannot be built or started.
pub(super) fn tell(workspace: &Workspace, board: &str) -> Result<Tally> {
    let built = build::bootable(workspace, APP, board)?;
    let mut tally = readme::play(workspace, &built)?;
    let session = Session::start(qemu::command(&built, Clock::Real)?)?;
    let mut shell = Shell { session };
    let mut report = |name: &str, outcome: Result<()>| match outcome {
        Ok(()) => {
            tally.passed += 1;
            println!("test story::{name} ... ok");
        }
        Err(reason) => {
            tally.failed += 1;
            println!("test story::{name} ... FAILED: {reason:#}");
        }
    };
    let booted = shell.until_prompt();
    let alive = booted.is_ok();
    report("the_shell_comes_up", booted.map(drop));
    if !alive {
        return Ok(tally);
    }
    let before = shell.line("ps");
    for step in STORY {
        report(step.name, shell.step(step));
    }
    report("nobody_else_notices", unnoticed(before, shell.line("ps")));
    report("the_machine_turns_off", shell.power_off());
    Ok(tally)
}

/// What came back for a line, and whether the shell calls it a success.
pub(super) type Answer = Result<(Vec<String>, bool)>;

/// The bystanders' lives, faults and starts are the same.
fn unnoticed(before: Answer, after: Answer) -> Result<()> {
    let ((before, _), (after, _)) = (before?, after?);
    for name in BYSTANDERS {
        let [before, after] = [&before, &after].map(|lines| life(lines, name));
        ensure!(
            before.is_some() && before == after,
            "{name}: {before:?} before, {after:?} after"
        );
    }
    Ok(())
}

/// Generation, starts and last fault of a task in what `ps` prints.
fn life(lines: &[String], name: &str) -> Option<(String, String, String)> {
    let line = lines
        .iter()
        .find(|line| line.split_whitespace().nth(1) == Some(name))?;
    let words: Vec<&str> = line.split_whitespace().collect();
    // The state may be two words: count from where the numbers begin.
    let first = words
        .iter()
        .skip(2)
        .position(|word| word.parse::<u32>().is_ok())?
        + 2;
    let [generation, starts, _held, _lent, fault @ ..] = &words[first..] else {
        return None;
    };
    Some((
        (*generation).to_owned(),
        (*starts).to_owned(),
        fault.join(" "),
    ))
}

/// The demo's shell on the serial line.
pub(super) struct Shell {
    session: Session,
}

impl Shell {
    /// Boots the demo and waits for its prompt. Its clock counts instructions, so that what
    /// takes a time takes the same time on every host.
    pub(super) fn boot(built: &Built) -> Result<Self> {
        let session = Session::start(qemu::command(built, Clock::Instructions(SHIFT))?)?;
        let mut shell = Self { session };
        shell.until_prompt()?;
        Ok(shell)
    }

    fn step(&mut self, step: &Step) -> Result<()> {
        let (lines, succeeded) = self.line(step.line)?;
        let text = lines.join("\n");
        ensure!(
            succeeded == step.succeeds,
            "`{}` {}: {text}",
            step.line,
            if succeeded { "succeeded" } else { "failed" }
        );
        for wanted in step.has {
            ensure!(
                text.contains(wanted),
                "`{}` says nothing of `{wanted}`: {text}",
                step.line
            );
        }
        for unwanted in step.lacks {
            ensure!(
                !text.contains(unwanted),
                "`{}` still says `{unwanted}`: {text}",
                step.line
            );
        }
        Ok(())
    }

    pub(super) fn line(&mut self, line: &str) -> Answer {
        self.session.send(line)?;
        let (mut lines, succeeded) = self.until_prompt()?;
        // The first line is the echo. A log line that comes in takes the prompt off the line, and
        // the shell draws it again, with what was typed so far.
        if lines.first().is_some_and(|first| first.ends_with(line)) {
            lines.remove(0);
        }
        lines.retain(|drawn| {
            let typed = PROMPTS.iter().find_map(|prompt| drawn.strip_prefix(prompt));
            typed.is_none_or(|typed| !line.starts_with(typed))
        });
        Ok((lines, succeeded))
    }

    fn until_prompt(&mut self) -> Answer {
        let mut lines = Vec::new();
        let deadline = Instant::now() + LIMIT;
        loop {
            match self.session.next(deadline) {
                Event::Line(line) => {
                    ensure!(!is_kernel_fault(&line), "the kernel faulted: {line}");
                    lines.push(line);
                }
                Event::Prompt { failed } => return Ok((lines, !failed)),
                Event::End => bail!("the machine ended: {}", lines.join("\n")),
                Event::TimedOut => bail!("hung: {}", lines.join("\n")),
            }
        }
    }

    pub(super) fn power_off(&mut self) -> Result<()> {
        self.session.send("poweroff")?;
        let deadline = Instant::now() + LIMIT;
        loop {
            match self.session.next(deadline) {
                Event::Line(_) | Event::Prompt { .. } => {}
                Event::TimedOut => bail!("the machine does not turn off"),
                Event::End => break,
            }
        }
        let status = self.session.wait()?;
        ensure!(status.success(), "the machine ended with {status}");
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_s_life_is_read_whatever_its_state() {
        let lines = [
            " # TASK         STATE        GEN STARTS HELD LENT  LAST FAULT".to_owned(),
            " 5 aux-parent   backing off    1      1    0    0  panic: out of tea".to_owned(),
            " 6 aux-child    waiting        1      2    0    0  -".to_owned(),
        ];
        let life = |name| life(&lines, name);
        let expected = |generation: &str, starts: &str, fault: &str| {
            Some((generation.to_owned(), starts.to_owned(), fault.to_owned()))
        };
        assert_eq!(life("aux-parent"), expected("1", "1", "panic: out of tea"));
        assert_eq!(life("aux-child"), expected("1", "2", "-"));
        assert_eq!(life("rtc"), None);
    }
}
