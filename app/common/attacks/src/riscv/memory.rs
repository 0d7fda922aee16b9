//! Loads, stores and jumps to any address.

use core::arch::{asm, global_asm};

/// The instruction that returns from a function, in as many bytes as it takes.
pub const RETURN: (usize, usize) = (0x0000_8067, 4);

/// The stack pointer.
pub fn stack_pointer() -> usize {
    let value;
    // SAFETY: reads a register.
    unsafe { asm!("mv {}, sp", out(reg) value) }
    value
}

/// Loads `width` (1, 2, 4, or 8 on 64 bits) bytes from any address.
pub fn load(address: usize, width: usize) -> usize {
    let value: usize;
    // SAFETY: the point is to fault. A load that does not leaves memory as it is, and the
    // value is only reported.
    unsafe {
        match width {
            1 => asm!("lbu {}, 0({})", out(reg) value, in(reg) address),
            2 => asm!("lhu {}, 0({})", out(reg) value, in(reg) address),
            #[cfg(target_arch = "riscv64")]
            4 => asm!("lwu {}, 0({})", out(reg) value, in(reg) address),
            _ => asm!(concat!(word!(load), " {}, 0({})"), out(reg) value, in(reg) address),
        }
    }
    value
}

/// Stores `width` (1, 2, 4, or 8 on 64 bits) bytes to any address.
pub fn store(address: usize, width: usize, value: usize) {
    // SAFETY: the point is to fault. The stores that a test expects to succeed go to the
    // scratch buffer, the arena or a window, of which Rust code has no references.
    unsafe {
        match width {
            1 => asm!("sb {}, 0({})", in(reg) value, in(reg) address),
            2 => asm!("sh {}, 0({})", in(reg) value, in(reg) address),
            4 => asm!("sw {}, 0({})", in(reg) value, in(reg) address),
            _ => asm!(concat!(word!(store), " {}, 0({})"), in(reg) value, in(reg) address),
        }
    }
}

/// Adds zero to the 32 bits at an address, atomically; gives what was there.
pub fn atomic(address: usize) -> usize {
    let value: usize;
    // SAFETY: the point is to fault; otherwise as `store`.
    unsafe { asm!("amoadd.w {}, zero, ({})", out(reg) value, in(reg) address) }
    value
}

/// Reserves 32 bits, waits until the word at `flag` is not zero, and stores the old value back if the reservation still
/// holds. Returns whether it did.
pub fn reserve(address: usize, flag: usize) -> bool {
    let failed: usize;
    // SAFETY: as `store`.
    unsafe {
        asm!(
            "lr.w {value}, ({address})",
            "1:",
            "lw {failed}, 0({flag})",
            "beqz {failed}, 1b",
            "sc.w {failed}, {value}, ({address})",
            value = out(reg) _,
            failed = out(reg) failed,
            address = in(reg) address,
            flag = in(reg) flag,
        );
    }
    failed == 0
}

/// Calls whatever is at an address.
pub fn jump(address: usize) {
    // SAFETY: the point is to fault. All that a call may change is declared.
    unsafe { asm!("jalr {}", in(reg) address, clobber_abi("C")) }
}

/// Pushes to the stack until it ends.
pub fn stack_overflow() -> ! {
    // SAFETY: the point is to fault, at the guard below the stack; it does not return.
    unsafe {
        asm!(
            "1:",
            "addi sp, sp, -64",
            "sw zero, 0(sp)",
            "j 1b",
            options(noreturn)
        )
    }
}

/// Counts in a word for ever, without any system call.
pub fn spin(counter: usize) -> ! {
    // SAFETY: the counter is in the scratch buffer, or is the initialised word, an atomic; the loop never ends.
    unsafe {
        asm!(
            "1:",
            concat!(word!(load), " t0, 0(a0)"),
            "addi t0, t0, 1",
            concat!(word!(store), " t0, 0(a0)"),
            "j 1b",
            in("a0") counter,
            options(noreturn)
        )
    }
}

// A checked access like that of `userlib::io`, written again so that the suite checks the kernel's side of the contract
// independently: one instruction in `.text.checked`. After a fault the task continues CHECKED_STRIDE (8) bytes further,
// with 1 in a1.
global_asm!(
    ".pushsection .text.checked, \"ax\", @progbits",
    ".option push",
    ".option norvc",
    ".balign 8",
    ".global __attack_checked_load",
    "__attack_checked_load:",
    "lw a0, 0(a0)",
    "j 1f",
    "nop",
    "1: ret",
    ".balign 8",
    ".global __attack_checked_store",
    "__attack_checked_store:",
    "sw a2, 0(a0)",
    "j 1f",
    "nop",
    "1: ret",
    ".option pop",
    ".popsection",
);

/// A checked load of 32 bits: the value, or nothing when the access was refused.
pub fn checked_load(address: usize) -> Option<usize> {
    let (value, refused): (usize, usize);
    // SAFETY: as `load`; the called code changes only the registers declared here.
    unsafe {
        asm!(
            "call __attack_checked_load",
            inlateout("a0") address => value,
            inlateout("a1") 0_usize => refused,
            lateout("ra") _,
        );
    }
    (refused == 0).then_some(value as u32 as usize)
}

/// A checked store of 32 bits: whether it was made.
pub fn checked_store(address: usize, value: usize) -> bool {
    let refused: usize;
    // SAFETY: as `store`; the called code changes only the registers declared here.
    unsafe {
        asm!(
            "call __attack_checked_store",
            inlateout("a0") address => _,
            inlateout("a1") 0_usize => refused,
            in("a2") value,
            lateout("ra") _,
        );
    }
    refused == 0
}
