//! One hart of RV64IMAFDC with machine, supervisor and user mode.

mod access;
mod atomic;
mod cache;
mod code;
mod compressed;
mod csr;
mod decode;
mod execute;
mod float;
mod op;
mod purpose;
mod rules;
pub mod status;
mod system;
mod tlb;
mod translate;
mod trap;

/// For generators of programs.
pub(crate) mod decoding {
    pub(crate) use super::decode::decode;
    pub(crate) use super::op::Kind;
}

pub use csr::{Csrs, extended};
pub use execute::Exit;
pub use rules::Rules;
pub use trap::{Mode, Trap, cause, interrupt};

use crate::violation::{Rule, Violation};
use atomic::Reservation;
use code::Code;
use std::collections::{BTreeSet, HashMap};
use tlb::Tlb;

/// Where in a TLB's key the number of a context lies.
const CONTEXT_SHIFT: u32 = 52;
/// Address spaces that have a number at one time; when they are used up, all translations go.
const SPACES: usize = 255;

/// The hart.
#[derive(Clone, Debug)]
pub struct Cpu {
    /// `x0` to `x31`, and a place for what is written to `x0`.
    x: Box<[u64; 64]>,
    f: [u64; 32],
    pc: u64,
    mode: Mode,
    /// The control and status registers.
    pub csr: Csrs,
    rules: Rules,
    reservation: Option<Reservation>,
    load_tlb: Tlb,
    store_tlb: Tlb,
    fetch_tlb: Tlb,
    data_context: u64,
    fetch_context: u64,
    spaces: HashMap<u16, u64>,
    code: Code,
    /// All ones if misaligned accesses trap, otherwise 0.
    alignment: u64,
    /// Something changed that interrupts depend on.
    attention: bool,
    /// Instructions at which the present run ends.
    limit: u64,
    /// Instructions done in the present run.
    done: u64,
    /// Nanoseconds at its start.
    started: u64,
    /// Nanoseconds that an instruction takes.
    pace: u64,
    retired: u64,
    hangs: bool,
    /// The model has no code of the firmware: traps to machine mode end a run.
    firmware_is_outside: bool,
    violations: Vec<Violation>,
    /// Pages whose entries were reported: once is enough.
    reported: BTreeSet<(Rule, u64)>,
}

impl Cpu {
    /// A hart after reset, in machine mode at address 0.
    #[must_use]
    pub fn new(rules: Rules) -> Self {
        let mut cpu = Self {
            x: Box::new([0; 64]),
            f: [0; 32],
            pc: 0,
            mode: Mode::Machine,
            csr: Csrs {
                mxstatus: rules.extended_status,
                ..Csrs::default()
            },
            rules,
            reservation: None,
            load_tlb: Tlb::new(),
            store_tlb: Tlb::new(),
            fetch_tlb: Tlb::new(),
            data_context: 0,
            fetch_context: 0,
            spaces: HashMap::new(),
            code: Code::default(),
            alignment: 0,
            attention: true,
            limit: 0,
            done: 0,
            started: 0,
            pace: 1,
            retired: 0,
            hangs: false,
            firmware_is_outside: false,
            violations: Vec::new(),
            reported: BTreeSet::new(),
        };
        cpu.choose_context();
        cpu
    }

    /// Traps to machine mode end a run instead of being taken: the firmware's part is played from outside.
    pub fn play_firmware_outside(&mut self) {
        self.firmware_is_outside = true;
    }

    /// Sets how many nanoseconds an instruction takes; 1 at first.
    ///
    /// # Panics
    /// If it is 0: time would stand still.
    pub fn set_pace(&mut self, nanoseconds: u64) {
        assert!(nanoseconds > 0, "an instruction takes time");
        self.pace = nanoseconds;
    }

    /// How many nanoseconds an instruction takes.
    #[must_use]
    pub fn pace(&self) -> u64 {
        self.pace
    }

