//! Thumb instructions of Armv7-M and Armv8-M with the main and floating-point extensions (Armv7-M Architecture
//! Reference Manual, A5 "The Thumb Instruction Set Encoding" and A7.7).

use super::step::{Flow, State, Step, Value};

const SP: usize = 13;
const LR: usize = 14;
const PC: usize = 15;
/// The frame pointer of Thumb code, `r7`.
pub(super) const FRAME_POINTER: usize = 7;

/// Reads the instruction at `address`, which is at `offset` in `code`.
pub(super) fn step(code: &[u8], offset: usize, address: u64, state: &mut State) -> Option<Step> {
    let half = |at: usize| {
        let bytes = code.get(at..at + 2)?;
        Some(u32::from(u16::from_le_bytes(bytes.try_into().ok()?)))
    };
    let first = half(offset)?;
    let literal = |target: u64| {
        let at = usize::try_from(target.checked_sub(address - offset as u64)?).ok()?;
        let bytes = code.get(at..at.checked_add(4)?)?;
        Some(i64::from(i32::from_le_bytes(bytes.try_into().ok()?)))
    };
    let was_conditional = state.conditional > 0;
    let mut step = if first >> 11 > 0b11100 {
        let second = half(offset + 2)?;
        long(first, second, address, &literal, state)
    } else {
        short(first, address, &literal, state)
    };
    if was_conditional {
        state.conditional -= 1;
        step.flow = match step.flow {
            Flow::Jump(Some(target)) => Flow::Branch(target),
            Flow::Jump(None) => Flow::BranchAnywhere,
            Flow::End => Flow::Next,
            other => other,
        };
    }
    Some(step)
}

/// Bits `from..=to` of a word.
const fn bits(word: u32, to: u32, from: u32) -> u32 {
    (word >> from) & ((1 << (to - from + 1)) - 1)
}

const fn register(word: u32, from: u32) -> usize {
    bits(word, from + 3, from) as usize
}

/// A number whose highest bit, this one, is its sign.
const fn signed(value: u32, sign: u32) -> i64 {
    ((value << (31 - sign)) as i32 >> (31 - sign)) as i64
}

/// A register is written by something that is no known change of the stack pointer.
fn write(state: &mut State, register: usize, value: Option<Value>) {
    match register {
        SP => state.unknown = true,
        PC => {}
        _ => state.set(register, value),
    }
}

/// Several are loaded.
fn write_all(state: &mut State, list: u32) {
    for register in (0..16).filter(|register| list >> register & 1 == 1) {
        write(state, register, None);
    }
}

/// A register gets that of another.
fn copy(state: &mut State, to: usize, from: usize) {
    match (to, from) {
        (SP, _) => state.restore(from, 0),
        (_, SP) => {
            let value = state.above(0);
            write(state, to, value);
        }
        _ => {
            let value = state.get(from);
            write(state, to, value);
        }
    }
}

/// A register gets another's value and `bytes` more, which may be negative.
fn offset_of(state: &mut State, to: usize, from: usize, bytes: i64) {
    match (to, from) {
        (SP, SP) => state.lower(-bytes),
        (SP, _) => state.restore(from, -bytes),
        (_, SP) => {
            let value = state.above(bytes);
            write(state, to, value);
        }
        _ => {
            let value = match state.get(from) {
                Some(Value::Below(below)) => Some(Value::Below(below - bytes)),
                Some(Value::Constant(value)) => Some(Value::Constant(value + bytes)),
                _ => None,
            };
            write(state, to, value);
        }
    }
}

/// A register loses its low bits.
fn align(state: &mut State, to: usize, from: usize, mask: i64) {
    let value = match state.get(from) {
        Some(Value::Below(below)) => Some(Value::Below(below + mask)),
        _ => None,
    };
    write(state, to, value);
}

