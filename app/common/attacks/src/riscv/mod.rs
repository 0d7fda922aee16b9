//! The attacks in the RISC-V instruction sets of 32 and 64 bits.

/// The differences between the two: load and store of a register, and its length in bytes.
#[cfg(target_arch = "riscv64")]
macro_rules! word {
    (load) => {
        "ld"
    };
    (store) => {
        "sd"
    };
    (length) => {
        "8"
    };
}
#[cfg(target_arch = "riscv32")]
macro_rules! word {
    (load) => {
        "lw"
    };
    (store) => {
        "sw"
    };
    (length) => {
        "4"
    };
}

mod floating;
mod memory;
mod privileged;
mod registers;
mod system;

pub use floating::{floating_differences, floating_fill};
pub use memory::{
    RETURN, atomic, checked_load, checked_store, jump, load, reserve, spin, stack_overflow,
    stack_pointer, store,
};
pub use privileged::execute;
pub use registers::registers_around_call;
pub use system::{fault_with_stack, message_call, system_call_with_stack};
