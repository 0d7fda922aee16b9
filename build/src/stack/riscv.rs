//! RISC-V instructions (The RISC-V Instruction Set Manual, Volume I, "RV32/64G Instruction Set Listings" and
//! "RVC Instruction Set Listings").

use super::step::{Flow, State, Step, Value};

/// The return address (`ra`), the stack pointer (`sp`), the frame pointer (`s0`) of the calling convention.
const RA: u32 = 1;
const SP: u32 = 2;
/// The other register in which a call may leave its return address (`t0`).
const ALTERNATE: u32 = 5;
pub(super) const FRAME_POINTER: usize = 8;

/// Reads the instruction at `address`, the first in `code`. `wide` is RV64.
pub(super) fn step(code: &[u8], address: u64, wide: bool, state: &mut State) -> Option<Step> {
    let low = u32::from(u16::from_le_bytes(code.get(..2)?.try_into().ok()?));
    if low & 3 != 3 {
        return Some(short(low, address, wide, state));
    }
    let word = u32::from_le_bytes(code.get(..4)?.try_into().ok()?);
    Some(long(word, address, state))
}

/// Bits `from..=to` of a word.
const fn bits(word: u32, to: u32, from: u32) -> u32 {
    (word >> from) & ((1 << (to - from + 1)) - 1)
}

/// A number whose highest bit, this one, is its sign.
const fn signed(value: u32, sign: u32) -> i64 {
    ((value << (31 - sign)) as i32 >> (31 - sign)) as i64
}

/// A jump that links in `link`, to an address or to one in a register.
fn jump(length: u64, link: u32, to: Option<u64>, returns: bool, state: &mut State) -> Step {
    match link {
        0 if returns => Step::to(length, Flow::End),
        0 => Step::to(length, Flow::Jump(to)),
        RA => Step::to(length, Flow::Call(to)),
        // A piece of this function that it shares with others: one that saves registers, or one that LLVM's outliner
        // made.
        ALTERNATE if let Some(to) = to => {
            state.shared.push(to);
            Step::to(length, Flow::Piece(to))
        }
        // A routine that does not follow the calling convention; nothing is known of it.
        _ => {
            state.unknown = true;
            Step::to(length, Flow::Call(to))
        }
    }
}

