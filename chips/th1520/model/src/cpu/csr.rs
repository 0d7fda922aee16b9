//! Control and status registers.
//! Source: The RISC-V Instruction Set Manual, volume II, chapters 2 to 4; privileged architecture 1.10 (what came later
//! is illegal here, as on the C910). T-Head's: XuanTie C910 user manual, appendix C; openC910 RTL, ct_cp0_regs.v.

use super::Cpu;
use super::status;
use super::trap::{Mode, interrupt};

/// `mxstatus`, and `sxstatus`, which shows it (C910).
pub mod extended {
    /// Misaligned accesses of normal memory are done by hardware.
    pub const MISALIGNED: u64 = 1 << 15;
    /// User mode may clean lines.
    pub const USER_CACHE: u64 = 1 << 16;
    /// The CLINT's registers of supervisor mode are on.
    pub const CLINT: u64 = 1 << 17;
    /// Page attributes are on (MAEE).
    pub const ATTRIBUTES: u64 = 1 << 21;
    /// T-Head's instructions are on.
    pub const INSTRUCTIONS: u64 = 1 << 22;
}

/// RV64 with A, C, D, F, I, M, S, U.
const MISA: u64 = 2 << 62 | 1 | 1 << 2 | 1 << 3 | 1 << 5 | 1 << 8 | 1 << 12 | 1 << 18 | 1 << 20;
/// Exceptions that can be delegated: all but those of machine mode's own calls.
const DELEGABLE: u64 = 0xb3ff;
/// `satp`'s mode for Sv39.
const SV39: u64 = 8;

/// The registers' values.
#[derive(Clone, Debug, Default)]
#[allow(
    missing_docs,
    reason = "each has the name that the specification gives it"
)]
pub struct Csrs {
    pub mstatus: u64,
    pub medeleg: u64,
    pub mideleg: u64,
    pub mie: u64,
    pub mtvec: u64,
    pub mscratch: u64,
    pub mepc: u64,
    pub mcause: u64,
    pub mtval: u64,
    pub mcounteren: u64,
    pub stvec: u64,
    pub sscratch: u64,
    pub sepc: u64,
    pub scause: u64,
    pub stval: u64,
    pub scounteren: u64,
    pub satp: u64,
    /// Pending bits that software set.
    pub software: u64,
    /// Pending bits that devices hold.
    pub lines: u64,
    /// Rounding mode and flags.
    pub fcsr: u64,
    /// `mxstatus`.
    pub mxstatus: u64,
    /// T-Head's other registers of machine mode, which only keep what is written: MCOR and its neighbours.
    pub thead: [u64; 16],
}

impl Csrs {
    /// `mip`.
    #[must_use]
    pub fn pending(&self) -> u64 {
        self.software | self.lines
    }

    /// `mstatus` with its summary bit.
    #[must_use]
    pub fn status(&self) -> u64 {
        let dirty = if self.mstatus & status::FS == status::FS {
            status::SD
        } else {
            0
        };
        self.mstatus | status::XL | dirty
    }

    fn set_status(&mut self, value: u64) {
        // MPP takes only modes that exist.
        let previous = value >> status::MPP_SHIFT & 3;
        let kept = if previous == 2 {
            self.mstatus & status::MPP
        } else {
            value & status::MPP
        };
        self.mstatus = value & !status::MPP | kept;
    }
}

/// No such register, or not for this mode.
pub(crate) struct Refused;

impl Cpu {
    /// Reads a register for the mode that the hart is in; `now` is the time.
    pub(super) fn read_csr(&mut self, number: u32, now: u64) -> Result<u64, Refused> {
        let csr = &self.csr;
        Ok(match number {
            0x001 => self.float_csr()? & 0x1f,
            0x002 => self.float_csr()? >> 5,
            0x003 => self.float_csr()?,
            0xc00 | 0xc02 => self.counter(number & 31, self.instructions())?,
            0xc01 => self.counter(1, self.ticks(now))?,
            0xc03..=0xc1f => self.counter(number & 31, 0)?,
            0x100 => csr.status() & (status::SUPERVISOR | status::SD | 3 << 32),
            0x104 => csr.mie & csr.mideleg,
            0x105 => csr.stvec,
            0x106 => csr.scounteren,
            0x140 => csr.sscratch,
            0x141 => csr.sepc,
            0x142 => csr.scause,
            0x143 => csr.stval,
            0x144 => csr.pending() & csr.mideleg,
            0x180 => {
                self.may_translate()?;
                self.csr.satp
            }
            0xf11 => self.rules.vendor,
            0xf12..=0xf14 => 0,
            0x300 => csr.status(),
            0x301 => MISA,
            0x302 => csr.medeleg,
            0x303 => csr.mideleg,
            0x304 => csr.mie,
            0x305 => csr.mtvec,
            0x306 => csr.mcounteren,
            0x340 => csr.mscratch,
            0x341 => csr.mepc,
            0x342 => csr.mcause,
            0x343 => csr.mtval,
            0x344 => csr.pending(),
            0xb00 | 0xb02 => self.instructions(),
            // Performance counters, their events, and physical memory protection of no entries.
            0xb03..=0xb1f | 0x323..=0x33f | 0x3a0 | 0x3a2 | 0x3b0..=0x3bf => 0,
            0x5c0 | 0x7c0 if self.rules.thead => csr.mxstatus | (self.mode as u64) << 30,
            0x7c1..=0x7cf if self.rules.thead => csr.thead[number as usize & 15],
            0x7f3 if self.rules.thead => csr.thead[0],
            _ => return Err(Refused),
        })
    }