fn short(word: u32, address: u64, literal: &dyn Fn(u64) -> Option<i64>, state: &mut State) -> Step {
    let (low, middle) = (bits(word, 2, 0) as usize, bits(word, 10, 8) as usize);
    let byte = i64::from(bits(word, 7, 0));
    match word >> 11 {
        // Shifts; additions of registers.
        0..=2 => write(state, low, None),
        0b00011 => {
            let immediate = i64::from(bits(word, 8, 6));
            let from = bits(word, 5, 3) as usize;
            match bits(word, 10, 9) {
                2 => offset_of(state, low, from, immediate),
                3 => offset_of(state, low, from, -immediate),
                _ => write(state, low, None),
            }
        }
        // movs, cmp, adds, subs with eight bits
        0b00100 => write(state, middle, Some(Value::Constant(byte))),
        0b00101 => {}
        0b00110 => offset_of(state, middle, middle, byte),
        0b00111 => offset_of(state, middle, middle, -byte),
        0b01000 => return high(word, state),
        // ldr of a literal
        0b01001 => {
            let value = literal(((address + 4) & !3) + 4 * byte as u64);
            write(state, middle, value.map(Value::Constant));
        }
        // Loads and stores of low registers.
        0b01010..=0b10001 => write(state, low, None),
        0b10010 => {}
        0b10011 => write(state, middle, None),
        // adr, add of sp
        0b10100 => write(state, middle, None),
        0b10101 => offset_of(state, middle, SP, 4 * byte),
        0b10110 | 0b10111 => return various(word, address, state),
        // stm writes back its base, ldm loads low registers.
        0b11000 => write(state, middle, None),
        0b11001 => {
            write(state, middle, None);
            write_all(state, bits(word, 7, 0));
        }
        // Conditional branches, udf, svc.
        0b11010 | 0b11011 => match bits(word, 11, 8) {
            14 => return Step::to(2, Flow::End),
            15 => (0..4).for_each(|register| state.set(register, None)),
            _ => {
                let target = (address + 4).wrapping_add_signed(signed(bits(word, 7, 0) << 1, 8));
                return Step::to(2, Flow::Branch(target));
            }
        },
        // b
        _ => {
            let target = (address + 4).wrapping_add_signed(signed(bits(word, 10, 0) << 1, 11));
            return Step::to(2, Flow::Jump(Some(target)));
        }
    }
    Step::plain(2)
}

/// Operations on low registers; add, cmp, mov of all registers; bx, blx.
fn high(word: u32, state: &mut State) -> Step {
    let to = (bits(word, 7, 7) << 3 | bits(word, 2, 0)) as usize;
    let from = register(word, 3);
    match bits(word, 10, 8) {
        4 if to == SP => state.raise_by(from, 1),
        4 if to == PC => return Step::to(2, Flow::Jump(None)),
        4 => write(state, to, None),
        5 => {}
        6 if to == PC => {
            let flow = if from == LR {
                Flow::End
            } else {
                Flow::Jump(None)
            };
            return Step::to(2, flow);
        }
        6 => copy(state, to, from),
        7 if bits(word, 7, 7) == 1 => return Step::to(2, Flow::Call(None)),
        7 if from == LR => return Step::to(2, Flow::End),
        7 => return Step::to(2, Flow::Jump(None)),
        _ => write(state, bits(word, 2, 0) as usize, None),
    }
    Step::plain(2)
}

