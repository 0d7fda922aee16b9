//! The idle task: it belongs to the kernel, runs when no other task can, and waits for interrupts.
//!
//! A handler that waits is not woken by an interrupt of its own priority (Armv7-M, B1.5.17). So this is unprivileged
//! code like a task. It can reach only its two instructions and room for a frame.

use crate::region::{Encoding, Memory, Permission, Span};
use crate::{RegisterFile, trap::Region};
use core::arch::global_asm;
use core::cell::UnsafeCell;
use leasehold_core::{Context, Range};

/// Bytes of its instructions, and of its stack: a frame and its alignment.
const UNITS: usize = 64;

global_asm!(
    ".section .text.idle, \"ax\", %progbits",
    ".balign {UNITS}",
    ".globl leasehold_idle",
    ".type leasehold_idle, %function",
    ".thumb_func",
    "leasehold_idle:",
    "    wfi",
    "    b leasehold_idle",
    ".balign {UNITS}",
    ".text",
    UNITS = const UNITS,
);

unsafe extern "C" {
    fn leasehold_idle();
}

#[repr(C, align(64))]
struct Stack([u8; UNITS]);

struct Idle {
    stack: UnsafeCell<Stack>,
    registers: UnsafeCell<RegisterFile>,
    regions: UnsafeCell<[Region; crate::REGIONS]>,
}

// SAFETY: one processor runs the kernel; `start` is called before anything else is.
unsafe impl Sync for Idle {}

static IDLE: Idle = Idle {
    stack: UnsafeCell::new(Stack([0; UNITS])),
    registers: UnsafeCell::new(RegisterFile::EMPTY),
    regions: UnsafeCell::new([Region::UNUSED; crate::REGIONS]),
};

/// Makes it ready to run.
///
/// # Safety
/// Call it once, at boot.
pub unsafe fn start() {
    let text = leasehold_idle as *const () as usize & !1;
    let stack = IDLE.stack.get() as usize;
    // SAFETY: this is the boot: nobody else refers to them.
    let (registers, regions) = unsafe { (&mut *IDLE.registers.get(), &mut *IDLE.regions.get()) };
    let parts = [
        (text, Permission::ReadExecute),
        (stack, Permission::ReadWrite),
    ];
    for (number, region) in regions.iter_mut().enumerate() {
        let part = parts.get(number).and_then(|(base, permission)| {
            let span = Span::new(*base as u64, UNITS as u64)?;
            let cover = Region::cover(span, *permission, Memory::Normal)?;
            cover.regions().first().copied()
        });
        *region = part.unwrap_or(Region::UNUSED).numbered(number);
    }
    let range = |base: usize| Range::new(base as u32, UNITS as u32);
    registers.assign(regions.as_ptr() as usize, range(stack), range(text));
    registers.start(text, stack + UNITS);
}

/// Its registers, for the entry code.
pub fn registers() -> *mut RegisterFile {
    IDLE.registers.get()
}
