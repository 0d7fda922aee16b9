//! The firmware's part: the state at the kernel's entry, and calls (SBI).
//! Sources: RISC-V Supervisor Binary Interface Specification 1.0; vendor chain: revyos/thead-opensbi lib/sbi (version
//! 0.9, specification 0.3), its reset in lib/utils/reset/fdt_reset_thead.c; mainline: riscv-software-src/opensbi.

use crate::board::{Board, Stop};
use crate::cpu::{Cpu, Mode, Trap, cause, interrupt, status};
use crate::load;
use crate::memory::Memory;
use anyhow::Result;

/// Which firmware is below the kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chain {
    /// OpenSBI as QEMU brings it.
    Qemu,
    /// The board's vendor: U-Boot 2020.01 and OpenSBI 0.9.
    Vendor,
    /// Mainline U-Boot and OpenSBI.
    Mainline,
}

impl Chain {
    /// Where the firmware keeps memory for itself: first address and bytes (docs: the vendor's U-Boot loads OpenSBI to
    /// `opensbi_addr`, 0; mainline's SPL loads it to 0x80000000).
    #[must_use]
    pub fn memory(self) -> (u64, u64) {
        match self {
            Self::Vendor => (0, 0x20_0000),
            Self::Qemu | Self::Mainline => (0x8000_0000, 0x20_0000),
        }
    }
}

/// What both OpenSBIs delegate without the hypervisor extension: misaligned fetch, breakpoint, calls of user mode, page
/// faults (lib/sbi/sbi_hart.c, `delegate_traps`). The rest is redirected, with cause and value kept.
const DELEGATED: u64 = 1 << cause::FETCH_MISALIGNED
    | 1 << cause::BREAKPOINT
    | 1 << cause::CALL
    | 1 << cause::FETCH_PAGE
    | 1 << cause::LOAD_PAGE
    | 1 << cause::STORE_PAGE;

/// Errors of calls.
mod error {
    pub(super) const NOT_SUPPORTED: i64 = -2;
    pub(super) const INVALID_PARAMETER: i64 = -3;
    pub(super) const ALREADY_AVAILABLE: i64 = -6;
}

/// Extensions by their numbers.
mod extension {
    pub(super) const BASE: u64 = 0x10;
    pub(super) const TIME: u64 = 0x5449_4d45;
    pub(super) const IPI: u64 = 0x0073_5049;
    pub(super) const REMOTE_FENCE: u64 = 0x5246_4e43;
    pub(super) const HARTS: u64 = 0x0048_534d;
    pub(super) const RESET: u64 = 0x5352_5354;
}

/// The hart that the model has.
const HART: u64 = 0;

/// What a trap to the firmware comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Continue,
    Stop(Stop),
    /// `putchar` of the first version's calls.
    Print(u8),
}

/// Puts the hart at the kernel's entry.
pub fn enter(cpu: &mut Cpu, entry: u64, device_tree: u64) {
    cpu.play_firmware_outside();
    cpu.csr.medeleg = DELEGATED;
    cpu.csr.mideleg = interrupt::SUPERVISOR;
    cpu.csr.mcounteren = 0xffff_ffff;
    cpu.csr.scounteren = 7;
    cpu.csr.mstatus = status::FS & 1 << 13;
    cpu.set_register(10, HART);
    cpu.set_register(11, device_tree);
    cpu.set_pc(entry);
    cpu.set_mode(Mode::Supervisor);
    cpu.registers_changed();
}

/// Puts the hart at the entry of an OpenSBI of the kind `fw_dynamic`, as a first loader does, with what it shall enter
/// and where it finds that told. Its own code handles calls and traps from then on.
/// Source: OpenSBI docs/firmware/fw_dynamic.md; include/sbi/fw_dynamic.h.
pub(crate) fn load_dynamic(
    cpu: &mut Cpu,
    memory: &mut Memory,
    (code, at): (&[u8], u64),
    entry: u64,
    device_tree: u64,
) -> Result<()> {
    const MAGIC: u64 = 0x4942_534f;
    const VERSION: u64 = 2;
    load::raw(code, at, memory)?;
    let supervisor = Mode::Supervisor as u64;
    let options = 0;
    let words = [MAGIC, VERSION, entry, supervisor, options, HART];
    let told: Vec<u8> = words.into_iter().flat_map(u64::to_le_bytes).collect();
    let told_at = at - 0x1000;
    load::raw(&told, told_at, memory)?;
    for (register, value) in [(10, HART), (11, device_tree), (12, told_at)] {
        cpu.set_register(register, value);
    }
    cpu.set_pc(at);
    Ok(())
}

