//! Instructions of the F and D extensions.
//! Source: The RISC-V Instruction Set Manual, volume I, chapters "F" and "D" Standard Extension, version 2.2.

mod arithmetic;
mod convert;
mod flag;
mod format;

use super::Cpu;
use super::op::Op;
use super::status;
use super::trap::{Trap, cause};
use crate::board::Bus;
use crate::memory::Memory;
use arithmetic::Operation;
use format::Format;
use rustc_apfloat::Round;
use rustc_apfloat::ieee::{Double, Single};

/// What an instruction does to the registers.
enum Outcome {
    /// A floating-point register, and flags.
    Float(u64, u64),
    /// An integer register, and flags.
    Integer(u64, u64),
}

impl Cpu {
    /// A load to a floating-point register.
    #[inline(never)]
    pub(super) fn float_load(
        &mut self,
        op: &Op,
        memory: &mut Memory,
        bus: &mut dyn Bus,
    ) -> Result<(), Trap> {
        self.needs_float(op)?;
        let address = self.x[usize::from(op.rs1)].wrapping_add(op.imm as u64);
        let value = if op.funct3() == 2 {
            u64::from(u32::from_le_bytes(self.load(address, memory, bus)?)) | Single::BOX
        } else {
            u64::from_le_bytes(self.load(address, memory, bus)?)
        };
        self.f[op.float_rd()] = value;
        self.csr.mstatus |= status::FS;
        Ok(())
    }

    /// A store of a floating-point register.
    #[inline(never)]
    pub(super) fn float_store(
        &mut self,
        op: &Op,
        memory: &mut Memory,
        bus: &mut dyn Bus,
    ) -> Result<(), Trap> {
        self.needs_float(op)?;
        let address = self.x[usize::from(op.rs1)].wrapping_add(op.imm as u64);
        let value = self.f[usize::from(op.rs2)];
        if op.funct3() == 2 {
            self.store(address, (value as u32).to_le_bytes(), memory, bus)
        } else {
            self.store(address, value.to_le_bytes(), memory, bus)
        }
    }

    /// All other instructions.
    #[inline(never)]
    pub(super) fn float(&mut self, op: &Op) -> Result<(), Trap> {
        self.needs_float(op)?;
        let outcome = if op.raw >> 25 & 3 == 0 {
            self.compute::<Single>(op)
        } else {
            self.compute::<Double>(op)
        };
        let illegal = Trap::new(cause::ILLEGAL, u64::from(op.raw));
        let flags = match outcome.ok_or(illegal)? {
            Outcome::Float(value, flags) => {
                self.f[op.float_rd()] = value;
                self.csr.mstatus |= status::FS;
                flags
            }
            Outcome::Integer(value, flags) => {
                self.x[usize::from(op.rd)] = value;
                flags
            }
        };
        if flags != 0 {
            self.csr.fcsr |= flags;
            self.csr.mstatus |= status::FS;
        }
        Ok(())
    }

    fn needs_float(&self, op: &Op) -> Result<(), Trap> {
        if self.csr.mstatus & status::FS == 0 {
            Err(Trap::new(cause::ILLEGAL, u64::from(op.raw)))
        } else {
            Ok(())
        }
    }

    /// The rounding mode of an instruction; nothing if it is not a valid one.
    fn rounding(&self, op: &Op) -> Option<Round> {
        let mode = match op.funct3() {
            7 => (self.csr.fcsr >> 5) as u32,
            fixed => fixed,
        };
        Some(match mode {
            0 => Round::NearestTiesToEven,
            1 => Round::TowardZero,
            2 => Round::TowardNegative,
            3 => Round::TowardPositive,
            4 => Round::NearestTiesToAway,
            _ => return None,
        })
    }

    /// Nothing if there is no such instruction.
    fn compute<F: Format>(&self, op: &Op) -> Option<Outcome> {
        let (first, second) = (self.f[usize::from(op.rs1)], self.f[usize::from(op.rs2)]);
        let (a, b) = (F::unboxed(first), F::unboxed(second));
        let integer = self.x[usize::from(op.rs1)];
        if op.raw & 0x7f != 0x53 {
            // Fused: the opcode has the signs of product and addend.
            let round = self.rounding(op)?;
            let c = F::unboxed(self.f[(op.raw >> 27) as usize]);
            let (negated, subtracted) = match op.raw & 0x7f {
                0x43 => (false, false),
                0x47 => (false, true),
                0x4b => (true, false),
                _ => (true, true),
            };
            let a = if negated { -a } else { a };
            let c = if subtracted { -c } else { c };
            return Some(float(arithmetic::compute(
                Operation::MultiplyAdd,
                [a, b, c],
                round,
            )));
        }
        let zero = a;
        let two = |operation| {
            Some(float(arithmetic::compute(
                operation,
                [a, b, zero],
                self.rounding(op)?,
            )))
        };
        match op.raw >> 27 {
            0x00 => two(Operation::Add),
            0x01 => two(Operation::Subtract),
            0x02 => two(Operation::Multiply),
            0x03 => two(Operation::Divide),
            0x0b if op.rs2 == 0 => Some(float(arithmetic::root(a, self.rounding(op)?))),
            0x04 => {
                let (from, sign) = (F::bits(first), F::bits(second));
                let sign = match op.funct3() {
                    0 => sign,
                    1 => !sign,
                    2 => from ^ sign,
                    _ => return None,
                };
                Some(Outcome::Float(
                    F::boxed(from & !F::SIGN | sign & F::SIGN),
                    0,
                ))
            }
            0x05 if op.funct3() < 2 => Some(float(arithmetic::least(
                a,
                b,
                op.funct3() == 1,
                self.rules.signalling_least_is_nan,
            ))),
            0x14 => {
                let (holds, flags) = arithmetic::compare(a, b, op.funct3())?;
                Some(Outcome::Integer(u64::from(holds), flags))
            }
            0x08 => {
                let round = self.rounding(op)?;
                match (op.rs2, F::SINGLE) {
                    (1, true) => Some(float(arithmetic::narrow(Double::unboxed(first), round))),
                    (0, false) => Some(float(arithmetic::widen(Single::unboxed(first)))),
                    _ => None,
                }
            }
            0x18 => {
                let (value, flags) = convert::to_integer(a, u32::from(op.rs2), self.rounding(op)?)?;
                Some(Outcome::Integer(value, flags))
            }
            0x1a => Some(float(convert::from_integer::<F>(
                integer,
                u32::from(op.rs2),
                self.rounding(op)?,
            )?)),
            0x1c if op.rs2 == 0 && op.funct3() == 0 => {
                let value = if F::SINGLE {
                    first as i32 as u64
                } else {
                    first
                };
                Some(Outcome::Integer(value, 0))
            }
            0x1c if op.rs2 == 0 && op.funct3() == 1 => {
                Some(Outcome::Integer(arithmetic::class(a), 0))
            }
            0x1e if op.rs2 == 0 && op.funct3() == 0 => {
                let value = if F::SINGLE {
                    F::boxed(integer & 0xffff_ffff)
                } else {
                    integer
                };
                Some(Outcome::Float(value, 0))
            }
            _ => None,
        }
    }
}

fn float<F: Format>((value, flags): (F, u64)) -> Outcome {
    Outcome::Float(value.register(), flags)
}
