//! Instructions that a well-behaved task never executes.
//!
//! They are inline assembly, so that no rule of Rust's is broken on the way: the kernel stops
//! the task at the instruction, and nothing after it runs.

use core::arch::asm;

/// An address that no task of any board has: the first page.
const NOWHERE: usize = 0x10;

/// Four bytes that are no instructions to run: they are data.
static DATA: [u32; 4] = [0x0000_0013; 4];

/// Loads from memory that is not the task's.
#[expect(unsafe_code, reason = "misbehaving is this task's job")]
pub(crate) fn wild_read() {
    // SAFETY: the address is in no region of the task, so the kernel stops it here.
    unsafe { asm!("lw {value}, 0({address})", address = in(reg) NOWHERE, value = out(reg) _) }
}

/// Stores to memory that is not the task's: the kernel's first instruction, to make it worthwhile.
#[expect(unsafe_code, reason = "misbehaving is this task's job")]
pub(crate) fn wild_write() {
    const KERNEL: usize = 0x8020_0000;
    // SAFETY: the address is in no region of the task, so the kernel stops it here.
    unsafe { asm!("sw zero, 0({address})", address = in(reg) KERNEL) }
}

/// Executes data.
#[expect(unsafe_code, reason = "misbehaving is this task's job")]
pub(crate) fn jump_into_data() {
    let target = DATA.as_ptr() as usize;
    // SAFETY: constants are not executable, so the kernel stops the task at the target.
    unsafe { asm!("jr {target}", target = in(reg) target, options(noreturn)) }
}

/// Never comes back. Only more important tasks go on; so it is the least important.
pub(crate) fn loop_for_ever() -> ! {
    loop {
        core::hint::spin_loop();
    }
}

/// Uses more stack than there is.
pub(crate) fn overflow_the_stack(depth: usize) -> usize {
    let frame = core::hint::black_box([depth; 64]);
    if depth == usize::MAX {
        return 0;
    }
    let deeper = overflow_the_stack(core::hint::black_box(depth + 1));
    deeper + core::hint::black_box(&frame)[depth % 64]
}
