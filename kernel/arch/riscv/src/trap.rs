//! Traps: from a task into the kernel, and from the kernel into a task.
//!
//! The scratch register (`sscratch`, `mscratch`) holds the running task's [`RegisterFile`](crate::RegisterFile). While
//! the kernel runs, that is the file of the task that ran; before the first task runs, it is the top of the kernel's
//! stack, above which lies a register file. The kernel runs with interrupts off. A fault of its own overwrites the file
//! and the stack. That does no harm: the fault ends everything, and only its own registers are shown.
//!
//! Tasks do not have `gp` and `tp` (see [`Call`]), so the vector has two registers to begin with.
//!
//! A system call saves what a function call saves. `Call` and `ReplyReceive` leave the message in `s2`–`s10`. If the
//! other side waits, the vector itself hands the message over (`fast.s`). It finds the fields of a task's record,
//! because a record begins with the register file. A `Receive` keeps no message; if it has to wait, and another task is
//! ready, the vector itself goes on with that one. Rust code keeps `s0`–`s11`, so a call without a message has them
//! saved only if another task runs next. On RV64 a switch of the address space is a write to `satp`; on
//! harts without address space identifiers `flush_at_each_switch` changes the vector at boot. On RV32 a switch loads
//! the PMP entries that the task uses; so does the return to the same task, as a call may have changed them.
//!
//! The kernel image defines, with the C calling convention:
//! - `leasehold_quick_call(arguments 0 to 5, register file, number)`, which stores the third result in the caller's
//!   register file and returns the first two, for the calls in [`QUICK`](leasehold_core::QUICK),
//! - `leasehold_reply(argument 0)`, after which the vector calls the next,
//! - `leasehold_receive(arguments 0 to 2)`, `leasehold_system_call(arguments 0 to 5, _, number)`,
//!   `leasehold_interrupt()` and `leasehold_exception(cause, value, register file)`: the next task's register file.

use leasehold_abi::Call;

const _: () = assert!(
    Call::TaskSelf as usize == 0
        && Call::Call as usize == 1
        && Call::Receive as usize == 2
        && Call::ReplyReceive as usize == 3
        && Call::Reply as usize == 4
        && Call::Notify as usize == Call::Reply as usize + 1,
    "the vector tests for it with beqz, and for message calls by their numbers"
);

#[cfg(target_arch = "riscv64")]
unsafe extern "C" {
    /// Where the vector writes `satp`: each time one instruction of 4 bytes.
    static leasehold_switches: [usize; 3];
    /// Writes `satp`, drops all cached translations, and returns by `t1`.
    fn leasehold_flush();
}

#[cfg(target_arch = "riscv64")]
/// Changes the vector so that it drops all cached translations whenever the address space changes. The vector's code is
/// replaced, so that harts that do not need this have no check either.
///
/// # Safety
/// Call it at boot, before a task runs, while the kernel's text can be written.
pub unsafe fn flush_at_each_switch() {
    // SAFETY: the vector's own table, and instructions that no one runs before a task does. A
    // jump of 4 bytes takes the place of an instruction of 4 bytes, perhaps at an odd multiple
    // of 2; what it clobbers is dead there.
    unsafe {
        for site in leasehold_switches {
            let word = jump_by_t1((leasehold_flush as *const () as usize).wrapping_sub(site));
            (site as *mut u16).write_volatile(word as u16);
            ((site + 2) as *mut u16).write_volatile((word >> 16) as u16);
        }
        core::arch::asm!("fence.i", options(nostack));
    }
}

#[cfg(target_arch = "riscv64")]
/// `jal t1` over this many bytes, less than 1 MiB (Unprivileged ISA, section 2.5.1).
const fn jump_by_t1(offset: usize) -> u32 {
    let offset = offset as u32;
    (offset >> 20 & 1) << 31
        | (offset >> 1 & 0x3ff) << 21
        | (offset >> 11 & 1) << 20
        | (offset >> 12 & 0xff) << 12
        | 6 << 7
        | 0x6f
}

#[cfg(target_arch = "riscv32")]
unsafe extern "C" {
    /// The address behind the instructions that load the lowest PMP entry.
    safe fn leasehold_protect();
}

/// The address at which the vector begins to load PMP entries when so many of them are in use.
#[cfg(target_arch = "riscv32")]
pub(crate) fn loader(entries: usize) -> usize {
    (leasehold_protect as *const () as usize).wrapping_sub(8 * entries)
}
