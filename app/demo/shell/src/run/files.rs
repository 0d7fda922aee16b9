//! `ls`, `cat`, `write`, `rm`, `df`: files on the disk.

use crate::run::say::unanswered;
use crate::session::Session;
use core::fmt::Write;
use driver_interfaces::{FileInfo, Outcome, StorageClient, StorageError};
use leasehold_abi::Error;
use zerocopy::{FromZeros, IntoBytes};

/// The task that keeps files.
const KEEPER: &str = "storage";

/// Bytes that are read at once.
const CHUNK: usize = 512;

/// Why there is no number: the task is not there, or says so.
pub(crate) enum Why {
    Call(Error),
    Storage(StorageError),
}

/// What the task makes of a call.
pub(crate) fn ask(
    call: impl FnOnce(&mut StorageClient) -> Result<Outcome, Error>,
) -> Result<u32, Why> {
    let outcome = StorageClient::connect(KEEPER).and_then(|mut storage| call(&mut storage));
    outcome.map_err(Why::Call)?.result().map_err(Why::Storage)
}

/// Says why nothing came of a command about `what`.
pub(crate) fn failed(session: &mut Session, what: &str, why: Why) -> bool {
    match why {
        Why::Call(error) => unanswered(session, KEEPER, error),
        Why::Storage(error) => {
            let _ = writeln!(session.screen, "{what}: {error}");
            false
        }
    }
}

/// `ls`.
pub(crate) fn list(session: &mut Session) -> bool {
    for index in 0.. {
        let mut file = FileInfo::new_zeroed();
        match ask(|storage| storage.list(index, file.as_mut_bytes())) {
            Ok(_) => {
                let _ = writeln!(session.screen, "{:>9}  {}", file.length, file.name);
            }
            Err(Why::Storage(StorageError::NotFound)) => break,
            Err(why) => return failed(session, "ls", why),
        }
    }
    true
}

/// `cat FILE`. What is no text is shown as dots.
pub(crate) fn show(session: &mut Session, name: &str) -> bool {
    let mut offset = 0;
    let mut last = b'\n';
    loop {
        let mut bytes = [0; CHUNK];
        let read = match ask(|storage| storage.read(name.as_bytes(), offset, &mut bytes)) {
            Ok(read) => read,
            Err(why) => return failed(session, name, why),
        };
        let bytes = bytes.get(..read as usize).unwrap_or_default();
        let Some(&end) = bytes.last() else {
            break;
        };
        last = end;
        offset += read;
        for &byte in bytes {
            let shown = match byte {
                b'\r' => continue,
                b'\n' | b'\t' | b' '..=b'~' => char::from(byte),
                _ => '.',
            };
            let _ = session.screen.write_char(shown);
        }
    }
    if last != b'\n' {
        let _ = writeln!(session.screen);
    }
    true
}

/// Writes a file and flushes it.
pub(crate) fn store(name: &str, bytes: &[u8]) -> Result<u32, Why> {
    let length = ask(|storage| storage.write(name.as_bytes(), 0, bytes))?;
    ask(StorageClient::flush)?;
    Ok(length)
}

/// `write FILE TEXT`.
pub(crate) fn write(session: &mut Session, line: &str) -> bool {
    let line = line.trim_ascii();
    let (name, text) = line.split_once(' ').unwrap_or((line, ""));
    let text = userlib::text::Text::<64>::of(format_args!("{}\n", text.trim_ascii_start()));
    match store(name, text.as_bytes()) {
        Ok(length) => {
            let _ = writeln!(session.screen, "{name}: {length} bytes, on the medium");
            true
        }
        Err(why) => failed(session, name, why),
    }
}

/// `rm FILE`.
pub(crate) fn remove(session: &mut Session, name: &str) -> bool {
    let removed = ask(|storage| storage.remove(name.as_bytes()));
    match removed.and_then(|_| ask(StorageClient::flush)) {
        Ok(_) => true,
        Err(why) => failed(session, name, why),
    }
}

/// `df`.
pub(crate) fn space(session: &mut Session) -> bool {
    let room = ask(|storage| storage.space(0));
    match room.and_then(|free| Ok((free, ask(|storage| storage.space(1))?))) {
        Ok((free, all)) => {
            let _ = writeln!(session.screen, "{free} KiB free of {all}");
            true
        }
        Err(why) => failed(session, "df", why),
    }
}
