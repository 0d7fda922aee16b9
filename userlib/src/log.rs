//! `log!`: a line for the supervisor's log.

use crate::supervisor::{NAME, SupervisorClient};
use core::fmt::{self, Write};

/// Longest line, in bytes; the rest is cut.
pub const LINE_LENGTH: usize = 160;

/// Writes a formatted line to the supervisor's log, which puts the task's name before it.
///
/// A line that cannot be delivered is lost; logging never stops a driver.
///
/// ```
/// userlib::log!("{} interrupts", 3);
/// ```
#[macro_export]
macro_rules! log {
    ($($argument:tt)*) => {
        $crate::log::line(::core::format_args!($($argument)*))
    };
}

/// A line as it is put together.
struct Line {
    bytes: [u8; LINE_LENGTH],
    length: usize,
}

impl Write for Line {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = &mut self.bytes[self.length..];
        let taken = text.len().min(room.len());
        room[..taken].copy_from_slice(&text.as_bytes()[..taken]);
        self.length += taken;
        Ok(())
    }
}

/// What [`log!`](crate::log!) expands to.
pub fn line(arguments: fmt::Arguments<'_>) {
    let mut line = Line {
        bytes: [0; LINE_LENGTH],
        length: 0,
    };
    let _ = line.write_fmt(arguments);
    if let Ok(mut supervisor) = SupervisorClient::connect(NAME) {
        let _ = supervisor.log(&line.bytes[..line.length]);
    }
}
