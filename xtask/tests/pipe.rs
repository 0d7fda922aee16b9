//! The command line before a reader that has gone.

use std::io::{self, Read, pipe};
use std::process::{Command, Stdio};

/// A pipe that nobody reads.
fn nobody() -> io::Result<Stdio> {
    let (_, writer) = pipe()?;
    Ok(writer.into())
}

/// Runs a verb; gives its exit code and what it says on the stream that is still there.
fn run(words: &[&str], output: Stdio, errors: Stdio) -> (Option<i32>, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .args(words)
        .stdout(output)
        .stderr(errors)
        .spawn()
        .expect("the command line runs");
    let mut said = String::new();
    if let Some(mut stream) = child.stdout.take() {
        stream.read_to_string(&mut said).expect("text");
    }
    if let Some(mut stream) = child.stderr.take() {
        stream.read_to_string(&mut said).expect("text");
    }
    (child.wait().expect("it ends").code(), said)
}

#[test]
fn a_reader_that_has_gone_ends_it_quietly() {
    let (code, said) = run(&["list"], nobody().unwrap(), Stdio::piped());
    assert_eq!((code, said.as_str()), (Some(141), ""));
    let (code, said) = run(&["build", "no-such-app"], Stdio::piped(), nobody().unwrap());
    assert_eq!((code, said.as_str()), (Some(141), ""));
    // While somebody reads, it prints.
    let (code, said) = run(&["list"], Stdio::piped(), Stdio::null());
    assert_eq!(code, Some(0));
    assert!(said.starts_with("APP"), "{said}");
}
