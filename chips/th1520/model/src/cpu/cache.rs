//! T-Head's cache operations (XTheadCmo, XTheadSync).
//! Source: XuanTie C910 user manual, appendix B; encodings as in Linux arch/riscv/errata/thead/errata.c; who may use
//! them: openC910 RTL, ct_lsu_st_ag.v.

use super::Cpu;
use super::csr::extended;
use super::op::Op;
use super::purpose::Kind as AccessKind;
use super::trap::{Mode, Trap, cause};
use crate::board::Bus;
use crate::memory::Memory;

/// What an operation does to lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Operation {
    clean: bool,
    invalidate: bool,
    scope: Scope,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scope {
    /// The line of a virtual address.
    Virtual,
    /// The line of a physical address.
    Physical,
    /// The whole data cache.
    All,
    /// The instruction cache.
    Instructions,
    /// No line: waits for what went before.
    Synchronise,
}

impl Operation {
    /// By bits 31:20 of the instruction.
    pub(crate) fn of(number: u32) -> Option<Self> {
        let (clean, invalidate, scope) = match number {
            // Set and way name no address; they stand for the whole cache, which holds the line.
            0x001 | 0x015 | 0x021 => (true, false, Scope::All),
            0x003 | 0x017 | 0x023 => (true, true, Scope::All),
            0x002 | 0x016 | 0x022 => (false, true, Scope::All),
            0x024 | 0x025 => (true, false, Scope::Virtual),
            0x026 => (false, true, Scope::Virtual),
            0x027 => (true, true, Scope::Virtual),
            0x028 | 0x029 => (true, false, Scope::Physical),
            0x02a => (false, true, Scope::Physical),
            0x02b => (true, true, Scope::Physical),
            0x010 | 0x011 | 0x030 | 0x038 => (false, true, Scope::Instructions),
            0x018..=0x01b => (false, false, Scope::Synchronise),
            _ => return None,
        };
        Some(Self {
            clean,
            invalidate,
            scope,
        })
    }

    /// Whether user mode may do it while `UCME` is set.
    fn for_users(number: u32) -> bool {
        matches!(number, 0x024 | 0x025 | 0x027 | 0x030)
    }
}

impl Cpu {
    /// Does a cache operation.
    pub(super) fn cache(
        &mut self,
        op: &Op,
        memory: &mut Memory,
        bus: &mut dyn Bus,
    ) -> Result<(), Trap> {
        let illegal = Err(Trap::new(cause::ILLEGAL, u64::from(op.raw)));
        let number = op.raw >> 20;
        let Some(operation) = Operation::of(number) else {
            return illegal;
        };
        let on = self.rules.thead && self.csr.mxstatus & extended::INSTRUCTIONS != 0;
        let user_may =
            self.csr.mxstatus & extended::USER_CACHE != 0 && Operation::for_users(number);
        let synchronises = operation.scope == Scope::Synchronise;
        if !on || self.mode == Mode::User && !user_may && !synchronises {
            return illegal;
        }
        let address = self.x[usize::from(op.rs1)];
        match operation.scope {
            Scope::Virtual => {
                let (physical, _) = self.translate(address, AccessKind::Load, memory, bus)?;
                memory.care(physical, operation.clean, operation.invalidate);
            }
            Scope::Physical => memory.care(address, operation.clean, operation.invalidate),
            Scope::All => memory.care_all(operation.clean, operation.invalidate),
            Scope::Instructions => self.drop_code(),
            Scope::Synchronise => {}
        }
        Ok(())
    }
}
