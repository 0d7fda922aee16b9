//! `gdb`: an app halted in the emulator, with a debugger on it.

use crate::build;
use crate::qemu::{self, Clock};
use crate::tools;
use anyhow::{Context, Result};
use leasehold_build::Workspace;
use std::os::unix::process::CommandExt;
use std::process::Command;

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
        .args(["-S", "-gdb", "stdio", "-monitor", "none", "-serial"])
        .arg(format!("file:{}", serial.display()));
    eprintln!("the serial line goes to {}", serial.display());
    // The debugger takes this program's place, and the emulator is its child: Ctrl-C reaches the debugger alone, which
    // stops the program, and the emulator ends with it.
    let error = Command::new(debugger)
        .current_dir(&built.folder)
        .args(["-q", "-x", "load.gdb", "-ex"])
        .arg(format!("target remote | exec {}", shell_words(&command)))
        .exec();
    Err(error).context("cannot run the debugger")
}

/// A command as a shell takes it.
fn shell_words(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let quoted = words.map(|word| format!("'{}'", word.to_string_lossy().replace('\'', "'\\''")));
    quoted.collect::<Vec<_>>().join(" ")
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_takes_each_word_as_it_is() {
        let mut command = Command::new("echo");
        command.args(["two words", "it's", "$HOME"]);
        let line = shell_words(&command);
        let output = Command::new("sh").args(["-c", &line]).output().unwrap();
        assert_eq!(output.stdout, b"two words it's $HOME\n");
    }
}
