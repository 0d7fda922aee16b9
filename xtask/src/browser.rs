//! A browser without a window, driven by the Chrome DevTools protocol. Source:
//! <https://chromedevtools.github.io/devtools-protocol/>, domains Target, Page, Runtime, Log, Emulation and Input.
//!
//! It is spoken over two pipes (`--remote-debugging-pipe`: descriptor 3 in, 4 out), each message ended by a zero. So
//! nothing listens at a port, and the browser ends with this program.

use crate::guest;
use crate::needs;
use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// How long the browser may take to answer. Nothing is judged by it.
const PATIENCE: Duration = Duration::from_secs(120);
/// Between two looks at a page.
const LOOK: Duration = Duration::from_millis(100);

/// A browser with one page.
pub(crate) struct Browser {
    child: Child,
    input: ChildStdin,
    output: Receiver<Value>,
    folder: PathBuf,
    session: Option<String>,
    number: u64,
    /// What the page's console has said.
    complaints: Vec<String>,
}

impl Browser {
    /// Starts it, with an empty page.
    ///
    /// # Errors
    /// When there is none, or it does not answer.
    pub(crate) fn start() -> Result<Self> {
        let program = needs::browser().context("there is no Chromium")?;
        let folder = std::env::temp_dir().join(format!("leasehold-browser-{}", std::process::id()));
        std::fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
        // A shell gives the pipes the numbers that the browser wants. The sandbox needs rights that root in a container
        // does not have; what is shown comes from a board that this program started.
        let mut command = Command::new("sh");
        command
            .args([
                "-c",
                "exec \"$@\" 3<&0 4>&1 </dev/null >/dev/null 2>&1",
                "sh",
            ])
            .arg(program)
            .args([
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--no-first-run",
            ])
            .args(["--disable-dev-shm-usage", "--remote-debugging-pipe"])
            .arg(format!("--user-data-dir={}", folder.display()))
            .arg("about:blank");
        let mut child = guest::ends_with_this(&command, "KILL")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot run {program}"))?;
        let input = child.stdin.take().context("the pipe asked for")?;
        let mut printed = BufReader::new(child.stdout.take().context("the pipe asked for")?);
        let (sender, output) = channel();
        std::thread::spawn(move || {
            let mut message = Vec::new();
            while printed
                .read_until(0, &mut message)
                .is_ok_and(|length| length > 0)
            {
                let parsed = serde_json::from_slice(message.strip_suffix(&[0]).unwrap_or(&message));
                if parsed.map(|value| sender.send(value)).is_err() {
                    break;
                }
                message.clear();
            }
        });
        let mut browser = Self {
            child,
            input,
            output,
            folder,
            session: None,
            number: 0,
            complaints: Vec::new(),
        };
        browser.open_page()?;
        Ok(browser)
    }

    fn open_page(&mut self) -> Result<()> {
        let target = self.call("Target.createTarget", &json!({"url": "about:blank"}))?;
        let attached = self.call(
            "Target.attachToTarget",
            &json!({"targetId": target["targetId"], "flatten": true}),
        )?;
        let session = attached["sessionId"].as_str().context("no session")?;
        self.session = Some(session.to_owned());
        for domain in ["Page", "Runtime", "Log"] {
            self.call(&format!("{domain}.enable"), &json!({}))?;
        }
        Ok(())
    }

    /// Calls a method; gives its result.
    ///
    /// # Errors
    /// The browser's, or that it does not answer.
    pub(crate) fn call(&mut self, method: &str, parameters: &Value) -> Result<Value> {
        self.number += 1;
        let mut message = json!({"id": self.number, "method": method, "params": parameters});
        if let Some(session) = &self.session {
            message["sessionId"] = json!(session);
        }
        let mut bytes = serde_json::to_vec(&message)?;
        bytes.push(0);
        self.input
            .write_all(&bytes)
            .context("the browser has ended")?;
        self.input.flush().context("the browser has ended")?;
        loop {
            let answer = self.output.recv_timeout(PATIENCE);
            let mut answer = answer.with_context(|| format!("no answer to {method}"))?;
            if answer["id"] == self.number {
                ensure!(answer["error"].is_null(), "{method}: {}", answer["error"]);
                return Ok(answer["result"].take());
            }
            self.heard(&answer);
        }
    }

    /// Keeps what the console says that is more than information.
    fn heard(&mut self, event: &Value) {
        let parameters = &event["params"];
        let complaint = match event["method"].as_str() {
            Some("Runtime.exceptionThrown") => parameters["exceptionDetails"].to_string(),
            Some("Runtime.consoleAPICalled") => parameters.to_string(),
            Some("Log.entryAdded") if parameters["entry"]["level"] != "info" => {
                parameters["entry"].to_string()
            }
            _ => return,
        };
        self.complaints.push(complaint);
    }

    /// What the console has said since the last time.
    ///
    /// # Errors
    /// When the browser does not answer.
    pub(crate) fn complaints(&mut self) -> Result<Vec<String>> {
        self.look("0")?;
        Ok(std::mem::take(&mut self.complaints))
    }

    /// Shows this page.
    ///
    /// # Errors
    /// When it cannot be reached.
    pub(crate) fn go(&mut self, address: &str) -> Result<()> {
        let gone = self.call("Page.navigate", &json!({"url": address}))?;
        ensure!(
            gone["errorText"].is_null(),
            "{address}: {}",
            gone["errorText"]
        );
        Ok(())
    }

    /// The value of an expression in the page.
    ///
    /// # Errors
    /// What it throws.
    pub(crate) fn look(&mut self, expression: &str) -> Result<Value> {
        let parameters = json!({"expression": expression, "returnByValue": true});
        let mut found = self.call("Runtime.evaluate", &parameters)?;
        let thrown = &found["exceptionDetails"];
        ensure!(thrown.is_null(), "{expression}: {thrown}");
        Ok(found["result"]["value"].take())
    }

    /// Waits until an expression in the page is true.
    ///
    /// # Errors
    /// When it does not become so, with what another expression gives then.
    pub(crate) fn until(&mut self, expression: &str, otherwise: &str) -> Result<()> {
        let end = Instant::now() + PATIENCE;
        loop {
            if self.look(expression)? == true {
                return Ok(());
            }
            if Instant::now() > end {
                bail!(
                    "never: {expression}; {otherwise} is {}",
                    self.look(otherwise)?
                );
            }
            std::thread::sleep(LOOK);
        }
    }

    /// Presses a key and lets it go: `Tab`, or `Enter` with the text that it types.
    ///
    /// # Errors
    /// When the browser does not answer.
    pub(crate) fn press(&mut self, key: &str, code: u32, text: &str) -> Result<()> {
        for kind in ["keyDown", "keyUp"] {
            let mut parameters =
                json!({"type": kind, "key": key, "code": key, "windowsVirtualKeyCode": code});
            if kind == "keyDown" && !text.is_empty() {
                parameters["text"] = json!(text);
            }
            self.call("Input.dispatchKeyEvent", &parameters)?;
        }
        Ok(())
    }

    /// Gives the page this width and height, in CSS pixels, and light or dark colours.
    ///
    /// # Errors
    /// When the browser does not answer.
    pub(crate) fn wear(&mut self, width: u32, height: u32, is_dark: bool) -> Result<()> {
        let size = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600});
        self.call("Emulation.setDeviceMetricsOverride", &size)?;
        let scheme = if is_dark { "dark" } else { "light" };
        let features = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        self.call("Emulation.setEmulatedMedia", &features)?;
        Ok(())
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // It may have ended by itself; a folder that stays is in the system's folder for such.
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
