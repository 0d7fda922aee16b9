//! The registers of a task that is not running.
//!
//! The processor itself pushes half of them onto the task's stack, as a [`Frame`]. The kernel reads the frame once, at
//! entry, and writes it when the task continues. Until then the new values are kept here.

use leasehold_abi::MESSAGE_WORDS;
use leasehold_core::{Context, Range};

/// What an exception pushes (Armv7-M, B1.5.6), without floating point.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct Frame {
    /// `r0` to `r3`.
    pub arguments: [u32; 4],
    /// `r12`.
    pub r12: u32,
    /// `lr`.
    pub lr: u32,
    /// The next instruction.
    pub pc: u32,
    /// Flags, and how the stack was aligned.
    pub status: u32,
}

/// Saved registers. The exception vectors know the layout.
#[derive(Clone, Debug)]
#[repr(C)]
pub struct RegisterFile {
    /// `r4` to `r11`: in a message call, its words.
    pub(crate) saved: [usize; MESSAGE_WORDS],
    /// Where the frame lies.
    pub(crate) frame: usize,
    /// The program counter in it.
    pub(crate) pc: usize,
    /// Lowest address of a frame.
    pub(crate) lowest: usize,
    /// How far above that a frame may begin.
    pub(crate) room: usize,
    /// The task's regions, as the memory protection unit wants them.
    pub(crate) regions: usize,
    /// What must be written into the frame: [`CALLED`], one of `states`, or the address of the code that continues
    /// after a call.
    pub(crate) state: usize,
    /// What a system call answers.
    pub(crate) results: [usize; 3],
    /// `r3` after a system call: the tag of the message received, or 0.
    pub(crate) tag: usize,
    /// 0, which follows those in the frame.
    pub(crate) zero: usize,
    /// The tag of the message sent.
    pub(crate) sent: usize,
    /// The states of a task that was interrupted, never ran, or whose checked access was refused: the constants below,
    /// or the addresses of the instructions that load its floating-point registers, too.
    pub(crate) states: [usize; 3],
    /// Where its floating-point registers are kept.
    pub(crate) floating: usize,
    text: Range,
}

/// In a system call: results and tag.
const CALLED: usize = 0;
/// Interrupted or faulted: nothing.
pub(crate) const INTERRUPTED: usize = 1;
/// Never ran: everything.
const STARTED: usize = 2;
/// Its checked access was refused: a new program counter, and 1 in the second result register.
pub(crate) const SKIPPED: usize = 3;

impl RegisterFile {
    /// The values that stay the same for the task's life: its regions, the range for its frames, and its instructions.
    pub fn assign(&mut self, regions: usize, data: Range, text: Range) {
        self.regions = regions;
        self.lowest = data.base();
        self.room = data.length().saturating_sub(size_of::<Frame>());
        self.text = text;
    }

    /// The address of its last frame, if all of the frame is in the task's own data. Other memory could be taken away,
    /// or changed by another task.
    pub fn own_frame(&self) -> Option<usize> {
        (self.frame.wrapping_sub(self.lowest) <= self.room).then_some(self.frame)
    }

    /// It faulted at this instruction (0: unknown). Its frame is complete.
    pub fn faulted(&mut self, pc: usize) {
        self.pc = pc;
        [self.state, ..] = self.states;
    }

    /// The address of its last frame, or the one that the frame would have had.
    pub fn frame(&self) -> usize {
        self.frame
    }

    /// Whether 4 bytes at `address` are of its instructions.
    pub fn executes(&self, address: usize) -> bool {
        self.text.holds(address, 4)
    }

    /// Fifth and sixth argument of a system call.
    pub fn more_arguments(&self) -> [usize; 2] {
        [self.saved[0], self.saved[1]]
    }
}

impl Context for RegisterFile {
    const EMPTY: Self = Self {
        saved: [0; MESSAGE_WORDS],
        frame: 0,
        pc: 0,
        lowest: 0,
        room: 0,
        regions: 0,
        state: CALLED,
        results: [0; 3],
        tag: 0,
        zero: 0,
        sent: 0,
        states: [INTERRUPTED, STARTED, SKIPPED],
        floating: 0,
        text: Range::new(0, 0),
    };

    fn start(&mut self, entry: usize, stack: usize) {
        self.saved = [0; MESSAGE_WORDS];
        self.frame = stack.wrapping_sub(size_of::<Frame>());
        self.pc = entry;
        [_, self.state, _] = self.states;
        self.results = [0; 3];
        self.tag = 0;
        self.sent = 0;
    }

    fn place(&self) -> (usize, usize) {
        (self.pc, self.frame.wrapping_add(size_of::<Frame>()))
    }

    fn set_results(&mut self, results: [usize; 3]) {
        self.results = results;
    }

    fn message(&self) -> ([usize; MESSAGE_WORDS], usize) {
        (self.saved, self.sent)
    }

    fn set_message(&mut self, words: [usize; MESSAGE_WORDS], tag: usize) {
        self.saved = words;
        self.tag = tag;
    }

    fn skip(&mut self, bytes: usize) {
        self.pc = self.pc.wrapping_add(bytes);
        [.., self.state] = self.states;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::assert_eq;

    #[test]
    fn start_leaves_nothing_of_the_life_before() {
        let mut registers = RegisterFile {
            saved: [1; MESSAGE_WORDS],
            frame: 2,
            pc: 3,
            state: INTERRUPTED,
            results: [4; 3],
            tag: 5,
            sent: 6,
            ..RegisterFile::EMPTY
        };
        registers.assign(6, Range::new(0x2000_0000, 0x400), Range::new(0x1000, 0x100));
        registers.start(0x1000, 0x2000_0200);
        assert_eq!(Context::place(&registers), (0x1000, 0x2000_0200));
        assert_eq!(registers.saved, [0; MESSAGE_WORDS]);
        assert_eq!(registers.results, [0; 3]);
        assert_eq!((registers.tag, registers.sent), (0, 0));
        assert_eq!((registers.state, registers.regions), (STARTED, 6));
    }

    #[test]
    fn a_frame_lies_in_the_data_as_a_whole() {
        let mut registers = RegisterFile::EMPTY;
        registers.assign(0, Range::new(0x2000_0000, 0x100), Range::new(0, 0));
        for (frame, own) in [
            (0x1fff_fff8, false),
            (0x2000_0000, true),
            (0x2000_00e0, true),
            (0x2000_00e8, false),
            (0x2000_0100, false),
            (0, false),
            (usize::MAX & !7, false),
        ] {
            registers.frame = frame;
            assert_eq!(registers.own_frame().is_some(), own, "{frame:#x}");
        }
    }

    #[test]
    fn a_skipped_access_goes_on_behind_and_keeps_the_other_registers() {
        let mut registers = RegisterFile::EMPTY;
        registers.state = INTERRUPTED;
        registers.saved = [7; MESSAGE_WORDS];
        registers.pc = 0x1000;
        registers.skip(8);
        assert_eq!((registers.pc, registers.state), (0x1008, SKIPPED));
        assert_eq!(registers.saved, [7; MESSAGE_WORDS]);
    }

    #[test]
    fn the_frame_is_as_the_processor_has_it() {
        use core::mem::offset_of;
        assert_eq!(size_of::<Frame>(), 32);
        assert_eq!(offset_of!(Frame, r12), 16);
        assert_eq!(offset_of!(Frame, pc), 24);
    }
}
