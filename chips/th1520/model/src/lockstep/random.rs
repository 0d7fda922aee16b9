//! Random programs for machine mode, the same for the same seed.
//!
//! They go forward only. Loads and stores stay in an area of their own, so that no device answers; everything else is
//! as it comes: any operands, any rounding mode, misaligned addresses, words that are no instruction. A handler skips
//! what traps.

use crate::cpu::decoding::{Kind, decode};

/// Where a program begins.
pub const BASE: u64 = 0x8000_0000;
/// Where its area for loads and stores lies, from its beginning. It has half on either side.
const AREA: u32 = 0x2_0000;
/// The register that points to the area's middle; no instruction changes it.
const POINTER: u32 = 30;
/// The stack pointer does, too, for compressed instructions.
const STACK: u32 = 2;
/// The register for addresses of atomic operations.
const ADDRESS: u32 = 29;

/// Xorshift, by George Marsaglia.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// Numbers that depend on a seed alone.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// The next number of 64 bits.
    pub fn number(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// A number below a limit.
    pub fn below(&mut self, limit: u32) -> u32 {
        (self.number() >> 32) as u32 % limit
    }

    fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len() as u32) as usize]
    }
}

/// A program of about so many instructions, as it lies at [`BASE`].
#[must_use]
pub fn program(seed: u64, count: u32) -> Vec<u8> {
    let mut random = Random::new(seed);
    let mut words = prologue(&mut random);
    for _ in 0..count {
        instruction(&mut random, &mut words);
    }
    // `j .`: the end, and what a branch may reach behind it.
    words.extend([0x6f; 16]);
    let mut bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    assert!(
        bytes.len() < AREA as usize - 0x1000,
        "a program of at most 30000 instructions"
    );
    bytes.resize(AREA as usize - 0x1000, 0);
    for _ in 0..0x2000 / 8 {
        bytes.extend(interesting(&mut random).to_le_bytes());
    }
    bytes
}

/// Numbers at the edges of formats, and others.
fn interesting(random: &mut Random) -> u64 {
    let any = random.number();
    match random.below(16) {
        0 => 0,
        1 => u64::MAX,
        2 => 1 << 63,
        3 => 0x7ff0_0000_0000_0000 | any & 1 << 63,
        4 => 0x7ff8_0000_0000_0000,
        // A signalling NaN, and the smallest normal numbers and their neighbours.
        5 => 0x7ff0_0000_0000_0001,
        6 => 0x000f_ffff_ffff_fffe + u64::from(random.below(4)),
        7 => any & 0x800f_ffff_ffff_ffff,
        8 => 0xffff_ffff_0000_0000 | any,
        9 => 0xffff_ffff_7f80_0000 | any & 1 << 31,
        10 => 0xffff_ffff_007f_fffe + u64::from(random.below(4)),
        11 => 0xffff_ffff_3f80_0000 | any & 0x8000_ffff,
        12 => 0x3ff0_0000_0000_0000 | any & 0x800f_0000_0000_ffff,
        13 => any as i32 as u64,
        14 => u64::from(random.below(70)),
        _ => any,
    }
}

/// Type I.
fn immediate(opcode: u32, funct3: u32, rd: u32, rs1: u32, value: u32) -> u32 {
    value << 20 | rs1 << 15 | funct3 << 12 | rd << 7 | opcode
}

