//! The app `disks`: two disks, each with a driver and files of its own, and a third that no binding is of. It is named,
//! and left alone.

use super::app::{SIZE, clean, files};
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

/// MiB of the second disk, and of the third.
const OTHERS: [u32; 2] = [16, 8];
/// Who is told of a disk that no binding is of.
const LEFT_OFF: &str = "is left off: it is number 2 of its kind, and the binding is of number 0";

pub(in crate::test) const PART: OnBoard = OnBoard {
    part: Part::Disk,
    what: "two disks",
    app: "disks",
    task: None,
    needs: &[Work::Disk],
    runs: Runs::Asked,
    tell,
};

fn formatted(mebibytes: u32) -> Result<Vec<u8>> {
    disk_image::format(mebibytes).map_err(|why| anyhow!(why))
}

fn image(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).with_context(|| path.display().to_string())
}

/// Whether nothing was written on a disk that was made so.
fn is_as_made(path: &Path, mebibytes: u32) -> Result<()> {
    let same = image(path)? == formatted(mebibytes)?;
    ensure!(same, "{} was written", path.display());
    Ok(())
}

/// Boots the app with three disks, and uses two.
fn tell(workspace: &Workspace, mut bootable: Bootable) -> Result<Tally> {
    let board = bootable.built.plan.chip.chip.name.get_ref();
    let make = |name: &str, mebibytes| -> Result<PathBuf> {
        let path = disk::folder(workspace)?.join(format!("{name}-{board}.img"));
        disk::write(&path, &formatted(mebibytes)?)?;
        Ok(path)
    };
    let [second, third] = OTHERS;
    let paths = [
        make("first", SIZE)?,
        make("second", second)?,
        make("third", third)?,
    ];
    bootable.disk = Some(Disk::of_test(paths[0].clone()));
    let mut command = bootable.command(Clock::Real, Line::Pipes)?;
    for (number, path) in paths.iter().enumerate().skip(1) {
        let file = path.display().to_string().replace(',', ",,");
        let drive = format!("if=none,id=disk{number},format=raw,file={file},cache=unsafe");
        let device = format!("virtio-blk-pci,drive=disk{number},disable-legacy=on");
        command.args(["-drive", &drive, "-device", &device]);
    }
    let mut tally = Tally::default();
    let mut report = |name: &str, outcome| tally.judge("disks", name, outcome);
    let used = Shell::run(&command, bootable.symbols.clone()).and_then(|mut shell| {
        shell.until_prompt()?;
        use_both(&mut shell)?;
        let log = shell.good(&["log"])?.join("\n");
        ensure!(log.matches(LEFT_OFF).count() == 1, "{log}");
        shell.power_off()
    });
    report("two_have_a_driver_and_files_and_the_third_is_named", used);
    let written = || -> Result<()> {
        let files = files(&image(&paths[0])?)?;
        ensure!(files.contains_key("NOTE.TXT"), "{:?}", files.keys());
        is_as_made(&paths[1], second)?;
        clean(&paths[0])
    };
    report("what_is_for_one_is_not_on_the_other", written());
    report("the_third_is_left_alone", is_as_made(&paths[2], third));
    Ok(tally)
}

/// Each `storage` says how large its disk is. The one goes on when the other's driver ends, and the other with its next
/// life.
fn use_both(shell: &mut Shell) -> Result<()> {
    for (line, mebibytes) in [
        ("call storage.space 1", SIZE),
        ("call storage-b.space 1", OTHERS[0]),
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
    let is_right = said.contains("bananas") && said.contains("error: 0, value: 0");
    ensure!(is_right, "{said}");
    Ok(())
}
