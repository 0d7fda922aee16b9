//! `log!`: a line for the supervisor's log.

use crate::Error;
use crate::supervisor;
use crate::text::{Padded, Text};
use core::fmt::{self, Write};
use leasehold_abi::{ClassCode, FunctionId};

/// Longest line of a task, in bytes: what is longer is cut, and `...` stands at its end.
pub const LINE_LENGTH: usize = 120;

/// Writes a formatted line to the supervisor's log, which puts the task's name before it.
///
/// A line has at most [`LINE_LENGTH`] bytes; a longer one is cut and marked. A line that cannot be delivered is lost;
/// logging never stops a driver.
///
/// The log keeps what is printable in ASCII. Every other byte is shown as `?`, because a task's words must not move
/// another's cursor.
///
/// The arguments are those of [`format_args!`](core::format_args). Values that are [`Words`], shown by `{}`, and
/// numbers, shown by `{:x}` or `{:04x}`, are put together here. All else brings in the formatting of `core`, which
/// takes about 1.5 KiB of a task.
///
/// ```
/// userlib::log!("{} interrupts", 3);
/// ```
#[macro_export]
macro_rules! log {
    ($($argument:tt)*) => {
        $crate::log::send(&$crate::__line!($($argument)*))
    };
}

/// A line in the making.
pub type Line = Text<LINE_LENGTH>;

/// What [`log!`](crate::log!) writes without the formatting of `core`: the same as [`Display`](fmt::Display) shows, but
/// for bytes that the log would not show.
pub trait Words: fmt::Display {
    /// Adds it to a line.
    fn add_to(&self, line: &mut Line);
}

impl Words for str {
    fn add_to(&self, line: &mut Line) {
        line.push(self);
    }
}

impl Words for Error {
    fn add_to(&self, line: &mut Line) {
        line.push(self.text());
    }
}

impl<const N: usize> Words for Text<N> {
    fn add_to(&self, line: &mut Line) {
        line.push(self.as_str());
    }
}

/// With a `?` for each byte that is not printable in ASCII: the log shows no others, and so a driver that logs a name
/// has no code that checks UTF-8.
impl<const N: usize> Words for Padded<N> {
    fn add_to(&self, line: &mut Line) {
        line.push_bytes(self.used());
    }
}

impl Words for FunctionId {
    fn add_to(&self, line: &mut Line) {
        line.push_hexadecimal(self.vendor.into(), 4);
        line.push(":");
        line.push_hexadecimal(self.device.into(), 4);
    }
}

impl Words for ClassCode {
    fn add_to(&self, line: &mut Line) {
        line.push_hexadecimal(self.0 as usize, 6);
    }
}

impl<T: Words + ?Sized> Words for &T {
    fn add_to(&self, line: &mut Line) {
        (**self).add_to(line);
    }
}

/// A number of at most a register.
#[doc(hidden)]
pub trait Number: Copy {
    /// As wide as a register.
    fn wide(self) -> usize;
}

/// Makes types numbers.
macro_rules! numbers {
    ($($number:ty)*) => { $(
        impl Words for $number {
            fn add_to(&self, line: &mut Line) {
                line.push_decimal(self.wide(), 1);
            }
        }
        impl Number for $number {
            fn wide(self) -> usize {
                self as usize
            }
        }
    )* };
}

numbers!(u8 u16 u32 usize);

/// The type of a literal.
impl Words for i32 {
    fn add_to(&self, line: &mut Line) {
        line.push(if *self < 0 { "-" } else { "" });
        line.push_decimal(self.unsigned_abs() as usize, 1);
    }
}

/// A value by `{}`.
#[doc(hidden)]
#[derive(Debug)]
pub struct Shown<'v, T: ?Sized>(pub &'v T);

/// A value in hexadecimal, of at least so many digits.
#[doc(hidden)]
#[derive(Debug)]
pub struct Hexadecimal<'v, T>(pub &'v T, pub usize);

/// What can be written directly. The compiler takes this trait's method where it is there, because it needs no
/// further reference.
#[doc(hidden)]
pub trait Directly {
    /// Adds it to a line.
    fn show(&self, line: &mut Line);
}

impl<T: Words + ?Sized> Directly for Shown<'_, T> {
    #[inline]
    fn show(&self, line: &mut Line) {
        self.0.add_to(line);
    }
}

impl<T: Number> Directly for Hexadecimal<'_, T> {
    #[inline]
    fn show(&self, line: &mut Line) {
        line.push_hexadecimal(self.0.wide(), self.1);
    }
}

/// All else: by the formatting of `core`.
#[doc(hidden)]
pub trait Formatted {
    /// Adds it to a line.
    fn show(&self, line: &mut Line);
}

impl<T: fmt::Display + ?Sized> Formatted for &Shown<'_, T> {
    fn show(&self, line: &mut Line) {
        line.format(format_args!("{}", self.0));
    }
}

impl<T: fmt::LowerHex> Formatted for &Hexadecimal<'_, T> {
    fn show(&self, line: &mut Line) {
        line.format(format_args!("{:01$x}", self.0, self.1));
    }
}

impl Line {
    /// Adds by the formatting of `core`.
    #[doc(hidden)]
    pub fn format(&mut self, arguments: fmt::Arguments<'_>) {
        // Writing here never fails; a value whose own formatting does is shown as far as it came.
        let _ = self.write_fmt(arguments);
    }
}

/// Sends a line to the log.
#[doc(hidden)]
#[inline(never)]
pub fn send(line: &Line) {
    if let Ok(mut supervisor) = supervisor::connect() {
        let _ = supervisor.log(line.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::format;

    #[test]
    fn a_line_is_what_format_makes_of_it() {
        let (byte, half, word, wide) = (7_u8, 0xbeef_u16, 4_294_967_295_u32, usize::MAX);
        let (name, text) = ("rtc", Text::<16>::of("text"));
        macro_rules! same {
            ($($argument:tt)*) => {
                assert_eq!(crate::__line!($($argument)*).as_str(), format!($($argument)*));
            };
        }
        same!("");
        same!("only words, {{and}} braces");
        same!("{byte} {half} {word} {wide} {}", 0_u32);
        same!(
            "{half:04x} {byte:04x} {word:x} {wide:x} {:x} {:02x}",
            0_u8,
            0x123_u16
        );
        same!("{name} {text} {} {0}", Error::Busy);
        same!("{}", Padded::<8>::new("console"));
        let other = Padded::from_bytes(*b"a\xffb\0");
        assert_eq!(crate::__line!("{other}").as_str(), "a?b");
        same!("{} {:x}", word / 1000 + 1, word & 0xff);
        let (id, class) = (FunctionId::new(0x1af4, 0x42), ClassCode(0x01_0802));
        same!("{id} {class} {}", ClassCode(u32::MAX));
        same!("{a} {b}", b = "b", a = 3_u32);
        same!("{} {}", -3, i32::MIN);
        // By way of `core`.
        same!("{name:?} {:>5} {:#x} {}", byte, half, -3_i64);
        same!("{:>1$}", 5, 8);
        same!("{} {:08x}", 'c', u64::MAX);
    }
}