fn prologue(random: &mut Random) -> Vec<u32> {
    let mut words = vec![
        // Over the handler to the rest.
        0x0200_006f,
        // The handler: skips four bytes.
        immediate(0x73, 1, 0, 31, 0x340),
        immediate(0x73, 2, 31, 0, 0x341),
        immediate(0x13, 0, 31, 31, 4),
        immediate(0x73, 1, 0, 31, 0x341),
        immediate(0x73, 2, 31, 0, 0x340),
        0x3020_0073,
        0x0000_0013,
        // `auipc x5, 0`, which gives BASE + 0x20; the handler's address from it.
        0x0000_0297,
        immediate(0x13, 0, 5, 5, 0xfe4),
        immediate(0x73, 1, 0, 5, 0x305),
        // mstatus.FS.
        0x0000_62b7,
        immediate(0x73, 2, 0, 5, 0x300),
        // The area's middle: BASE + AREA from here.
        AREA | 0x17 | POINTER << 7,
        immediate(0x13, 0, POINTER, POINTER, 0u32.wrapping_sub(13 * 4) & 0xfff),
        immediate(0x13, 0, STACK, POINTER, 0),
    ];
    for number in 0..32 {
        let offset = random.below(256) * 8;
        words.push(immediate(
            0x07,
            3,
            number,
            POINTER,
            offset.wrapping_sub(1024) & 0xfff,
        ));
        if ![0, STACK, POINTER].contains(&number) {
            let offset = random.below(256) * 8;
            words.push(immediate(
                0x03,
                3,
                number,
                POINTER,
                offset.wrapping_sub(1024) & 0xfff,
            ));
        }
    }
    words
}

/// A destination that may be changed.
fn destination(random: &mut Random) -> u32 {
    loop {
        let number = random.below(32);
        if number != STACK && number != POINTER {
            return number;
        }
    }
}

fn instruction(random: &mut Random, words: &mut Vec<u32>) {
    let (rd, rs1, rs2) = (destination(random), random.below(32), random.below(32));
    let value = random.number() as u32;
    let register = |opcode: u32, funct3: u32, funct7: u32| {
        funct7 << 25 | rs2 << 20 | rs1 << 15 | funct3 << 12 | rd << 7 | opcode
    };
    let base = if value & 1 == 0 { POINTER } else { STACK };
    match random.below(16) {
        0 | 1 => {
            let funct7 = random.one_of(&[0, 0, 0x20, 1, 1]);
            words.push(register(0x33, value & 7, funct7));
        }
        2 => {
            let funct7 = random.one_of(&[0, 0x20, 1]);
            words.push(register(0x3b, value & 7, funct7));
        }
        3 => words.push(immediate(
            random.one_of(&[0x13, 0x1b]),
            value & 7,
            rd,
            rs1,
            value >> 20,
        )),
        // A shift's upper bits would make most of them no instruction.
        4 => {
            let kind = random.one_of(&[0, 0x400]);
            let amount = random.below(64);
            words.push(immediate(
                random.one_of(&[0x13, 0x1b]),
                random.one_of(&[1, 5]),
                rd,
                rs1,
                kind | amount,
            ));
        }
        5 => words.push(value & 0xffff_f000 | rd << 7 | random.one_of(&[0x17, 0x37])),
        6 => words.push(immediate(0x03, random.below(7), rd, base, value >> 20)),
        7 => {
            let opcode = random.one_of(&[0x23, 0x23, 0x27]);
            let funct3 = if opcode == 0x27 {
                2 + random.below(2)
            } else {
                random.below(4)
            };
            words.push(value & 0xfe00_0f80 | rs2 << 20 | base << 15 | funct3 << 12 | opcode);
        }
        8 => {
            let function = random.one_of(&[0, 1, 2, 3, 3, 4, 8, 12, 16, 20, 24, 28]);
            // QEMU 7.2 calls a misaligned read-modify-write a load (the specification says a store), and lets a
            // store-conditional without reservation fail first.
            let inside = if function == 2 {
                random.one_of(&[0, 0, 4, 2])
            } else {
                0
            };
            let offset = random.below(0x100) * 8 + inside;
            words.push(immediate(
                0x13,
                0,
                ADDRESS,
                POINTER,
                offset.wrapping_sub(1024) & 0xfff,
            ));
            let second = if function == 2 { 0 } else { rs2 };
            let width = 2 + random.below(2);
            words
                .push(function << 27 | second << 20 | ADDRESS << 15 | width << 12 | rd << 7 | 0x2f);
        }
        // Forward, over whole steps: an address and its use stay together.
        9 => {
            let at = words.len();
            words.push(rs2 << 20 | rs1 << 15 | random.one_of(&[0, 1, 4, 5, 6, 7]) << 12 | 0x63);
            for _ in 0..=random.below(3) {
                instruction(random, words);
            }
            let offset = 4 * (words.len() - at) as u32;
            words[at] |= (offset & 0x7e0) << 20 | (offset & 0x1e) << 7;
        }
        10 => {
            // Not `sepc` and `mepc`, in which QEMU keeps bit 0.
            let csr = random.one_of(&[
                0x001, 0x002, 0x003, 0x140, 0x142, 0x143, 0x340, 0x342, 0x343,
            ]);
            words.push(immediate(
                0x73,
                random.one_of(&[1, 2, 3, 5, 6, 7]),
                rd,
                rs1,
                csr,
            ));
        }
        11 => words.push(compressed(random) << 16 | compressed(random)),
        12 => words.push(immediate(0x07, 2 + random.below(2), rs1, base, value >> 20)),
        13 => words.push(no_instruction(random)),
        _ => {
            words.push(float(random, rd, rs1, rs2));
            // The flags are seen where they are read.
            words.push(immediate(0x73, random.one_of(&[1, 2]), 28, 0, 0x003));
        }
    }
}

