//! The demo's story, told at its shell: a parent driver crashes, its child's leases go with it, both come back.

use super::{SHIFT, Tally, readme};
use crate::build;
use crate::qemu::{self, Clock};
use crate::run::is_kernel_fault;
use crate::session::{Event, Session};
use anyhow::{Context, Result, bail, ensure};
use leasehold_build::{Built, Workspace};
use std::time::{Duration, Instant};

/// The app.
pub(super) const APP: &str = "demo";
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

impl Step {
    fn check(&self, answer: Answer) -> Result<()> {
        let (lines, succeeded) = answer?;
        let text = lines.join("\n");
        ensure!(
            succeeded == self.succeeds,
            "`{}` {}: {text}",
            self.line,
            if succeeded { "succeeded" } else { "failed" }
        );
        for wanted in self.has {
            ensure!(
                text.contains(wanted),
                "`{}` says nothing of `{wanted}`: {text}",
                self.line
            );
        }
        for unwanted in self.lacks {
            ensure!(
                !text.contains(unwanted),
                "`{}` still says `{unwanted}`: {text}",
                self.line
            );
        }
        Ok(())
    }
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
    let mut commands = vec!["ps"];
    commands.extend(STORY.iter().map(|step| step.line));
    commands.push("ps");
    let mut answers = shell.lines(&commands)?;
    let after = answers.pop().context("as many answers as lines")?;
    let mut answers = answers.into_iter();
    let before = answers.next().context("as many answers as lines")?;
    for (step, answer) in STORY.iter().zip(answers) {
        report(step.name, step.check(answer));
    }
    report("nobody_else_notices", unnoticed(before, after));
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

    /// Types all lines ahead, so that no time passes between one answer and the next
    /// line, however busy this machine is; gives an answer to each.
    ///
    /// An answer is what stands between the echo of its line and that of the next. A log line
    /// takes the prompt off the line, and the shell draws it again, with what it has read of the next line.
    pub(super) fn lines(&mut self, lines: &[&str]) -> Result<Vec<Answer>> {
        for line in lines {
            self.session.send(line)?;
        }
        let mut answers: Vec<Answer> = Vec::new();
        let mut answer: Option<Vec<String>> = None;
        let mut succeeded = true;
        while answers.len() < lines.len() {
            // Echoes that were seen: those of the answers, and that of the one that is being given.
            let next = lines.get(answers.len() + usize::from(answer.is_some()));
            match self.session.next(Instant::now() + LIMIT) {
                Event::Line(line) => {
                    ensure!(!is_kernel_fault(&line), "the kernel faulted: {line}");
                    let typed = PROMPTS.iter().find_map(|prompt| line.strip_prefix(prompt));
                    if typed.is_some() {
                        succeeded = line.starts_with(PROMPTS[0]);
                    }
                    if next.is_some_and(|next| typed.unwrap_or(&line) == *next) {
                        answers.extend(answer.replace(Vec::new()).map(|all| Ok((all, succeeded))));
                    } else if let (None, Some(answer)) = (typed, &mut answer) {
                        answer.push(line);
                    }
                }
                Event::Prompt { failed } => {
                    succeeded = !failed;
                    if next.is_none() {
                        answers.extend(answer.take().map(|all| Ok((all, succeeded))));
                    }
                }
                Event::End => bail!("the machine ended in `{}`", lines[answers.len()]),
                Event::TimedOut => bail!("hung in `{}`", lines[answers.len()]),
            }
        }
        Ok(answers)
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
