//! The boot code and the trap vector, put together for the mode that the kernel runs in.

use crate::boot::{STACK, STACK_SIZE};
use crate::{FloatingRegisters, RegisterFile, csr};
use core::mem::offset_of;
use leasehold_abi::{BeforeWait, Call, MAX_BORROWS, TaskState};
use leasehold_core::{FIRST, First, Layout, QUICK};

/// Where the fast paths find what they need of a task.
type Record = Layout<RegisterFile>;

const _: () = assert!(
    TaskState::Ready as u8 == 1,
    "the fast paths store the 1 that they have"
);

/// How the first task of a set is found.
#[cfg(target_feature = "zbb")]
macro_rules! first_of {
    () => {
        ".macro FIRST_OF\n.option push\n.option arch, +zbb\nFIRST_BY_COUNTING\n.option pop\n.endm"
    };
}

/// How the first task of a set is found.
#[cfg(not(target_feature = "zbb"))]
macro_rules! first_of {
    () => {
        ".macro FIRST_OF\nFIRST_BY_TABLE\n.endm"
    };
}

/// `boot.s` and `trap.s` with the file that has the mode's instructions, and what that file names.
macro_rules! assembly {
    ($mode:literal, $($operands:tt)*) => {
        core::arch::global_asm!(
            include_str!($mode),
            include_str!("boot.s"),
            first_of!(),
            include_str!("fast.s"),
            include_str!("trap.s"),
            include_str!("floating.s"),
            WORD = const size_of::<usize>(),
            STATUS = const csr::STATUS,
            ENABLE = const csr::ENABLE,
            VECTOR = const csr::VECTOR,
            SCRATCH = const csr::SCRATCH,
            PC_REGISTER = const csr::PROGRAM_COUNTER,
            CAUSE = const csr::CAUSE,
            VALUE = const csr::VALUE,
            // Interrupts on and user mode after the first return; floating point and vectors off, no access to tasks'
            // pages.
            PREVIOUS_INTERRUPTS = const csr::STATUS_PREVIOUS_INTERRUPTS,
            STACK = sym STACK,
            STACK_SIZE = const STACK_SIZE,
            X = const offset_of!(RegisterFile, x),
            SPACE = const offset_of!(RegisterFile, address_space),
            INTERRUPTED = const offset_of!(RegisterFile, interrupted),
            KERNEL_STACK = const offset_of!(RegisterFile, kernel_stack),
            FLOATING = const offset_of!(RegisterFile, floating),
            F = const offset_of!(FloatingRegisters, f),
            FCSR = const offset_of!(FloatingRegisters, fcsr),
            UNIT = const csr::STATUS_FLOATING_POINT,
            CALL = const Call::Call as usize,
            RECEIVE = const Call::Receive as usize,
            REPLY_RECEIVE = const Call::ReplyReceive as usize,
            // There is nothing else to do before the wait.
            NOTHING = const BeforeWait::NOTHING.register(),
            // Those with the numbers from 1 on.
            MESSAGE_CALLS = const Call::Reply as usize,
            QUICK = const QUICK,
            TASKS = const offset_of!(RegisterFile, tasks),
            BIT = const offset_of!(RegisterFile, bit),
            TASK_SHIFT = const Record::TASK.ilog2(),
            HANDLE = const Record::HANDLE,
            ACCEPTING = const Record::ACCEPTING,
            FAST = const Record::FAST,
            PENDING = const Record::PENDING,
            MASK = const Record::MASK,
            WAITING = const Record::WAITING,
            IN_SERVICE = const Record::IN_SERVICE,
            CALLS = const Record::CALLS,
            BORROWS = const Record::BORROWS,
            BORROW_COUNT = const Record::BORROW_COUNT,
            PEER = const Record::PEER,
            STATE = const Record::STATE,
            SERVING = const Record::SERVING,
            READY_SET = const Record::READY,
            CURRENT = const Record::CURRENT,
            HIGHER = const Record::HIGHER,
            FIRST = sym FIRST,
            CODES = const First::CODES,
            POSITIONS = const First::POSITIONS,
            SHIFT = const First::SHIFT,
            LAST_INDEX = const usize::BITS as usize - 1,
            MORE_BORROWS = const MAX_BORROWS + 1,
            RECEIVING = const TaskState::Receiving as usize,
            AWAITING_REPLY = const TaskState::AwaitingReply as usize,
            ECALL_FROM_USER = const 8,
            $($operands)*
        );
    };
}

#[cfg(target_arch = "riscv64")]
assembly!(
    "supervisor.s",
    BOOT_TABLE = sym crate::boot::BOOT_TABLE,
    BOOT_PAGES = const crate::boot::BOOT_PAGES,
    DIRECT_MAP = const crate::DIRECT_MAP,
    SV39 = const csr::SATP_SV39,
);

#[cfg(target_arch = "riscv32")]
assembly!(
    "machine.s",
    LOADER = const offset_of!(crate::pmp::Image, loader),
    ADDRESSES = const offset_of!(crate::pmp::Image, address),
    CONFIGURATIONS = const offset_of!(crate::pmp::Image, configuration),
);
