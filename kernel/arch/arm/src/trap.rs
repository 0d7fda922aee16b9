//! Exceptions: from a task into the kernel, and from the kernel into a task.
//!
//! Tasks run in thread mode, unprivileged, on the process stack. The kernel runs in handler mode, on the main stack.
//! The top word of the main stack is the address of the running task's [`RegisterFile`]. All calls and interrupts have
//! one priority, so the kernel is never interrupted. A fault that interrupts it is the kernel's own.
//!
//! The processor pushes half of the registers onto the task's stack (Armv7-M, B1.5.6). A frame that is not in the
//! task's own data is a fault: memory on lease could be taken away, or changed by another task, while the kernel uses
//! it. `r0`–`r3` and `r12` are read from the frame, because an exception that came late may have changed the registers
//! (B1.5.12).
//!
//! `Call` and `ReplyReceive` leave the message words in `r4`–`r11`, which Rust code keeps; only the slow path stores
//! them. Entry and return of an exception end a reservation by `LDREX` (A3.4).
//!
//! The kernel image defines, with the C calling convention:
//! - `leasehold_call(destination, borrows, count)` and `leasehold_reply_receive(client, mask)`:
//!   a pair of the next task's register file (the lower half) and its second result, or a null pointer to take the slow
//!   path,
//! - `leasehold_quick_call(frame, argument 4, argument 5)`, which writes the results into the frame, for the calls in
//!   [`QUICK`],
//! - `leasehold_receive(arguments 0 to 2)`,
//! - `leasehold_system_call(frame, register file)`, `leasehold_interrupt()`, `leasehold_exception(register file)`,
//!   which reads what happened by [`take_fault`](crate::system::take_fault), and
//!   `leasehold_stray_frame(register file)`: the next task's register file,
//! - `leasehold_kernel_fault(frame)`, which does not return.

use crate::context::{INTERRUPTED, SKIPPED};
use crate::{RegisterFile, system};
use core::mem::offset_of;
use leasehold_abi::Call;
use leasehold_core::{Layout, QUICK};

/// The unit of this processor.
#[cfg(not(armv8m))]
pub(crate) use crate::pmsa_v7::Region;
#[cfg(armv8m)]
pub(crate) use crate::pmsa_v8::Region;

/// The number of interrupt lines in the vector tables.
pub const LINES: usize = 128;

core::arch::global_asm!(
    include_str!("trap/macros.s"),
    include_str!("trap.s"),
    ARMV8M = const cfg!(armv8m) as usize,
    FRAME = const offset_of!(RegisterFile, frame),
    PC = const offset_of!(RegisterFile, pc),
    HANDLE = const Layout::<RegisterFile>::HANDLE,
    LIMITS = const offset_of!(RegisterFile, lowest),
    REGIONS = const offset_of!(RegisterFile, regions),
    STATE = const offset_of!(RegisterFile, state),
    RESULTS = const offset_of!(RegisterFile, results),
    TAG = const offset_of!(RegisterFile, tag),
    SENT = const offset_of!(RegisterFile, sent),
    INTERRUPTED = const INTERRUPTED,
    SKIPPED = const SKIPPED,
    CALL = const Call::Call as usize,
    RECEIVE = const Call::Receive as usize,
    REPLY_RECEIVE = const Call::ReplyReceive as usize,
    QUICK = const QUICK >> 1,
    UNIT = const system::PROTECTION,
    UNIT_ON = const system::PROTECTION_ON,
    REGION_REGISTERS = const system::REGIONS - system::PROTECTION,
);

const _: () = assert!(
    Call::TaskSelf as usize == 0,
    "the vector tests for it with cbnz"
);
const _: () = assert!(
    offset_of!(RegisterFile, saved) == 0
        && offset_of!(RegisterFile, pc) == offset_of!(RegisterFile, frame) + 4
        && offset_of!(RegisterFile, room) == offset_of!(RegisterFile, lowest) + 4
        && offset_of!(RegisterFile, tag) == offset_of!(RegisterFile, results) + 12
        && offset_of!(RegisterFile, zero) == offset_of!(RegisterFile, tag) + 4,
    "the vector loads and stores them together"
);