fn long(word: u32, address: u64, state: &mut State) -> Step {
    let (opcode, rd, rs1, rs2) = (
        word & 0x7f,
        bits(word, 11, 7),
        bits(word, 19, 15),
        bits(word, 24, 20),
    );
    let function = bits(word, 14, 12);
    let immediate = signed(word >> 20, 11);
    let (to, from) = (rd as usize, rs1 as usize);
    match opcode {
        // jal
        0x6f => {
            let offset = bits(word, 31, 31) << 20
                | bits(word, 19, 12) << 12
                | bits(word, 20, 20) << 11
                | bits(word, 30, 21) << 1;
            let target = address.wrapping_add_signed(signed(offset, 20));
            return jump(4, rd, Some(target), false, state);
        }
        // jalr, to a known place after auipc
        0x67 => {
            let target = state.constant(from);
            let target = target.map(|base| base.wrapping_add(immediate) as u64);
            let returns = rs1 == RA && target.is_none();
            return jump(4, rd, target, returns, state);
        }
        // Conditional branches.
        0x63 => {
            let offset = bits(word, 31, 31) << 12
                | bits(word, 7, 7) << 11
                | bits(word, 30, 25) << 5
                | bits(word, 11, 8) << 1;
            let target = address.wrapping_add_signed(signed(offset, 12));
            return Step::to(4, Flow::Branch(target));
        }
        // Stores: sw and sd of ra relative to sp.
        0x23 => {
            return Step {
                saves: rs1 == SP && rs2 == RA && function >= 2,
                ..Step::plain(4)
            };
        }
        // lui
        0x37 => {
            let value = i64::from((word & 0xffff_f000) as i32);
            write(state, to, Some(Value::Constant(value)));
        }
        // auipc
        0x17 => {
            let value = i64::from((word & 0xffff_f000) as i32);
            let value = Value::Constant(address.wrapping_add_signed(value) as i64);
            write(state, to, Some(value));
        }
        // addi, slli, srli, andi
        0x13 => match (rd, rs1, function) {
            (SP, SP, 0) => state.lower(-immediate),
            (SP, SP, 7) if immediate < 0 && (-immediate as u64).is_power_of_two() => {
                state.lower(-immediate - 1);
            }
            (SP, _, 0) => state.restore(from, -immediate),
            (SP, _, 1) => shifted_back(state, from, immediate),
            (SP, ..) => state.unknown = true,
            (_, SP, 0) => {
                let value = state.above(immediate);
                write(state, to, value);
            }
            (_, SP, 5) if immediate < 0x40 => {
                write(state, to, Some(Value::High(immediate as u32)));
            }
            (_, _, 0) => {
                let value = number(state, from).map(|value| Value::Constant(value + immediate));
                write(state, to, value);
            }
            (_, _, 1) => {
                let value = number(state, from).and_then(|value| {
                    let shifted = value.checked_mul(1_i64.checked_shl(immediate as u32)?)?;
                    Some(Value::Constant(shifted))
                });
                write(state, to, value);
            }
            _ => write(state, to, None),
        },
        // addiw
        0x1b if function == 0 => {
            let value = number(state, from)
                .map(|value| Value::Constant(i64::from((value + immediate) as i32)));
            write(state, to, value);
        }
        // add, sub, and of the extension Zba: sh1add, sh2add, sh3add
        0x33 if rd == SP => match (word >> 25, function) {
            (0, 0) if rs1 == SP => state.raise_by(rs2 as usize, 1),
            (0x10, 2 | 4 | 6) if rs2 == SP => state.raise_by(from, 1 << (function / 2)),
            (0x20, 0) if rs1 == SP => state.lower_by(rs2 as usize),
            (0x20, 0) => match state.constant(rs2 as usize) {
                Some(bytes) => state.restore(from, bytes),
                None => state.unknown = true,
            },
            _ => state.unknown = true,
        },
        // add, of a number to the stack pointer
        0x33 if word >> 25 == 0 && function == 0 && (rs1 == SP || rs2 == SP) => {
            let number = state.constant(if rs1 == SP { rs2 as usize } else { from });
            let value = number.and_then(|number| state.above(number));
            write(state, to, value);
        }
        // These write no register, or one of floating point: fence, their loads and stores, fused operations.
        0x0f | 0x07 | 0x27 | 0x43 | 0x47 | 0x4b | 0x4f => {}
        // Operations of floating point that write no integer: all but comparisons, conversions to one and moves.
        0x53 if !matches!(word >> 27, 0x14 | 0x18 | 0x1c) => {}
        // ebreak; the others of SYSTEM that write no register have x0 for it.
        0x73 if word == 0x0010_0073 => return Step::to(4, Flow::End),
        _ => write(state, to, None),
    }
    Step::plain(4)
}

/// The number in a register; x0 has 0.
fn number(state: &State, register: usize) -> Option<i64> {
    if register == 0 {
        Some(0)
    } else {
        state.constant(register)
    }
}

/// A register is written in a way that is no known change of the stack pointer.
fn write(state: &mut State, register: usize, value: Option<Value>) {
    if register == SP as usize {
        state.unknown = true;
    } else if register != 0 {
        state.set(register, value);
    }
}

/// The stack pointer gets its own high bits, without the low ones.
fn shifted_back(state: &mut State, register: usize, shift: i64) {
    match state.get(register) {
        Some(Value::High(high)) if i64::from(high) == shift && shift < 32 => {
            state.lower((1 << shift) - 1);
        }
        _ => state.unknown = true,
    }
}