/// The miscellaneous ones of 16 bits.
fn various(word: u32, address: u64, state: &mut State) -> Step {
    let immediate = i64::from(bits(word, 6, 0)) * 4;
    match bits(word, 11, 8) {
        // add and sub of sp
        0 if bits(word, 7, 7) == 0 => state.lower(-immediate),
        0 => state.lower(immediate),
        // cbz, cbnz
        1 | 3 | 9 | 11 => {
            let offset = bits(word, 9, 9) << 6 | bits(word, 7, 3) << 1;
            let target = address + 4 + u64::from(offset);
            return Step::to(2, Flow::Branch(target));
        }
        // push
        4 | 5 => {
            state.lower(4 * i64::from(bits(word, 8, 0).count_ones()));
            return Step {
                saves: bits(word, 8, 8) == 1,
                ..Step::plain(2)
            };
        }
        // pop
        12 | 13 => {
            write_all(state, bits(word, 7, 0));
            if bits(word, 8, 8) == 1 {
                return Step::to(2, Flow::End);
            }
        }
        // bkpt
        14 => {}
        // it and hints
        15 if bits(word, 3, 0) != 0 => {
            state.conditional = 4 - bits(word, 3, 0).trailing_zeros();
            // A conditional instruction may leave the old value.
            state.forget();
        }
        15 => {}
        // Extensions and reversals of low registers; cps.
        _ => write(state, bits(word, 2, 0) as usize, None),
    }
    Step::plain(2)
}

fn long(
    first: u32,
    second: u32,
    address: u64,
    literal: &dyn Fn(u64) -> Option<i64>,
    state: &mut State,
) -> Step {
    let flow = match bits(first, 12, 11) {
        0b01 => match bits(first, 10, 9) {
            0b00 if bits(first, 6, 6) == 0 => return multiple(first, second, state),
            0b00 => return double(first, second, state),
            0b01 => {
                shifted_register(first, second, state);
                Flow::Next
            }
            _ => {
                coprocessor(first, second, state);
                Flow::Next
            }
        },
        0b10 if bits(second, 15, 15) == 1 => return control(first, second, address, state),
        0b10 => {
            immediate(first, second, state);
            Flow::Next
        }
        _ => match bits(first, 10, 9) {
            0b00 => return single(first, second, address, literal, state),
            0b01 => {
                // Data processing of registers; multiplications, of which the long ones write two.
                write(state, register(second, 8), None);
                if bits(first, 8, 7) == 0b11 {
                    write(state, register(second, 12), None);
                }
                Flow::Next
            }
            _ => {
                coprocessor(first, second, state);
                Flow::Next
            }
        },
    };
    Step::to(4, flow)
}

/// ldm and stm.
fn multiple(first: u32, second: u32, state: &mut State) -> Step {
    let (base, back, load) = (
        register(first, 0),
        bits(first, 5, 5) == 1,
        bits(first, 4, 4) == 1,
    );
    let bytes = 4 * i64::from(second.count_ones());
    if base == SP && back {
        match (bits(first, 8, 7), load) {
            (2, _) => state.lower(bytes),
            (1, _) => {}
            _ => state.unknown = true,
        }
    } else if back {
        write(state, base, None);
    }
    if !load {
        return Step {
            saves: base == SP && second >> LR & 1 == 1,
            ..Step::plain(4)
        };
    }
    write_all(state, second & !(1 << PC));
    if second >> PC & 1 == 1 {
        return Step::to(4, Flow::End);
    }
    Step::plain(4)
}

/// ldrd, strd, exclusive ones, tbb and tbh.
fn double(first: u32, second: u32, state: &mut State) -> Step {
    let base = register(first, 0);
    let (indexed, back, load) = (
        bits(first, 8, 8) == 1,
        bits(first, 5, 5) == 1,
        bits(first, 4, 4) == 1,
    );
    if !indexed && !back {
        // tbb, tbh
        if first & 0xfff0 == 0xe8d0 && second & 0x00e0 == 0 && bits(second, 15, 8) == 0xf0 {
            return Step::to(4, Flow::Jump(None));
        }
        // Exclusive and acquiring ones: what they load, and the status of what they store.
        for from in [0, 8, 12] {
            if load || from == 0 || from == 8 {
                write(state, register(second, from), None);
            }
        }
        return Step::plain(4);
    }
    if load {
        write(state, register(second, 12), None);
        write(state, register(second, 8), None);
    }
    if back {
        let bytes = 4 * i64::from(bits(second, 7, 0));
        let up = bits(first, 7, 7) == 1;
        moved(state, base, if up { bytes } else { -bytes });
    }
    Step {
        saves: !load && base == SP && [12, 8].iter().any(|from| register(second, *from) == LR),
        ..Step::plain(4)
    }
}

