//! Traps: what they are, who takes them, and the return from them.
//! Source: The RISC-V Instruction Set Manual, volume II, sections 3.1.6, 3.1.8, 3.1.15, 3.3.2 and 4.1.

use super::Cpu;
use super::status;

/// Why an instruction did not complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trap {
    /// As in `mcause`.
    pub cause: u64,
    /// As in `mtval`.
    pub value: u64,
}

/// Codes of `mcause` and `scause`.
pub mod cause {
    /// Instruction address misaligned.
    pub const FETCH_MISALIGNED: u64 = 0;
    /// Instruction access fault.
    pub const FETCH_ACCESS: u64 = 1;
    /// Illegal instruction.
    pub const ILLEGAL: u64 = 2;
    /// Breakpoint.
    pub const BREAKPOINT: u64 = 3;
    /// Load address misaligned.
    pub const LOAD_MISALIGNED: u64 = 4;
    /// Load access fault.
    pub const LOAD_ACCESS: u64 = 5;
    /// Store or AMO address misaligned.
    pub const STORE_MISALIGNED: u64 = 6;
    /// Store or AMO access fault.
    pub const STORE_ACCESS: u64 = 7;
    /// Environment call from user mode; supervisor and machine mode follow by their numbers.
    pub const CALL: u64 = 8;
    /// Environment call from supervisor mode.
    pub const SUPERVISOR_CALL: u64 = 9;
    /// Instruction page fault.
    pub const FETCH_PAGE: u64 = 12;
    /// Load page fault.
    pub const LOAD_PAGE: u64 = 13;
    /// Store or AMO page fault.
    pub const STORE_PAGE: u64 = 15;
    /// The bit that tells interrupts.
    pub const INTERRUPT: u64 = 1 << 63;
}

/// Bits of `mip` and `mie`.
pub mod interrupt {
    /// Supervisor software.
    pub const SUPERVISOR_SOFTWARE: u64 = 1 << 1;
    /// Machine software.
    pub const MACHINE_SOFTWARE: u64 = 1 << 3;
    /// Supervisor timer.
    pub const SUPERVISOR_TIMER: u64 = 1 << 5;
    /// Machine timer.
    pub const MACHINE_TIMER: u64 = 1 << 7;
    /// Supervisor external.
    pub const SUPERVISOR_EXTERNAL: u64 = 1 << 9;
    /// Machine external.
    pub const MACHINE_EXTERNAL: u64 = 1 << 11;
    /// Those of supervisor mode.
    pub const SUPERVISOR: u64 = SUPERVISOR_SOFTWARE | SUPERVISOR_TIMER | SUPERVISOR_EXTERNAL;
    /// Those of machine mode.
    pub const MACHINE: u64 = MACHINE_SOFTWARE | MACHINE_TIMER | MACHINE_EXTERNAL;
}

/// Privilege modes, by their numbers in `mstatus.MPP`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mode {
    /// User mode.
    User = 0,
    /// Supervisor mode.
    Supervisor = 1,
    /// Machine mode.
    Machine = 3,
}

impl Mode {
    /// By its number; 2 is none.
    #[must_use]
    pub fn of(number: u64) -> Self {
        match number {
            0 => Self::User,
            1 => Self::Supervisor,
            _ => Self::Machine,
        }
    }
}

impl Trap {
    pub(crate) fn new(cause: u64, value: u64) -> Self {
        Self { cause, value }
    }
}

impl Cpu {
    /// The most urgent interrupt that is to be taken now.
    pub(super) fn interrupt(&self) -> Option<u64> {
        let pending = self.csr.pending() & self.csr.mie;
        if pending == 0 {
            return None;
        }
        let machine_on = self.mode < Mode::Machine || self.csr.mstatus & status::MIE != 0;
        let supervisor_on = self.mode < Mode::Supervisor
            || self.mode == Mode::Supervisor && self.csr.mstatus & status::SIE != 0;
        let mut taken = if machine_on {
            pending & !self.csr.mideleg
        } else {
            0
        };
        if taken == 0 && supervisor_on {
            taken = pending & self.csr.mideleg;
        }
        // Section 3.1.9: external, software, timer, and machine mode's first.
        [11, 3, 7, 9, 1, 5]
            .into_iter()
            .find(|bit| taken >> bit & 1 != 0)
    }

