//! Instructions against words that an assembler gave (LLVM 14).

use super::*;

/// Kind, destination, first and second source, immediate.
fn parts(raw: u32) -> (Kind, u8, u8, u8, i32) {
    let op = decode(raw);
    (op.kind, op.rd, op.rs1, op.rs2, op.imm)
}

#[test]
fn immediates_of_all_types() {
    // addi a0, a1, -3; lui t0, 0x12345; jal ra, -2048; beq a0, a1, -4096; sd a5, -8(a4); bne a0, zero, 4094
    assert_eq!(parts(0xffd5_8513), (Kind::Addi, 10, 11, 29, -3));
    assert_eq!(parts(0x1234_52b7).4, 0x1234_5000);
    assert_eq!(decode(0x801f_f0ef).imm, -2048);
    assert_eq!(decode(0x80b5_0063).imm, -4096);
    assert_eq!(parts(0xfef7_3c23), (Kind::Sd, 24, 14, 15, -8));
    assert_eq!(decode(0x7e05_1fe3).imm, 4094);
}

#[test]
fn compressed_stores_have_base_and_source_the_right_way() {
    // c.sd a5, 0(a4); c.sw a0, 4(s0); c.ld a0, 8(a1); c.sdsp ra, 16(sp)
    let op = decode(0xe31c);
    assert_eq!(
        (op.kind, op.rs1, op.rs2, op.imm, op.length),
        (Kind::Sd, 14, 15, 0, 2)
    );
    let op = decode(0xc048);
    assert_eq!((op.kind, op.rs1, op.rs2, op.imm), (Kind::Sw, 8, 10, 4));
    let op = decode(0x6588);
    assert_eq!((op.kind, op.rd, op.rs1, op.imm), (Kind::Ld, 10, 11, 8));
    let op = decode(0xe806);
    assert_eq!((op.kind, op.rs1, op.rs2, op.imm), (Kind::Sd, 2, 1, 16));
}

#[test]
fn reserved_compressed_encodings_are_illegal() {
    // All zero, c.addiw to x0, c.lwsp to x0, c.addi16sp of 0, c.lui of 0, c.jr to x0.
    for half in [0x0000, 0x2001, 0x4002, 0x6101, 0x6281, 0x8002] {
        assert_eq!(decode(half).kind, Kind::Illegal, "{half:#06x}");
    }
}

#[test]
fn cache_operations_have_linux_s_encodings() {
    // arch/riscv/errata/thead/errata.c: dcache.ipa, .cpa, .cipa a0, and sync.s.
    for raw in [0x02a5_000b, 0x0295_000b, 0x02b5_000b, 0x0190_000b] {
        assert_eq!(decode(raw).kind, Kind::Cache, "{raw:#010x}");
    }
    // An unknown number, and a destination.
    for raw in [0x0ff5_000b, 0x02a5_008b] {
        assert_eq!(decode(raw).kind, Kind::Illegal, "{raw:#010x}");
    }
}

#[test]
fn privileged_instructions() {
    for (raw, kind) in [
        (0x0000_0073, Kind::Ecall),
        (0x0010_0073, Kind::Ebreak),
        (0x1020_0073, Kind::Sret),
        (0x3020_0073, Kind::Mret),
        (0x1050_0073, Kind::Wfi),
        (0x12b5_0073, Kind::SfenceVma),
        (0xc010_2573, Kind::Csr),
    ] {
        assert_eq!(decode(raw).kind, kind, "{raw:#010x}");
    }
}