fn short(word: u32, address: u64, wide: bool, state: &mut State) -> Step {
    let rd = bits(word, 11, 7);
    let to = rd as usize;
    // The register of three bits of this position.
    let near = |from| (8 + bits(word, from + 2, from)) as usize;
    let immediate = signed(bits(word, 12, 12) << 5 | bits(word, 6, 2), 5);
    match (word & 3, word >> 13) {
        // Zeros, which are no instruction.
        (0, 0) if word == 0 => return Step::to(2, Flow::End),
        // c.addi4spn
        (0, 0) => {
            let offset = bits(word, 10, 7) << 6
                | bits(word, 12, 11) << 4
                | bits(word, 5, 5) << 3
                | bits(word, 6, 6) << 2;
            let value = state.above(i64::from(offset));
            write(state, near(2), value);
        }
        // Loads write a register of eight, never sp; stores and those of floating point none.
        (0, 2 | 3) => write(state, near(2), None),
        (0, _) => {}
        // c.addi
        (1, 0) if rd == SP => state.lower(-immediate),
        (1, 0) => {
            let value = state.constant(to);
            write(
                state,
                to,
                value.map(|value| Value::Constant(value + immediate)),
            );
        }
        // c.jal of RV32, c.addiw of RV64, c.j
        (1, 1) if wide => {
            let value = state.constant(to);
            let value = value.map(|value| Value::Constant(i64::from((value + immediate) as i32)));
            write(state, to, value);
        }
        (1, 1) => return jump(2, RA, Some(near_jump(word, address)), false, state),
        (1, 5) => return jump(2, 0, Some(near_jump(word, address)), false, state),
        // c.li
        (1, 2) => write(state, to, Some(Value::Constant(immediate))),
        // c.addi16sp
        (1, 3) if rd == SP => {
            let offset = bits(word, 12, 12) << 9
                | bits(word, 4, 3) << 7
                | bits(word, 5, 5) << 6
                | bits(word, 2, 2) << 5
                | bits(word, 6, 6) << 4;
            state.lower(-signed(offset, 9));
        }
        // c.lui
        (1, 3) => write(state, to, Some(Value::Constant(immediate << 12))),
        // Arithmetic on a register of eight.
        (1, 4) => write(state, near(7), None),
        // c.beqz, c.bnez
        (1, 6 | 7) => {
            let offset = bits(word, 12, 12) << 8
                | bits(word, 6, 5) << 6
                | bits(word, 2, 2) << 5
                | bits(word, 11, 10) << 3
                | bits(word, 4, 3) << 1;
            let target = address.wrapping_add_signed(signed(offset, 8));
            return Step::to(2, Flow::Branch(target));
        }
        // c.slli
        (2, 0) => {
            let shift = i64::from(bits(word, 12, 12) << 5 | bits(word, 6, 2));
            if rd == SP {
                shifted_back(state, to, shift);
            } else {
                let value = state.constant(to).and_then(|value| {
                    let factor = 1_i64.checked_shl(shift as u32)?;
                    value.checked_mul(factor).map(Value::Constant)
                });
                write(state, to, value);
            }
        }
        // c.lwsp; c.ldsp of RV64; c.fldsp, and c.flwsp of RV32, write no integer.
        (2, 2) => write(state, to, None),
        (2, 3) if wide => write(state, to, None),
        (2, 4) => return registers(word, state),
        // c.swsp; c.sdsp of RV64
        (2, 6) => {
            return Step {
                saves: bits(word, 6, 2) == RA,
                ..Step::plain(2)
            };
        }
        (2, 7) => {
            return Step {
                saves: wide && bits(word, 6, 2) == RA,
                ..Step::plain(2)
            };
        }
        // c.fldsp, c.flwsp, c.fsdsp. No target of Leasehold has extensions that use these encodings for other
        // instructions.
        _ => {}
    }
    Step::plain(2)
}

/// c.jr, c.mv, c.ebreak, c.jalr, c.add
fn registers(word: u32, state: &mut State) -> Step {
    let (rd, rs) = (bits(word, 11, 7), bits(word, 6, 2));
    match (bits(word, 12, 12), rd, rs) {
        (0, _, 0) => return jump(2, 0, None, rd == RA, state),
        (1, 0, 0) => return Step::to(2, Flow::End),
        (1, _, 0) => return jump(2, RA, None, false, state),
        (0, SP, _) => state.restore(rs as usize, 0),
        (0, _, SP) => {
            let value = state.above(0);
            write(state, rd as usize, value);
        }
        (0, ..) => {
            let value = state.get(rs as usize);
            write(state, rd as usize, value);
        }
        (_, SP, _) => state.raise_by(rs as usize, 1),
        (_, _, SP) => {
            let number = state.constant(rd as usize);
            let value = number.and_then(|number| state.above(number));
            write(state, rd as usize, value);
        }
        _ => write(state, rd as usize, None),
    }
    Step::plain(2)
}

/// The target of c.j and c.jal.
fn near_jump(word: u32, address: u64) -> u64 {
    let offset = bits(word, 12, 12) << 11
        | bits(word, 8, 8) << 10
        | bits(word, 10, 9) << 8
        | bits(word, 6, 6) << 7
        | bits(word, 7, 7) << 6
        | bits(word, 2, 2) << 5
        | bits(word, 11, 11) << 4
        | bits(word, 5, 3) << 1;
    address.wrapping_add_signed(signed(offset, 11))
}
