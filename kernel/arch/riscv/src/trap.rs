//! Traps: from a task into the kernel, and from the kernel into a task.
//!
//! `sscratch` holds the running task's [`RegisterFile`] while a task runs, and the kernel's stack top, above
//! which lies a register file for the kernel's own faults, while the kernel does. The kernel runs with interrupts off.
//!
//! System calls save what a function call saves. `Call` and `ReplyReceive` leave the message in
//! `s2`–`s10`, which Rust code keeps; only the slow path stores them. There are two copies of the vector: one
//! drops all cached translations when the address space changes, for harts without address space identifiers.
//!
//! The kernel image defines, with the C calling convention:
//! - `leasehold_task_self() -> handle`,
//! - `leasehold_call(destination, borrows, count)` and `leasehold_reply_receive(client, mask)`:
//!   a pair of the next task's register file and its second result, or a null pointer to take the slow path,
//! - `leasehold_quick_call(arguments 0 to 5, register file, number)`, which stores the third result in the caller's register
//!   file and returns the first two, for the calls in `QUICK`,
//! - `leasehold_system_call(arguments 0 to 5, _, number)`, `leasehold_interrupt()` and
//!   `leasehold_exception(cause, value, register file)`: the next task's register file.

use crate::RegisterFile;
use core::mem::offset_of;
use leasehold_abi::Call;

/// Calls that neither block, nor wake anybody, nor queue work: they return to the caller, whose
/// registers stay where they are. A bit for each number.
const QUICK: u64 = {
    let calls = [
        Call::Time,
        Call::BorrowRead,
        Call::BorrowWrite,
        Call::BorrowInfo,
        Call::LeaseAdd,
        Call::GrantLabel,
        Call::LeaseEvent,
        Call::LeaseInfo,
        Call::GrantInfo,
        Call::InterruptAcknowledge,
        Call::ConfigWrite,
        Call::TaskInfo,
    ];
    let mut set = 0;
    let mut at = 0;
    while at < calls.len() {
        set |= 1 << calls[at] as u32;
        at += 1;
    }
    set
};

core::arch::global_asm!(
    include_str!("trap.s"),
    X = const offset_of!(RegisterFile, x),
    SPACE = const offset_of!(RegisterFile, address_space),
    INTERRUPTED = const offset_of!(RegisterFile, interrupted),
    CALL = const Call::Call as usize,
    REPLY_RECEIVE = const Call::ReplyReceive as usize,
    QUICK = const QUICK,
    KERNEL_STACK = const offset_of!(RegisterFile, kernel_stack),
    ECALL_FROM_USER = const 8,
);

const _: () = assert!(
    Call::TaskSelf as usize == 0,
    "the vector tests for it with beqz"
);
