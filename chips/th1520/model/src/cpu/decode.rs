//! Decodes instructions of RV64IMAFDC, Zicsr, Zifencei and T-Head's cache operations.
//! Source: The RISC-V Instruction Set Manual, volume I, chapter "RV32/64G Instruction Set Listings".

use super::compressed;
use super::op::{Kind, NOWHERE, Op};

/// The major opcodes, bits 6:0.
mod opcode {
    pub(super) const LOAD: u32 = 0x03;
    pub(super) const LOAD_FP: u32 = 0x07;
    pub(super) const CUSTOM_0: u32 = 0x0b;
    pub(super) const MISC_MEM: u32 = 0x0f;
    pub(super) const OP_IMM: u32 = 0x13;
    pub(super) const AUIPC: u32 = 0x17;
    pub(super) const OP_IMM_32: u32 = 0x1b;
    pub(super) const STORE: u32 = 0x23;
    pub(super) const STORE_FP: u32 = 0x27;
    pub(super) const AMO: u32 = 0x2f;
    pub(super) const OP: u32 = 0x33;
    pub(super) const LUI: u32 = 0x37;
    pub(super) const OP_32: u32 = 0x3b;
    pub(super) const MADD: u32 = 0x43;
    pub(super) const MSUB: u32 = 0x47;
    pub(super) const NMSUB: u32 = 0x4b;
    pub(super) const NMADD: u32 = 0x4f;
    pub(super) const OP_FP: u32 = 0x53;
    pub(super) const BRANCH: u32 = 0x63;
    pub(super) const JALR: u32 = 0x67;
    pub(super) const JAL: u32 = 0x6f;
    pub(super) const SYSTEM: u32 = 0x73;
}

/// How many bytes an instruction takes, by its first half.
pub(crate) fn length(first: u16) -> u8 {
    if first & 3 == 3 { 4 } else { 2 }
}

/// Decodes an instruction; the upper half of a compressed one is not looked at.
pub(crate) fn decode(raw: u32) -> Op {
    if length(raw as u16) == 4 {
        return word(raw);
    }
    match compressed::expand(raw as u16) {
        Some(long) => Op {
            length: 2,
            ..word(long)
        },
        None => Op {
            length: 2,
            ..illegal(raw & 0xffff)
        },
    }
}

fn illegal(raw: u32) -> Op {
    Op {
        kind: Kind::Illegal,
        length: 4,
        raw,
        ..Op::UNDECODED
    }
}

fn word(raw: u32) -> Op {
    let rd = (raw >> 7 & 31) as u8;
    let op = |kind, imm| Op {
        kind,
        length: 4,
        rd: if rd == 0 { NOWHERE } else { rd },
        rs1: (raw >> 15 & 31) as u8,
        rs2: (raw >> 20 & 31) as u8,
        imm,
        raw,
    };
    let kind = match raw & 0x7f {
        opcode::LUI => return op(Kind::Lui, (raw & 0xffff_f000) as i32),
        opcode::AUIPC => return op(Kind::Auipc, (raw & 0xffff_f000) as i32),
        opcode::JAL => return op(Kind::Jal, jump_immediate(raw)),
        opcode::JALR if raw >> 12 & 7 == 0 => Some(Kind::Jalr),
        opcode::BRANCH => {
            return branch(raw)
                .map_or_else(|| illegal(raw), |kind| op(kind, branch_immediate(raw)));
        }
        opcode::LOAD => load(raw),
        opcode::STORE => {
            return store(raw).map_or_else(|| illegal(raw), |kind| op(kind, store_immediate(raw)));
        }
        opcode::LOAD_FP => matches!(raw >> 12 & 7, 2 | 3).then_some(Kind::FloatLoad),
        opcode::STORE_FP if matches!(raw >> 12 & 7, 2 | 3) => {
            return op(Kind::FloatStore, store_immediate(raw));
        }
        opcode::OP_IMM => immediate(raw),
        opcode::OP_IMM_32 => immediate_32(raw),
        opcode::OP => register(raw),
        opcode::OP_32 => register_32(raw),
        opcode::MISC_MEM => match raw >> 12 & 7 {
            0 => Some(Kind::Fence),
            1 => Some(Kind::FenceI),
            _ => None,
        },
        opcode::AMO => atomic(raw),
        opcode::MADD | opcode::MSUB | opcode::NMSUB | opcode::NMADD => {
            (raw >> 25 & 3 < 2).then_some(Kind::Float)
        }
        opcode::OP_FP => (raw >> 25 & 3 < 2).then_some(Kind::Float),
        opcode::SYSTEM => system(raw),
        opcode::CUSTOM_0 => cache(raw),
        _ => None,
    };
    match kind {
        // A shift's amount takes six bits; the bits above tell the shifts apart.
        Some(kind @ (Kind::Slli | Kind::Srli | Kind::Srai)) => op(kind, (raw >> 20 & 63) as i32),
        Some(kind @ (Kind::Slliw | Kind::Srliw | Kind::Sraiw)) => op(kind, (raw >> 20 & 31) as i32),
        Some(Kind::Csr) => op(Kind::Csr, (raw >> 20) as i32),
        Some(kind) => op(kind, raw as i32 >> 20),
        None => illegal(raw),
    }
}

/// Type J.
fn jump_immediate(raw: u32) -> i32 {
    let sign = raw as i32 >> 31 << 20;
    sign | (raw & 0xf_f000 | raw >> 9 & 0x800 | raw >> 20 & 0x7fe) as i32
}

