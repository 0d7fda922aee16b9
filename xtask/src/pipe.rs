//! A reader of the output that has gone, as in `cargo xtask list | head -1`: the command ends without a word.

use std::panic::{self, PanicHookInfo};
use std::process;

/// What the shell says of a program that SIGPIPE ended: 128 + 13.
const ENDED_BY_PIPE: i32 = 141;

/// From now on a line that nobody can read any more ends the program quietly. Rust programs ignore SIGPIPE, so that a
/// pipe to a child that has ended is an error and no more; `println!` and `eprintln!` panic then.
pub(crate) fn end_quietly() {
    let otherwise = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if is_broken_pipe(info) {
            process::exit(ENDED_BY_PIPE);
        }
        otherwise(info);
    }));
}

/// Whether this is the panic of a printing macro whose pipe has no reader.
fn is_broken_pipe(info: &PanicHookInfo<'_>) -> bool {
    let text = info.payload_as_str().unwrap_or_default();
    text.starts_with("failed printing to std") && text.contains("Broken pipe")
}
