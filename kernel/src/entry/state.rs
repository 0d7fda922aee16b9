//! The kernel's state, which is one for the whole image.

use crate::board::Board;
use crate::image::{CONFIG, FLOATING_TASKS, GRANTS, LEASES, TASKS};
use core::cell::UnsafeCell;
#[cfg(target_arch = "arm")]
use leasehold_arch_arm::FloatingRegisters;
#[cfg(any(target_arch = "riscv32", target_arch = "riscv64"))]
use leasehold_arch_riscv::FloatingRegisters;
use leasehold_core::{Hardware, Kernel};

/// The kernel of this image.
pub(super) type Image = Kernel<Board, TASKS, LEASES, GRANTS>;
/// Saved registers of a task.
pub(super) type Registers = <Board as Hardware>::Context;

/// The tasks that may use floating-point registers.
const FLOATING: [usize; FLOATING_TASKS] = {
    let mut tasks = [0; FLOATING_TASKS];
    let (mut task, mut found) = (0, 0);
    while task < TASKS {
        if CONFIG.beginnings[task].floating_point {
            tasks[found] = task;
            found += 1;
        }
        task += 1;
    }
    tasks
};

/// The floating-point registers of the tasks in [`FLOATING`], while they do not run.
static mut FLOATING_REGISTERS: [FloatingRegisters; FLOATING_TASKS] =
    [const { FloatingRegisters::EMPTY }; FLOATING_TASKS];

/// Where the floating-point registers of a task are saved, if it may use any. No two tasks share a place.
pub(super) fn floating_registers(task: usize) -> Option<*mut FloatingRegisters> {
    let at = FLOATING.iter().position(|floating| *floating == task)?;
    // SAFETY: an element of the static, by its index; no reference is made.
    Some(unsafe { (&raw mut FLOATING_REGISTERS[at]).cast() })
}

/// The kernel's state.
struct Cell(UnsafeCell<Image>);

// SAFETY: one hart runs the kernel, and `kernel` says why no two references exist.
unsafe impl Sync for Cell {}

// SAFETY: the one board; it is used from `boot` on.
static KERNEL: Cell = Cell(UnsafeCell::new(Kernel::new(&CONFIG, unsafe {
    Board::new()
})));

/// # Safety
/// Only for a function that the entry code calls, once in it, and not for longer than it runs: the entry code calls
/// them one after the other, with interrupts off, and none calls another.
#[inline(always)]
pub(super) unsafe fn kernel() -> &'static mut Image {
    let mut state = KERNEL.0.get();
    #[expect(
        clippy::pointers_in_nomem_asm_block,
        reason = "the text is a comment, which reads nothing through the pointer"
    )]
    // SAFETY: it does nothing. The compiler cannot know any more that all the kernel's functions work on this one
    // state, and passes them its address in a register, instead of making it anew wherever it is needed.
    unsafe {
        core::arch::asm!("/* {} */", inout(reg) state, options(nomem, nostack, preserves_flags))
    };
    // SAFETY: the caller's promise.
    unsafe { &mut *state }
}