/// Type B.
fn branch_immediate(raw: u32) -> i32 {
    let sign = raw as i32 >> 31 << 12;
    sign | (raw << 4 & 0x800 | raw >> 20 & 0x7e0 | raw >> 7 & 0x1e) as i32
}

/// Type S.
fn store_immediate(raw: u32) -> i32 {
    raw as i32 >> 25 << 5 | (raw >> 7 & 31) as i32
}

fn branch(raw: u32) -> Option<Kind> {
    Some(match raw >> 12 & 7 {
        0 => Kind::Beq,
        1 => Kind::Bne,
        4 => Kind::Blt,
        5 => Kind::Bge,
        6 => Kind::Bltu,
        7 => Kind::Bgeu,
        _ => return None,
    })
}

fn load(raw: u32) -> Option<Kind> {
    Some(match raw >> 12 & 7 {
        0 => Kind::Lb,
        1 => Kind::Lh,
        2 => Kind::Lw,
        3 => Kind::Ld,
        4 => Kind::Lbu,
        5 => Kind::Lhu,
        6 => Kind::Lwu,
        _ => return None,
    })
}

fn store(raw: u32) -> Option<Kind> {
    Some(match raw >> 12 & 7 {
        0 => Kind::Sb,
        1 => Kind::Sh,
        2 => Kind::Sw,
        3 => Kind::Sd,
        _ => return None,
    })
}

fn immediate(raw: u32) -> Option<Kind> {
    Some(match (raw >> 12 & 7, raw >> 26) {
        (0, _) => Kind::Addi,
        (1, 0) => Kind::Slli,
        (2, _) => Kind::Slti,
        (3, _) => Kind::Sltiu,
        (4, _) => Kind::Xori,
        (5, 0) => Kind::Srli,
        (5, 0x10) => Kind::Srai,
        (6, _) => Kind::Ori,
        (7, _) => Kind::Andi,
        _ => return None,
    })
}

fn immediate_32(raw: u32) -> Option<Kind> {
    Some(match (raw >> 12 & 7, raw >> 25) {
        (0, _) => Kind::Addiw,
        (1, 0) => Kind::Slliw,
        (5, 0) => Kind::Srliw,
        (5, 0x20) => Kind::Sraiw,
        _ => return None,
    })
}

fn register(raw: u32) -> Option<Kind> {
    Some(match (raw >> 25, raw >> 12 & 7) {
        (0, 0) => Kind::Add,
        (0x20, 0) => Kind::Sub,
        (0, 1) => Kind::Sll,
        (0, 2) => Kind::Slt,
        (0, 3) => Kind::Sltu,
        (0, 4) => Kind::Xor,
        (0, 5) => Kind::Srl,
        (0x20, 5) => Kind::Sra,
        (0, 6) => Kind::Or,
        (0, 7) => Kind::And,
        (1, 0) => Kind::Mul,
        (1, 1) => Kind::Mulh,
        (1, 2) => Kind::Mulhsu,
        (1, 3) => Kind::Mulhu,
        (1, 4) => Kind::Div,
        (1, 5) => Kind::Divu,
        (1, 6) => Kind::Rem,
        (1, 7) => Kind::Remu,
        _ => return None,
    })
}

fn register_32(raw: u32) -> Option<Kind> {
    Some(match (raw >> 25, raw >> 12 & 7) {
        (0, 0) => Kind::Addw,
        (0x20, 0) => Kind::Subw,
        (0, 1) => Kind::Sllw,
        (0, 5) => Kind::Srlw,
        (0x20, 5) => Kind::Sraw,
        (1, 0) => Kind::Mulw,
        (1, 4) => Kind::Divw,
        (1, 5) => Kind::Divuw,
        (1, 6) => Kind::Remw,
        (1, 7) => Kind::Remuw,
        _ => return None,
    })
}

fn atomic(raw: u32) -> Option<Kind> {
    let wide_enough = matches!(raw >> 12 & 7, 2 | 3);
    let known = match raw >> 27 {
        // LR has no second operand.
        2 => raw >> 20 & 31 == 0,
        0 | 1 | 3 | 4 | 8 | 12 | 16 | 20 | 24 | 28 => true,
        _ => false,
    };
    (wide_enough && known).then_some(Kind::Atomic)
}

fn system(raw: u32) -> Option<Kind> {
    Some(match raw >> 12 & 7 {
        0 => match raw >> 7 {
            0 => Kind::Ecall,
            0x2000 => Kind::Ebreak,
            0x20_4000 => Kind::Sret,
            0x20_a000 => Kind::Wfi,
            0x60_4000 => Kind::Mret,
            _ if raw >> 25 == 9 && raw >> 7 & 31 == 0 => Kind::SfenceVma,
            _ => return None,
        },
        4 => return None,
        _ => Kind::Csr,
    })
}

/// Source: XuanTie C910 user manual, "appendix B: extended instructions", and Linux arch/riscv/errata/thead/errata.c.
/// All have `x0` as their destination and funct3 0, and funct7 0 or 1.
fn cache(raw: u32) -> Option<Kind> {
    let shape = raw >> 12 & 7 == 0 && raw >> 7 & 31 == 0;
    let known = super::cache::Operation::of(raw >> 20).is_some();
    (shape && known).then_some(Kind::Cache)
}

#[cfg(test)]
mod tests;