    /// The program counter.
    #[must_use]
    pub fn pc(&self) -> u64 {
        self.pc
    }

    /// Sets the program counter.
    pub fn set_pc(&mut self, pc: u64) {
        self.pc = pc;
    }

    /// The mode that the hart is in.
    #[must_use]
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// An integer register.
    #[must_use]
    pub fn register(&self, number: usize) -> u64 {
        self.x[number & 31]
    }

    /// Sets an integer register; `x0` stays 0.
    pub fn set_register(&mut self, number: usize, value: u64) {
        if number & 31 != 0 {
            self.x[number & 31] = value;
        }
    }

    /// A floating-point register's bits.
    #[must_use]
    pub fn float_register(&self, number: usize) -> u64 {
        self.f[number & 31]
    }

    /// Sets a floating-point register's bits.
    pub fn set_float_register(&mut self, number: usize, value: u64) {
        self.f[number & 31] = value;
    }

    /// The interrupts that devices hold, as bits of `mip`.
    pub fn set_lines(&mut self, lines: u64) {
        if self.csr.lines != lines {
            self.csr.lines = lines;
            self.attention = true;
        }
    }

    /// Whether an interrupt that is enabled in `mie` is pending, which ends a wait.
    #[must_use]
    pub fn wakes(&self) -> bool {
        self.csr.pending() & self.csr.mie != 0
    }

    /// Takes what was reported.
    pub fn violations(&mut self) -> Vec<Violation> {
        std::mem::take(&mut self.violations)
    }

    /// How many instructions have been completed.
    #[must_use]
    pub fn instructions(&self) -> u64 {
        self.retired + self.done
    }

    /// Takes over control registers that were written from outside.
    pub fn registers_changed(&mut self) {
        self.attention = true;
        self.drop_translations();
        self.drop_code();
    }

    /// The time of the present instruction, in nanoseconds.
    fn now(&self) -> u64 {
        self.started + self.done * self.pace
    }

    fn report(&mut self, rule: Rule, address: u64) {
        let violation = Violation {
            rule,
            address,
            pc: self.pc,
            now: self.now(),
        };
        self.violations.push(violation);
    }

    /// Reports what is wrong with a page's entry, the first time that it is used.
    fn report_page(&mut self, rule: Rule, address: u64) {
        if self.reported.insert((rule, address >> 12)) {
            self.report(rule, address);
        }
    }

    /// Forgets all translations.
    fn drop_translations(&mut self) {
        self.load_tlb.clear();
        self.store_tlb.clear();
        self.fetch_tlb.clear();
        self.spaces.clear();
        self.choose_context();
    }

    /// Forgets all decoded instructions.
    fn drop_code(&mut self) {
        self.code.clear();
        self.fetch_tlb.clear();
    }

    /// Chooses the numbers that translations are cached under: by address space, and what else decides rights.
    fn choose_context(&mut self) {
        self.choose_alignment();
        if self.spaces.len() >= SPACES && !self.spaces.contains_key(&self.asid()) {
            self.load_tlb.clear();
            self.store_tlb.clear();
            self.fetch_tlb.clear();
            self.spaces.clear();
        }
        let next = self.spaces.len() as u64 + 1;
        let space = *self.spaces.entry(self.asid()).or_insert(next);
        let options = (self.csr.mstatus & (status::SUM | status::MXR)) >> 18;
        let number = |mode: Mode, options: u64| {
            // Without translation all modes and options are alike.
            let rights = if mode == Mode::Machine || self.csr.satp >> 60 == 0 {
                0
            } else {
                1 + (mode as u64) + 2 * options
            };
            (space << 4 | rights) << CONTEXT_SHIFT
        };
        let (data, fetch) = (number(self.data_mode(), options), number(self.mode, 0));
        self.data_context = data;
        self.fetch_context = fetch;
    }

    fn asid(&self) -> u16 {
        (self.csr.satp >> 44) as u16
    }
}

#[cfg(test)]
mod tests;
