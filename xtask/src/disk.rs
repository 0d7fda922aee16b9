//! Images of the disks of emulated machines: one that is kept between runs, or a fresh one for each boot.

use anyhow::{Context, Result, anyhow, bail};
use leasehold_build::Workspace;
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

/// QEMU's rules of failure begin in state 1, and each flush leads to the next, up to the one that fails.
const FAILING: u32 = 6;
/// The error: an error of input or output, as Linux numbers it.
const EIO: u32 = 5;

/// What becomes of what a machine writes.
#[derive(Debug)]
enum Keeps {
    /// It is in the image, and a flush reaches the host's disk. Nobody else has the image while this file is locked.
    All(#[expect(dead_code, reason = "the lock ends with the file")] File),
    /// It is in the image; a test whose machine ends in order does not wait for the host's disk.
    Unsynced,
    /// The same, and the emulator lists all writes and flushes in this file.
    Listed(PathBuf),
    /// It is in the image. From the sixth flush on, what QEMU calls so fails.
    Failing(&'static str),
    /// It goes with the machine. Any number of machines have the image at once.
    Nothing,
}

/// The image of a machine's disk.
#[derive(Debug)]
pub(crate) struct Disk {
    path: PathBuf,
    keeps: Keeps,
}

impl Disk {
    /// The disk of this name, which keeps what machines write. It is made, with an empty file system, if it is not
    /// there.
    ///
    /// # Errors
    /// When it cannot be made, or another machine has it.
    pub(crate) fn kept(workspace: &Workspace, name: &str, mebibytes: u32) -> Result<Self> {
        let folder = folder(workspace)?;
        let path = folder.join(format!("{name}.img"));
        let lock = folder.join(format!("{name}.lock"));
        let lock = File::create(&lock).with_context(|| lock.display().to_string())?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => bail!(
                "another run has the disk {}; wait for its end, or use --plain, which has no disk",
                path.display()
            ),
            Err(TryLockError::Error(error)) => {
                return Err(error).with_context(|| format!("locking {}", path.display()));
            }
        }
        let what = if path.exists() {
            "its disk is"
        } else {
            write(&path, &formatted(mebibytes)?)?;
            "made a disk, which keeps what is written on it:"
        };
        eprintln!("{what} {}", path.display());
        Ok(Self {
            path,
            keeps: Keeps::All(lock),
        })
    }

    /// An empty disk for each boot.
    ///
    /// # Errors
    /// When it cannot be made.
    pub(crate) fn fresh(workspace: &Workspace, mebibytes: u32) -> Result<Self> {
        let path = folder(workspace)?.join(format!("fresh-{mebibytes}.img"));
        if !path.exists() {
            write(&path, &formatted(mebibytes)?)?;
        }
        Ok(Self {
            path,
            keeps: Keeps::Nothing,
        })
    }

    /// An image that a test has made, and looks at afterwards.
    pub(crate) const fn of_test(path: PathBuf) -> Self {
        Self {
            path,
            keeps: Keeps::Unsynced,
        }
    }

    /// The same, and the emulator lists what is written in `list`.
    pub(crate) const fn listed(path: PathBuf, list: PathBuf) -> Self {
        Self {
            path,
            keeps: Keeps::Listed(list),
        }
    }

    /// The same, and from the sixth flush on each `event` of QEMU's fails.
    pub(crate) const fn failing(path: PathBuf, event: &'static str) -> Self {
        Self {
            path,
            keeps: Keeps::Failing(event),
        }
    }

    /// Where the image is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The value of the emulator's `-drive`.
    pub(crate) fn drive(&self) -> String {
        // QEMU takes a comma for the end of the name, and two for one.
        let name = |path: &Path| path.to_string_lossy().replace(',', ",,");
        let file = name(&self.path);
        let keeps = match &self.keeps {
            Keeps::All(_) => "",
            Keeps::Unsynced => ",cache=unsafe",
            Keeps::Nothing => ",snapshot=on",
            // Flushes are listed, and do not wait for the host's disk.
            Keeps::Listed(list) => {
                let list = name(list);
                return format!(
                    "if=none,id=disk,driver=blklogwrites,\
                     file.driver=file,file.filename={file},file.cache.no-flush=on,\
                     log.driver=file,log.filename={list},log.cache.no-flush=on"
                );
            }
            Keeps::Failing(event) => {
                let mut drive = format!(
                    "if=none,id=disk,driver=raw,file.driver=blkdebug,\
                     file.image.driver=file,file.image.filename={file},file.image.cache.no-flush=on,\
                     file.inject-error.0.event={event},file.inject-error.0.state={FAILING},\
                     file.inject-error.0.errno={EIO}"
                );
                for state in 1..FAILING {
                    let rule = format!("file.set-state.{}", state - 1);
                    let next = state + 1;
                    drive += &format!(
                        ",{rule}.event=flush_to_disk,{rule}.state={state},{rule}.new_state={next}"
                    );
                }
                return drive;
            }
        };
        format!("if=none,id=disk,format=raw,file={file}{keeps}")
    }
}

/// Where images are.
///
/// # Errors
/// When it cannot be made.
pub(crate) fn folder(workspace: &Workspace) -> Result<PathBuf> {
    let folder = workspace.target().join("disks");
    std::fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    Ok(folder)
}

/// An image with an empty file system.
fn formatted(mebibytes: u32) -> Result<Vec<u8>> {
    disk_image::format(mebibytes).map_err(|why| anyhow!("qemu.disk: {why}"))
}

/// Writes an image, all of it or nothing.
///
/// # Errors
/// When it cannot be written.
pub(crate) fn write(path: &Path, image: &[u8]) -> Result<()> {
    let part = path.with_extension(format!("part-{}", std::process::id()));
    std::fs::write(&part, image).with_context(|| part.display().to_string())?;
    std::fs::rename(&part, path).with_context(|| path.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kept_disk_is_made_once_and_has_one_machine_at_a_time() {
        let root = std::env::temp_dir().join(format!("leasehold-disks-{}", std::process::id()));
        let workspace = Workspace::new(&root);
        let first = Disk::kept(&workspace, "app-board", 8).unwrap();
        std::fs::write(first.path(), "what a machine wrote").unwrap();
        let second = Disk::kept(&workspace, "app-board", 8).unwrap_err();
        assert!(second.to_string().contains("another run has the disk"));
        drop(first);
        let third = Disk::kept(&workspace, "app-board", 8).unwrap();
        let bytes = std::fs::read(third.path()).unwrap();
        assert_eq!(bytes, b"what a machine wrote");
        std::fs::remove_dir_all(&root).unwrap();
    }
}
