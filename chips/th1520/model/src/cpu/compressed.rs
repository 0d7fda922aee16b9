//! Compressed instructions, each turned into the 32-bit one that it stands for.
//! Source: The RISC-V Instruction Set Manual, volume I, chapter "C" Standard Extension, RV64.

/// The 32-bit form, or nothing for a reserved encoding.
pub(crate) fn expand(half: u16) -> Option<u32> {
    let half = u32::from(half);
    match (half & 3, half >> 13) {
        (0, 0) => {
            let offset = half >> 7 & 0x30 | half >> 1 & 0x3c0 | half >> 4 & 4 | half >> 2 & 8;
            (offset != 0).then(|| immediate(0x13, 0, low(half), 2, offset))
        }
        (0, 1) => Some(immediate(
            0x07,
            3,
            low(half),
            high(half),
            double_offset(half),
        )),
        (0, 2) => Some(immediate(0x03, 2, low(half), high(half), word_offset(half))),
        (0, 3) => Some(immediate(
            0x03,
            3,
            low(half),
            high(half),
            double_offset(half),
        )),
        (0, 5) => Some(store(0x27, 3, low(half), high(half), double_offset(half))),
        (0, 6) => Some(store(0x23, 2, low(half), high(half), word_offset(half))),
        (0, 7) => Some(store(0x23, 3, low(half), high(half), double_offset(half))),
        (1, 0) => Some(immediate(0x13, 0, full(half), full(half), six(half))),
        (1, 1) => (full(half) != 0).then(|| immediate(0x1b, 0, full(half), full(half), six(half))),
        (1, 2) => Some(immediate(0x13, 0, full(half), 0, six(half))),
        (1, 3) if full(half) == 2 => {
            let offset = sign(half >> 3 & 0x200, 9)
                | half >> 2 & 0x10
                | half << 1 & 0x40
                | half << 4 & 0x180
                | half << 3 & 0x20;
            (offset != 0).then(|| immediate(0x13, 0, 2, 2, offset))
        }
        (1, 3) => {
            let upper = six(half) << 12;
            (upper != 0).then_some(upper | full(half) << 7 | 0x37)
        }
        (1, 4) => arithmetic(half),
        (1, 5) => Some(jump(half)),
        (1, 6) => Some(branch(0, half)),
        (1, 7) => Some(branch(1, half)),
        (2, 0) => Some(immediate(0x13, 1, full(half), full(half), six(half) & 63)),
        (2, 1) => Some(immediate(0x07, 3, full(half), 2, stack_double(half))),
        (2, 2) => (full(half) != 0).then(|| {
            let offset = half >> 7 & 0x20 | half >> 2 & 0x1c | half << 4 & 0xc0;
            immediate(0x03, 2, full(half), 2, offset)
        }),
        (2, 3) => (full(half) != 0).then(|| immediate(0x03, 3, full(half), 2, stack_double(half))),
        (2, 4) => registers(half),
        (2, 5) => Some(store(0x27, 3, second(half), 2, stack_store_double(half))),
        (2, 6) => {
            let offset = half >> 7 & 0x3c | half >> 1 & 0xc0;
            Some(store(0x23, 2, second(half), 2, offset))
        }
        (2, 7) => Some(store(0x23, 3, second(half), 2, stack_store_double(half))),
        _ => None,
    }
}

/// Type I.
fn immediate(opcode: u32, funct3: u32, rd: u32, rs1: u32, value: u32) -> u32 {
    value << 20 | rs1 << 15 | funct3 << 12 | rd << 7 | opcode
}

/// Type R.
fn register(opcode: u32, funct3: u32, funct7: u32, rd: u32, rs1: u32, rs2: u32) -> u32 {
    funct7 << 25 | rs2 << 20 | rs1 << 15 | funct3 << 12 | rd << 7 | opcode
}

/// Type S.
fn store(opcode: u32, funct3: u32, rs2: u32, rs1: u32, offset: u32) -> u32 {
    let high = offset >> 5 & 0x7f;
    high << 25 | rs2 << 20 | rs1 << 15 | funct3 << 12 | (offset & 31) << 7 | opcode
}

