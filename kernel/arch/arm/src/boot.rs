//! From the reset to Rust.
//!
//! The processor takes the stack pointer and the first instruction from the vector table, and runs privileged
//! (Armv7-M, B1.5.5). What follows needs to be an exception handler, as only their return enters a task; so the first
//! instructions raise `PendSV`, which nothing else does. The kernel image defines `leasehold_boot() -> first
//! task's register file`.

use crate::system;
use core::mem::MaybeUninit;

/// Bytes of the kernel's stack.
const STACK_SIZE: usize = 4 * 1024;
/// Its uppermost bytes are not stack: there lies the address of the running task's register file.
pub(crate) const RUNNING_SIZE: usize = 8;

/// The kernel's stack.
#[repr(C, align(8))]
struct Stack(MaybeUninit<[u8; STACK_SIZE]>);

/// Used by the entry code alone, through its symbol.
static mut STACK: Stack = Stack(MaybeUninit::uninit());

core::arch::global_asm!(
    include_str!("boot.s"),
    STACK = sym STACK,
    STACK_TOP = const STACK_SIZE - RUNNING_SIZE,
    SYSTEM_START = sym leasehold_system_start,
    VECTORS = const system::VECTORS,
    INTERRUPT_CONTROL = const system::INTERRUPT_CONTROL,
    PEND_SERVICE = const system::PEND_SERVICE,
);

extern "C" fn leasehold_system_start() {
    system::start();
}
