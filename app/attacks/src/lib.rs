//! Instructions that a well-behaved task never executes, as functions that a task can call.
//!
//! This crate is the one place of the apps with `unsafe` code. Its functions are safe to
//! call in the sense that matters here: whatever they do, the kernel must confine it to the
//! task, and that is what the test suite checks and the demo shows. They are not sound as a library: a load or a
//! store goes to whatever address it is given. So only tasks that are there to misbehave may use them,
//! and such a task keeps nothing in Rust objects that such a store is told to hit.
#![no_std]

mod memory;
mod privileged;
mod system;

pub use memory::{
    INITIALISED_WORD, arena, checked_load, checked_store, constant, initialised, jump, load,
    misaligned_atomic, scratch, spin, stack_overflow, stack_pointer, store, text,
};
pub use privileged::{
    breakpoint, fence_translation, floating_point, illegal, machine_return, read_scratch,
    read_status, supervisor_return, wait_for_interrupt, write_translation, write_trap_vector,
};
pub use system::{
    KeptRegisters, fault_with_stack, message_call, registers_around_call, system_call,
    system_call_with_stack,
};
