//! Brings random numbers from their driver to the network stack, once in each life of the stack.
//!
//! A driver that takes a call and never answers keeps its client waiting for as long as it lives. So the stack does not
//! ask itself: this task waits in its place, and has nothing else to do.
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

use driver_interfaces::SocketsClient;
use driver_virtio_rng::RngClient;
use userlib::{Error, wait};

/// Who gives random bytes, and who needs them.
const ENTROPY: &str = "virtio-rng";
const STACK: &str = "net";
/// Bytes of a number.
const BYTES: usize = 8;
/// Between two tries, in milliseconds.
const STEP: u64 = 1_000;

/// Works for ever.
///
/// # Panics
/// When the supervisor asks for it.
pub fn run() {
    let mut told = None;
    loop {
        let mut bytes = [0; BYTES];
        let filled = RngClient::connect(ENTROPY).and_then(|mut rng| rng.fill(&mut bytes));
        if filled == Ok(BYTES as u32) {
            told = None;
            give(u64::from_le_bytes(bytes));
        } else if told != Some(filled) {
            told = Some(filled);
            match filled {
                Ok(count) => userlib::log!("{ENTROPY} gives {count} bytes of {BYTES}: not used"),
                Err(error) => userlib::log!("no random numbers from {ENTROPY}: {error}"),
            }
        }
        wait::pause(STEP);
    }
}

/// Gives the stack a number, and waits until it dies: its next life needs another.
fn give(number: u64) {
    let Ok(mut net) = SocketsClient::connect(STACK) else {
        return;
    };
    if net.stir(number).is_err() {
        return;
    }
    loop {
        // This task has no stream, so nothing else comes.
        match net.wait(u32::MAX) {
            Ok(_) | Err(Error::TimedOut) => {}
            Err(Error::Exhausted) => wait::pause(STEP),
            Err(_) => return,
        }
    }
}
