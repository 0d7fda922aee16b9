//! The kernel's state, and what the entry code of every instruction set does with it.

#[cfg(target_arch = "arm")]
mod arm;
#[cfg(any(target_arch = "riscv32", target_arch = "riscv64"))]
mod riscv;

#[cfg(target_arch = "arm")]
use arm::idle;
#[cfg(any(target_arch = "riscv32", target_arch = "riscv64"))]
use riscv::idle;

use crate::board::Board;
use crate::image::{CONFIG, FLOATING_TASKS, GRANTS, LEASES, TASKS};
use crate::report;
use core::cell::UnsafeCell;
#[cfg(target_arch = "arm")]
use leasehold_arch_arm::FloatingRegisters;
#[cfg(any(target_arch = "riscv32", target_arch = "riscv64"))]
use leasehold_arch_riscv::FloatingRegisters;
use leasehold_core::{Hardware, Kernel, Next};

/// The kernel of this image.
type Image = Kernel<Board, TASKS, LEASES, GRANTS>;
/// Saved registers of a task.
type Registers = <Board as Hardware>::Context;

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
fn floating_registers(task: usize) -> Option<*mut FloatingRegisters> {
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
unsafe fn kernel() -> &'static mut Image {
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

/// Starts the kernel and returns the registers of the first task. `place` writes the registers that stay the same for a
/// task's life, its address space included.
///
/// # Safety
/// For the entry code, once, at boot.
unsafe fn boot(place: impl Fn(&mut Registers, usize, usize)) -> *mut Registers {
    // SAFETY: called once, by the boot code.
    let kernel = unsafe { kernel() };
    // SAFETY: this is the boot.
    let started = unsafe { kernel.hardware().start() };
    report::hello(kernel.hardware());
    // SAFETY: this is the boot, and the kernel's own memory and devices are mapped.
    unsafe { kernel.hardware().finish() };
    for task in 0..TASKS {
        let space = kernel.hardware().space(task);
        place(kernel.context(task), task, space);
    }
    match started.and_then(|()| kernel.boot()) {
        Ok(next) => {
            report::started(kernel.hardware());
            run(kernel, next)
        }
        Err(_) => report::cannot_boot(kernel.hardware()),
    }
}

/// The registers of the task to run, when there is one.
#[inline(always)]
fn run(kernel: &mut Image, next: Next) -> *mut Registers {
    match next {
        Next::Run(task) => kernel.context(task),
        Next::Idle => idle(kernel),
    }
}

#[unsafe(no_mangle)]
extern "C" fn leasehold_interrupt() -> *mut Registers {
    // SAFETY: called by the entry code.
    let kernel = unsafe { kernel() };
    let next = kernel.interrupt();
    run(kernel, next)
}
