//! The first and the last instruction of a task: `_start`, [`task!`](crate::task) and the panic handler.

#[cfg(any(target_os = "none", test))]
use crate::text::Text;

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
#[cfg(any(target_os = "none", test))]
const FILE_LENGTH: usize = 40;

/// The end of a file's path, from a folder on, that fits into the room.
#[cfg(any(target_os = "none", test))]
fn short(file: &str) -> &str {
    let least = file.ceil_char_boundary(file.len().saturating_sub(FILE_LENGTH));
    let end = &file[least..];
    match end.find('/') {
        Some(at) if least > 0 => &end[at + 1..],
        _ => end,
    }
}

/// File and line first, because the kernel keeps only the start, then the message.
#[cfg(any(target_os = "none", test))]
fn panic_text(message: impl core::fmt::Display, place: Option<(&str, u32)>) -> PanicText {
    match place {
        Some((file, line)) => Text::of(format_args!("{}:{line}: {message}", short(file))),
        None => Text::of(message),
    }
}

/// A panic's message as the kernel keeps it.
#[cfg(any(target_os = "none", test))]
type PanicText = Text<{ leasehold_abi::PANIC_LENGTH }>;

#[cfg(target_os = "none")]
#[panic_handler]
fn panic(info: &core::panic::PanicInfo<'_>) -> ! {
    let place = info.location();
    let place = place.map(|place| (place.file(), place.line()));
    crate::sys::panic(panic_text(info.message(), place).as_bytes())
}

/// Ends the task as a panic does, for a reason without a place in its source.
pub(crate) fn end(why: &str) -> ! {
    #[cfg(target_os = "none")]
    crate::sys::panic(why.as_bytes());
    #[cfg(not(target_os = "none"))]
    panic!("{why}");
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As long as the messages of an index and of `unwrap` are.
    #[test]
    fn the_place_is_never_lost() {
        let index = "index out of bounds: the len is 12 but the index is 4294967295";
        let text = panic_text(index, Some(("drivers/cmsdk-timer/src/driver.rs", 1042)));
        let expected =
            "drivers/cmsdk-timer/src/driver.rs:1042: index out of bounds: the len is 12 bu...";
        assert_eq!(text.as_str(), expected);
        assert_eq!(text.as_str().len(), leasehold_abi::PANIC_LENGTH);

        let registry = "/a/b/registry/src/index-1949cf8c6b5b557f/heapless-0.9.3/src/vec.rs";
        let text = panic_text("no room", Some((registry, 7)));
        assert_eq!(text.as_str(), "heapless-0.9.3/src/vec.rs:7: no room");
        let folder = "x".repeat(500);
        let text = panic_text("no room", Some((&folder, 7)));
        assert_eq!(
            text.as_str(),
            &std::format!("{}:7: no room", "x".repeat(40))
        );
        assert_eq!(panic_text("plain", None).as_str(), "plain");
    }
}
