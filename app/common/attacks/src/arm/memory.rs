//! Loads, stores and jumps to any address.

use core::arch::{asm, global_asm};

/// The instruction that returns from a function (`bx lr`), in as many bytes as it takes.
pub const RETURN: (usize, usize) = (0x4770, 2);

/// The stack pointer.
pub fn stack_pointer() -> usize {
    let value;
    // SAFETY: reads a register.
    unsafe { asm!("mov {}, sp", out(reg) value) }
    value
}

/// Loads `width` (1, 2, 4) bytes from any address.
pub fn load(address: usize, width: usize) -> usize {
    let value: usize;
    // SAFETY: the point is to fault. A load that does not leaves memory as it is, and the
    // value is only reported.
    unsafe {
        match width {
            1 => asm!("ldrb {}, [{}]", out(reg) value, in(reg) address),
            2 => asm!("ldrh {}, [{}]", out(reg) value, in(reg) address),
            _ => asm!("ldr {}, [{}]", out(reg) value, in(reg) address),
        }
    }
    value
}

/// Stores `width` (1, 2, 4) bytes to any address.
pub fn store(address: usize, width: usize, value: usize) {
    // SAFETY: the point is to fault. The stores that a test expects to succeed go to the
    // scratch buffer, the arena or a window, of which Rust code has no references.
    unsafe {
        match width {
            1 => asm!("strb {}, [{}]", in(reg) value, in(reg) address),
            2 => asm!("strh {}, [{}]", in(reg) value, in(reg) address),
            _ => asm!("str {}, [{}]", in(reg) value, in(reg) address),
        }
    }
}

/// Adds zero to the 32 bits at an address, atomically; gives what was there.
pub fn atomic(address: usize) -> usize {
    let value: usize;
    // SAFETY: the point is to fault; otherwise as `store`.
    unsafe {
        asm!(
            "1:",
            "ldrex {value}, [{address}]",
            "strex {failed}, {value}, [{address}]",
            "cmp {failed}, #0",
            "bne 1b",
            value = out(reg) value,
            failed = out(reg) _,
            address = in(reg) address,
        );
    }
    value
}

/// Reserves 32 bits, waits until the word at `flag` is not zero, and stores the old value back if the reservation still
/// holds. Returns whether it did.
pub fn reserve(address: usize, flag: usize) -> bool {
    let failed: usize;
    // SAFETY: as `store`.
    unsafe {
        asm!(
            "ldrex {value}, [{address}]",
            "1:",
            "ldr {failed}, [{flag}]",
            "cmp {failed}, #0",
            "beq 1b",
            "strex {failed}, {value}, [{address}]",
            value = out(reg) _,
            failed = out(reg) failed,
            address = in(reg) address,
            flag = in(reg) flag,
        );
    }
    failed == 0
}

/// Calls whatever is at an address, as Thumb code.
pub fn jump(address: usize) {
    // SAFETY: the point is to fault. All that a call of code made of integers may change is declared.
    unsafe {
        asm!(
            "blx {}", in(reg) address | 1,
            out("r0") _, out("r1") _, out("r2") _, out("r3") _, out("r12") _, out("lr") _,
        )
    }
}

/// Pushes to the stack until it ends.
pub fn stack_overflow() -> ! {
    // SAFETY: the point is to fault, at the guard below the stack; it does not return.
    unsafe { asm!("1:", "push {{r0-r7}}", "b 1b", options(noreturn)) }
}

/// Counts in a word for ever, without any system call.
pub fn spin(counter: usize) -> ! {
    // SAFETY: the counter is in the scratch buffer, or is the initialised word, an atomic; the loop never ends.
    unsafe {
        asm!(
            "1:",
            "ldr r1, [r0]",
            "adds r1, r1, #1",
            "str r1, [r0]",
            "b 1b",
            in("r0") counter,
            options(noreturn)
        )
    }
}

// A checked access like that of `userlib::io`, written again so that the suite checks the kernel's side of the contract
// independently: one wide instruction in `.text.checked`. After a fault the task continues CHECKED_STRIDE (8) bytes
// further, with 1 in r1.
global_asm!(
    ".pushsection .text.checked, \"ax\", %progbits",
    ".balign 8",
    ".global __attack_checked_load",
    ".type __attack_checked_load, %function",
    ".thumb_func",
    "__attack_checked_load:",
    "ldr.w r0, [r0]",
    "b.w 1f",
    "1: bx lr",
    ".balign 8",
    ".global __attack_checked_store",
    ".type __attack_checked_store, %function",
    ".thumb_func",
    "__attack_checked_store:",
    "str.w r2, [r0]",
    "b.w 1f",
    "1: bx lr",
    ".popsection",
);

/// A checked load of 32 bits: the value, or nothing when the access was refused.
pub fn checked_load(address: usize) -> Option<usize> {
    let (value, refused): (usize, usize);
    // SAFETY: as `load`; the called code changes only the registers declared here.
    unsafe {
        asm!(
            "bl __attack_checked_load",
            inlateout("r0") address => value,
            inlateout("r1") 0_usize => refused,
            lateout("lr") _,
        );
    }
    (refused == 0).then_some(value)
}

/// A checked store of 32 bits: whether it was made.
pub fn checked_store(address: usize, value: usize) -> bool {
    let refused: usize;
    // SAFETY: as `store`; the called code changes only the registers declared here.
    unsafe {
        asm!(
            "bl __attack_checked_store",
            inlateout("r0") address => _,
            inlateout("r1") 0_usize => refused,
            in("r2") value,
            lateout("lr") _,
        );
    }
    refused == 0
}
