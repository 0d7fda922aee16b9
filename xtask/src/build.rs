//! `build`: the image in its output folder, and a few lines on what it is.

use crate::disk::Disk;
use crate::emulator::Emulators;
use crate::machine::{Line, Machine};
use crate::needs::{self, Work};
use crate::qemu::{Clock, Devices};
use crate::symbols::Symbols;
use anyhow::{Context, Result};
use leasehold_build::{Built, Workspace};
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Command;

/// An image, and what boots it.
#[derive(Debug)]
pub(crate) struct Bootable {
    /// App and board, as its disk is named.
    name: String,
    /// The image.
    pub(crate) built: Built,
    /// What stands for the board.
    pub(crate) machine: Machine,
    /// What is at the image's addresses.
    pub(crate) symbols: Symbols,
    /// Its disk, if it has one.
    pub(crate) disk: Option<Disk>,
    /// Whether devices of classes are left out, and the disk with them.
    pub(crate) plain: bool,
    /// The port of this machine at which its page is reachable, if it shall be.
    pub(crate) page: Option<u16>,
    /// The file that gets all frames of its network, if one shall.
    pub(crate) frames: Option<PathBuf>,
}

impl Bootable {
    /// The image of its disk.
    ///
    /// # Errors
    /// When it has none.
    pub(crate) fn disk(&self) -> Result<&Path> {
        let disk = self.disk.as_ref().context("the machine has no disk")?;
        Ok(disk.path())
    }

    /// The same machine with a disk that keeps what is written on it, if its manifest has one.
    ///
    /// # Errors
    /// When the image cannot be made, or another machine has it.
    pub(crate) fn keeping(mut self, workspace: &Workspace) -> Result<Self> {
        if let Some(mebibytes) = self.built.plan.qemu_disk {
            self.disk = Some(Disk::kept(workspace, &self.name, mebibytes)?);
        }
        Ok(self)
    }

    /// The same machine without devices of classes, disks among them.
    pub(crate) fn plain(mut self) -> Self {
        self.disk = None;
        self.plain = true;
        self
    }

    /// The same app for the same board, as another workspace has it. It has the same disk.
    ///
    /// # Errors
    /// Whatever keeps the image from being built.
    pub(crate) fn rebuilt(self, workspace: &Workspace) -> Result<Self> {
        let built = image(workspace, &self.built.plan.app, &self.built.plan.board)?;
        let symbols = Symbols::read(&built.folder, workspace.root())?;
        Ok(Self {
            built,
            symbols,
            ..self
        })
    }

    /// What boots it, its serial line on standard input and output.
    ///
    /// # Errors
    /// When the chip has no emulator.
    pub(crate) fn command(&self, clock: Clock, line: Line) -> Result<Command> {
        // While the machine waits for the host's disk, a clock of instructions would leap to its next alarm.
        let disk = self.disk.as_ref().filter(|_| clock == Clock::Real);
        let devices = match disk {
            _ if self.plain => Devices::Plain,
            None => Devices::WithoutDisk,
            Some(_) => Devices::All,
        };
        let mut command = self.machine.command(&self.built, (clock, devices), line)?;
        if let Some(disk) = disk {
            command.args(["-drive", &disk.drive()]);
        }
        self.add_network(&mut command);
        Ok(command)
    }

    /// The network that a device names, if there is a page in it.
    pub(crate) fn add_network(&self, command: &mut Command) {
        let page = self.built.plan.qemu_page.filter(|_| !self.plain);
        if let Some(board) = page {
            let forward = self.page.map_or(String::new(), |host| {
                format!(",hostfwd=tcp:{}:{host}-:{board}", Ipv4Addr::LOCALHOST)
            });
            command.args(["-netdev", &format!("user,id=net{forward}")]);
            if let Some(file) = &self.frames {
                // QEMU's own way to write a comma.
                let file = file.display().to_string().replace(',', ",,");
                let filter = format!("filter-dump,id=frames,netdev=net,file={file}");
                command.args(["-object", &filter]);
            }
        }
    }

    /// Makes its page reachable at a port of this machine's loopback device: this one, or a free one if that is taken.
    /// Gives the page's address. Nothing if it has no page.
    ///
    /// # Errors
    /// When no port is free.
    pub(crate) fn open_page(&mut self, wanted: u16) -> Result<Option<String>> {
        if self.plain || self.built.plan.qemu_page.is_none() {
            return Ok(None);
        }
        // The emulator takes the port when it starts.
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, wanted))
            .or_else(|_| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)));
        let free = free.context("no port is free on the loopback device")?;
        let port = free.local_addr().context("its own port")?.port();
        self.page = Some(port);
        Ok(Some(format!("http://{}:{port}/", Ipv4Addr::LOCALHOST)))
    }
}

/// Builds an app and says what came of it.
///
/// # Errors
/// Whatever keeps the image from being built.
pub(crate) fn run(workspace: &Workspace, app: &str, board: &str) -> Result<()> {
    let needs = needs::of(workspace, &[Work::Build], &[(app, board)])?;
    needs::ensure(workspace, &Emulators::default(), &needs)?;
    let built = image(workspace, app, board)?;
    let size = std::fs::metadata(built.folder.join("image.bin"))
        .context("image.bin")?
        .len();
    let stages: Vec<String> = built
        .stages
        .iter()
        .map(|(stage, time)| format!("{stage} {:.1} s", time.as_secs_f64()))
        .collect();
    println!(
        "{app} for {board}: {} tasks, {} KiB",
        built.plan.tasks.len(),
        size / 1024
    );
    println!("  {}", stages.join(", "));
    if !built.changes.is_empty() {
        println!("  bytes more or less than before:");
    }
    for change in &built.changes {
        println!("    {change}");
    }
    let folder = built
        .folder
        .strip_prefix(workspace.root())
        .unwrap_or(&built.folder);
    for (file, what) in [
        ("image.elf", "the image, for QEMU or a loader"),
        ("image.bin", "the same, flat"),
        ("tasks/", "each task with its symbols"),
        ("report.txt", "what lies where"),
        ("map.svg", "the same as a picture"),
        ("debug.tar", "all of it for a debugger"),
    ] {
        println!("  {:<40} {what}", folder.join(file).display().to_string());
    }
    if built.folder.join("boot.md").exists() {
        let file = folder.join("boot.md").display().to_string();
        println!("  {file:<40} how to boot it on the board, not tried on hardware");
    }
    Ok(())
}

/// Builds an app for other verbs, which have already ensured what a build needs.
///
/// # Errors
/// Whatever keeps the image from being built.
pub(crate) fn image(workspace: &Workspace, app: &str, board: &str) -> Result<Built> {
    eprintln!("building {app} for {board}");
    leasehold_build::build(workspace, app, board)
}

/// Builds an app to be booted, for verbs that have already ensured what this needs. Its disk is a fresh one for each
/// boot.
///
/// # Errors
/// Whatever keeps the image from being built, or the emulator from being found.
pub(crate) fn bootable(
    workspace: &Workspace,
    emulators: &Emulators,
    app: &str,
    board: &str,
) -> Result<Bootable> {
    let built = image(workspace, app, board)?;
    let machine = Machine::of(workspace, emulators, &built.plan.chip)?;
    let symbols = Symbols::read(&built.folder, workspace.root())?;
    let disk = match built.plan.qemu_disk {
        Some(mebibytes) => Some(Disk::fresh(workspace, mebibytes)?),
        None => None,
    };
    Ok(Bootable {
        name: format!("{app}-{board}"),
        built,
        machine,
        symbols,
        disk,
        plain: false,
        page: None,
        frames: None,
    })
}
