//! A machine: hart, memory, board and firmware, in one time.
//!
//! One instruction takes one nanosecond, or as many as `Cpu::set_pace` says; a hart that waits skips to the next event.
//! Nothing depends on the host, so the same image with the same input is the same run, to the instruction. A clone is a
//! snapshot.

use crate::board::{Board, Stop};
use crate::cpu::{Cpu, Exit, Rules};
use crate::firmware::{self, Answer, Chain};
use crate::memory::Memory;
use crate::violation::Violation;
use anyhow::Result;
use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};

/// The machine.
#[derive(Clone, Debug)]
pub struct Machine<B> {
    /// The hart.
    pub cpu: Cpu,
    /// DRAM.
    pub memory: Memory,
    /// The devices.
    pub board: B,
    chain: Chain,
    now: u64,
    waits: bool,
    breakpoints: BTreeSet<u64>,
    /// What the firmware printed, before what the board's console did.
    printed: Vec<u8>,
    violations: Vec<Violation>,
}

impl<B: Board> Machine<B> {
    /// A machine whose firmware enters the kernel with its first step.
    #[must_use]
    pub fn new(board: B, memory: Memory, rules: Rules, chain: Chain) -> Self {
        Self {
            cpu: Cpu::new(rules),
            memory,
            board,
            chain,
            now: 0,
            waits: false,
            breakpoints: BTreeSet::new(),
            printed: Vec::new(),
            violations: Vec::new(),
        }
    }

    /// Enters a kernel in supervisor mode, with the address of a device tree (0 is none).
    pub fn enter(&mut self, entry: u64, device_tree: u64) {
        firmware::enter(&mut self.cpu, entry, device_tree);
    }

    /// Enters an OpenSBI of the kind `fw_dynamic`, which is put at this address and enters the kernel.
    ///
    /// # Errors
    /// It does not fit.
    pub fn enter_firmware(
        &mut self,
        firmware: (&[u8], u64),
        entry: u64,
        device_tree: u64,
    ) -> Result<()> {
        firmware::load_dynamic(
            &mut self.cpu,
            &mut self.memory,
            firmware,
            entry,
            device_tree,
        )
    }

    /// The time in nanoseconds.
    #[must_use]
    pub fn now(&self) -> u64 {
        self.now
    }

    /// When the next event is due, if the hart waits.
    #[must_use]
    pub fn waits_until(&self) -> Option<u64> {
        self.waits
            .then(|| self.board.next_event(self.now))
            .flatten()
    }

    /// Sends bytes to the console.
    pub fn serial_in(&mut self, bytes: &[u8]) {
        self.board.serial_in(bytes, self.now);
    }

    /// How many bytes the console takes now without a loss.
    #[must_use]
    pub fn serial_room(&self) -> usize {
        self.board.serial_room()
    }

    /// Takes what was printed.
    pub fn serial_out(&mut self) -> Vec<u8> {
        let mut bytes = std::mem::take(&mut self.printed);
        bytes.extend(self.board.serial_out());
        bytes
    }

    /// Takes what was reported, in the order of time.
    pub fn violations(&mut self) -> Vec<Violation> {
        self.gather();
        std::mem::take(&mut self.violations)
    }

    /// Stops before an instruction, each time that the hart comes to it.
    pub fn set_breakpoint(&mut self, address: u64) {
        self.breakpoints.insert(address);
    }

    /// Takes a breakpoint away.
    pub fn clear_breakpoint(&mut self, address: u64) {
        self.breakpoints.remove(&address);
    }

    /// Whether the next instruction has a breakpoint.
    #[must_use]
    pub fn at_breakpoint(&self) -> bool {
        !self.waits && self.breakpoints.contains(&self.cpu.pc())
    }

    /// Runs for so many nanoseconds, or until something ends it.
    pub fn run(&mut self, nanoseconds: u64) -> Stop {
        let end = self.now.saturating_add(nanoseconds);
        let mut first = true;
        loop {
            self.board.advance(self.now, &mut self.memory);
            self.gather();
            if let Some(stop) = self.board.stopped() {
                return stop;
            }
            self.cpu.set_lines(self.board.lines(self.now));
            if self.now >= end {
                return Stop::Time;
            }
            let event = self
                .board
                .next_event(self.now)
                .map(|at| at.max(self.now + 1));
            if self.waits && !self.cpu.wakes() {
                match event {
                    Some(at) => self.now = at.min(end),
                    None => return Stop::Idle,
                }
                continue;
            }
            self.waits = false;
            if !first && self.breakpoints.contains(&self.cpu.pc()) {
                return Stop::Breakpoint;
            }
            first = false;
            let until = event.unwrap_or(end).min(end);
            let pace = self.cpu.pace();
            let limit = if self.breakpoints.is_empty() {
                (until - self.now).div_ceil(pace)
            } else {
                1
            };
            let (done, exit) = self
                .cpu
                .run(&mut self.memory, &mut self.board, limit, self.now);
            self.now += done * pace;
            match exit {
                Exit::Done => {}
                Exit::Wait => self.waits = true,
                Exit::Hang => return Stop::Hang,
                Exit::Firmware(trap) => {
                    match self.chain.handle(trap, &mut self.cpu, &mut self.board) {
                        Answer::Continue => {}
                        Answer::Stop(stop) => return stop,
                        Answer::Print(byte) => self.printed.push(byte),
                    }
                }
            }
        }
    }

    /// A number that depends on time, registers, memory and what was printed: two runs that are the same have the same.
    pub fn digest(&mut self) -> u64 {
        let mut hasher = DefaultHasher::new();
        let cpu = &self.cpu;
        (self.now, cpu.instructions(), cpu.pc()).hash(&mut hasher);
        for number in 0..32 {
            (cpu.register(number), cpu.float_register(number)).hash(&mut hasher);
        }
        let csr = &cpu.csr;
        [
            csr.status(),
            csr.satp,
            csr.sepc,
            csr.scause,
            csr.stval,
            csr.sscratch,
            csr.stvec,
        ]
        .hash(&mut hasher);
        self.memory.hash_into(&mut hasher);
        self.serial_out().hash(&mut hasher);
        hasher.finish()
    }

    fn gather(&mut self) {
        self.violations.extend(self.cpu.violations());
        self.violations.extend(self.board.violations());
    }
}
