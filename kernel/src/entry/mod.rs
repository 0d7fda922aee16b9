//! What the entry code of every instruction set does with the kernel's state.

#[cfg(target_arch = "arm")]
mod arm;
#[cfg(any(target_arch = "riscv32", target_arch = "riscv64"))]
mod riscv;

mod idle;
mod state;

use self::idle::idle;
use self::state::{Image, Registers, kernel};
use crate::image::TASKS;
use crate::log;
use leasehold_core::Next;

/// Starts the kernel and returns the registers of the first task. `place` writes the registers that stay the same for a
/// task's life, its address space included.
///
/// # Safety
/// For the entry code, once, at boot.
#[inline(always)]
unsafe fn boot(place: impl Fn(&mut Registers, usize, usize)) -> *mut Registers {
    // SAFETY: called once, by the boot code.
    let kernel = unsafe { kernel() };
    // SAFETY: this is the boot.
    let started = unsafe { kernel.hardware().start() };
    log::hello(kernel.hardware());
    // SAFETY: this is the boot, and the kernel's own memory and devices are mapped.
    unsafe { kernel.hardware().finish() };
    for task in 0..TASKS {
        let space = kernel.hardware().space(task);
        place(kernel.context(task), task, space);
    }
    match started.and_then(|()| kernel.boot()) {
        Ok(next) => {
            log::started(kernel.hardware());
            run(kernel, next)
        }
        Err(_) => log::cannot_boot(kernel.hardware()),
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

#[unsafe(no_mangle)]
extern "C" fn leasehold_receive(mask: usize, before: usize, peers: usize) -> *mut Registers {
    // SAFETY: called by the entry code.
    let kernel = unsafe { kernel() };
    let next = kernel.wait(mask, before, peers);
    run(kernel, next)
}
