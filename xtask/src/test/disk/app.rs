//! What the app `disk` writes, and the judgement of its file system by a program that nobody here wrote.

use crate::needs;
use anyhow::{Context, Result, anyhow, ensure};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// The app.
pub(crate) const APP: &str = "disk";
/// MiB of the disk.
pub(super) const SIZE: u32 = 32;
/// Files that are written, and most bytes of one (`app/disk/writer`).
pub(super) const FILES: u32 = 16;
const MOST: usize = 6000;
/// Bytes of it that are written by one call.
pub(super) const AT_ONCE: usize = 2048;
/// How long of its own time the machine may take for a write: a disk may take 30 s for a request.
pub(super) const LIMIT: Duration = Duration::from_secs(90);
/// Lines of the log that a failure shows.
pub(super) const LINES: usize = 20;
/// The plan's name in the root folder.
pub(super) const PLAN: [u8; 11] = *b"PLAN       ";

/// Files by name.
pub(super) type Files = BTreeMap<String, Vec<u8>>;

/// What `storage` leaves behind where a file was being replaced; no client sees it.
const BESIDE: &str = "STORAGE.NEW";

/// The files that a client wrote, by an image of the disk.
///
/// # Errors
/// When its file system is damaged.
pub(super) fn files(image: &[u8]) -> Result<Files> {
    let files = disk_image::files(image).map_err(|why| anyhow!(why))?;
    let written = files
        .into_iter()
        .filter(|(name, _)| !PLAN.starts_with(name.as_bytes()) && name != BESIDE);
    Ok(written.collect())
}

/// Asks `fsck.vfat`, which nobody here wrote, about the partition.
///
/// # Errors
/// What it finds.
pub(crate) fn clean(image: &Path) -> Result<()> {
    let partition = image.with_extension("partition");
    let bytes = std::fs::read(image).with_context(|| image.display().to_string())?;
    std::fs::write(&partition, &bytes[disk_image::PARTITION..])?;
    let checker = needs::checker().context("no fsck.vfat")?;
    let ran = Command::new(checker).arg("-n").arg(&partition).output();
    std::fs::remove_file(&partition)?;
    let ran = ran.with_context(|| format!("cannot run {checker}"))?;
    let said = String::from_utf8_lossy(&ran.stdout).into_owned();
    ensure!(ran.status.success(), "{said}");
    Ok(())
}

/// The bytes of a write, as `app/disk/writer` makes them.
pub(super) fn content(seed: u32, number: u32) -> Vec<u8> {
    let random = |state: u32| state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
    let mut state = random(seed ^ number.wrapping_mul(0x9e37_79b9));
    let length = (state >> 8) as usize % (MOST + 1);
    (0..length)
        .map(|_| {
            state = random(state);
            (state >> 24) as u8
        })
        .collect()
}
