//! QEMU's monitor, by its machine protocol: what the machine's display shows.
//!
//! Source: QEMU documentation, *QEMU Machine Protocol Specification*, and *QEMU QMP Reference Manual*, `screendump`.

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// How long the emulator may take for an answer. It answers at once; this only ends a wait for one that hangs.
const PATIENCE: Duration = Duration::from_secs(300);

/// Where a monitor will listen: a socket that is removed with this.
#[derive(Debug)]
pub(crate) struct Socket {
    path: PathBuf,
}

impl Socket {
    /// A socket of this process. Its path is short, as paths of sockets must be.
    pub(crate) fn new(name: &str) -> Self {
        let name = format!("leasehold-{}-{name}", std::process::id());
        Self {
            path: std::env::temp_dir().join(name),
        }
    }

    /// Lets an emulator's monitor listen there.
    pub(crate) fn attach(&self, command: &mut Command) {
        self.attach_as(command, "-qmp");
    }

    /// Lets what this option of the emulator's is for listen there.
    pub(crate) fn attach_as(&self, command: &mut Command, option: &str) {
        let listens = format!("unix:{},server=on,wait=off", self.path.display());
        command.args([option, &listens]);
    }

    /// Connects to what listens there.
    ///
    /// # Errors
    /// When there is nothing.
    pub(crate) fn stream(&self) -> Result<UnixStream> {
        UnixStream::connect(&self.path).context("the emulator does not listen")
    }

    /// Connects to the emulator that listens there.
    ///
    /// # Errors
    /// When there is none.
    pub(crate) fn connect(&self) -> Result<Monitor> {
        let stream = UnixStream::connect(&self.path).context("the emulator has no monitor")?;
        stream
            .set_read_timeout(Some(PATIENCE))
            .context("the monitor's time limit")?;
        let input = stream.try_clone().context("the monitor's socket")?;
        let mut monitor = Monitor {
            input,
            output: BufReader::new(stream),
        };
        // The greeting, and the answer to it.
        monitor.read()?;
        monitor.execute("qmp_capabilities", &json!({}))?;
        Ok(monitor)
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        // The emulator may have removed it.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// A connection to an emulator's monitor.
#[derive(Debug)]
pub(crate) struct Monitor {
    input: UnixStream,
    output: BufReader<UnixStream>,
}

impl Monitor {
    /// Writes what the first display shows into a file; `format` is `png` or `ppm`.
    ///
    /// # Errors
    /// What the emulator says: there is no display, or no such folder.
    pub(crate) fn screenshot(&mut self, file: &Path, format: &str) -> Result<()> {
        let file = file.to_str().context("the file's name is no UTF-8")?;
        let arguments = json!({ "filename": file, "format": format });
        self.execute("screendump", &arguments)
            .with_context(|| format!("the picture for {file}"))
    }

    /// Takes a drive away from its device: the device's requests fail from now on.
    ///
    /// # Errors
    /// What the emulator says.
    pub(crate) fn remove_drive(&mut self, drive: &str) -> Result<()> {
        // There is no command of the machine protocol for it.
        self.say(&format!("drive_del {drive}"))
    }

    /// Gives a command as a person types it. What it says is not heard.
    ///
    /// # Errors
    /// When the emulator does not answer.
    pub(crate) fn say(&mut self, line: &str) -> Result<()> {
        self.execute("human-monitor-command", &json!({ "command-line": line }))
    }

    /// Lets the machine stand still.
    ///
    /// # Errors
    /// What the emulator says.
    pub(crate) fn pause(&mut self) -> Result<()> {
        self.execute("stop", &json!({}))
    }

    /// Lets it go on.
    ///
    /// # Errors
    /// What the emulator says.
    pub(crate) fn go_on(&mut self) -> Result<()> {
        self.execute("cont", &json!({}))
    }

    /// Lets a drive take so long for a request that it answers none: a byte a second.
    ///
    /// # Errors
    /// What the emulator says.
    pub(crate) fn silence_drive(&mut self, drive: &str) -> Result<()> {
        let arguments = json!({
            "device": drive, "bps": 1, "bps_rd": 0, "bps_wr": 0, "iops": 0, "iops_rd": 0, "iops_wr": 0,
        });
        self.execute("block_set_io_throttle", &arguments)
    }

    /// Asks for a device to be taken out. One behind a port for hot plugging is there until its slot has no power.
    ///
    /// # Errors
    /// What the emulator says: there is no such device, or it cannot be taken out.
    pub(crate) fn remove_device(&mut self, device: &str) -> Result<()> {
        self.execute("device_del", &json!({ "id": device }))
    }

    /// Plugs the cable of a network in, or out.
    ///
    /// # Errors
    /// What the emulator says: there is no such network.
    pub(crate) fn set_link(&mut self, network: &str, is_up: bool) -> Result<()> {
        let arguments = json!({ "name": network, "up": is_up });
        self.execute("set_link", &arguments)
    }

    /// Executes a command and waits for its answer.
    fn execute(&mut self, command: &str, arguments: &Value) -> Result<()> {
        let request = json!({ "execute": command, "arguments": arguments });
        writeln!(self.input, "{request}").context("the monitor takes nothing")?;
        loop {
            let answer = self.read()?;
            if let Some(error) = answer.get("error") {
                bail!(
                    "the emulator says: {}",
                    error["desc"].as_str().unwrap_or("?")
                );
            }
            // Events come in between.
            if answer.get("return").is_some() {
                return Ok(());
            }
        }
    }

    /// The next object.
    fn read(&mut self) -> Result<Value> {
        let mut line = String::new();
        let length = self
            .output
            .read_line(&mut line)
            .context("the monitor says nothing")?;
        if length == 0 {
            bail!("the monitor's connection ended");
        }
        serde_json::from_str(&line).with_context(|| format!("the monitor says `{}`", line.trim()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::net::UnixListener;

    /// A monitor that gives these lines and takes what it gets.
    fn with(lines: &'static str) -> Result<Result<()>> {
        let socket = Socket::new(&format!("test-{}", lines.len()));
        let listener = UnixListener::bind(&socket.path)?;
        let server = std::thread::spawn(move || -> std::io::Result<()> {
            let (mut stream, _) = listener.accept()?;
            stream.write_all(lines.as_bytes())?;
            // Until the client goes.
            std::io::copy(&mut stream, &mut std::io::sink())?;
            Ok(())
        });
        let outcome = socket
            .connect()
            .map(|mut monitor| monitor.screenshot(Path::new("x.png"), "png"));
        server.join().expect("the server")?;
        outcome
    }

    #[test]
    fn an_answer_comes_after_events() {
        let outcome =
            with("{\"QMP\":{}}\n{\"return\":{}}\n{\"event\":\"RESUME\"}\n{\"return\":{}}\n");
        assert!(outcome.is_ok_and(|taken| taken.is_ok()));
    }

    #[test]
    fn an_error_is_what_the_emulator_says() {
        let lines = "{\"QMP\":{}}\n{\"return\":{}}\n{\"error\":{\"desc\":\"no console\"}}\n";
        let error = with(lines).unwrap().unwrap_err();
        assert_eq!(
            format!("{error:#}"),
            "the picture for x.png: the emulator says: no console"
        );
    }

    #[test]
    fn an_end_is_no_answer() {
        let outcome = with("{\"QMP\":{}}\n{\"return\":{}}\nnothing\n").unwrap();
        assert!(outcome.is_err());
    }
}
