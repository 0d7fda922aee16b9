//! A system call with a known value in every register.

use crate::KeptRegisters;
use core::arch::global_asm;

// Arguments: a0 = a block of 32 words, by register number. Loads every register but x0 and sp
// from it, makes the call, and writes every register back. gp and tp are restored.
global_asm!(
    ".macro attack_load register, slot, base",
    concat!(
        word!(load),
        " \\register, ",
        word!(length),
        "*\\slot(\\base)"
    ),
    ".endm",
    ".macro attack_store register, slot, base",
    concat!(
        word!(store),
        " \\register, ",
        word!(length),
        "*\\slot(\\base)"
    ),
    ".endm",
    ".pushsection .text.attack_registers, \"ax\", @progbits",
    ".global __attack_registers",
    "__attack_registers:",
    "addi sp, sp, -144",
    "attack_store ra, 1, sp",
    "attack_store gp, 2, sp",
    "attack_store tp, 3, sp",
    "attack_store s0, 4, sp",
    "attack_store s1, 5, sp",
    "attack_store s2, 6, sp",
    "attack_store s3, 7, sp",
    "attack_store s4, 8, sp",
    "attack_store s5, 9, sp",
    "attack_store s6, 10, sp",
    "attack_store s7, 11, sp",
    "attack_store s8, 12, sp",
    "attack_store s9, 13, sp",
    "attack_store s10, 14, sp",
    "attack_store s11, 15, sp",
    "attack_store a0, 0, sp",
    ".irp n,1,3,4,5,6,7,8,9,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31",
    "attack_load x\\n, \\n, a0",
    ".endr",
    "attack_load x10, 10, a0",
    "ecall",
    "attack_store t0, 16, sp",
    "attack_load t0, 0, sp",
    ".irp n,1,2,3,4,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31",
    "attack_store x\\n, \\n, t0",
    ".endr",
    "attack_load t1, 16, sp",
    "attack_store t1, 5, t0",
    "attack_load ra, 1, sp",
    "attack_load gp, 2, sp",
    "attack_load tp, 3, sp",
    "attack_load s0, 4, sp",
    "attack_load s1, 5, sp",
    "attack_load s2, 6, sp",
    "attack_load s3, 7, sp",
    "attack_load s4, 8, sp",
    "attack_load s5, 9, sp",
    "attack_load s6, 10, sp",
    "attack_load s7, 11, sp",
    "attack_load s8, 12, sp",
    "attack_load s9, 13, sp",
    "attack_load s10, 14, sp",
    "attack_load s11, 15, sp",
    "addi sp, sp, 144",
    "ret",
    ".popsection",
);

unsafe extern "C" {
    fn __attack_registers(block: *mut [usize; 32]);
}

/// Registers that no call may change: `s0`, `s1`.
const KEPT: u32 = 1 << 8 | 1 << 9;
/// Those that a call with a message may change, to nobody else's value: `ra`, `s11`.
const LOOSE: u32 = 1 << 1 | 1 << 27;
/// The message's registers, `s2`–`s10`.
const MESSAGE: u32 = 0x1ff << 18;
/// Registers that are zero after every call: `gp`, `tp`, `t0`–`t6`, `a3`–`a7`.
const SCRATCH: u32 = 1 << 3 | 1 << 4 | 1 << 5 | 1 << 6 | 1 << 7 | 0x1f << 13 | 0xf << 28;

/// The topmost bits of the values that registers get.
const PATTERN: usize = 0x5a << (usize::BITS - 8);
const PATTERN_BITS: usize = 0xff << (usize::BITS - 8);

/// Whether a value is such a one of another task's, or an address of the kernel's in the upper half.
fn foreign(value: usize, own: usize) -> bool {
    let upper = size_of::<usize>() == 8 && value.leading_zeros() == 0;
    value & PATTERN_BITS == PATTERN && value != own || upper
}

/// Makes a call with a known value in every register and compares afterwards.
/// `message` says that the call is one that defines the message registers.
pub fn registers_around_call(number: usize, arguments: [usize; 6], message: bool) -> KeptRegisters {
    let mut before = [0_usize; 32];
    // Other values in each task: no two have their stacks at one place.
    let own = (&raw const before).expose_provenance() << 4 & !PATTERN_BITS;
    for (register, value) in before.iter_mut().enumerate() {
        *value = PATTERN | (own ^ (register << 16 | register << 1 | 1));
    }
    before[10..16].copy_from_slice(&arguments);
    before[17] = number;
    let mut after = before;
    // SAFETY: the routine keeps every register that a function must keep, the result and
    // scratch registers being declared changed by the calling convention; it writes the block.
    unsafe { __attack_registers(&raw mut after) };
    let (kept, loose) = if message {
        (KEPT, LOOSE)
    } else {
        (KEPT | LOOSE | MESSAGE, 0)
    };
    let mut found = KeptRegisters {
        results: [after[10], after[11], after[12]],
        ..KeptRegisters::default()
    };
    for register in 1..32 {
        if kept & 1 << register != 0 && after[register] != before[register] {
            found.changed |= 1 << register;
        }
        let zero = after[register] == 0;
        if SCRATCH & 1 << register != 0 && !zero
            || loose & 1 << register != 0 && foreign(after[register], before[register])
        {
            found.leaked |= 1 << register;
        }
    }
    found
}