/// The register in bits 11:7.
fn full(half: u32) -> u32 {
    half >> 7 & 31
}

/// The register in bits 6:2.
fn second(half: u32) -> u32 {
    half >> 2 & 31
}

/// The register in bits 4:2, one of `x8` to `x15`.
fn low(half: u32) -> u32 {
    (half >> 2 & 7) + 8
}

/// The register in bits 9:7, one of `x8` to `x15`.
fn high(half: u32) -> u32 {
    (half >> 7 & 7) + 8
}

/// Fills what lies above a bit with it.
fn sign(value: u32, bit: u32) -> u32 {
    ((value << (31 - bit)) as i32 >> (31 - bit)) as u32
}

/// The signed immediate of six bits.
fn six(half: u32) -> u32 {
    sign(half >> 7 & 0x20 | half >> 2 & 31, 5)
}

fn word_offset(half: u32) -> u32 {
    half >> 7 & 0x38 | half >> 4 & 4 | half << 1 & 0x40
}

fn double_offset(half: u32) -> u32 {
    half >> 7 & 0x38 | half << 1 & 0xc0
}

fn stack_double(half: u32) -> u32 {
    half >> 7 & 0x20 | half >> 2 & 0x18 | half << 4 & 0x1c0
}

fn stack_store_double(half: u32) -> u32 {
    half >> 7 & 0x38 | half >> 1 & 0x1c0
}

fn arithmetic(half: u32) -> Option<u32> {
    let rd = high(half);
    let amount = six(half) & 63;
    Some(match half >> 10 & 3 {
        0 => immediate(0x13, 5, rd, rd, amount),
        1 => immediate(0x13, 5, rd, rd, amount | 0x400),
        2 => immediate(0x13, 7, rd, rd, six(half)),
        _ => {
            let rs2 = low(half);
            match half >> 10 & 4 | half >> 5 & 3 {
                0 => register(0x33, 0, 0x20, rd, rd, rs2),
                1 => register(0x33, 4, 0, rd, rd, rs2),
                2 => register(0x33, 6, 0, rd, rd, rs2),
                3 => register(0x33, 7, 0, rd, rd, rs2),
                4 => register(0x3b, 0, 0x20, rd, rd, rs2),
                5 => register(0x3b, 0, 0, rd, rd, rs2),
                _ => return None,
            }
        }
    })
}

/// `c.jr`, `c.mv`, `c.ebreak`, `c.jalr`, `c.add`.
fn registers(half: u32) -> Option<u32> {
    let (rd, rs2) = (full(half), second(half));
    Some(match (half >> 12 & 1, rd, rs2) {
        (0, 0, 0) => return None,
        (0, _, 0) => immediate(0x67, 0, 0, rd, 0),
        (0, _, _) => register(0x33, 0, 0, rd, 0, rs2),
        (_, 0, 0) => 0x0010_0073,
        (_, _, 0) => immediate(0x67, 0, 1, rd, 0),
        _ => register(0x33, 0, 0, rd, rd, rs2),
    })
}

/// `c.j`.
fn jump(half: u32) -> u32 {
    let offset = sign(half >> 1 & 0x800, 11)
        | half >> 7 & 0x10
        | half >> 1 & 0x300
        | half << 2 & 0x400
        | half >> 1 & 0x40
        | half << 1 & 0x80
        | half >> 2 & 0xe
        | half << 3 & 0x20;
    let encoded = offset << 11 & 0x8000_0000 | offset << 20 & 0x7fe0_0000 | offset << 9 & 0x10_0000;
    encoded | offset & 0xf_f000 | 0x6f
}

/// `c.beqz`, `c.bnez`.
fn branch(funct3: u32, half: u32) -> u32 {
    let offset = sign(half >> 4 & 0x100, 8)
        | half >> 7 & 0x18
        | half << 1 & 0xc0
        | half >> 2 & 6
        | half << 3 & 0x20;
    let encoded = offset << 19 & 0x8000_0000
        | offset << 20 & 0x7e00_0000
        | offset << 7 & 0xf00
        | offset >> 4 & 0x80;
    encoded | high(half) << 15 | funct3 << 12 | 0x63
}
