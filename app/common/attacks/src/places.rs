//! The addresses of this task's parts.

use core::cell::UnsafeCell;
use core::ptr::addr_of;
use core::sync::atomic::AtomicUsize;

/// Bytes of the scratch buffer.
pub const SCRATCH_LENGTH: usize = 4096;

/// A buffer that is only touched by the loads and stores of this crate.
#[repr(C, align(32))]
struct Scratch(UnsafeCell<[u8; SCRATCH_LENGTH]>);

// SAFETY: a task has one thread, and Rust code never makes a reference to the contents.
unsafe impl Sync for Scratch {}

static SCRATCH_BUFFER: Scratch = Scratch(UnsafeCell::new([0; SCRATCH_LENGTH]));

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

/// Address of a buffer of [`SCRATCH_LENGTH`] bytes, zero in a fresh task.
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
    // Bit 0 of a function's address is no part of it: on Arm it says that the code is Thumb.
    text as fn() -> usize as usize & !1
}

/// First address and end of the lend arena.
pub fn arena() -> (usize, usize) {
    (
        addr_of!(__arena_start) as usize,
        addr_of!(__arena_end) as usize,
    )
}
