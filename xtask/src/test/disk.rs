//! The app `disk`: files are written and flushed while the disk's driver is killed, and what was acknowledged is there.

mod app;
mod cut;
mod fault;
pub(super) mod liar;
pub(super) mod second;
mod written;

pub(crate) use app::{APP, clean};
pub(crate) use cut::play as cut_power;
pub(crate) use fault::{Fault, play as with_fault};

use self::app::{FILES, LIMIT, LINES, PLAN, SIZE, content};
use super::part::{OnBoard, Part, Runs};
use super::tally::Tally;
use crate::build::Bootable;
use crate::disk::{self, Disk};
use crate::guest::Guest;
use crate::machine::Line;
use crate::needs::Work;
use crate::qemu::Clock;
use anyhow::{Context, Result, anyhow, bail, ensure};
use leasehold_build::Workspace;
use std::path::Path;

/// What the app is to do.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    pub(crate) seed: u32,
    pub(crate) writes: u32,
    pub(crate) kills: u32,
    /// Most milliseconds between two kills.
    pub(crate) most: u32,
}

/// What a test has time for.
const SHORT: Plan = Plan {
    seed: 7,
    writes: 100,
    kills: 20,
    most: 40,
};

pub(super) const PART: OnBoard = OnBoard {
    part: Part::Disk,
    what: "the disk",
    app: APP,
    task: None,
    needs: &[Work::Disk],
    runs: Runs::On("virt-rv64"),
    tell,
};

/// Cuts of power that a test has time for, and their seed.
const CUTS: (u32, u32) = (11, 3);

/// Runs the app and judges the disk.
fn tell(workspace: &Workspace, mut bootable: Bootable) -> Result<Tally> {
    let mut tally = Tally::default();
    let mut report = |name: &str, outcome| tally.judge("disk", name, outcome);
    let outcome = play(workspace, &mut bootable, SHORT, &mut Vec::new());
    let image = bootable.disk()?.to_path_buf();
    let written = outcome.as_ref().map_or(0, |written| *written);
    report(
        "every_write_is_acknowledged_while_the_driver_is_killed",
        outcome.map(drop),
    );
    report("the_file_system_is_clean", clean(&image));
    report(
        "each_file_is_as_it_was_acknowledged",
        right(&image, SHORT, written),
    );
    let cuts = cut::play(workspace, &mut bootable, CUTS);
    report(
        "what_was_flushed_outlives_cuts_of_power",
        cuts.map(|cuts| println!("{} cuts: {cuts}", CUTS.1)),
    );
    for (name, fault) in Fault::QUICK {
        report(name, fault::play(workspace, &mut bootable, fault).map(drop));
    }
    Ok(tally)
}

/// Boots the app with a fresh disk that has the plan; gives how many writes were acknowledged. Other lines go to `log`.
///
/// # Errors
/// When one was not, or a kill was not made.
pub(crate) fn play(
    workspace: &Workspace,
    bootable: &mut Bootable,
    plan: Plan,
    log: &mut Vec<String>,
) -> Result<u32> {
    let Plan {
        seed,
        writes,
        kills,
        most,
    } = plan;
    let mut image = disk_image::format(SIZE).map_err(|why| anyhow!(why))?;
    let text = format!("{seed} {writes} {kills} {most}");
    disk_image::add_file(&mut image, PLAN, text.as_bytes());
    let board = bootable.built.plan.chip.chip.name.get_ref();
    let path = disk::folder(workspace)?.join(format!("test-{board}.img"));
    disk::write(&path, &image)?;
    bootable.disk = Some(Disk::of_test(path));
    // Not that of instructions: it would leap while the machine waits for the host's disk.
    let command = bootable.command(Clock::Real, Line::Pipes)?;
    let mut session = Guest::start(&command, bootable.symbols.clone())?;
    let (mut acknowledged, mut done, mut lives) = (0, None, 0);
    while let Some(line) = session
        .line_within(LIMIT)
        .with_context(|| format!("after {acknowledged} writes"))?
    {
        if let Some(number) = line.strip_prefix("acknowledged ") {
            let number: u32 = number.parse().with_context(|| line.clone())?;
            ensure!(number == acknowledged + 1, "{line} after {acknowledged}");
            acknowledged = number;
        } else if let Some(all) = line.strip_prefix("done: ") {
            done = Some(all.to_owned());
        } else if line.starts_with("stopped: ") {
            let last = log.len().saturating_sub(LINES);
            bail!(
                "write {acknowledged}: {line}, after\n{}",
                log[last..].join("\n")
            );
        } else {
            lives += u32::from(line.contains("disk: started again"));
            log.push(line);
        }
    }
    let wanted = format!("{acknowledged} writes, {kills} kills");
    ensure!(
        done.as_deref() == Some(&*wanted),
        "ended after {acknowledged} writes"
    );
    ensure!(acknowledged >= writes, "{acknowledged} writes");
    // A crash that was asked for may find the next stop before it is heard.
    ensure!(lives >= kills / 2, "{kills} kills, and only {lives} lives");
    println!("seed {seed}: {wanted}, {lives} lives more");
    Ok(acknowledged)
}

/// Compares each file with its last write.
///
/// # Errors
/// Names the file that differs.
pub(crate) fn right(image: &Path, plan: Plan, written: u32) -> Result<()> {
    let bytes = std::fs::read(image).with_context(|| image.display().to_string())?;
    let files = disk_image::files(&bytes).map_err(|why| anyhow!(why))?;
    for file in 0..FILES.min(written) {
        let last = (0..written).rev().find(|number| number % FILES == file);
        let last = last.context("each was written")?;
        let name = format!("F{file}");
        let found = files.iter().find(|(known, _)| *known == name);
        let (_, found) = found.with_context(|| format!("no file {name}"))?;
        ensure!(
            *found == content(plan.seed, last),
            "{name} is not that of write {last}"
        );
    }
    ensure!(written != 0, "nothing was written");
    Ok(())
}
