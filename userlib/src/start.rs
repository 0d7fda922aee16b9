//! The first and the last instruction of a task: `_start`, [`task!`](crate::task) and the panic handler.

use crate::Error;
use crate::text::Text;
use core::fmt::{self, Write};
use core::panic::PanicInfo;

/// Makes a function the main function of the task.
///
/// The function is `fn()` or `fn() -> !`; a task whose main function returns ends with a panic.
/// In a crate with `#![forbid(unsafe_code)]` this works as well.
///
/// ```
/// fn run() {
///     println!("a task's work");
/// }
/// userlib::task!(run);
/// ```
#[macro_export]
macro_rules! task {
    ($main:path) => {
        $crate::task!($main, $crate::__start::full);
    };
    ($main:path, $panic_text:path) => {
        /// What is said of a panic.
        #[cfg(target_os = "none")]
        #[unsafe(no_mangle)]
        #[inline(always)]
        fn __leasehold_panic_text(
            info: &::core::panic::PanicInfo<'_>,
        ) -> $crate::__start::PanicText {
            $panic_text(info)
        }

        /// Called by `_start` of userlib.
        #[cfg(target_os = "none")]
        #[unsafe(no_mangle)]
        extern "C" fn __leasehold_main() -> ! {
            #[allow(unreachable_code, reason = "a main function may never return")]
            {
                let () = $main();
                $crate::sys::panic(b"main returned")
            }
        }

        /// A task runs on a board. On the host its main function is only compiled.
        #[cfg(not(target_os = "none"))]
        fn main() {
            let _: fn() -> _ = $main;
        }
    };
}

#[cfg(all(
    target_os = "none",
    any(target_arch = "riscv64", target_arch = "riscv32")
))]
core::arch::global_asm!(
    ".section .text.start, \"ax\", @progbits",
    ".global _start",
    "_start:",
    "    tail __leasehold_main",
    ".text",
);

#[cfg(all(target_os = "none", target_arch = "arm"))]
core::arch::global_asm!(
    ".section .text.start, \"ax\", %progbits",
    ".global _start",
    ".type _start, %function",
    ".thumb_func",
    "_start:",
    "b.w __leasehold_main",
    ".text",
);

/// How many bytes of a file's path are shown.
const FILE_LENGTH: usize = 40;

/// The end of a file's path, from a folder on, that fits into the room.
fn short(file: &str) -> &str {
    let least = file.len().saturating_sub(FILE_LENGTH);
    if least == 0 {
        return file;
    }
    let folder = file.bytes().skip(least).position(|byte| byte == b'/');
    let mut start = folder.map_or(least, |at| least + at + 1);
    while !file.is_char_boundary(start) {
        start += 1;
    }
    file.get(start..).unwrap_or_default()
}

/// A panic's message as the kernel keeps it.
#[doc(hidden)]
pub type PanicText = Text<{ leasehold_abi::PANIC_LENGTH }>;

/// File and line first, because the kernel keeps only the start.
#[inline(never)]
fn place_text(file: &str, line: u32) -> PanicText {
    let mut text = PanicText::new();
    text.push(short(file));
    text.push(":");
    text.push_decimal(line as usize, 1);
    text
}

/// Place and message.
#[doc(hidden)]
pub fn full(info: &PanicInfo<'_>) -> PanicText {
    full_text(info.message(), place(info))
}

fn full_text(message: impl fmt::Display, place: Option<(&str, u32)>) -> PanicText {
    let Some((file, line)) = place else {
        return Text::of(message);
    };
    let mut text = place_text(file, line);
    // Writing here never fails; a value whose own formatting does is shown as far as it came.
    let _ = write!(text, ": {message}");
    text
}

/// Only the place. If the message were looked at, a driver would have the code that formats the messages of the
/// compiler's own checks.
#[doc(hidden)]
#[inline(always)]
pub fn brief(info: &PanicInfo<'_>) -> PanicText {
    brief_text(place(info))
}

#[inline(always)]
fn brief_text(place: Option<(&str, u32)>) -> PanicText {
    place.map_or_else(
        || Text::from("panic"),
        |(file, line)| place_text(file, line),
    )
}

fn place<'i>(info: &'i PanicInfo<'_>) -> Option<(&'i str, u32)> {
    info.location().map(|place| (place.file(), place.line()))
}

#[cfg(target_os = "none")]
#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    unsafe extern "Rust" {
        /// By [`task!`](crate::task), or [`driver!`](crate::driver).
        fn __leasehold_panic_text(info: &PanicInfo<'_>) -> PanicText;
    }
    // SAFETY: safe functions of this type are all that the two macros define by that name.
    let text = unsafe { __leasehold_panic_text(info) };
    crate::sys::panic(text.as_bytes())
}

/// Ends the task as a panic does, for a reason without a place in its source. So a driver that never panics has no code
/// for panics: the runtime itself has none.
pub(crate) fn end(why: &str) -> ! {
    #[cfg(target_os = "none")]
    crate::sys::panic(why.as_bytes());
    #[cfg(not(target_os = "none"))]
    panic!("{why}");
}

/// The same, because of an error.
pub(crate) fn end_with(what: &str, error: Error) -> ! {
    let mut why = PanicText::from(what);
    why.push(error.text());
    end(why.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As long as the messages of an index and of `unwrap` are.
    #[test]
    fn the_place_is_never_lost() {
        let index = "index out of bounds: the len is 12 but the index is 4294967295";
        let text = full_text(index, Some(("drivers/cmsdk-timer/src/driver.rs", 1042)));
        let expected =
            "drivers/cmsdk-timer/src/driver.rs:1042: index out of bounds: the len is 12 bu...";
        assert_eq!(text.as_str(), expected);
        assert_eq!(text.as_str().len(), leasehold_abi::PANIC_LENGTH);

        let registry = "/a/b/registry/src/index-1949cf8c6b5b557f/heapless-0.9.3/src/vec.rs";
        let text = full_text("no room", Some((registry, 7)));
        assert_eq!(text.as_str(), "heapless-0.9.3/src/vec.rs:7: no room");
        let folder = "x".repeat(500);
        let text = full_text("no room", Some((&folder, 7)));
        assert_eq!(
            text.as_str(),
            &std::format!("{}:7: no room", "x".repeat(40))
        );
        assert_eq!(full_text("plain", None).as_str(), "plain");
    }

    #[test]
    fn a_driver_says_the_place() {
        let text = brief_text(Some(("drivers/rtc/src/lib.rs", 4_294_967_295)));
        assert_eq!(text.as_str(), "drivers/rtc/src/lib.rs:4294967295");
        assert_eq!(brief_text(None).as_str(), "panic");
    }
}
