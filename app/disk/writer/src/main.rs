//! Writes files and flushes them, while the disk's driver is killed, and says what was acknowledged.
//!
//! The file `PLAN` says how: seed, writes, kills, and the most milliseconds between two kills, in decimal, with spaces
//! between. Write `n` is of the file `F<n modulo 16>`; the host computes its bytes too (`xtask/src/test/disk.rs`).
#![cfg_attr(target_os = "none", no_std, no_main)]
#![forbid(unsafe_code)]

use core::fmt::Write;
use driver_interfaces::{ConsoleClient, Outcome, StorageClient, StorageError};
use killer::{KillerClient, random};
use userlib::supervisor::{self, Name};
use userlib::text::Text;
use userlib::{Error, time};

/// Files.
const FILES: u32 = 16;
/// Most bytes of a file, and of its first part.
const MOST: usize = 6000;
/// Bytes that are added at once.
const PART: usize = 2048;
/// How long to wait for a task to be there, in milliseconds.
const PATIENCE: u64 = 5_000;

fn line(text: core::fmt::Arguments<'_>) {
    let mut line = Text::<96>::of(text);
    line.push("\r\n");
    let mut rest = line.as_bytes();
    let Ok(mut console) = ConsoleClient::connect("console") else {
        return;
    };
    while !rest.is_empty() {
        match console.write(rest) {
            Ok(count) => rest = rest.get(count as usize..).unwrap_or_default(),
            Err(_) => return,
        }
    }
}

/// Fills in the bytes of a write; gives how many there are.
fn content(seed: u32, number: u32, bytes: &mut [u8; MOST]) -> usize {
    let mut state = random(seed ^ number.wrapping_mul(0x9e37_79b9));
    let length = (state >> 8) as usize % (MOST + 1);
    for byte in &mut bytes[..length] {
        state = random(state);
        *byte = (state >> 24) as u8;
    }
    length
}

/// What went wrong, and in which write.
enum Wrong {
    Call(Error),
    Storage(StorageError),
    Plan,
}

impl From<Error> for Wrong {
    fn from(error: Error) -> Self {
        Self::Call(error)
    }
}

impl From<StorageError> for Wrong {
    fn from(error: StorageError) -> Self {
        Self::Storage(error)
    }
}

/// Awaits a task that answers.
fn when_ready<R>(mut ask: impl FnMut() -> Result<R, Error>) -> Result<R, Error> {
    time::poll_until(time::after(PATIENCE), || ask().ok())
}

fn write(storage: &mut StorageClient, number: u32, bytes: &[u8]) -> Result<(), Wrong> {
    let name = Text::<12>::of(format_args!("F{}", number % FILES));
    let name = name.as_bytes();
    let mut offset = 0;
    loop {
        let part = bytes.get(offset..bytes.len().min(offset + PART));
        let part = part.unwrap_or_default();
        let length: Outcome = storage.write(name, offset as u32, part)?;
        let length = length.result()? as usize;
        if length == bytes.len() {
            break;
        }
        offset = length;
    }
    storage.flush()?.result()?;
    Ok(())
}

/// Does what the plan says; gives writes and kills.
fn run() -> Result<(u32, u32), Wrong> {
    let mut storage = when_ready(|| StorageClient::connect("storage"))?;
    let mut text = [0; 64];
    let read = storage.read(b"PLAN", 0, &mut text)?.result()?;
    let text = core::str::from_utf8(&text[..(read as usize).min(64)]).map_err(|_| Wrong::Plan)?;
    let mut words = text.split_ascii_whitespace();
    let mut next = || words.next().and_then(|word| word.parse::<u32>().ok());
    let (Some(seed), Some(writes), Some(kills), Some(most)) = (next(), next(), next(), next())
    else {
        return Err(Wrong::Plan);
    };
    let mut killer = when_ready(|| KillerClient::connect("killer"))?;
    killer.begin(Name::new("disk"), seed, kills, most)?;
    let mut bytes = [0; MOST];
    let mut number = 0;
    // Also after the last of them, until all kills were.
    while number < writes || killer.left()? != 0 {
        let length = content(seed, number, &mut bytes);
        write(&mut storage, number, &bytes[..length])?;
        number += 1;
        line(format_args!("acknowledged {number}"));
    }
    Ok((number, kills))
}

/// The task's main function.
fn writer() {
    let code = match run() {
        Ok((writes, kills)) => {
            line(format_args!("done: {writes} writes, {kills} kills"));
            0
        }
        Err(wrong) => {
            let mut why = Text::<64>::new();
            let _ = match wrong {
                Wrong::Call(error) => write!(why, "the call: {error}"),
                Wrong::Storage(error) => write!(why, "{error}"),
                Wrong::Plan => write!(why, "no plan"),
            };
            line(format_args!("stopped: {}", why.as_str()));
            1
        }
    };
    // The console has some of it still.
    time::delay_microseconds(100_000);
    if let Ok(mut supervisor) = supervisor::connect() {
        let _ = supervisor.poweroff(code);
    }
    panic!("the machine is still on");
}

userlib::task!(writer);
