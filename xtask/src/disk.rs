//! Images of the disks of emulated machines: made once, and kept.

use anyhow::{Context, Result, anyhow};
use leasehold_build::Workspace;
use std::path::{Path, PathBuf};

/// The image of the disk of an app on a board. It is made, with an empty file system, if it is not there; afterwards it
/// keeps what the machine writes.
///
/// # Errors
/// When it cannot be made.
pub(crate) fn ready(
    workspace: &Workspace,
    (app, board): (&str, &str),
    mebibytes: u32,
) -> Result<PathBuf> {
    let path = workspace
        .target()
        .join("disks")
        .join(format!("{app}-{board}.img"));
    if !path.exists() {
        let image = disk_image::format(mebibytes).map_err(|why| anyhow!("qemu.disk: {why}"))?;
        write(&path, &image)?;
        eprintln!("made a disk of {mebibytes} MiB: {}", path.display());
    }
    Ok(path)
}

/// Writes an image, all of it or nothing.
///
/// # Errors
/// When it cannot be written.
pub(crate) fn write(path: &Path, image: &[u8]) -> Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    }
    let part = path.with_extension("part");
    std::fs::write(&part, image).with_context(|| part.display().to_string())?;
    std::fs::rename(&part, path).with_context(|| path.display().to_string())
}
