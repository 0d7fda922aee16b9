//! The demo's story, told at its shell: a parent driver crashes, its child's leases go with it, both come back.
//!
//! It is the same on every board. A board defines only the names of its parts, and adds steps for its own devices.

mod boards;
mod step;
mod steps;

use super::part::{OnBoard, Part, Runs};
use super::shell::{Answer, Shell};
use super::tally::Tally;
use super::{readme, refusals, repeats};
use crate::build::Bootable;
use crate::machine::Machine;
use crate::qemu::Clock;
use anyhow::{Context, Result, anyhow, ensure};
use leasehold_build::Workspace;
use step::Step;

/// The app.
const APP: &str = "demo";

pub(super) const PART: OnBoard = OnBoard {
    part: Part::Story,
    what: "the demo's story",
    app: APP,
    task: None,
    needs: &[],
    runs: Runs::Always,
    tell,
};

/// Runs the demo and checks what it says.
fn tell(workspace: &Workspace, bootable: Bootable) -> Result<Tally> {
    let names = boards::names(&bootable.built.plan.board)?;
    let mut tally = Tally::default();
    if names.has_transcript {
        tally = readme::play(workspace, &bootable)?;
    }
    // Its clock counts instructions. So a busy host cannot let the parent come back too early for the steps between.
    let mut shell = Shell::start(&bootable, Clock::STEADY)?;
    let mut report = |name: &str, outcome| tally.judge("story", name, outcome);
    let booted = shell.until_prompt();
    let alive = booted.is_ok();
    report("the_shell_comes_up", booted.map(drop));
    if !alive {
        return Ok(tally);
    }
    let story: Vec<Step> = steps::story(names);
    let mut commands = vec!["ps"];
    commands.extend(story.iter().map(|step| step.line.as_str()));
    commands.push("ps");
    let mut answers = shell.lines(&commands)?;
    let after = answers.pop().context("as many answers as lines")?;
    let mut answers = answers.into_iter();
    let stacks = bootable.built.plan.tasks.iter();
    let stacks: Vec<_> = stacks
        .map(|task| (task.name.as_str(), task.stack))
        .collect();
    let before = answers.next().context("as many answers as lines")?;
    for (step, answer) in story.iter().zip(answers) {
        report(step.name, step.check(answer));
    }
    report(
        "ps_tells_the_use_of_each_stack",
        after
            .as_ref()
            .map_err(|error| anyhow!("{error:#}"))
            .and_then(|(lines, _)| stacks_are_told(&stacks, lines)),
    );
    report(
        "nobody_else_notices",
        unnoticed(names.bystanders, before, after),
    );
    report("the_machine_turns_off", shell.power_off());
    let by_host = (names.by_host)();
    if !by_host.is_empty() {
        let answers = told_by_host(&bootable, &by_host)?;
        for (step, answer) in by_host.iter().zip(answers) {
            report(step.name, step.check(answer));
        }
    }
    if let Machine::Model(..) = bootable.machine {
        tally.join(refusals::run(&bootable)?);
        tally.join(repeats::run(&bootable)?);
    }
    Ok(tally)
}

/// Runs steps on a machine that uses the host's time, after the parent has crashed.
fn told_by_host(bootable: &Bootable, steps: &[Step]) -> Result<Vec<Answer>> {
    let mut shell = Shell::start(bootable, Clock::Real)?;
    shell.until_prompt()?;
    let mut commands = vec!["crash aux-parent"];
    commands.extend(steps.iter().map(|step| step.line.as_str()));
    let mut answers = shell.lines(&commands)?;
    answers.remove(0)?;
    shell.power_off()?;
    Ok(answers)
}

/// The bystanders' lives, faults and starts are the same.
fn unnoticed(bystanders: &[&str], before: Answer, after: Answer) -> Result<()> {
    let ((before, _), (after, _)) = (before?, after?);
    for name in bystanders {
        let [before, after] = [&before, &after].map(|lines| life(lines, name));
        ensure!(
            before.is_some() && before == after,
            "{name}: {before:?} before, {after:?} after"
        );
    }
    Ok(())
}

/// Each task's stack has the size of its manifest, and was used and not filled.
fn stacks_are_told(stacks: &[(&str, u64)], lines: &[String]) -> Result<()> {
    for (name, size) in stacks {
        let line = lines
            .iter()
            .find(|line| line.split_whitespace().nth(1) == Some(name));
        let line = line.with_context(|| format!("`ps` says nothing of {name}"))?;
        let told = line
            .split_whitespace()
            .find_map(|word| word.split_once('/'));
        let told = told.and_then(|(used, size)| Some((used.parse().ok()?, size.parse().ok()?)));
        let (used, told): (u64, u64) =
            told.with_context(|| format!("no use of a stack: {line}"))?;
        ensure!(
            told == *size,
            "{name}: a stack of {told} bytes, not {size}: {line}"
        );
        // A task that has not run since its start has used no stack: `chaos` has just been started again, and the
        // driver of a disk was never started on a machine without one.
        let never_ran = life(lines, name).is_some_and(|(_, starts, _)| starts == "0");
        let least = u64::from(*name != "chaos" && !never_ran);
        ensure!(
            (least..told).contains(&used),
            "{name}: {used} bytes of {told} used"
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
    let [generation, starts, _held, _lent, _stack, fault @ ..] = &words[first..] else {
        return None;
    };
    Some((
        (*generation).to_owned(),
        (*starts).to_owned(),
        fault.join(" "),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stack_s_use_is_of_its_size() {
        let told = |use_of: &str| {
            let line = format!(" 5 aux-parent   waiting        1      1    0    0 {use_of}  -");
            stacks_are_told(&[("aux-parent", 4096)], &[line]).is_ok()
        };
        assert!(told("1408/4096"));
        for wrong in ["0/4096", "4096/4096", "1408/8192", "?", ""] {
            assert!(!told(wrong), "{wrong}");
        }
        assert!(stacks_are_told(&[("rtc", 4096)], &[]).is_err());
    }

    #[test]
    fn a_task_s_life_is_read_whatever_its_state() {
        let lines = [
            " # TASK         STATE        GEN STARTS HELD LENT       STACK  LAST FAULT".to_owned(),
            " 5 aux-parent   backing off    1      1    0    0   1408/4096  panic: out of tea"
                .to_owned(),
            " 6 aux-child    waiting        1      2    0    0           ?  -".to_owned(),
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
