//! From the reset to Rust.
//!
//! The processor takes the stack pointer and the first instruction from the vector table, and runs privileged (Armv7-M,
//! B1.5.5). The code after that must run as an exception handler, because only the return from one enters a task. So
//! the first instructions raise `PendSV`, which nothing else uses. The kernel image defines `leasehold_boot() -> first
//! task's register file`.

use crate::system;

/// Bytes of the kernel's stack. The build refuses a kernel that may need more.
const STACK_SIZE: usize = 1280;

core::arch::global_asm!(
    include_str!("boot.s"),
    STACK_SIZE = const STACK_SIZE,
    LINES = const crate::trap::LINES,
    SYSTEM_START = sym leasehold_system_start,
    VECTORS = const system::VECTORS,
    INTERRUPT_CONTROL = const system::INTERRUPT_CONTROL,
    PEND_SERVICE = const system::PEND_SERVICE,
);

extern "C" fn leasehold_system_start() {
    system::start();
}
