//! Printing on the kernel's early console, for a supervisor that has no console driver.

use crate::sys;
use core::fmt::{self, Write};

struct Console;

impl Write for Console {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        sys::debug_write(text.as_bytes()).map_err(|_| fmt::Error)
    }
}

/// What [`early_print!`](crate::early_print) expands to.
#[doc(hidden)]
pub fn print(arguments: fmt::Arguments<'_>) {
    // This is refused only to a task that is not the supervisor. Such a task has no place to report it.
    let _ = Console.write_fmt(arguments);
}

/// Prints on the early console, formatted as by [`core::write!`]. Only the supervisor is heard.
#[macro_export]
macro_rules! early_print {
    ($($format:tt)+) => {
        $crate::early::print(::core::format_args!($($format)+))
    };
}
