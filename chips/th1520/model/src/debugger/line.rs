//! The serial line of a machine that is debugged: a socket to which one terminal at a time connects, and a file that
//! has all that was printed.

use anyhow::{Context, Result};
use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;

/// The line.
#[derive(Debug)]
pub struct Line {
    socket: UnixListener,
    terminal: Option<UnixStream>,
    log: File,
    /// What is typed and not yet taken.
    typed: Vec<u8>,
}

impl Line {
    /// Listens on a socket and makes the file.
    ///
    /// # Errors
    /// What the file system says.
    pub fn new(socket: &Path, log: &Path) -> Result<Self> {
        let named = |path: &Path| path.display().to_string();
        let listener = UnixListener::bind(socket).with_context(|| named(socket))?;
        listener.set_nonblocking(true)?;
        Ok(Self {
            socket: listener,
            terminal: None,
            log: File::create(log).with_context(|| named(log))?,
            typed: Vec::new(),
        })
    }

    /// Passes on what the machine printed. A terminal that does not read loses some; the file has all.
    pub(super) fn print(&mut self, bytes: &[u8]) -> Result<()> {
        self.log
            .write_all(bytes)
            .context("the serial line's file")?;
        if let Some(terminal) = &mut self.terminal {
            match terminal.write_all(bytes) {
                Err(error) if error.kind() != ErrorKind::WouldBlock => self.terminal = None,
                _ => {}
            }
        }
        Ok(())
    }

    /// Takes at most so many bytes of what was typed.
    pub(super) fn take(&mut self, room: usize) -> Result<Vec<u8>> {
        if self.terminal.is_none()
            && let Ok((terminal, _)) = self.socket.accept()
        {
            terminal.set_nonblocking(true)?;
            self.terminal = Some(terminal);
        }
        let mut piece = [0; 256];
        if let Some(terminal) = &mut self.terminal {
            match terminal.read(&mut piece) {
                Ok(0) => self.terminal = None,
                Ok(count) => self.typed.extend(&piece[..count]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(_) => self.terminal = None,
            }
        }
        let count = room.min(self.typed.len());
        Ok(self.typed.drain(..count).collect())
    }
}
