//! Output to the console, collected into larger writes, and kept while the driver restarts.

use core::fmt::{self, Write};
use driver_interfaces::{ConsoleClient, ConsoleStream, StreamError};
use embedded_io::Write as _;
use leasehold_abi::Error;
use userlib::{sys, time, wait};

/// Bytes gathered before they are sent.
const GATHERED: usize = 512;

/// How long output waits for a console that is gone, in milliseconds.
const PATIENCE: u64 = 3000;

/// Pause between two tries, in milliseconds.
const PAUSE: u64 = 5;

/// The terminal.
#[derive(Debug)]
pub struct Screen {
    console: ConsoleStream,
    gathered: heapless::Vec<u8, GATHERED>,
}

impl Screen {
    /// A screen on this console.
    pub const fn new(console: ConsoleClient) -> Self {
        Self {
            console: ConsoleStream::new(console),
            gathered: heapless::Vec::new(),
        }
    }

    /// The console.
    pub fn console(&mut self) -> &mut ConsoleClient {
        self.console.console()
    }

    /// Sends the collected output. If the console is being restarted, this waits for it. If there is none, the output
    /// is lost.
    pub fn flush(&mut self) {
        if self.gathered.is_empty() {
            return;
        }
        let end = time::after(PATIENCE);
        // A console that died may have sent a part of it; a repeated line is better than a lost one.
        while let Err(StreamError(error)) = self.console.write_all(&self.gathered) {
            let gone = matches!(error, Error::Dead | Error::Unbound | Error::Busy);
            if !gone || sys::time() > end {
                break;
            }
            pause(PAUSE);
        }
        self.gathered.clear();
    }

    /// Sends what is gathered and waits until the chip has sent it.
    pub fn drain(&mut self) {
        self.flush();
        // Without a console there is nothing to wait for.
        let _ = self.console.flush();
    }

    /// Adds bytes to what is gathered.
    pub fn put(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            if self.gathered.is_full() {
                self.flush();
            }
            // There is room: a full buffer has just been sent.
            let _ = self.gathered.push(byte);
        }
    }
}

impl Write for Screen {
    /// Lines may end in `\n` alone: then a carriage return is inserted before it.
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut last = self.gathered.last().copied();
        for &byte in text.as_bytes() {
            if byte == b'\n' && last != Some(b'\r') {
                self.put(b"\r");
            }
            self.put(&[byte]);
            last = Some(byte);
        }
        Ok(())
    }
}

/// Waits for this long.
pub fn pause(milliseconds: u64) {
    let end = time::after(milliseconds);
    loop {
        let left = end.saturating_sub(sys::time()).div_ceil(time::ticks(1));
        if left == 0 {
            break;
        }
        wait::pause(left);
    }
}