/// A base register is written back.
fn moved(state: &mut State, base: usize, bytes: i64) {
    if base == SP {
        state.lower(-bytes);
    } else {
        write(state, base, None);
    }
}

/// Data processing with a shifted register.
fn shifted_register(first: u32, second: u32, state: &mut State) {
    let (to, from, other) = (register(second, 8), register(first, 0), register(second, 0));
    let shifted = bits(second, 14, 12) << 2 | bits(second, 7, 6) | bits(second, 5, 4);
    match (bits(first, 8, 5), to) {
        (2, _) if from == PC && shifted == 0 => copy(state, to, other),
        (8, SP) if from == SP && shifted == 0 => state.raise_by(other, 1),
        (13, SP) if from == SP && shifted == 0 => state.lower_by(other),
        _ => write(state, to, None),
    }
}

/// Coprocessor instructions: those of the floating-point unit.
fn coprocessor(first: u32, second: u32, state: &mut State) {
    let base = register(first, 0);
    let is_load_or_store = bits(first, 9, 9) == 0;
    if is_load_or_store && bits(first, 8, 5) == 2 {
        // Two core registers, to or from a register of the unit.
        if bits(first, 4, 4) == 1 {
            write(state, register(second, 12), None);
            write(state, base, None);
        }
    } else if is_load_or_store && bits(first, 5, 5) == 1 {
        // vpush, vpop, vstm and vldm that write back
        let bytes = 4 * i64::from(bits(second, 7, 0));
        let up = bits(first, 7, 7) == 1;
        moved(state, base, if up { bytes } else { -bytes });
    } else if !is_load_or_store && bits(second, 4, 4) == 1 && bits(first, 4, 4) == 1 {
        // A register of the unit to a core register; its flags to the processor's, which 15 says.
        write(state, register(second, 12), None);
    }
}

/// Data processing with an immediate.
fn immediate(first: u32, second: u32, state: &mut State) {
    let (to, from) = (register(second, 8), register(first, 0));
    let twelve = bits(first, 10, 10) << 11 | bits(second, 14, 12) << 8 | bits(second, 7, 0);
    let operation = bits(first, 8, 5);
    if bits(first, 9, 9) == 1 {
        let sixteen = i64::from(bits(first, 3, 0) << 12 | twelve);
        match bits(first, 8, 4) {
            0b00000 if from != PC => offset_of(state, to, from, i64::from(twelve)),
            0b01010 if from != PC => offset_of(state, to, from, -i64::from(twelve)),
            0b00100 => write(state, to, Some(Value::Constant(sixteen))),
            0b01100 => {
                let value = state.constant(to).map(|low| low & 0xffff | sixteen << 16);
                let value = value.map(|value| Value::Constant(i64::from(value as i32)));
                write(state, to, value);
            }
            // bfc from bit 0 on
            0b10110 if from == PC && bits(second, 14, 12) == 0 && bits(second, 7, 6) == 0 => {
                let count = bits(second, 4, 0) + 1;
                align(state, to, to, (1 << count) - 1);
            }
            _ => write(state, to, None),
        }
        return;
    }
    let Some(value) = expanded(twelve) else {
        write(state, to, None);
        return;
    };
    let value = i64::from(value);
    match operation {
        // bic; and
        1 if (value + 1).count_ones() == 1 => align(state, to, from, value),
        2 if from == PC => write(state, to, Some(Value::Constant(value))),
        // mvn
        3 if from == PC => write(state, to, Some(Value::Constant(!value))),
        8 => offset_of(state, to, from, value),
        13 => offset_of(state, to, from, -value),
        // Comparisons and tests have 15 for what they write.
        _ => write(state, to, None),
    }
}