    /// Whether a trap is delegated to supervisor mode.
    pub(super) fn is_delegated(&self, cause: u64) -> bool {
        let delegated = if cause & cause::INTERRUPT != 0 {
            self.csr.mideleg
        } else {
            self.csr.medeleg
        };
        self.mode <= Mode::Supervisor && delegated >> (cause & 63) & 1 != 0
    }

    /// Takes a trap in supervisor mode, from [`pc`](Self::pc).
    pub fn enter_supervisor(&mut self, trap: Trap) {
        self.csr.sepc = self.pc;
        self.csr.scause = trap.cause;
        self.csr.stval = trap.value;
        let old = self.csr.mstatus;
        let mut new = old & !(status::SPIE | status::SIE | status::SPP);
        if old & status::SIE != 0 {
            new |= status::SPIE;
        }
        if self.mode == Mode::Supervisor {
            new |= status::SPP;
        }
        self.csr.mstatus = new;
        self.arrive(Mode::Supervisor, self.csr.stvec, trap.cause);
    }

    /// Takes a trap in machine mode, from [`pc`](Self::pc).
    pub(super) fn enter_machine(&mut self, trap: Trap) {
        self.csr.mepc = self.pc;
        self.csr.mcause = trap.cause;
        self.csr.mtval = trap.value;
        let old = self.csr.mstatus;
        let mut new = old & !(status::MPIE | status::MIE | status::MPP);
        if old & status::MIE != 0 {
            new |= status::MPIE;
        }
        new |= (self.mode as u64) << status::MPP_SHIFT;
        self.csr.mstatus = new;
        self.arrive(Mode::Machine, self.csr.mtvec, trap.cause);
    }

    fn arrive(&mut self, mode: Mode, vector: u64, cause: u64) {
        self.set_mode(mode);
        let base = vector & !3;
        let vectored = vector & 3 == 1 && cause & cause::INTERRUPT != 0;
        self.pc = if vectored {
            base + 4 * (cause & 63)
        } else {
            base
        };
        if self.rules.trap_ends_reservation {
            self.reservation = None;
        }
    }

    /// `sret`.
    pub(super) fn return_supervisor(&mut self) {
        let old = self.csr.mstatus;
        let mode = if old & status::SPP != 0 {
            Mode::Supervisor
        } else {
            Mode::User
        };
        let mut new = old & !(status::SIE | status::SPP | status::MPRV) | status::SPIE;
        if old & status::SPIE != 0 {
            new |= status::SIE;
        }
        self.csr.mstatus = new;
        self.pc = self.csr.sepc;
        self.leave_trap(mode);
    }

    /// `mret`.
    pub(super) fn return_machine(&mut self) {
        let old = self.csr.mstatus;
        let mode = Mode::of(old >> status::MPP_SHIFT & 3);
        let mut new = old & !(status::MIE | status::MPP) | status::MPIE;
        if old & status::MPIE != 0 {
            new |= status::MIE;
        }
        if mode != Mode::Machine {
            new &= !status::MPRV;
        }
        self.csr.mstatus = new;
        self.pc = self.csr.mepc;
        self.leave_trap(mode);
    }

    fn leave_trap(&mut self, mode: Mode) {
        self.set_mode(mode);
        if self.rules.trap_ends_reservation {
            self.reservation = None;
        }
    }

    /// Changes the mode, and what follows from it.
    pub fn set_mode(&mut self, mode: Mode) {
        self.mode = mode;
        self.attention = true;
        self.choose_context();
    }
}
