//! A decoded instruction, as the execution loop takes it.

/// What an instruction does. Operations with one operand that differ only in it share a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Kind {
    /// Nothing was decoded here yet.
    Undecoded,
    /// No instruction.
    Illegal,
    Lui,
    Auipc,
    Jal,
    Jalr,
    Beq,
    Bne,
    Blt,
    Bge,
    Bltu,
    Bgeu,
    Lb,
    Lh,
    Lw,
    Ld,
    Lbu,
    Lhu,
    Lwu,
    Sb,
    Sh,
    Sw,
    Sd,
    Addi,
    Slti,
    Sltiu,
    Xori,
    Ori,
    Andi,
    Slli,
    Srli,
    Srai,
    Addiw,
    Slliw,
    Srliw,
    Sraiw,
    Add,
    Sub,
    Sll,
    Slt,
    Sltu,
    Xor,
    Srl,
    Sra,
    Or,
    And,
    Addw,
    Subw,
    Sllw,
    Srlw,
    Sraw,
    Mul,
    Mulh,
    Mulhsu,
    Mulhu,
    Div,
    Divu,
    Rem,
    Remu,
    Mulw,
    Divw,
    Divuw,
    Remw,
    Remuw,
    Fence,
    FenceI,
    Ecall,
    Ebreak,
    Mret,
    Sret,
    Wfi,
    SfenceVma,
    /// All six CSR instructions.
    Csr,
    /// All of the A extension.
    Atomic,
    /// Loads of the F and D extensions.
    FloatLoad,
    /// Stores of the F and D extensions.
    FloatStore,
    /// The other instructions of the F and D extensions.
    Float,
    /// Cache operations of T-Head's cores (XTheadCmo, XTheadSync).
    Cache,
}

/// The register that takes what is written to `x0`.
pub(crate) const NOWHERE: u8 = 32;

/// A decoded instruction.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Op {
    pub(crate) kind: Kind,
    /// Bytes that it takes: 2 or 4.
    pub(crate) length: u8,
    /// The destination; [`NOWHERE`] for an integer operation to `x0`.
    pub(crate) rd: u8,
    pub(crate) rs1: u8,
    pub(crate) rs2: u8,
    /// The immediate, or the number of a CSR.
    pub(crate) imm: i32,
    /// The instruction as it stands in memory; of a compressed one the 32-bit form that it stands for.
    pub(crate) raw: u32,
}

impl Op {
    /// What stands where nothing was decoded.
    pub(crate) const UNDECODED: Self = Self {
        kind: Kind::Undecoded,
        length: 0,
        rd: 0,
        rs1: 0,
        rs2: 0,
        imm: 0,
        raw: 0,
    };

    /// Bits 14:12.
    pub(crate) fn funct3(&self) -> u32 {
        self.raw >> 12 & 7
    }

    /// Bits 11:7, for floating-point destinations, where register 0 is one like all others.
    pub(crate) fn float_rd(&self) -> usize {
        (self.raw >> 7 & 31) as usize
    }
}
