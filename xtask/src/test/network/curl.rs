//! curl, a client that nobody here wrote: it gets the board's page, or gives the board a body, over one connection.

use anyhow::{Context, Result, bail, ensure};
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// A curl that runs.
pub(super) trait Curl {
    /// Waits for its end, judges what it moved, and prints it; gives how long it took.
    ///
    /// # Errors
    /// What did not arrive, or over more than one connection.
    fn whole(self) -> Result<Duration>;
}

/// What each of them is told.
fn command(curl: &Path) -> Command {
    let mut command = Command::new(curl);
    command
        .args(["--disable", "--silent", "--show-error", "--fail"])
        // Nothing for a minute is no stall any more.
        .args(["--speed-limit", "1", "--speed-time", "60"])
        .args(["--write-out", "%{stderr}connections %{num_connects}\\n"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Judges what it said at its end: that it had one connection, and no error.
fn judge(is_success: bool, said: &str) -> Result<()> {
    ensure!(is_success, "curl: {said}");
    let connections: u32 = said
        .lines()
        .filter_map(|line| line.strip_prefix("connections "))
        .filter_map(|count| count.parse::<u32>().ok())
        .sum();
    ensure!(connections == 1, "{connections} connections");
    Ok(())
}

/// It gets the same page again and again.
pub(super) struct Download {
    curl: Child,
    begun: Instant,
    pages: usize,
    body: JoinHandle<(usize, bool)>,
    said: JoinHandle<String>,
}

impl Download {
    /// Pages of together at least so many bytes.
    ///
    /// # Errors
    /// When it does not start.
    pub(super) fn start(curl: &Path, port: u16, document: &[u8], bytes: usize) -> Result<Self> {
        let pages = bytes.div_ceil(document.len());
        let mut curl = command(curl)
            .args(["--no-buffer", "--config", "-"])
            .spawn()
            .context("cannot run curl")?;
        let url = format!("url = \"http://127.0.0.1:{port}/\"\n").repeat(pages);
        let mut input = curl.stdin.take().context("the pipe asked for")?;
        let mut output = curl.stdout.take().context("the pipe asked for")?;
        let mut errors = curl.stderr.take().context("the pipe asked for")?;
        let document = document.to_vec();
        let body = std::thread::spawn(move || {
            let (mut buffer, mut count, mut is_whole) = ([0; 4096], 0, true);
            while let Ok(length @ 1..) = output.read(&mut buffer) {
                let wanted = document.iter().cycle().skip(count % document.len());
                is_whole &= buffer[..length].iter().eq(wanted.take(length));
                count += length;
            }
            (count, is_whole && count == pages * document.len())
        });
        let said = std::thread::spawn(move || {
            let mut said = String::new();
            // What is no text is not what curl says.
            let _ = errors.read_to_string(&mut said);
            said
        });
        input.write_all(url.as_bytes())?;
        Ok(Self {
            curl,
            begun: Instant::now(),
            pages,
            body,
            said,
        })
    }
}

impl Curl for Download {
    fn whole(mut self) -> Result<Duration> {
        let status = self.curl.wait()?;
        let took = self.begun.elapsed();
        let (Ok((bytes, is_whole)), Ok(said)) = (self.body.join(), self.said.join()) else {
            bail!("a reader of curl's output panicked");
        };
        judge(status.success(), &said)?;
        ensure!(is_whole, "curl got {bytes} bytes, not the page's");
        println!(
            "curl: {bytes} bytes of {} pages on one connection, each as it is in the sources: {} ms",
            self.pages,
            took.as_millis()
        );
        Ok(took)
    }
}

/// It gives a body.
pub(super) struct Upload {
    curl: Child,
    begun: Instant,
    answer: String,
}

impl Upload {
    /// The bytes of this file, to which this must be the answer.
    ///
    /// # Errors
    /// When it does not start.
    pub(super) fn start(curl: &Path, port: u16, file: &Path, answer: &str) -> Result<Self> {
        let curl = command(curl)
            .arg("--upload-file")
            .arg(file)
            .arg(format!("http://127.0.0.1:{port}/upload"))
            .spawn()
            .context("cannot run curl")?;
        Ok(Self {
            curl,
            begun: Instant::now(),
            answer: answer.to_owned(),
        })
    }
}

impl Curl for Upload {
    fn whole(self) -> Result<Duration> {
        let ended = self.curl.wait_with_output()?;
        let took = self.begun.elapsed();
        judge(
            ended.status.success(),
            &String::from_utf8_lossy(&ended.stderr),
        )?;
        let answer = String::from_utf8_lossy(&ended.stdout);
        ensure!(answer == self.answer, "{answer} is not {}", self.answer);
        println!(
            "curl: an upload on one connection, {}: {} ms",
            answer.trim_end(),
            took.as_millis()
        );
        Ok(took)
    }
}
