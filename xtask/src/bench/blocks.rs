//! What a block costs: the app `blocks` reads and writes a disk, and QEMU logs each instruction (`steps`). And what
//! time there is, in instructions, between the end of a driver and the first block, or frame, by its next life.

use super::steps::{Counts, METER, measure, split};
use crate::build::Bootable;
use anyhow::{Context, Result};

/// A disk that answers at once, and has zeros everywhere: the same on every machine.
const DRIVE: &str = "if=none,id=disk,driver=null-co,size=33554432,read-zeroes=on";
/// What is measured with a disk, by the meter's order, and how many blocks each is.
const ROWS: [(&str, usize); 4] = [
    ("read, 1 at a time", 1),
    ("read, 8 at a time", 8),
    ("written, 1 at a time", 1),
    ("written, 8 at a time", 8),
];
/// Programs that are shown apart.
const KERNEL: &str = "kernel";
const DRIVER: &str = "disk";
const STORAGE: &str = "storage";
const SUPERVISOR: &str = "supervisor";

/// Runs the app and prints what its blocks cost.
///
/// # Errors
/// When it cannot be run, or does not measure.
pub(super) fn print(bootable: &Bootable) -> Result<()> {
    let release = &bootable.machine.emulator("release")?.release;
    println!("executed instructions, QEMU {release}");
    let all = measure(bootable, Some(DRIVE), ROWS.len() + 1)?;
    println!(
        "blocks of 4 KiB          driver   kernel    above   others   driver and kernel, a block"
    );
    for ((what, blocks), counts) in ROWS.iter().zip(&all) {
        let ([driver, kernel, above], rest) = split(counts, [DRIVER, KERNEL, METER]);
        let each = (driver + kernel) / blocks;
        println!("{what:>22} {driver:>8} {kernel:>8} {above:>8} {rest:>8} {each:>8}");
    }
    if let Some(counts) = all.get(ROWS.len()) {
        recovery("kill to first block", counts, DRIVER);
    }
    Ok(())
}

/// Runs the app `files` and prints what a file's bytes cost a client of `storage`.
///
/// # Errors
/// When it cannot be run, or does not measure.
pub(super) fn print_files(bootable: &Bootable) -> Result<()> {
    let disk = bootable.disk.as_ref().context("the app has no disk")?;
    println!("4 KiB of a file          driver   kernel  storage   client   others");
    let rows = ["read", "replaced, flushed"];
    for (what, counts) in rows
        .iter()
        .zip(measure(bootable, Some(&disk.drive()), rows.len())?)
    {
        let programs = [DRIVER, KERNEL, STORAGE, METER];
        let ([driver, kernel, storage, client], others) = split(&counts, programs);
        println!("{what:>22} {driver:>8} {kernel:>8} {storage:>8} {client:>8} {others:>8}");
    }
    Ok(())
}

/// Runs the app `frames` and prints how long the first frame takes after the end of its network's driver.
///
/// # Errors
/// When it cannot be run, or does not measure.
pub(super) fn print_first_frame(bootable: &Bootable) -> Result<()> {
    for counts in measure(bootable, None, 1)? {
        recovery("kill to first frame", &counts, "network");
    }
    Ok(())
}

/// Prints what a driver's recovery takes.
fn recovery(what: &str, counts: &Counts, driver: &str) {
    let programs = [SUPERVISOR, KERNEL, driver, METER];
    let ([supervisor, kernel, driver, above], others) = split(counts, programs);
    let all: usize = counts.values().sum();
    println!("                       supervisor   kernel   driver    above   others      all");
    println!("{what:>22} {supervisor:>10} {kernel:>8} {driver:>8} {above:>8} {others:>8} {all:>8}");
}