    /// Writes a register for the mode that the hart is in.
    pub(super) fn write_csr(&mut self, number: u32, value: u64) -> Result<(), Refused> {
        let csr = &mut self.csr;
        let merge = |old: u64, mask: u64| old & !mask | value & mask;
        match number {
            0x001 => self.set_float_csr(0x1f, value)?,
            0x002 => self.set_float_csr(0xe0, value << 5)?,
            0x003 => self.set_float_csr(0xff, value)?,
            0x100 => csr.set_status(merge(csr.mstatus, status::SUPERVISOR)),
            0x104 => csr.mie = merge(csr.mie, csr.mideleg),
            0x105 => csr.stvec = value & !2,
            0x106 => csr.scounteren = value & 0xffff_ffff,
            0x140 => csr.sscratch = value,
            0x141 => csr.sepc = value & !1,
            0x142 => csr.scause = value,
            0x143 => csr.stval = value,
            0x144 => {
                csr.software = merge(csr.software, csr.mideleg & interrupt::SUPERVISOR_SOFTWARE)
            }
            0x180 => {
                self.may_translate()?;
                self.set_translation(value);
            }
            0x300 => csr.set_status(merge(csr.mstatus, status::WRITABLE)),
            0x301 => {}
            0x302 => csr.medeleg = value & DELEGABLE,
            0x303 => csr.mideleg = value & interrupt::SUPERVISOR,
            0x304 => csr.mie = value & (interrupt::SUPERVISOR | interrupt::MACHINE),
            0x305 => csr.mtvec = value & !2,
            0x306 => csr.mcounteren = value & 0xffff_ffff,
            0x340 => csr.mscratch = value,
            0x341 => csr.mepc = value & !1,
            0x342 => csr.mcause = value,
            0x343 => csr.mtval = value,
            0x344 => csr.software = merge(csr.software, interrupt::SUPERVISOR),
            0xb00 | 0xb02..=0xb1f | 0x323..=0x33f | 0x3a0 | 0x3a2 | 0x3b0..=0x3bf => {}
            // Of the extended status, supervisor mode can write one bit through its view.
            0x5c0 if self.rules.thead => csr.mxstatus = merge(csr.mxstatus, extended::MISALIGNED),
            0x7c0 if self.rules.thead => {
                csr.mxstatus = value & !(3 << 30);
                self.drop_translations();
            }
            0x7c1..=0x7cf if self.rules.thead => csr.thead[number as usize & 15] = value,
            0x7f3 if self.rules.thead => csr.thead[0] = value,
            _ => return Err(Refused),
        }
        self.attention = true;
        self.choose_context();
        Ok(())
    }

    /// Whether an access is allowed by the register's number (section 2.1).
    pub(super) fn may_access(&self, number: u32, writes: bool) -> bool {
        let least = number >> 8 & 3;
        self.mode as u32 >= least && !(writes && number >> 10 == 3)
    }

    /// The counter `time` at a time in nanoseconds.
    #[must_use]
    pub fn ticks(&self, now: u64) -> u64 {
        crate::clock::counts(now, self.rules.ticks_per_second)
    }

    fn float_csr(&self) -> Result<u64, Refused> {
        if self.csr.mstatus & status::FS == 0 {
            Err(Refused)
        } else {
            Ok(self.csr.fcsr)
        }
    }

    fn set_float_csr(&mut self, mask: u64, value: u64) -> Result<(), Refused> {
        let old = self.float_csr()?;
        self.csr.fcsr = old & !mask | value & mask;
        self.csr.mstatus |= status::FS;
        Ok(())
    }

    /// A counter, if the modes above let this one read it (sections 3.1.11 and 4.1.5).
    fn counter(&self, bit: u32, value: u64) -> Result<u64, Refused> {
        let machine = self.mode == Mode::Machine || self.csr.mcounteren >> bit & 1 != 0;
        let supervisor = self.mode > Mode::User || self.csr.scounteren >> bit & 1 != 0;
        if machine && supervisor {
            Ok(value)
        } else {
            Err(Refused)
        }
    }

    fn may_translate(&self) -> Result<(), Refused> {
        let trapped = self.mode == Mode::Supervisor && self.csr.mstatus & status::TVM != 0;
        if trapped { Err(Refused) } else { Ok(()) }
    }

    fn set_translation(&mut self, value: u64) {
        // A mode that is not there leaves the register as it was (section 4.1.11).
        if matches!(value >> 60, 0 | SV39) {
            // 16 bits of identifier; 44 of page number, of which the C910 keeps 28.
            let kept = if self.rules.thead {
                0xffff << 44 | 0xfff_ffff
            } else {
                (1 << 60) - 1
            };
            self.csr.satp = value & (0xf << 60 | kept);
        }
    }
}
