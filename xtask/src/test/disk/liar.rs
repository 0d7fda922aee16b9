//! The app `liar`: a hostile driver in place of a disk's tells lies to `storage`, life by life, and then an honest one
//! comes. `storage` reports each lie, and the client of the files notices nothing.

use super::{Plan, clean, play, right};
use crate::build::Bootable;
use crate::needs::Work;
use crate::test::hostile::count;
use crate::test::part::{OnBoard, Part, Runs};
use crate::test::tally::Tally;
use anyhow::{Result, ensure};
use leasehold_build::Workspace;

/// Lies that it tells (`app/disk/liar/src/lie.rs`).
const LIES: usize = 5;

/// What the client writes, after and during the lies.
const PLAN: Plan = Plan {
    seed: 41,
    writes: 20,
    kills: 0,
    most: 1,
};

pub(in crate::test) const PART: OnBoard = OnBoard {
    part: Part::Disk,
    what: "a hostile driver of a disk",
    app: "liar",
    task: None,
    needs: &[Work::Disk],
    runs: Runs::On("virt-rv64"),
    tell,
};

/// Runs the app and judges what `storage` says.
fn tell(workspace: &Workspace, mut bootable: Bootable) -> Result<Tally> {
    let mut tally = Tally::default();
    let mut log = Vec::new();
    let outcome = play(workspace, &mut bootable, PLAN, &mut log);
    let written = outcome.as_ref().map_or(0, |written| *written);
    let image = bootable.disk()?;
    tally.judge(
        "liar",
        "every_write_is_acknowledged_in_the_end",
        outcome.map(drop),
    );
    tally.judge(
        "liar",
        "each_lie_is_reported_and_harms_nobody",
        reported(&log),
    );
    tally.judge("liar", "the_file_system_is_clean", clean(image));
    tally.judge(
        "liar",
        "each_file_is_as_it_was_acknowledged",
        right(image, PLAN, written),
    );
    Ok(tally)
}

/// Each lie was told and found out, and nothing else ended.
fn reported(log: &[String]) -> Result<()> {
    let all = log.join("\n");
    let (told, found) = (
        count(log, "disk: lie "),
        count(log, "; it is not used before its driver starts again"),
    );
    ensure!(told == LIES, "{told} lies of {LIES}: {all}");
    ensure!(found == LIES, "{found} of {LIES} were found out: {all}");
    ensure!(count(log, "storage: panic") == 0, "{all}");
    ensure!(count(log, "storage: started again") == 0, "{all}");
    Ok(())
}
