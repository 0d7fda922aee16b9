//! The core against the official specification in Sail, as the crate `softcore-rv64` has it. That crate has neither
//! memory nor compressed instructions.

use super::op::Kind;
use super::*;
use crate::board::{Access, Bus, Refused};
use crate::lockstep::random::Random;
use crate::memory::Memory;
use softcore_rv64::{Core, Privilege, config, new_core, prelude::bv, raw, registers};

/// Where the instruction lies.
const AT: u64 = 0x8000_1000;

struct Nothing;

impl Bus for Nothing {
    fn read(&mut self, _access: &Access) -> Result<u64, Refused> {
        Err(Refused::Error)
    }

    fn write(&mut self, _access: &Access, _value: u64) -> Result<(), Refused> {
        Err(Refused::Error)
    }
}

/// Both of them, in the same state.
struct Pair {
    ours: Cpu,
    theirs: Core,
    memory: Memory,
}

impl Pair {
    fn new() -> Self {
        let mut theirs = new_core(config::U74);
        theirs.reset();
        Self {
            ours: Cpu::new(Rules::virt()),
            theirs,
            memory: Memory::new(0x8000_0000, 0x1_0000, true),
        }
    }

    fn set_register(&mut self, number: usize, value: u64) {
        self.ours.set_register(number, value);
        self.theirs
            .set(registers::GeneralRegister::new(number as u8), value);
    }

    fn set_mode(&mut self, mode: Mode) {
        self.ours.set_mode(mode);
        self.theirs.set_mode(match mode {
            Mode::Machine => Privilege::Machine,
            Mode::Supervisor => Privilege::Supervisor,
            Mode::User => Privilege::User,
        });
    }

    /// Writes a register in both, by machine mode's rights.
    fn set_csr(&mut self, number: u32, value: u64) {
        self.set_mode(Mode::Machine);
        assert!(self.ours.write_csr(number, value).is_ok());
        assert!(self.theirs.set_csr(number.into(), value).is_some());
    }

    fn execute(&mut self, word: u32) {
        self.memory.store(AT, word.to_le_bytes()).unwrap();
        self.ours.drop_code();
        self.ours.set_pc(AT);
        self.ours.run(&mut self.memory, &mut Nothing, 1, 0);
        self.theirs.PC = bv(AT);
        self.theirs.nextPC = bv(AT + 4);
        let instruction = self.theirs.decode_instr(word);
        self.theirs.execute(instruction);
    }

    #[track_caller]
    fn compare(&mut self, what: &str) {
        let theirs = raw::get_next_pc(&mut self.theirs, ()).bits();
        assert_eq!(self.ours.pc(), theirs, "{what}: pc");
        for number in 0..32 {
            let theirs = self
                .theirs
                .get(registers::GeneralRegister::new(number as u8));
            assert_eq!(self.ours.register(number), theirs, "{what}: x{number}");
        }
        let mode = match self.theirs.mode() {
            Privilege::Machine => Mode::Machine,
            Privilege::Supervisor => Mode::Supervisor,
            Privilege::User => Mode::User,
        };
        assert_eq!(self.ours.mode(), mode, "{what}: mode");
        for number in TRAP_REGISTERS {
            self.set_mode(Mode::Machine);
            let ours = self.ours.read_csr(number, 0).ok();
            assert_eq!(
                ours,
                self.theirs.get_csr(number.into()),
                "{what}: CSR {number:#x}"
            );
        }
        self.set_mode(mode);
    }
}

/// `mstatus`, `mtvec`, `mscratch`, `mepc`, `mcause`, `mtval`, and the supervisor's.
const TRAP_REGISTERS: [u32; 12] = [
    0x300, 0x305, 0x340, 0x341, 0x342, 0x343, 0x100, 0x105, 0x140, 0x141, 0x142, 0x143,
];

fn is_integer(kind: Kind) -> bool {
    let number = kind as u8;
    let memory = Kind::Lb as u8..=Kind::Sd as u8;
    // The crate has no products of 128 bits and no difference of 32.
    let wide = Kind::Mul as u8..=Kind::Mulhu as u8;
    let all = Kind::Lui as u8..=Kind::Remuw as u8;
    all.contains(&number)
        && !memory.contains(&number)
        && !wide.contains(&number)
        && kind != Kind::Subw
}

#[test]
fn integer_instructions_and_jumps() {
    let mut random = Random::new(7);
    let mut pair = Pair::new();
    let mut counts = std::collections::BTreeMap::new();
    while counts.values().sum::<u32>() < 60_000 {
        let opcode = [
            0x13, 0x1b, 0x33, 0x33, 0x3b, 0x3b, 0x63, 0x67, 0x6f, 0x17, 0x37,
        ][random.below(11) as usize];
        let mut word = random.number() as u32 & !0x7f | opcode;
        if matches!(opcode, 0x33 | 0x3b) {
            // Otherwise hardly any would be an instruction.
            word = word & 0x01ff_ffff | [0, 0x20, 1][random.below(3) as usize] << 25;
        }
        let kind = decode::decode(word).kind;
        if !is_integer(kind) {
            continue;
        }
        *counts.entry(kind as u8).or_insert(0) += 1;
        for number in 1..32 {
            let value = match random.below(4) {
                0 => random.number(),
                1 => random.number() as i32 as u64,
                2 => [0, 1, u64::MAX, 1 << 63, 0xffff_ffff_8000_0000][random.below(5) as usize],
                _ => u64::from(random.below(70)),
            };
            pair.set_register(number, value);
        }
        pair.execute(word);
        pair.compare(&format!("{word:#010x} ({kind:?})"));
    }
    assert_eq!(counts.len(), 46, "every kind came");
}

#[test]
fn traps_and_returns() {
    let mut random = Random::new(8);
    let mut pair = Pair::new();
    for _ in 0..20_000 {
        for number in [
            0x305, 0x340, 0x341, 0x342, 0x343, 0x105, 0x140, 0x141, 0x142, 0x143,
        ] {
            pair.set_csr(number, random.number() & !3);
        }
        pair.set_csr(0x302, random.number() & 0xb3ff);
        // No state of the floating-point unit, and the modes that exist.
        let previous = [0, 1, 3][random.below(3) as usize];
        let status = random.number() & status::WRITABLE & !(status::FS | status::MPP);
        pair.set_csr(0x300, status | previous << status::MPP_SHIFT);
        let mode = [Mode::Machine, Mode::Supervisor, Mode::User][random.below(3) as usize];
        pair.set_mode(mode);
        let word = [
            0x0000_0073,
            0x3020_0073,
            0x1020_0073,
            0x1200_0073,
            0x3000_2573,
            0x1000_2573,
            0x1800_2573,
        ][random.below(7) as usize];
        pair.execute(word);
        pair.compare(&format!("{word:#010x} in {mode:?} with status {status:#x}"));
    }
}
