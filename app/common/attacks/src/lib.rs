//! Instructions that a well-behaved task never executes, as functions that a task can call.
//!
//! This crate and `app/bench/machine` are the only `unsafe` code of the apps. Its functions are safe to call in this
//! sense: the kernel must confine their effects to the task. The test suite checks this, and the demo shows it. As a
//! library they are not sound: a load or a store uses any address that it is given. So only tasks that misbehave on
//! purpose may use them, and such a task keeps no Rust object at an address that such a store is given.
//!
//! Code that depends on the instruction set is in `riscv/` and `arm/`, with the same functions in both.
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
