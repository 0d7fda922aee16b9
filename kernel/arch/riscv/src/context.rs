//! The registers of a task that is not running.

use leasehold_abi::MESSAGE_WORDS;
use leasehold_core::{Context, Layout};

/// `a0`, the first result register.
const RESULT: usize = 10;
/// `s2`. The message words are `s2` to `s9`, the tag is `s10`; their register numbers are consecutive.
const MESSAGE: usize = 18;
const TAG: usize = MESSAGE + MESSAGE_WORDS;

/// Saved registers. The trap vector knows the layout.
#[derive(Clone, Debug)]
#[repr(C)]
pub struct RegisterFile {
    /// By register number. Register 0 needs no room, so its place has the program counter.
    pub(crate) x: [usize; 32],
    /// `satp` of the task.
    pub(crate) address_space: usize,
    /// The kernel's stack pointer at entry: a load from here is shorter than making the address.
    pub(crate) kernel_stack: usize,
    /// 1: interrupted or faulted, all registers count. 0: in a system call, where the caller-saved registers are dead
    /// and only the results count. Otherwise the task has floating-point registers, and this is the address of the code
    /// that loads them and continues.
    pub(crate) interrupted: usize,
    /// The address at which such a task continues when it starts; 0 without floating-point registers.
    pub(crate) fresh: usize,
    /// Where its floating-point registers are kept.
    pub(crate) floating: usize,
    /// The first task's record, which begins with its register file.
    pub(crate) tasks: usize,
    /// The set with this task alone.
    pub(crate) bit: usize,
}

impl RegisterFile {
    /// Sets what stays the same for the life of the task with this index: the value of `satp` while it runs, the stack
    /// pointer of the kernel when it enters, and where the task is in the kernel's table. `self` must be there.
    pub fn place(&mut self, task: usize, satp: usize, kernel_stack: usize) {
        self.address_space = satp;
        self.kernel_stack = kernel_stack;
        let own = (&raw const *self).expose_provenance();
        self.tasks = own.wrapping_sub(task * Layout::<Self>::TASK);
        self.bit = 1 << task;
    }

    /// Sets only the third result; the other two stay in registers.
    pub fn set_third_result(&mut self, value: usize) {
        self.x[RESULT + 2] = value;
    }

    /// The program counter.
    pub fn pc(&self) -> usize {
        self.x[0]
    }

    /// The stack pointer.
    pub fn stack(&self) -> usize {
        self.x[2]
    }
}

impl Context for RegisterFile {
    const EMPTY: Self = Self {
        x: [0; 32],
        address_space: 0,
        kernel_stack: 0,
        interrupted: 0,
        fresh: 0,
        floating: 0,
        tasks: 0,
        bit: 0,
    };

    fn start(&mut self, entry: usize, stack: usize) {
        self.x = [0; 32];
        self.x[0] = entry;
        self.x[2] = stack;
        self.interrupted = self.fresh;
    }

    fn place(&self) -> (usize, usize) {
        (self.x[0], self.x[2])
    }

    fn set_results(&mut self, results: [usize; 3]) {
        [self.x[RESULT], self.x[RESULT + 1], self.x[RESULT + 2]] = results;
    }

    fn message(&self) -> ([usize; MESSAGE_WORDS], usize) {
        let mut words = [0; MESSAGE_WORDS];
        words.copy_from_slice(&self.x[MESSAGE..TAG]);
        (words, self.x[TAG])
    }

    fn set_message(&mut self, words: [usize; MESSAGE_WORDS], tag: usize) {
        self.x[MESSAGE..TAG].copy_from_slice(&words);
        self.x[TAG] = tag;
    }

    fn skip(&mut self, bytes: usize) {
        self.x[0] = self.x[0].wrapping_add(bytes);
        self.x[RESULT + 1] = 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn start_leaves_nothing_of_the_life_before() {
        let mut registers = RegisterFile {
            x: core::array::from_fn(|number| number + 1),
            address_space: 7,
            kernel_stack: 9,
            interrupted: 1,
            fresh: 0,
            floating: 0,
            tasks: 11,
            bit: 13,
        };
        registers.start(0x8040_0000, 0x8050_0000);
        assert_eq!(registers.pc(), 0x8040_0000);
        assert_eq!(registers.stack(), 0x8050_0000);
        let rest = registers
            .x
            .iter()
            .enumerate()
            .filter(|(at, _)| ![0, 2].contains(at));
        assert!(rest.map(|(_, value)| *value).all(|value| value == 0));
        assert_eq!((registers.address_space, registers.interrupted), (7, 0));
        assert_eq!((registers.tasks, registers.bit), (11, 13));
    }

    #[test]
    fn a_message_is_s2_to_s9_and_the_tag_s10() {
        let mut registers = RegisterFile::EMPTY;
        registers.set_message([2, 3, 4, 5, 6, 7, 8, 9], 10);
        // Calling convention: s2 is x18, s10 is x26.
        for (saved, number) in (18..=26).enumerate() {
            assert_eq!(registers.x[number], saved + 2);
        }
        assert_eq!(registers.message(), ([2, 3, 4, 5, 6, 7, 8, 9], 10));
        assert_eq!(registers.x[27], 0);
        assert_eq!(registers.x[17], 0);
    }

    #[test]
    fn a_skipped_access_answers_in_a1_alone() {
        let mut registers = RegisterFile::EMPTY;
        registers.x[0] = 0x8000_0000;
        registers.x[10] = 5;
        registers.skip(8);
        assert_eq!(registers.x[0], 0x8000_0008);
        assert_eq!((registers.x[10], registers.x[11]), (5, 1));
    }
}
