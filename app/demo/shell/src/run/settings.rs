//! `settings` and `set`: numbers that the disk keeps.

use crate::run::files::{Why, ask, failed, store};
use crate::session::Session;
use core::fmt::Write;
use demo_journal::settings::{ALL, FILE, MOST};
use driver_interfaces::StorageError;
use userlib::text::Text;

/// What the file says.
fn text(bytes: &mut [u8; MOST]) -> Result<&str, Why> {
    let count = match ask(|storage| storage.read(FILE.as_bytes(), 0, bytes)) {
        Err(Why::Storage(StorageError::NotFound)) => 0,
        read => read?,
    };
    let bytes = bytes.get(..count as usize).unwrap_or_default();
    Ok(core::str::from_utf8(bytes).unwrap_or_default())
}

/// `settings`.
pub(crate) fn list(session: &mut Session) -> bool {
    let mut bytes = [0; MOST];
    let text = match text(&mut bytes) {
        Ok(text) => text,
        Err(why) => return failed(session, FILE, why),
    };
    for setting in ALL {
        let value = setting.value(text);
        let _ = writeln!(
            session.screen,
            "{} {value}  ({}; {} at first)",
            setting.name, setting.summary, setting.default
        );
    }
    true
}

/// `set NAME VALUE`: all settings are written again.
pub(crate) fn set(session: &mut Session, line: &str) -> bool {
    let mut words = line.split_ascii_whitespace();
    let (name, value) = (words.next().unwrap_or_default(), words.next());
    let Some(changed) = ALL.iter().find(|setting| setting.name == name) else {
        let _ = writeln!(session.screen, "no setting '{name}'; 'settings' lists them");
        return false;
    };
    let number = value.and_then(|value| value.parse::<u32>().ok());
    let number = number.filter(|number| *number <= changed.most && words.next().is_none());
    let Some(number) = number else {
        let _ = writeln!(
            session.screen,
            "usage: set {name} VALUE, a number from 0 to {}",
            changed.most
        );
        return false;
    };
    let mut bytes = [0; MOST];
    let before = match text(&mut bytes) {
        Ok(text) => text,
        Err(why) => return failed(session, FILE, why),
    };
    let mut after = Text::<MOST>::new();
    for setting in ALL {
        let value = if setting == *changed {
            number
        } else {
            setting.value(before)
        };
        let _ = write!(after, "{} {value}\r\n", setting.name);
    }
    match store(FILE, after.as_bytes()) {
        Ok(_) => {
            let _ = writeln!(session.screen, "{name} is {number} from the next boot on");
            true
        }
        Err(why) => failed(session, FILE, why),
    }
}
