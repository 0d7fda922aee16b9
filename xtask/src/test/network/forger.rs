//! The app `forger`: a hostile driver in place of a network controller's tells lies to `net`, life by life. `net`
//! reports each, uses none of these drivers any further, and does its work with an honest one.

use super::no_echo;
use crate::build::Bootable;
use crate::qemu::Clock;
use crate::test::hostile::{asked, count, found_out, nothing_ended};
use crate::test::part::{OnBoard, Part, Runs};
use crate::test::shell::Shell;
use crate::test::tally::Tally;
use anyhow::{Result, ensure};
use leasehold_build::Workspace;

/// The driver's task.
const DRIVER: &str = "network";
/// That of the source of random numbers (`app/forger/entropy`), and what is said of its lies, life by life.
const ENTROPY: &str = "virtio-rng";
const ENTROPY_LIES: [&str; 4] = [
    "net: its numbers come from the clock",
    "seeder: virtio-rng gives 3 bytes of 8: not used",
    "seeder: virtio-rng gives 0 bytes of 8: not used",
    "seeder: virtio-rng gives 4294967295 bytes of 8: not used",
];
/// Lies that are found out in what comes through the queues, lies in what is lent, and the life that is honest next
/// (`LIVES` in `app/forger/driver`).
const DROPPED: usize = 5;
const REFUSED: usize = 3;
const HONEST: usize = DROPPED + REFUSED + 1;

pub(in crate::test) const PART: OnBoard = OnBoard {
    part: Part::Network,
    what: "a hostile driver of a network",
    app: "forger",
    task: None,
    needs: &[],
    runs: Runs::On("virt-rv64"),
    tell,
};

/// Runs the app and judges what `net` says.
fn tell(_workspace: &Workspace, bootable: Bootable) -> Result<Tally> {
    let mut shell = Shell::start(&bootable, Clock::Real)?;
    shell.until_prompt()?;
    let mut tally = Tally::default();
    let mut report = |name: &str, outcome| tally.judge("forger", name, outcome);
    report("each_lie_is_reported", lies(&mut shell));
    report("an_honest_driver_is_used", honest(&mut shell, HONEST));
    report("a_silent_driver_is_dropped", silent(&mut shell));
    report("and_the_next_is_used", honest(&mut shell, HONEST + 2));
    report("random_numbers_are_no_lies", random(&mut shell));
    report("the_stack_never_ended", whole(&mut shell));
    shell.power_off()?;
    Ok(tally)
}

/// Each lie is told and found out, and then its driver is ended.
fn lies(shell: &mut Shell) -> Result<()> {
    for life in 1..HONEST {
        if life <= DROPPED {
            found_out(shell, life, "net: the driver is dropped: ", life)?;
        } else {
            found_out(shell, life, "net: probe failed: ", life - DROPPED)?;
        }
        shell.good(&[&format!("crash {DRIVER}")])?;
    }
    Ok(())
}

/// Life number `life` is used: there is an address, and an echo comes back.
fn honest(shell: &mut Shell, life: usize) -> Result<()> {
    shell.until("log", |said| {
        count(said, &format!("{DRIVER}: started again, generation {life}")) > 0
    })?;
    shell.until("net", |said| {
        count(said, "address 10.0.2.15/24") > 0 && count(said, ", link, ") > 0
    })?;
    shell.good(&["ping 10.0.2.2"]).map(drop)
}

/// The driver takes all frames, and sends none.
fn silent(shell: &mut Shell) -> Result<()> {
    shell.good(&[&format!("crash {DRIVER}")])?;
    shell.until("log", |said| {
        count(said, &format!("lie {}: ", HONEST + 1)) > 0
    })?;
    no_echo(shell)?;
    shell.until("log", |said| {
        count(said, "net: the driver is dropped: ") == DROPPED + 1
    })?;
    shell.good(&[&format!("crash {DRIVER}")]).map(drop)
}

/// The stack has worked while its source of random numbers was silent. Its other lies are reported, and numbers are
/// taken of the honest driver behind them; the stack goes on.
fn random(shell: &mut Shell) -> Result<()> {
    let came = "net: its numbers are random now";
    for (index, said) in ENTROPY_LIES.iter().enumerate() {
        shell.until("log", |log| {
            count(log, &format!("entropy lie {}: ", index + 1)) > 0 && count(log, said) > 0
        })?;
        ensure!(count(&shell.good(&["log"])?, came) == 0, "lies were taken");
        shell.good(&[&format!("crash {ENTROPY}")])?;
    }
    shell.until("log", |log| count(log, came) == 1)?;
    shell.good(&["ping 10.0.2.2"]).map(drop)
}

/// Neither the stack nor another task ended.
fn whole(shell: &mut Shell) -> Result<()> {
    let log = shell.good(&["log"])?;
    nothing_ended(&log, &[asked(DRIVER), asked(ENTROPY)])?;
    ensure!(count(&log, "net: started again") == 0, "{log:?}");
    Ok(())
}
