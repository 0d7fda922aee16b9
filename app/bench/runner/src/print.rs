//! Printing on the kernel's early console.

use core::fmt::{self, Write};
use userlib::sys;

/// The early console.
pub(crate) struct Console;

impl Write for Console {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        sys::debug_write(text.as_bytes()).map_err(|_| fmt::Error)
    }
}

/// Prints as `core::write!` formats.
pub(crate) fn print_formatted(arguments: fmt::Arguments<'_>) {
    // This task is the supervisor, so the write is never refused.
    let _ = Console.write_fmt(arguments);
}

/// Prints on the early console.
macro_rules! print {
    ($($format:tt)+) => {
        $crate::print::print_formatted(format_args!($($format)+))
    };
}

pub(crate) use print;