/// A floating-point operation.
fn float(random: &mut Random, rd: u32, rs1: u32, rs2: u32) -> u32 {
    let rounding = random.one_of(&[0, 1, 2, 3, 4, 7, 7, 5]);
    let format = random.below(2);
    if random.below(4) == 0 {
        let opcode = random.one_of(&[0x43, 0x47, 0x4b, 0x4f]);
        let rs3 = random.below(32);
        return rs3 << 27
            | format << 25
            | rs2 << 20
            | rs1 << 15
            | rounding << 12
            | rd << 7
            | opcode;
    }
    let function = random.one_of(&[0, 1, 2, 3, 0x0b, 4, 5, 0x14, 8, 0x18, 0x1a, 0x1c, 0x1e]);
    let (rs2, funct3) = match function {
        0x0b => (0, rounding),
        4 | 0x14 => (rs2, random.below(3)),
        5 => (rs2, random.below(2)),
        8 => (1 - format, rounding),
        0x18 | 0x1a => (random.below(4), rounding),
        0x1c => (0, random.below(2)),
        0x1e => (0, 0),
        _ => (rs2, rounding),
    };
    function << 27 | format << 25 | rs2 << 20 | rs1 << 15 | funct3 << 12 | rd << 7 | 0x53
}

/// A compressed instruction that does not branch, and changes neither pointer nor memory elsewhere.
fn compressed(random: &mut Random) -> u32 {
    loop {
        let half = random.below(0x1_0000);
        if half & 3 == 3 {
            continue;
        }
        let op = decode(half);
        let changes_pointer = [STACK, POINTER].contains(&u32::from(op.rd));
        let accepted = match op.kind {
            Kind::Jal | Kind::Jalr | Kind::Beq | Kind::Bne | Kind::Ebreak | Kind::Illegal => false,
            Kind::Lw | Kind::Ld => u32::from(op.rs1) == STACK && !changes_pointer,
            Kind::FloatLoad | Kind::Sw | Kind::Sd | Kind::FloatStore => u32::from(op.rs1) == STACK,
            _ => !changes_pointer,
        };
        if accepted {
            return half;
        }
    }
}

/// A word of four bytes that is no instruction.
fn no_instruction(random: &mut Random) -> u32 {
    loop {
        let word = random.number() as u32 | 3;
        // The longer encodings are not sized by this core.
        if word & 0x1f != 0x1f && decode(word).kind == Kind::Illegal && word & 0x7f != 0x0b {
            return word;
        }
    }
}
