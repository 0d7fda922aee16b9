//! The first and the last instruction of a task: `_start`, [`task!`](crate::task) and the panic handler.

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

        /// A task runs on a board; here its main function is only compiled.
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

/// Panic messages longer than this are cut.
#[cfg(any(target_os = "none", test))]
const PANIC_LENGTH: usize = 160;

/// A panic message as it is put together.
#[cfg(any(target_os = "none", test))]
#[derive(Debug)]
struct PanicText {
    bytes: [u8; PANIC_LENGTH],
    length: usize,
}

#[cfg(any(target_os = "none", test))]
impl core::fmt::Write for PanicText {
    fn write_str(&mut self, text: &str) -> core::fmt::Result {
        let room = &mut self.bytes[self.length..];
        let taken = text.len().min(room.len());
        room[..taken].copy_from_slice(&text.as_bytes()[..taken]);
        self.length += taken;
        Ok(())
    }
}

/// Message first, because the kernel keeps only the start, then file and line.
#[cfg(any(target_os = "none", test))]
fn panic_text(message: impl core::fmt::Display, location: Option<(&str, u32)>) -> PanicText {
    use core::fmt::Write;
    let mut text = PanicText {
        bytes: [0; PANIC_LENGTH],
        length: 0,
    };
    let _ = write!(text, "{message}");
    if let Some((file, line)) = location {
        let _ = write!(text, " ({file}:{line})");
    }
    text
}

#[cfg(target_os = "none")]
#[panic_handler]
fn panic(info: &core::panic::PanicInfo<'_>) -> ! {
    let location = info
        .location()
        .map(|location| (location.file(), location.line()));
    let text = panic_text(info.message(), location);
    crate::sys::panic(&text.bytes[..text.length])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panic_text_is_message_then_place_and_is_cut() {
        let text = panic_text("index out of bounds", Some(("src/lib.rs", 7)));
        assert_eq!(
            &text.bytes[..text.length],
            b"index out of bounds (src/lib.rs:7)"
        );
        let text = panic_text("x".repeat(500), None);
        assert_eq!(text.length, PANIC_LENGTH);
    }
}
