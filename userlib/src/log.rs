//! `log!`: a line for the supervisor's log.

use crate::supervisor::{NAME, SupervisorClient};
use crate::text::Text;
use core::fmt;

/// Longest line of a task, in bytes: what is longer is cut, and `...` stands at its end.
pub const LINE_LENGTH: usize = 120;

/// Writes a formatted line to the supervisor's log, which puts the task's name before it.
///
/// A line has at most [`LINE_LENGTH`] bytes; a longer one is cut and marked. A line that cannot be delivered is lost;
/// logging never stops a driver.
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

/// What [`log!`](crate::log!) expands to.
pub fn line(arguments: fmt::Arguments<'_>) {
    let line = Text::<LINE_LENGTH>::of(arguments);
    if let Ok(mut supervisor) = SupervisorClient::connect(NAME) {
        let _ = supervisor.log(line.as_bytes());
    }
}
