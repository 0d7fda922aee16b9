//! `gdb`: an app halted in its machine, with a debugger on it, and its serial line for another terminal.

use crate::attach;
use crate::build;
use crate::command::with_variables;
use crate::emulator::Emulators;
use crate::machine::Line;
use crate::needs::{self, Work, debugger};
use crate::qemu::{Clock, Devices};
use anyhow::{Context, Result};
use leasehold_build::Workspace;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

/// Boots an app halted, with these further words for the emulator, and debugs it. Its serial line waits for `attach`.
///
/// # Errors
/// When it cannot be built or started, or no debugger knows the machine.
pub(crate) fn run(
    workspace: &Workspace,
    emulators: &Emulators,
    (app, board): (&str, &str),
    words: &[String],
) -> Result<()> {
    let needs = needs::of(workspace, &[Work::Debug], &[(app, board)])?;
    needs::ensure(workspace, emulators, &needs)?;
    let bootable = build::bootable(workspace, emulators, app, board)?;
    let built = &bootable.built;
    let debugger = debugger(built.plan.debugger).context("no debugger knows the machine")?;
    let folder = workspace.generated(app, board);
    attach::prepare(&folder)?;
    let clock = (Clock::Real, Devices::WithoutDisk);
    let mut command = bootable.machine.command(built, clock, Line::Socket)?;
    bootable.add_network(&mut command);
    command.args(words);
    eprintln!(
        "{app} on {board} in {}, halted; `continue` lets it run",
        bootable.machine
    );
    eprintln!("its shell, from another terminal: cargo xtask attach {app} {board}");
    eprintln!(
        "what it prints is in {} too",
        folder.join(attach::LOG).display()
    );
    // The debugger replaces this program, and the emulator becomes its child. So Ctrl-C reaches only the debugger,
    // which stops the guest, and the emulator ends with the debugger.
    let error = with_variables(Command::new(debugger), &command)
        .current_dir(&built.folder)
        .args(["-q", "-x", "load.gdb", "-ex"])
        .arg(format!("target remote | {}", in_folder(&folder, &command)))
        .exec();
    Err(error).context("cannot run the debugger")
}

/// A command as a shell takes it, to be run in a folder.
fn in_folder(folder: &Path, command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let quote = |word: &str| format!("'{}'", word.replace('\'', "'\\''"));
    let words: Vec<_> = words.map(|word| quote(&word.to_string_lossy())).collect();
    let folder = quote(&folder.to_string_lossy());
    format!("cd {folder} && exec {}", words.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_takes_each_word_as_it_is() {
        let mut command = Command::new("echo");
        command.args(["two words", "it's", "$HOME"]);
        let line = in_folder(Path::new("/"), &command);
        let output = Command::new("sh").args(["-c", &line]).output().unwrap();
        assert_eq!(output.stdout, b"two words it's $HOME\n");
    }
}
