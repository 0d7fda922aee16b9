//! What stands for a board: an emulator, or a model of the board that is a program of this workspace.

use crate::attach;
use crate::emulator::{Emulator, Emulators, has_firmware};
use crate::qemu::{self, Clock, Devices};
use anyhow::{Context, Result, ensure};
use leasehold_build::manifest::{Chip, Model};
use leasehold_build::{Built, Workspace};
use std::path::PathBuf;
use std::process::Command;

/// What a board's kernel prints before its exit code, where the board has no way to tell one (`kernel/src/platform`).
const EXIT: &str = "leasehold: off with code ";
/// The shift of a processor that executes an instruction in a nanosecond, as a model does by itself.
const NO_SHIFT: u8 = 0;

/// What stands for a board.
#[derive(Clone, Debug)]
pub(crate) enum Machine {
    /// An emulator.
    Qemu(Emulator),
    /// The model's program, and its name for the board.
    Model(PathBuf, String),
}

/// What the serial line is connected with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Line {
    /// The program's standard input and output.
    Pipes,
    /// The same, and a person at it.
    Terminal,
    /// A socket for `attach`, and a file, in the folder that the program runs in. The machine is halted at first, and a
    /// debugger is on standard input and output.
    Socket,
}

impl std::fmt::Display for Machine {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Qemu(emulator) => emulator.fmt(formatter),
            Self::Model(_, board) => write!(formatter, "the model of {board}, not on the board"),
        }
    }
}

impl Machine {
    /// The one for a chip. A model is built.
    ///
    /// # Errors
    /// When there is none, or it is not there.
    pub(crate) fn of(workspace: &Workspace, emulators: &Emulators, chip: &Chip) -> Result<Self> {
        if let Some(qemu) = &chip.qemu {
            return Ok(Self::Qemu(
                emulators.find(&qemu.binary, has_firmware(qemu))?,
            ));
        }
        let name = chip.chip.name.get_ref();
        let model = chip.model.as_ref();
        let Model { package, board } =
            model.with_context(|| format!("neither QEMU nor a model has a board for {name}"))?;
        Ok(Self::Model(build(workspace, package)?, board.clone()))
    }

    /// The emulator.
    ///
    /// # Errors
    /// When it is no emulator: what cannot be done then.
    pub(crate) fn emulator(&self, what: &str) -> Result<&Emulator> {
        match self {
            Self::Qemu(emulator) => Ok(emulator),
            Self::Model(..) => anyhow::bail!("{self}: there is no {what}"),
        }
    }

    /// The machine with an image, its serial line on standard input and output.
    ///
    /// # Errors
    /// When the chip has no emulator.
    pub(crate) fn command(
        &self,
        built: &Built,
        (clock, devices): (Clock, Devices),
        line: Line,
    ) -> Result<Command> {
        let (program, board) = match self {
            Self::Qemu(emulator) => {
                let mut command = qemu::command(built, emulator, clock, devices)?;
                match line {
                    Line::Pipes => command.args(["-serial", "stdio", "-monitor", "none"]),
                    Line::Terminal => command.args(["-serial", "mon:stdio"]),
                    Line::Socket => command
                        .args(["-S", "-gdb", "stdio", "-monitor", "none"])
                        .args(["-chardev", &socket(), "-serial", "chardev:serial0"]),
                };
                return Ok(command);
            }
            Self::Model(program, board) => (program, board),
        };
        let mut command = Command::new(program);
        command.args(["run", "--board", board, "--exit-text", EXIT]);
        let shift = match clock {
            Clock::Real => {
                command.arg("--paced");
                NO_SHIFT
            }
            Clock::Instructions(shift) => shift,
        };
        let nanoseconds = (1_u64 << shift).to_string();
        command.args(["--nanoseconds", &nanoseconds]);
        match line {
            Line::Pipes => {}
            Line::Terminal => {
                command.arg("--attended");
            }
            Line::Socket => {
                command.args(["--debug", attach::SOCKET, "--log", attach::LOG]);
            }
        }
        command.arg(built.image());
        Ok(command)
    }
}

/// The emulator's word for a serial line on a socket.
fn socket() -> String {
    format!(
        "socket,id=serial0,path={},server=on,wait=off,logfile={}",
        attach::SOCKET,
        attach::LOG
    )
}

/// Builds a program of this workspace that stands for a board, and answers where it is.
///
/// # Errors
/// When it cannot be built.
pub(crate) fn build(workspace: &Workspace, package: &str) -> Result<PathBuf> {
    let status = workspace
        .cargo()
        .args(["build", "--quiet", "--package", package, "--target-dir"])
        // Another workspace's variable would put it elsewhere.
        .arg(workspace.target())
        .status()
        .context("cannot run cargo")?;
    ensure!(status.success(), "{package} could not be built");
    Ok(workspace.target().join("debug").join(package))
}
