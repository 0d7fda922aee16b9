//! System calls with any number, any argument and any registers.

use crate::KeptRegisters;
use core::arch::{asm, global_asm};
use leasehold_abi::{Call, MESSAGE_WORDS};

// Argument: r0 = a block of 16 words by register number; the word of the program counter is for the
// flags, that of the stack pointer is unused. Loads every register but the stack pointer from it,
// makes the call, and writes every register back.
global_asm!(
    ".pushsection .text.attack_registers, \"ax\", %progbits",
    ".global __attack_registers",
    ".type __attack_registers, %function",
    ".thumb_func",
    "__attack_registers:",
    "push {{r0, r4-r11, lr}}",
    "ldr r1, [r0, #60]",
    "msr APSR_nzcvq, r1",
    "ldr r12, [r0, #48]",
    "ldr lr, [r0, #56]",
    "add.w r0, r0, #4",
    "ldm.w r0, {{r1-r11}}",
    "ldr r0, [r0, #-4]",
    "svc 0",
    "push {{r0}}",
    "ldr r0, [sp, #4]",
    "str r12, [r0, #48]",
    "str lr, [r0, #56]",
    "add.w r12, r0, #4",
    "stm.w r12, {{r1-r11}}",
    "mrs r1, APSR",
    "str r1, [r0, #60]",
    "pop {{r1}}",
    "str r1, [r0]",
    "pop {{r0, r4-r11, pc}}",
    ".popsection",
);

unsafe extern "C" {
    fn __attack_registers(block: *mut [usize; 16]);
}

/// Makes a call with these registers; gives what it leaves in them.
fn with_registers(block: [usize; 16]) -> [usize; 16] {
    let mut after = block;
    // SAFETY: the routine keeps every register that a function must keep, the others being declared
    // changed by the calling convention; it writes the block. A call that makes the kernel write
    // into this task's memory is told to use the scratch buffer, of which Rust code has no references.
    unsafe { __attack_registers(&raw mut after) };
    after
}

/// Whether a call sends or receives a message: then words and tag are in registers.
fn has_message(number: usize) -> bool {
    let call = Call::from_number(number);
    matches!(
        call,
        Some(Call::Call | Call::Receive | Call::ReplyReceive | Call::Reply)
    )
}

/// The registers of a call.
fn block(
    number: usize,
    arguments: [usize; 6],
    message: &[usize; MESSAGE_WORDS],
    tag: usize,
) -> [usize; 16] {
    let mut block = [0; 16];
    if has_message(number) {
        block[..3].copy_from_slice(&arguments[..3]);
        block[3] = tag;
        block[4..12].copy_from_slice(message);
    } else {
        block[..6].copy_from_slice(&arguments);
    }
    block[12] = number;
    block
}

/// Any system call with a message, which is replaced by what the call leaves.
pub fn message_call(
    number: usize,
    arguments: [usize; 6],
    message: &mut [usize; MESSAGE_WORDS],
    tag: &mut usize,
) -> [usize; 3] {
    let after = with_registers(block(number, arguments, message, *tag));
    if has_message(number) {
        *tag = after[3];
        message.copy_from_slice(&after[4..12]);
    }
    [after[0], after[1], after[2]]
}

/// A system call that keeps to the contract but for the stack pointer; answers its status.
pub fn system_call_with_stack(number: usize, argument: usize, stack: usize) -> usize {
    let mut block = [stack, number, argument];
    // SAFETY: nothing is pushed between the two changes of the stack pointer. A message takes the place of `r4` to
    // `r11`, which are saved before. Where the hardware stacks registers at the call, that memory is this task's, or it
    // faults.
    unsafe {
        asm!(
            "push {{r0, r4-r11}}",
            "mov lr, sp",
            "ldr r12, [r0, #4]",
            "ldr r1, [r0]",
            "ldr r0, [r0, #8]",
            "mov sp, r1",
            // Its further arguments.
            "movs r1, #0",
            "movs r2, #0",
            "svc 0",
            "mov sp, lr",
            "ldr r1, [sp]",
            "str r0, [r1]",
            "pop {{r0, r4-r11}}",
            in("r0") block.as_mut_ptr(),
            lateout("r1") _, lateout("r2") _, lateout("r3") _, lateout("r12") _, lateout("lr") _,
        );
    }
    block[0]
}

/// Sets the stack pointer, then loads from address 0.
pub fn fault_with_stack(stack: usize) -> ! {
    // SAFETY: the point is to fault; it does not return.
    unsafe {
        asm!("mov sp, {}", "movs r0, #0", "1: ldr r1, [r0]", "b 1b", in(reg) stack, options(noreturn))
    }
}

/// Where the flags are in a block.
const FLAGS: usize = 15;
/// Registers that no call may change: `lr` and the flags.
const KEPT: u32 = 1 << 14 | 1 << FLAGS;
/// The message's words, `r4`–`r11`.
const MESSAGE: u32 = 0xff << 4;
/// What is no result: `r12`, and `r3` but for the tag of a message.
const SCRATCH: u32 = 1 << 12;
const TAG: u32 = 1 << 3;
/// Some flags that are set, some that are not.
const SOME_FLAGS: usize = 0xa800_0000;

/// Makes a call with a known value in every register and compares afterwards.
/// `message` says that the call is one that defines the message registers.
pub fn registers_around_call(number: usize, arguments: [usize; 6], message: bool) -> KeptRegisters {
    let mut before: [usize; 16] =
        core::array::from_fn(|register| 0xbeef_0000 | register << 20 | register);
    let given = if has_message(number) { 3 } else { 6 };
    before[..given].copy_from_slice(&arguments[..given]);
    before[12] = number;
    before[FLAGS] = SOME_FLAGS;
    let after = with_registers(before);
    let (kept, zero) = if message {
        (KEPT, SCRATCH)
    } else {
        (KEPT | MESSAGE, SCRATCH | TAG)
    };
    let mut found = KeptRegisters {
        results: [after[0], after[1], after[2]],
        ..KeptRegisters::default()
    };
    for register in 0..16 {
        if kept & 1 << register != 0 && after[register] != before[register] {
            found.changed |= 1 << register;
        }
        if zero & 1 << register != 0 && after[register] != 0 {
            found.leaked |= 1 << register;
        }
    }
    found
}
