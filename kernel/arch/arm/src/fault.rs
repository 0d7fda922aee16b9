//! From the fault status registers to the kind and the address of a task's fault (Armv7-M, B3.2.15 to B3.2.18).

use crate::Frame;
use leasehold_abi::FaultKind;

/// `CFSR`: an instruction could not be fetched, because of the memory protection unit, or of the bus.
const FETCH: u32 = 1 | 1 << 8;
/// A load or store was refused by the memory protection unit.
const DATA: u32 = 1 << 1;
/// The frame could not be popped or pushed, because the memory protection unit or the bus refused it.
const FRAME: u32 = 0b11 << 3 | 0b11 << 11;
/// It could not be pushed: there is no frame.
const NO_FRAME: u32 = 1 << 4 | 1 << 12;
/// `MMFAR` holds the address.
const ADDRESS: u32 = 1 << 7;
/// The bus refused an access; the first bit says that the instruction is known.
const BUS: u32 = 1 << 9 | 1 << 10;
/// `BFAR` holds the address.
const BUS_ADDRESS: u32 = 1 << 15;
/// Armv8-M: the stack pointer went below its limit; the frame is not there.
const LIMIT: u32 = 1 << 20;
const UNALIGNED: u32 = 1 << 24;
/// `HFSR`: the fault became a hard fault, because its own handler could not run.
const FORCED: u32 = 1 << 30;

/// `EPSR.T`: the only instruction set that there is.
const THUMB: u32 = 1 << 24;

/// The registers that say what happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// `CFSR`: memory management, bus and usage faults.
    pub configurable: u32,
    /// `HFSR`.
    pub hard: u32,
    /// `MMFAR`: the address that the memory protection unit refused.
    pub address: usize,
    /// `BFAR`: the address that the bus refused.
    pub bus_address: usize,
}

impl Status {
    /// Whether the processor could push the task's registers.
    pub const fn has_frame(&self) -> bool {
        self.configurable & (NO_FRAME | LIMIT) == 0
    }

    /// Kind and address of a task's fault. `at` is the address of its frame, or the one that the frame would have had.
    /// `frame` is the frame, if there is one, with the two halfwords at its program counter if they can be read. They
    /// tell a load from a store.
    pub fn decode(
        &self,
        at: usize,
        frame: Option<&Frame>,
        instruction: Option<[u16; 2]>,
    ) -> (FaultKind, usize) {
        let status = self.configurable;
        if status & DATA != 0 && status & ADDRESS != 0 {
            // The frame is missing only if the stack is full.
            let store = instruction.is_none_or(is_store);
            let kind = if store {
                FaultKind::Write
            } else {
                FaultKind::Read
            };
            return (kind, self.address);
        }
        if status & (FRAME | LIMIT) != 0 {
            return (FaultKind::Write, at);
        }
        if status & BUS != 0 {
            let known = status & BUS_ADDRESS != 0;
            return (FaultKind::Bus, if known { self.bus_address } else { 0 });
        }
        let pc = frame.map_or(0, |frame| frame.pc as usize);
        let kind = if status & FETCH != 0 {
            FaultKind::Execute
        } else if frame.is_some_and(|frame| frame.status & THUMB == 0) {
            // QEMU 7.2 looks at the alignment first (target/arm/translate.c, `arm_tr_translate_insn`).
            FaultKind::Illegal
        } else if status & UNALIGNED != 0 {
            FaultKind::Misaligned
        } else if is_breakpoint(instruction) && (self.hard & !FORCED != 0 || status == 0) {
            FaultKind::Breakpoint
        } else {
            FaultKind::Illegal
        };
        (kind, pc)
    }
}

/// `BKPT` (A7.7.17). Without a debugger it is a hard fault, with no other status.
fn is_breakpoint(instruction: Option<[u16; 2]>) -> bool {
    instruction.is_some_and(|[first, _]| first >> 8 == 0xbe)
}

/// Whether an instruction that accesses memory is a store (A5.2, A5.3). One bit tells for all long instructions, and
/// for all short ones except three groups.
fn is_store([first, _]: [u16; 2]) -> bool {
    match first >> 11 {
        // Long instructions: bit 4 of the first half is set in loads.
        0b11101..=0b11111 => first & 1 << 4 == 0,
        // With a register as offset: STR, STRH, STRB, then only loads.
        0b01010 | 0b01011 => first >> 9 & 0b111 <= 0b010,
        // PUSH and POP.
        0b10110 => true,
        0b10111 => false,
        // LDR from the pool of literals.
        0b01001 => false,
        // The others: bit 11 is set in loads.
        _ => first & 1 << 11 == 0,
    }
}

#[cfg(test)]
mod tests;
