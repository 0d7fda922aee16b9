//! The attacks in the Thumb instruction set of Arm's M profile.

mod floating;
mod memory;
mod privileged;
mod system;

pub use floating::{floating_differences, floating_fill};
pub use memory::{
    RETURN, atomic, checked_load, checked_store, jump, load, reserve, spin, stack_overflow,
    stack_pointer, store,
};
pub use privileged::execute;
pub use system::{fault_with_stack, message_call, registers_around_call, system_call_with_stack};
