//! Two disks: one that no binding is of is named and left alone, and with a binding for each both are used (the app
//! `disks`).

use super::app::{SIZE, clean, files};
use super::{Plan, play_with, right};
use crate::build::Bootable;
use crate::disk::{self, Disk};
use crate::machine::Line;
use crate::needs::Work;
use crate::qemu::Clock;
use crate::test::part::{OnBoard, Part, Runs};
use crate::test::shell::Shell;
use crate::test::tally::Tally;
use anyhow::{Context, Result, anyhow, ensure};
use leasehold_build::Workspace;
use std::path::{Path, PathBuf};

/// MiB of the second disk.
const SECOND: u32 = 16;

/// What is written beside a disk that nobody uses.
const PLAN: Plan = Plan {
    seed: 5,
    writes: 10,
    kills: 0,
    most: 1,
};

pub(in crate::test) const PART: OnBoard = OnBoard {
    part: Part::Disk,
    what: "two disks",
    app: "disks",
    task: None,
    needs: &[Work::Disk],
    runs: Runs::On("virt-rv64"),
    tell,
};

/// A second disk: its image, and the emulator's words for it.
fn second(workspace: &Workspace, bootable: &Bootable) -> Result<(PathBuf, Vec<String>)> {
    let board = bootable.built.plan.chip.chip.name.get_ref();
    let path = disk::folder(workspace)?.join(format!("second-{board}.img"));
    disk::write(&path, &formatted(SECOND)?)?;
    let file = path.display().to_string().replace(',', ",,");
    let drive = format!("if=none,id=second,format=raw,file={file},cache=unsafe");
    let words = [
        "-device",
        "virtio-blk-pci,drive=second,disable-legacy=on",
        "-drive",
        &drive,
    ];
    Ok((path, words.map(str::to_owned).to_vec()))
}

fn formatted(mebibytes: u32) -> Result<Vec<u8>> {
    disk_image::format(mebibytes).map_err(|why| anyhow!(why))
}

fn image(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).with_context(|| path.display().to_string())
}

/// The app `disk` has a binding for the first disk: the log names the second, and nothing is written on it.
///
/// # Errors
/// What was not so.
pub(super) fn left_alone(workspace: &Workspace, bootable: &mut Bootable) -> Result<()> {
    let (path, words) = second(workspace, bootable)?;
    let mut log = Vec::new();
    let written = play_with(workspace, bootable, &words, PLAN, &mut log)?;
    right(bootable.disk()?, PLAN, written)?;
    let all = log.join("\n");
    let left_off = "is left off: it is number 1 of its kind, and the binding is of number 0";
    ensure!(all.contains(left_off), "{all}");
    ensure!(image(&path)? == formatted(SECOND)?, "it was written");
    Ok(())
}

/// Boots the app `disks`, and uses both.
fn tell(workspace: &Workspace, mut bootable: Bootable) -> Result<Tally> {
    let board = bootable.built.plan.chip.chip.name.get_ref();
    let first = disk::folder(workspace)?.join(format!("first-{board}.img"));
    disk::write(&first, &formatted(SIZE)?)?;
    bootable.disk = Some(Disk::of_test(first.clone()));
    let (path, words) = second(workspace, &bootable)?;
    let mut command = bootable.command(Clock::Real, Line::Pipes)?;
    command.args(&words);
    let mut tally = Tally::default();
    let used = Shell::run(&command, bootable.symbols.clone()).and_then(|mut shell| {
        shell.until_prompt()?;
        both(&mut shell)?;
        shell.power_off()
    });
    let mut report = |name: &str, outcome| tally.judge("disks", name, outcome);
    report("each_disk_has_a_driver_and_files", used);
    let written = || -> Result<()> {
        let files = files(&image(&first)?)?;
        ensure!(files.contains_key("NOTE.TXT"), "{:?}", files.keys());
        ensure!(
            image(&path)? == formatted(SECOND)?,
            "the second was written"
        );
        clean(&first)
    };
    report("what_is_for_one_is_not_on_the_other", written());
    Ok(tally)
}

/// Each `storage` says how large its disk is. The one goes on when the other's driver ends, and the other with its next
/// life.
fn both(shell: &mut Shell) -> Result<()> {
    for (line, mebibytes) in [
        ("call storage.space 1", SIZE),
        ("call storage-b.space 1", SECOND),
    ] {
        let said = shell.good(&[line])?.concat();
        let kibibytes = said.strip_prefix("error: 0, value: ").map(str::parse);
        let kibibytes: u32 = kibibytes.with_context(|| said.clone())??;
        // Without partition table and FATs.
        let all = mebibytes << 10;
        ensure!((all - 2048..all).contains(&kibibytes), "{line}: {said}");
    }
    let lines = [
        "write note.txt bananas",
        "crash disk-b",
        "cat note.txt",
        "call storage-b.flush",
    ];
    let said = shell.good(&lines)?.concat();
    ensure!(
        said.contains("bananas") && said.contains("error: 0, value: 0"),
        "{said}"
    );
    Ok(())
}