impl Chain {
    /// Handles a trap that is not delegated.
    pub(crate) fn handle<B: Board>(self, trap: Trap, cpu: &mut Cpu, board: &mut B) -> Answer {
        if trap.cause == cause::SUPERVISOR_CALL {
            return self.call(cpu, board);
        }
        cpu.enter_supervisor(trap);
        Answer::Continue
    }

    fn call<B: Board>(self, cpu: &mut Cpu, board: &mut B) -> Answer {
        let [first, second, third] = [10, 11, 12].map(|number| cpu.register(number));
        let (function, number) = (cpu.register(16), cpu.register(17));
        cpu.set_pc(cpu.pc() + 4);
        let mut value = 0;
        let outcome = match (number, function) {
            // The first version's calls have no function and answer in a0 alone.
            (0, _) => {
                board.set_timer(first);
                cpu.set_register(10, 0);
                return Answer::Continue;
            }
            (1, _) => {
                cpu.set_register(10, 0);
                return Answer::Print(first as u8);
            }
            (2, _) => {
                cpu.set_register(10, u64::MAX);
                return Answer::Continue;
            }
            (8, _) => return self.reset(0),
            (extension::BASE, 0..=6) => {
                value = self.base(function, first);
                Ok(())
            }
            (extension::TIME, 0) => {
                board.set_timer(first);
                Ok(())
            }
            (extension::IPI, 0) => {
                if self.names_hart(first, second) {
                    cpu.csr.software |= interrupt::SUPERVISOR_SOFTWARE;
                    cpu.registers_changed();
                }
                Ok(())
            }
            (extension::REMOTE_FENCE, 0..=2) => {
                if self.names_hart(first, second) {
                    cpu.registers_changed();
                }
                Ok(())
            }
            // Harts 1 to 3 are stopped, and nothing starts them in this model.
            (extension::HARTS, 0) if first == HART => Err(error::ALREADY_AVAILABLE),
            (extension::HARTS, 0) => Err(error::INVALID_PARAMETER),
            (extension::HARTS, 2) if first < 4 => {
                value = u64::from(first != HART);
                Ok(())
            }
            (extension::HARTS, 2) => Err(error::INVALID_PARAMETER),
            (extension::RESET, 0) if first <= 2 && second <= 1 && self != Self::Mainline => {
                return self.reset(first);
            }
            _ => Err(error::NOT_SUPPORTED),
        };
        let _ = third;
        cpu.set_register(10, outcome.err().unwrap_or(0) as u64);
        cpu.set_register(11, value);
        Answer::Continue
    }

    /// The vendor's reset executes an `ebreak` in machine mode, whose handler never returns. It promises to support
    /// every type all the same.
    fn reset(self, kind: u64) -> Answer {
        Answer::Stop(match (self, kind) {
            (Self::Qemu, 0) => Stop::Off(0),
            (Self::Qemu, _) => Stop::Reset,
            _ => Stop::Hang,
        })
    }

    fn base(self, function: u64, first: u64) -> u64 {
        match function {
            0 if self == Self::Vendor => 3,
            0 => 1 << 24,
            1 => 1,
            2 if self == Self::Vendor => 9,
            2 => 1 << 16 | 1,
            3 => u64::from(self.has(first)),
            4 if self != Self::Qemu => 0x5b7,
            _ => 0,
        }
    }

    fn has(self, number: u64) -> bool {
        match number {
            0..=2 | 8 => true,
            extension::BASE
            | extension::TIME
            | extension::IPI
            | extension::REMOTE_FENCE
            | extension::HARTS => true,
            extension::RESET => self != Self::Mainline,
            _ => false,
        }
    }

    /// Whether a mask of harts has ours.
    fn names_hart(self, mask: u64, base: u64) -> bool {
        base == u64::MAX || base == HART && mask & 1 != 0
    }
}
