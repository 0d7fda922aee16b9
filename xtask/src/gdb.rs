//! `gdb`: an app halted in the emulator, with a debugger on it.

use crate::build;
use crate::qemu::{self, Clock};
use crate::tools;
use anyhow::{Context, Result, bail};
use leasehold_build::Workspace;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

/// Where the emulator listens for the debugger.
const PORT: &str = "127.0.0.1:1234";

/// Boots an app halted and debugs it. Its serial line goes to a file.
///
/// # Errors
/// When it cannot be built or started, or no debugger knows the machine.
pub(crate) fn run(workspace: &Workspace, app: &str, board: &str) -> Result<()> {
    let built = build::bootable(workspace, app, board)?;
    let debugger = debugger(built.debugger)?;
    let serial = workspace.generated(app, board).join("serial.log");
    let mut command = qemu::command(&built, Clock::Real)?;
    command
        .args([
            "-S",
            "-gdb",
            &format!("tcp:{PORT}"),
            "-monitor",
            "none",
            "-serial",
        ])
        .arg(format!("file:{}", serial.display()))
        .stdin(Stdio::null())
        // Ctrl-C at the terminal is for the debugger, which stops the program, not the emulator.
        .process_group(0);
    let emulator = Emulator(command.spawn().context("cannot run the emulator")?);
    eprintln!("the serial line goes to {}", serial.display());
    let status = Command::new(debugger)
        .current_dir(&built.folder)
        .args([
            "-q",
            "-x",
            "load.gdb",
            "-ex",
            &format!("target remote {PORT}"),
        ])
        .status()
        .context("cannot run the debugger")?;
    drop(emulator);
    if !status.success() {
        bail!("the debugger ended with {status}");
    }
    Ok(())
}

/// A debugger that knows the machine.
fn debugger(architecture: &str) -> Result<&'static str> {
    let set = format!("set architecture {architecture}");
    let knows = |program: &&str| {
        tools::find(program).is_some()
            && Command::new(program)
                .args(["-nx", "-batch", "-ex", &set])
                .output()
                .is_ok_and(|output| {
                    output.status.success()
                        && !output.stderr.windows(9).any(|words| words == b"Undefined")
                })
    };
    [
        "gdb-multiarch",
        "riscv64-unknown-elf-gdb",
        "arm-none-eabi-gdb",
        "gdb",
    ]
    .into_iter()
    .find(knows)
    .with_context(|| {
        let command = tools::command(&["gdb-multiarch"]);
        format!("no debugger here knows {architecture}: {command}")
    })
}

/// The emulator, which ends with the debugger.
struct Emulator(Child);

impl Drop for Emulator {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
