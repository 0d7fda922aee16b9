//! System calls with any number, any argument and any registers.

use core::arch::{asm, global_asm};
use leasehold_abi::MESSAGE_WORDS;

/// Any system call, registers per `leasehold_abi::Call`.
pub fn system_call(number: usize, arguments: [usize; 6]) -> [usize; 3] {
    message_call(number, arguments, &mut [0; MESSAGE_WORDS], &mut 0)
}

/// Any system call with a message, which is replaced by what the call leaves.
pub fn message_call(
    number: usize,
    arguments: [usize; 6],
    message: &mut [usize; MESSAGE_WORDS],
    tag: &mut usize,
) -> [usize; 3] {
    let (first, second, third);
    // SAFETY: the registers that a call may change are declared. A call that makes the
    // kernel write into this task's memory is told to use the scratch buffer, of which Rust
    // code has no references.
    unsafe {
        asm!(
            "ecall",
            inlateout("a0") arguments[0] => first,
            inlateout("a1") arguments[1] => second,
            inlateout("a2") arguments[2] => third,
            inlateout("a3") arguments[3] => _,
            inlateout("a4") arguments[4] => _,
            inlateout("a5") arguments[5] => _,
            lateout("a6") _,
            inlateout("a7") number => _,
            inlateout("s2") message[0],
            inlateout("s3") message[1],
            inlateout("s4") message[2],
            inlateout("s5") message[3],
            inlateout("s6") message[4],
            inlateout("s7") message[5],
            inlateout("s8") message[6],
            inlateout("s9") message[7],
            inlateout("s10") *tag,
            lateout("t0") _, lateout("t1") _, lateout("t2") _, lateout("t3") _,
            lateout("t4") _, lateout("t5") _, lateout("t6") _,
        );
    }
    [first, second, third]
}

/// A system call that keeps to the contract but for the stack pointer; answers its status.
pub fn system_call_with_stack(number: usize, stack: usize) -> usize {
    let status;
    // SAFETY: nothing is pushed between the two changes of the stack pointer, and the
    // contract keeps `s11`.
    unsafe {
        asm!(
            "mv s11, sp",
            "mv sp, {stack}",
            "ecall",
            "mv sp, s11",
            stack = in(reg) stack,
            inlateout("a0") 0_usize => status,
            inlateout("a1") 0_usize => _,
            inlateout("a2") 0_usize => _,
            inlateout("a7") number => _,
            lateout("a3") _, lateout("a4") _, lateout("a5") _, lateout("a6") _,
            lateout("t0") _, lateout("t1") _, lateout("t2") _, lateout("t3") _,
            lateout("t4") _, lateout("t5") _, lateout("t6") _,
            lateout("s11") _,
        );
    }
    status
}

/// Sets the stack pointer, then loads from address 0.
pub fn fault_with_stack(stack: usize) -> ! {
    // SAFETY: the point is to fault; it does not return.
    unsafe { asm!("mv sp, {}", "1: ld t0, 0(zero)", "j 1b", in(reg) stack, options(noreturn)) }
}

/// What a call did to the registers that are not its results.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KeptRegisters {
    /// Bit `i`: `x<i>` should have been kept and was not.
    pub changed: u32,
    /// Bit `i`: `x<i>` should have been zero and was not.
    pub leaked: u32,
    /// The three result registers.
    pub results: [usize; 3],
}

// Arguments: a0 = a block of 32 words, by register number. Loads every register but x0, sp and
// the results' from it, makes the call, and writes every register back. gp and tp are restored.
global_asm!(
    ".pushsection .text.attack_registers, \"ax\", @progbits",
    ".global __attack_registers",
    "__attack_registers:",
    "addi sp, sp, -144",
    "sd ra, 8(sp)",
    "sd gp, 16(sp)",
    "sd tp, 24(sp)",
    "sd s0, 32(sp)",
    "sd s1, 40(sp)",
    "sd s2, 48(sp)",
    "sd s3, 56(sp)",
    "sd s4, 64(sp)",
    "sd s5, 72(sp)",
    "sd s6, 80(sp)",
    "sd s7, 88(sp)",
    "sd s8, 96(sp)",
    "sd s9, 104(sp)",
    "sd s10, 112(sp)",
    "sd s11, 120(sp)",
    "sd a0, 0(sp)",
    "ld x1, 8(a0)",
    ".irp n,3,4,5,6,7,8,9,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31",
    "ld x\\n, 8*\\n(a0)",
    ".endr",
    "ld x10, 80(a0)",
    "ecall",
    "sd t0, 128(sp)",
    "ld t0, 0(sp)",
    "sd x1, 8(t0)",
    "sd x2, 16(t0)",
    ".irp n,3,4,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31",
    "sd x\\n, 8*\\n(t0)",
    ".endr",
    "ld t1, 128(sp)",
    "sd t1, 40(t0)",
    "ld ra, 8(sp)",
    "ld gp, 16(sp)",
    "ld tp, 24(sp)",
    "ld s0, 32(sp)",
    "ld s1, 40(sp)",
    "ld s2, 48(sp)",
    "ld s3, 56(sp)",
    "ld s4, 64(sp)",
    "ld s5, 72(sp)",
    "ld s6, 80(sp)",
    "ld s7, 88(sp)",
    "ld s8, 96(sp)",
    "ld s9, 104(sp)",
    "ld s10, 112(sp)",
    "ld s11, 120(sp)",
    "addi sp, sp, 144",
    "ret",
    ".popsection",
);

unsafe extern "C" {
    fn __attack_registers(block: *mut [usize; 32]);
}

/// Registers that no call may change: `ra`, `gp`, `tp`, `s0`, `s1`, `s11`.
const KEPT: u32 = 1 << 1 | 1 << 3 | 1 << 4 | 1 << 8 | 1 << 9 | 1 << 27;
/// The message's registers, `s2`–`s10`.
const MESSAGE: u32 = 0x1ff << 18;
/// Caller-saved registers that are no results: `t0`–`t6`, `a3`–`a7`.
const SCRATCH: u32 = 1 << 5 | 1 << 6 | 1 << 7 | 0x1f << 13 | 0xf << 28;

/// Makes a call with a known value in every register and compares afterwards.
/// `message` says that the call is one that defines the message registers.
pub fn registers_around_call(number: usize, arguments: [usize; 6], message: bool) -> KeptRegisters {
    let mut before = [0_usize; 32];
    for (register, value) in before.iter_mut().enumerate() {
        *value = 0xdead_0000_beef_0000 | register << 20 | register;
    }
    before[10..16].copy_from_slice(&arguments);
    before[17] = number;
    let mut after = before;
    // SAFETY: the routine keeps every register that a function must keep, the result and
    // scratch registers being declared changed by the calling convention; it writes the block.
    unsafe { __attack_registers(&raw mut after) };
    let kept = if message { KEPT } else { KEPT | MESSAGE };
    let mut found = KeptRegisters {
        results: [after[10], after[11], after[12]],
        ..KeptRegisters::default()
    };
    for register in 1..32 {
        if kept & 1 << register != 0 && after[register] != before[register] {
            found.changed |= 1 << register;
        }
        if SCRATCH & 1 << register != 0 && after[register] != 0 {
            found.leaked |= 1 << register;
        }
    }
    found
}
