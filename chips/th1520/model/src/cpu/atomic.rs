//! Instructions of the A extension.
//! Source: The RISC-V Instruction Set Manual, volume I, chapter "A" Standard Extension.

use super::Cpu;
use super::op::Op;
use super::purpose::Kind;
use super::translate::Medium;
use super::trap::{Trap, cause};
use crate::board::Bus;
use crate::memory::Memory;
use crate::violation::Rule;

/// What a load-reserved holds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reservation {
    physical: u64,
    value: u64,
}

const LOAD_RESERVED: u32 = 2;
const STORE_CONDITIONAL: u32 = 3;

impl Cpu {
    #[inline(never)]
    pub(super) fn atomic(
        &mut self,
        op: &Op,
        memory: &mut Memory,
        bus: &mut dyn Bus,
    ) -> Result<(), Trap> {
        let wide = op.funct3() == 3;
        let function = op.raw >> 27;
        let address = self.x[usize::from(op.rs1)];
        let operand = self.x[usize::from(op.rs2)];
        let reads = function == LOAD_RESERVED;
        let kind = if reads { Kind::Load } else { Kind::Store };
        if address & if wide { 7 } else { 3 } != 0 {
            let misaligned = if reads {
                cause::LOAD_MISALIGNED
            } else {
                cause::STORE_MISALIGNED
            };
            return Err(Trap::new(misaligned, address));
        }
        let (physical, page) = self.translate(address, kind, memory, bus)?;
        if page.medium != Medium::Cached {
            self.report(Rule::AtomicUncached, physical);
            // openC910: an access fault with value 0 for the read-modify-writes.
            let value =
                if self.rules.thead && !matches!(function, LOAD_RESERVED | STORE_CONDITIONAL) {
                    0
                } else {
                    address
                };
            return Err(Trap::new(kind.access_fault(), value));
        }
        let fault = Trap::new(kind.access_fault(), address);
        let old = if wide {
            u64::from_le_bytes(memory.load(physical).ok_or(fault)?)
        } else {
            i32::from_le_bytes(memory.load(physical).ok_or(fault)?) as u64
        };
        let (result, stored) = match function {
            LOAD_RESERVED => {
                self.reservation = Some(Reservation {
                    physical,
                    value: old,
                });
                (old, None)
            }
            STORE_CONDITIONAL => {
                // A store in between that left the value may or may not end a reservation; one that changed it does.
                let held = self.reservation.take();
                let holds = held.is_some_and(|held| held.physical == physical && held.value == old);
                (u64::from(!holds), holds.then_some(operand))
            }
            _ => (old, Some(modified(function, old, operand, wide))),
        };
        if let Some(value) = stored {
            if wide {
                memory.store(physical, value.to_le_bytes()).ok_or(fault)?;
            } else {
                memory
                    .store(physical, (value as u32).to_le_bytes())
                    .ok_or(fault)?;
            }
            if self.rules.coherent_fetch {
                self.code.forget(physical, 8);
            }
        }
        self.x[usize::from(op.rd)] = result;
        Ok(())
    }
}

/// What a read-modify-write stores.
fn modified(function: u32, old: u64, operand: u64, wide: bool) -> u64 {
    let signed = |value: u64| {
        if wide {
            value as i64
        } else {
            i64::from(value as i32)
        }
    };
    let unsigned = |value: u64| if wide { value } else { u64::from(value as u32) };
    match function {
        0 => old.wrapping_add(operand),
        1 => operand,
        4 => old ^ operand,
        8 => old | operand,
        12 => old & operand,
        16 => signed(old).min(signed(operand)) as u64,
        20 => signed(old).max(signed(operand)) as u64,
        24 => unsigned(old).min(unsigned(operand)),
        _ => unsigned(old).max(unsigned(operand)),
    }
}
