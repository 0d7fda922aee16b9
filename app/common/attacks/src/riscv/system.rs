//! System calls with any number, any argument and any stack pointer.

use core::arch::asm;
use leasehold_abi::MESSAGE_WORDS;

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
            lateout("ra") _, lateout("s11") _,
        );
    }
    [first, second, third]
}

/// A system call that keeps to the contract but for the stack pointer; answers its status.
pub fn system_call_with_stack(number: usize, stack: usize) -> usize {
    let status;
    // SAFETY: nothing is pushed between the two changes of the stack pointer, and the contract keeps `s0`, in which the
    // old one is meanwhile.
    unsafe {
        asm!(
            "addi sp, sp, -16",
            concat!(word!(store), " s0, 0(sp)"),
            "mv s0, sp",
            "mv sp, {stack}",
            "ecall",
            "mv sp, s0",
            concat!(word!(load), " s0, 0(sp)"),
            "addi sp, sp, 16",
            stack = in(reg) stack,
            inlateout("a0") 0_usize => status,
            inlateout("a1") 0_usize => _,
            inlateout("a2") 0_usize => _,
            inlateout("a7") number => _,
            lateout("a3") _, lateout("a4") _, lateout("a5") _, lateout("a6") _,
            lateout("t0") _, lateout("t1") _, lateout("t2") _, lateout("t3") _,
            lateout("t4") _, lateout("t5") _, lateout("t6") _,
            lateout("ra") _, lateout("s11") _,
        );
    }
    status
}

/// Sets the stack pointer, then loads from address 0.
pub fn fault_with_stack(stack: usize) -> ! {
    // SAFETY: the point is to fault; it does not return.
    unsafe { asm!("mv sp, {}", "1: lw t0, 0(zero)", "j 1b", in(reg) stack, options(noreturn)) }
}
