//! A disk at fault: it answers with errors, is taken away or out of its slot, or does not answer. Its client is told by
//! name, what was acknowledged is there, and nothing hangs.

use super::app::{APP, Files, LIMIT, PLAN, SIZE, files};
use super::cut::judge;
use crate::build::Bootable;
use crate::disk;
use crate::disk::Disk;
use crate::guest::Guest;
use crate::machine::Line;
use crate::monitor::Socket;
use crate::qemu::Clock;
use crate::test::slot::Slot;
use anyhow::{Context, Result, anyhow, ensure};
use leasehold_build::Workspace;

/// After so many acknowledged writes the monitor takes the disk away, or silences it.
const WRITES: u32 = 5;
/// The device that a slot is for.
const CONTROLLER: &str = "virtio-blk-pci";
/// Whose writes.
const SEED: u32 = 23;

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// From the sixth flush on, what QEMU calls so fails.
    Fails(&'static str),
    /// It is taken away from its controller.
    Unplugged,
    /// Its controller is taken out of its slot.
    Pulled,
    /// It takes requests, and answers none.
    Silent,
}

impl Fault {
    /// Those that a test has time for, with the test's name.
    pub(super) const QUICK: [(&str, Self); 5] = [
        ("a_disk_that_cannot_read_is_told", Self::Fails("read_aio")),
        ("a_disk_that_cannot_write_is_told", Self::Fails("write_aio")),
        (
            "a_disk_that_cannot_flush_is_told",
            Self::Fails("flush_to_disk"),
        ),
        ("a_disk_that_is_taken_away_is_told", Self::Unplugged),
        ("a_disk_that_is_pulled_out_is_told", Self::Pulled),
    ];

    /// What the client says at its end.
    const fn told(self) -> &'static str {
        match self {
            Self::Fails(_) | Self::Unplugged => "stopped: the disk reports an error of the medium",
            Self::Pulled | Self::Silent => "stopped: no disk, or it does not answer",
        }
    }
}

/// Boots the app with such a disk; gives how many writes were acknowledged.
///
/// # Errors
/// What was not told, or is lost.
pub(crate) fn play(workspace: &Workspace, bootable: &mut Bootable, fault: Fault) -> Result<u32> {
    let mut image = disk_image::format(SIZE).map_err(|why| anyhow!(why))?;
    let plan = format!("{SEED} {} 0 1", u32::MAX);
    disk_image::add_file(&mut image, PLAN, plan.as_bytes());
    let board = bootable.built.plan.chip.chip.name.get_ref();
    let path = disk::folder(workspace)?.join(format!("fault-{board}.img"));
    disk::write(&path, &image)?;
    bootable.disk = Some(match fault {
        Fault::Fails(event) => Disk::failing(path.clone(), event),
        _ => Disk::of_test(path.clone()),
    });
    let socket = Socket::new("fault");
    let mut command = bootable.command(Clock::Real, Line::Pipes)?;
    socket.attach(&mut command);
    let slot = match fault {
        Fault::Pulled => {
            let (slot, same) = Slot::with(&command, CONTROLLER)?;
            command = same;
            Some(slot)
        }
        _ => None,
    };
    let mut session = Guest::start(&command, bootable.symbols.clone())?;
    let (mut acknowledged, mut told, mut log) = (0, None, Vec::new());
    while let Some(line) = session
        .line_within(LIMIT)
        .with_context(|| format!("after {acknowledged} writes"))?
    {
        if line == format!("acknowledged {}", acknowledged + 1) {
            acknowledged += 1;
            if acknowledged == WRITES {
                match fault {
                    Fault::Fails(_) => {}
                    Fault::Pulled => slot.as_ref().context("a slot")?.pull()?,
                    Fault::Unplugged => socket.connect()?.remove_drive("disk")?,
                    Fault::Silent => socket.connect()?.silence_drive("disk")?,
                }
            }
        } else if line.starts_with("stopped: ") {
            told = Some(line);
        } else {
            log.push(line);
        }
    }
    let log = log.join("\n");
    ensure!(
        told.as_deref() == Some(fault.told()),
        "{APP} says {told:?}; {log}"
    );
    ensure!(log.contains("storage: "), "storage says nothing: {log}");
    ensure!(!log.contains("storage: panic"), "{log}");
    if fault == Fault::Pulled {
        // Its driver notices, and ends no more than any other task.
        ensure!(log.contains("disk: the disk is gone"), "{log}");
        ensure!(!log.contains("started again"), "a task ended: {log}");
    }
    ensure!(acknowledged != 0, "no write was acknowledged");
    let bytes = std::fs::read(&path).with_context(|| path.display().to_string())?;
    let files = files(&bytes)?;
    judge(&Files::new(), &files, SEED, acknowledged)?;
    Ok(acknowledged)
}
