//! `attach`: this terminal on the serial line of a machine that is being debugged.
//!
//! The machine listens on a socket and writes all that comes over the line to a file as well. Both are
//! named relative to their folder: the path of a socket may have about a hundred bytes (Linux, `unix(7)`).

use crate::annotate::Annotator;
use crate::symbols::Symbols;
use anyhow::{Context, Result, bail};
use leasehold_build::Workspace;
use std::io::{ErrorKind, IsTerminal, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Command, Stdio};

/// The socket.
pub(crate) const SOCKET: &str = "serial.sock";
/// The file that has what was printed.
pub(crate) const LOG: &str = "serial.log";
/// The key that begins a command to this program, as in the emulator: Ctrl-A.
const ESCAPE: u8 = 1;

/// Makes the folder, and removes the files of an earlier machine.
///
/// # Errors
/// What the file system says, or that another machine is there.
pub(crate) fn prepare(folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    if connect(folder).is_ok() {
        bail!("this app is being debugged on this board already");
    }
    for name in [SOCKET, LOG] {
        let path = folder.join(name);
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(error).with_context(|| path.display().to_string());
            }
            _ => {}
        }
    }
    Ok(())
}

/// Connects with the socket in a folder.
fn connect(folder: &Path) -> std::io::Result<UnixStream> {
    let here = std::env::current_dir()?;
    std::env::set_current_dir(folder)?;
    let stream = UnixStream::connect(SOCKET);
    std::env::set_current_dir(here)?;
    stream
}

/// Puts this terminal on the serial line until Ctrl-A X is typed, or the machine ends.
///
/// # Errors
/// When no such machine is being debugged.
pub(crate) fn run(workspace: &Workspace, app: &str, board: &str) -> Result<()> {
    let folder = workspace.generated(app, board);
    let stream = connect(&folder).with_context(|| {
        format!("no machine: first start `cargo xtask gdb {app} {board}` in another terminal")
    })?;
    eprintln!("{app} on {board}; Ctrl-A X ends this");
    // The image may be gone by now; then addresses stay numbers.
    let symbols = Symbols::read(&workspace.output(app, board), workspace.root()).ok();
    let name = |address| symbols.as_ref()?.at(address);
    let mut annotator = Annotator::new(&name);
    let mut output = std::io::stdout();
    // The output before this program connected. A byte of it may also come over the socket; a repeated byte is better
    // than a lost one.
    let mut before = Vec::new();
    annotator.pass(
        &std::fs::read(folder.join(LOG)).unwrap_or_default(),
        &mut before,
    );
    output.write_all(&before)?;
    output.flush()?;
    let terminal = std::io::stdin().is_terminal().then(Raw::enter);
    let outcome = relay(stream, annotator, std::io::stdin(), output);
    drop(terminal);
    eprintln!();
    outcome
}

/// Passes bytes both ways until the machine ends or the person leaves; the machine's get names.
fn relay(
    stream: UnixStream,
    mut annotator: Annotator<'_>,
    mut input: impl Read + Send + 'static,
    mut output: impl Write,
) -> Result<()> {
    let mut machine = stream.try_clone().context("the serial line")?;
    let typed = stream;
    // This thread may block in a read of the terminal for ever; it ends with the process.
    std::thread::spawn(move || {
        let mut keys = Keys::default();
        let mut buffer = [0; 256];
        while let Ok(count @ 1..) = input.read(&mut buffer) {
            let Some(bytes) = keys.typed(&buffer[..count]) else {
                // The reader below sees an end.
                let _ = typed.shutdown(Shutdown::Both);
                break;
            };
            if (&typed).write_all(&bytes).is_err() {
                break;
            }
        }
    });
    let mut buffer = [0; 4096];
    loop {
        match machine.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(count) => {
                let mut annotated = Vec::new();
                annotator.pass(&buffer[..count], &mut annotated);
                output.write_all(&annotated)?;
                output.flush()?;
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            // The emulator was killed before it read all of our bytes.
            Err(error) if error.kind() == ErrorKind::ConnectionReset => return Ok(()),
            Err(error) => return Err(error).context("the serial line"),
        }
    }
}

/// Passes typed keys to a machine until the person leaves; then its input ends.
pub(crate) fn type_into(mut machine: impl Write) {
    let mut keys = Keys::default();
    let mut buffer = [0; 256];
    let mut input = std::io::stdin();
    while let Ok(count @ 1..) = input.read(&mut buffer) {
        let Some(bytes) = keys.typed(&buffer[..count]) else {
            break;
        };
        if machine
            .write_all(&bytes)
            .and_then(|()| machine.flush())
            .is_err()
        {
            break;
        }
    }
}

/// The state of typed keys: whether the last one begins a command.
#[derive(Default)]
struct Keys {
    escaped: bool,
}

impl Keys {
    /// The keys that go to the machine; none if the person wants to leave.
    fn typed(&mut self, bytes: &[u8]) -> Option<Vec<u8>> {
        let mut passed = Vec::new();
        for byte in bytes {
            match (self.escaped, *byte) {
                (false, ESCAPE) => self.escaped = true,
                (false, byte) => passed.push(byte),
                (true, b'x' | b'X') => return None,
                // Typed twice, the machine gets it once. Any other key is no command.
                (true, byte) => {
                    passed.push(byte);
                    self.escaped = false;
                }
            }
        }
        Some(passed)
    }
}

/// The terminal passes every key on and shows none by itself, until this is dropped.
pub(crate) struct Raw(Option<String>);

impl Raw {
    /// From now on.
    pub(crate) fn enter() -> Self {
        let before = stty(&["-g"]);
        if before.is_some() {
            stty(&["raw", "-echo"]);
        }
        Self(before)
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        if let Some(before) = &self.0 {
            stty(&[before.trim()]);
        }
    }
}

/// Runs `stty` (POSIX) on this terminal; what it prints, if it succeeds.
fn stty(arguments: &[&str]) -> Option<String> {
    let output = Command::new("stty")
        .args(arguments)
        .stdin(Stdio::inherit())
        .output()
        .ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    output.status.success().then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_escape_key_begins_a_command() {
        let mut keys = Keys::default();
        assert_eq!(keys.typed(b"ps\r"), Some(b"ps\r".to_vec()));
        assert_eq!(keys.typed(b"a\x01\x01b"), Some(b"a\x01b".to_vec()));
        assert_eq!(keys.typed(b"\x01"), Some(Vec::new()));
        assert_eq!(keys.typed(b"c"), Some(b"c".to_vec()), "no command");
        assert_eq!(keys.typed(b"\x01x"), None);
    }

    #[test]
    fn bytes_pass_both_ways_until_the_machine_ends() {
        let (stream, mut machine) = UnixStream::pair().unwrap();
        let machine = std::thread::spawn(move || {
            machine.write_all(b"leasehold> \n").unwrap();
            let mut typed = [0; 3];
            machine.read_exact(&mut typed).unwrap();
            machine.write_all(b"fault: pc 0x2").unwrap();
            machine.write_all(b"a\n").unwrap();
            typed
        });
        let mut output = Vec::new();
        let name = |address| (address == 0x2a).then(|| "here".to_owned());
        relay(stream, Annotator::new(&name), &b"ps\r"[..], &mut output).unwrap();
        assert_eq!(&machine.join().unwrap(), b"ps\r");
        assert_eq!(output, b"leasehold> \nfault: pc 0x2a here\n");
    }

    #[test]
    fn the_person_ends_it() {
        let (stream, _machine) = UnixStream::pair().unwrap();
        relay(stream, Annotator::new(&|_| None), &b"\x01x"[..], Vec::new()).unwrap();
    }
}