/// A modified immediate (A5.3.2, `ThumbExpandImm`).
fn expanded(twelve: u32) -> Option<u32> {
    let byte = bits(twelve, 7, 0);
    Some(match bits(twelve, 11, 8) {
        0 => byte,
        1 => byte << 16 | byte,
        2 => byte << 24 | byte << 8,
        3 => byte << 24 | byte << 16 | byte << 8 | byte,
        _ => (0x80 | bits(twelve, 6, 0)).rotate_right(bits(twelve, 11, 7)),
    })
}

/// Branches and what belongs to the processor.
fn control(first: u32, second: u32, address: u64, state: &mut State) -> Step {
    let sign = bits(first, 10, 10);
    let (j1, j2) = (bits(second, 13, 13), bits(second, 11, 11));
    let far = || {
        let offset = sign << 24
            | (1 ^ j1 ^ sign) << 23
            | (1 ^ j2 ^ sign) << 22
            | bits(first, 9, 0) << 12
            | bits(second, 10, 0) << 1;
        (address + 4).wrapping_add_signed(signed(offset, 24))
    };
    match (bits(second, 14, 14), bits(second, 12, 12)) {
        (1, 1) => Step::to(4, Flow::Call(Some(far()))),
        (0, 1) => Step::to(4, Flow::Jump(Some(far()))),
        (0, 0) if bits(first, 9, 7) != 7 => {
            let offset = sign << 20
                | j2 << 19
                | j1 << 18
                | bits(first, 5, 0) << 12
                | bits(second, 10, 0) << 1;
            let target = (address + 4).wrapping_add_signed(signed(offset, 20));
            Step::to(4, Flow::Branch(target))
        }
        // udf
        (1, 0) => Step::to(4, Flow::End),
        _ => {
            // msr to a stack pointer; mrs.
            if first & 0xfff0 == 0xf380 && matches!(bits(second, 7, 0) & 0x7f, 8 | 9) {
                state.unknown = true;
            }
            if first & 0xffe0 == 0xf3e0 {
                write(state, register(second, 8), None);
            }
            Step::plain(4)
        }
    }
}

/// ldr and str of one register.
fn single(
    first: u32,
    second: u32,
    address: u64,
    literal: &dyn Fn(u64) -> Option<i64>,
    state: &mut State,
) -> Step {
    let (base, register_) = (register(first, 0), register(second, 12));
    let load = bits(first, 4, 4) == 1;
    let long_offset = bits(first, 7, 7) == 1;
    if load && base == PC {
        let offset = u64::from(bits(second, 11, 0));
        let from = (address + 4) & !3;
        let from = if long_offset {
            from + offset
        } else {
            from.wrapping_sub(offset)
        };
        let value = if bits(first, 6, 5) == 2 {
            literal(from)
        } else {
            None
        };
        write(state, register_, value.map(Value::Constant));
        if register_ == PC && bits(first, 6, 5) == 2 {
            return Step::to(4, Flow::Jump(None));
        }
        return Step::plain(4);
    }
    if load {
        write(state, register_, None);
    }
    // Eight bits with a sign, and the base perhaps written back.
    if !long_offset && bits(second, 11, 11) == 1 && bits(second, 8, 8) == 1 {
        let bytes = i64::from(bits(second, 7, 0));
        let up = bits(second, 9, 9) == 1;
        moved(state, base, if up { bytes } else { -bytes });
    }
    if load && register_ == PC && bits(first, 6, 5) == 2 {
        // A return address from the stack, or a place from a table.
        let flow = if base == SP {
            Flow::End
        } else {
            Flow::Jump(None)
        };
        return Step::to(4, flow);
    }
    Step {
        saves: !load && base == SP && register_ == LR && bits(first, 6, 5) == 2,
        ..Step::plain(4)
    }
}
