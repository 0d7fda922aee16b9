//! Instructions that a well-behaved task never executes, as functions that a task can call.
//!
//! This crate is the one place of the apps with `unsafe` code. Its functions are safe to
//! call in the sense that matters here: whatever they do, the kernel must confine it to the
//! task, and that is what the test suite checks and the demo shows. They are not sound as a library: a load or a
//! store goes to whatever address it is given. So only tasks that are there to misbehave may use them,
//! and such a task keeps nothing in Rust objects that such a store is told to hit.
//!
//! What an instruction set does its own way is in `riscv/` and `arm/`, with the same functions in both.
#![no_std]

mod attack;
mod frame;
mod locks;
mod places;

#[cfg(target_arch = "arm")]
#[path = "arm/mod.rs"]
mod isa;
#[cfg(any(target_arch = "riscv64", target_arch = "riscv32"))]
#[path = "riscv/mod.rs"]
mod isa;

pub use attack::{Attack, Isa, KeptRegisters};
pub use frame::{LARGE_FRAME, large_frame};
pub use isa::{
    RETURN, atomic, checked_load, checked_store, execute, fault_with_stack, floating_differences,
    floating_fill, jump, load, message_call, registers_around_call, reserve, spin, stack_overflow,
    stack_pointer, store, system_call_with_stack,
};
pub use locks::lock;
pub use places::{INITIALISED_WORD, SCRATCH_LENGTH, arena, constant, initialised, scratch, text};

/// Any system call, registers per `leasehold_abi::Call`.
pub fn system_call(number: usize, arguments: [usize; 6]) -> [usize; 3] {
    message_call(
        number,
        arguments,
        &mut [0; leasehold_abi::MESSAGE_WORDS],
        &mut 0,
    )
}
