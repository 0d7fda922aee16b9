//! Loads, stores and jumps to any address, and where this task has what.

use core::arch::{asm, global_asm};
use core::cell::UnsafeCell;
use core::ptr::addr_of;
use core::sync::atomic::AtomicUsize;

/// Bytes of the scratch buffer.
const SCRATCH: usize = 4096;

/// A buffer that is only touched by the assembly below.
#[repr(C, align(4096))]
struct Scratch(UnsafeCell<[u8; SCRATCH]>);

// SAFETY: a task has one thread, and Rust code never makes a reference to the contents.
unsafe impl Sync for Scratch {}

static SCRATCH_BUFFER: Scratch = Scratch(UnsafeCell::new([0; SCRATCH]));

/// What [`initialised`] holds in a fresh task.
pub const INITIALISED_WORD: usize = 0x1ea5_e401;

static INITIALISED: AtomicUsize = AtomicUsize::new(INITIALISED_WORD);

static CONSTANT: [u64; 4] = [0x1122_3344_5566_7788; 4];

unsafe extern "C" {
    /// First byte of the lend arena; the link script defines it.
    static __arena_start: u8;
    /// End of the lend arena; the link script defines it.
    static __arena_end: u8;
}

/// Address of a buffer of 4096 bytes, zero in a fresh task.
pub fn scratch() -> usize {
    SCRATCH_BUFFER.0.get() as usize
}

/// Address of a word that is [`INITIALISED_WORD`] in a fresh task.
pub fn initialised() -> usize {
    INITIALISED.as_ptr() as usize
}

/// Address of a constant.
pub fn constant() -> usize {
    CONSTANT.as_ptr() as usize
}

/// Address of an instruction of this task.
pub fn text() -> usize {
    text as fn() -> usize as usize
}

/// First address and end of the lend arena.
pub fn arena() -> (usize, usize) {
    (
        addr_of!(__arena_start) as usize,
        addr_of!(__arena_end) as usize,
    )
}

/// The stack pointer.
pub fn stack_pointer() -> usize {
    let value;
    // SAFETY: reads a register.
    unsafe { asm!("mv {}, sp", out(reg) value) }
    value
}

/// Loads `width` (1, 2, 4 or 8) bytes from any address.
pub fn load(address: usize, width: usize) -> usize {
    let value: usize;
    // SAFETY: the point is to fault. A load that does not leaves memory as it is, and the
    // value is only reported.
    unsafe {
        match width {
            1 => asm!("lbu {}, 0({})", out(reg) value, in(reg) address),
            2 => asm!("lhu {}, 0({})", out(reg) value, in(reg) address),
            4 => asm!("lwu {}, 0({})", out(reg) value, in(reg) address),
            _ => asm!("ld {}, 0({})", out(reg) value, in(reg) address),
        }
    }
    value
}

/// Stores `width` (1, 2, 4 or 8) bytes to any address.
pub fn store(address: usize, width: usize, value: usize) {
    // SAFETY: the point is to fault. The stores that a test expects to succeed go to the
    // scratch buffer, the arena or a window, of which Rust code has no references.
    unsafe {
        match width {
            1 => asm!("sb {}, 0({})", in(reg) value, in(reg) address),
            2 => asm!("sh {}, 0({})", in(reg) value, in(reg) address),
            4 => asm!("sw {}, 0({})", in(reg) value, in(reg) address),
            _ => asm!("sd {}, 0({})", in(reg) value, in(reg) address),
        }
    }
}

/// An atomic add at an address that is not a multiple of four.
pub fn misaligned_atomic(address: usize) -> usize {
    let value: usize;
    // SAFETY: the point is to fault; otherwise as `store`.
    unsafe { asm!("amoadd.w {}, zero, ({})", out(reg) value, in(reg) address) }
    value
}

/// Calls whatever is at an address.
pub fn jump(address: usize) {
    // SAFETY: the point is to fault. All that a call may change is declared.
    unsafe { asm!("jalr {}", in(reg) address, clobber_abi("C")) }
}

/// Pushes to the stack until it ends.
pub fn stack_overflow() -> ! {
    // SAFETY: the point is to fault, at the guard below the stack; it does not return.
    unsafe {
        asm!(
            "1:",
            "addi sp, sp, -64",
            "sd zero, 0(sp)",
            "j 1b",
            options(noreturn)
        )
    }
}

/// Counts in a word for ever, without any system call.
pub fn spin(counter: usize) -> ! {
    // SAFETY: the counter lies in the scratch buffer; the loop never ends.
    unsafe {
        asm!(
            "1:",
            "ld t0, 0(a0)",
            "addi t0, t0, 1",
            "sd t0, 0(a0)",
            "j 1b",
            in("a0") counter,
            options(noreturn)
        )
    }
}

// A checked access, as `userlib::io` has them, written out again so that the suite checks the
// kernel's side of that contract by itself: one instruction in `.text.checked`; after a fault the
// task goes on CHECKED_STRIDE (8) bytes further, with 1 in a1.
global_asm!(
    ".pushsection .text.checked, \"ax\", @progbits",
    ".option push",
    ".option norvc",
    ".balign 8",
    ".global __attack_checked_load",
    "__attack_checked_load:",
    "lwu a0, 0(a0)",
    "j 1f",
    "nop",
    "1: ret",
    ".balign 8",
    ".global __attack_checked_store",
    "__attack_checked_store:",
    "sw a2, 0(a0)",
    "j 1f",
    "nop",
    "1: ret",
    ".option pop",
    ".popsection",
);

/// A checked load of 32 bits: the value, or nothing when the access was refused.
pub fn checked_load(address: usize) -> Option<usize> {
    let (value, refused): (usize, usize);
    // SAFETY: as `load`; the called code changes only the registers declared here.
    unsafe {
        asm!(
            "call __attack_checked_load",
            inlateout("a0") address => value,
            inlateout("a1") 0_usize => refused,
            lateout("ra") _,
        );
    }
    (refused == 0).then_some(value)
}

/// A checked store of 32 bits: whether it was made.
pub fn checked_store(address: usize, value: usize) -> bool {
    let refused: usize;
    // SAFETY: as `store`; the called code changes only the registers declared here.
    unsafe {
        asm!(
            "call __attack_checked_store",
            inlateout("a0") address => _,
            inlateout("a1") 0_usize => refused,
            in("a2") value,
            lateout("ra") _,
        );
    }
    refused == 0
}
