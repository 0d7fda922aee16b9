//! Functions by their instructions, as `llvm-mc` encodes them, and compiled ones by the compiler's own sizes.

use super::functions::functions;
use super::*;
use crate::elf::Code;
use std::collections::BTreeSet;

mod compiled;

/// The bytes of these instructions, each in the form of hexadecimal digits by bytes.
fn bytes(instructions: &[&str]) -> Vec<u8> {
    let digits: String = instructions.concat();
    let bytes = (0..digits.len()).step_by(2);
    let bytes = bytes.map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap());
    bytes.collect()
}

/// A function of these instructions at address 0x1000.
fn function(arch: Arch, instructions: &[&str]) -> Function {
    let code = Code {
        address: 0x1000,
        bytes: bytes(instructions),
        functions: BTreeMap::from([(0x1000, "it".to_owned())]),
        marks: BTreeMap::new(),
    };
    functions(arch, &code).remove(&0x1000).unwrap()
}

fn frame(arch: Arch, instructions: &[&str]) -> Option<u64> {
    function(arch, instructions).frame
}

#[test]
fn riscv_frames() {
    for (what, instructions, expected) in [
        ("addi sp, sp, -2032", &["13010181"][..], Some(2032)),
        ("addi sp, sp, 2032", &["1301017f"], Some(0)),
        ("c.addi sp, -16", &["4111"], Some(16)),
        ("c.addi16sp sp, -496", &["4171"], Some(496)),
        ("c.addi16sp sp, 496", &["7d61"], Some(0)),
        ("two of them", &["4111", "4171"], Some(512)),
        (
            "c.lui a0, 13; addiw a0, a0, -320; sub sp, sp, a0",
            &["3565", "1b0505ec", "3301a140"],
            Some(52928),
        ),
        (
            "the same; c.add sp, a0",
            &["3565", "1b0505ec", "2a91"],
            Some(0),
        ),
        (
            "addi a0, zero, -1225; sh3add sp, a0, sp",
            &["130570b3", "33612520"],
            Some(9800),
        ),
        (
            "sh3add sp, a0, sp, with an unknown number",
            &["33612520"],
            None,
        ),
        (
            "c.li a1, -31; c.slli a1, 4; c.add sp, a1",
            &["8555", "9205", "2e91"],
            Some(496),
        ),
        (
            "c.addi sp, -16; c.addi4spn s0, sp, 48; addi sp, s0, -64",
            &["4111", "0018", "130104fc"],
            Some(32),
        ),
        (
            "c.addi4spn s0, sp, 48; c.mv sp, s0",
            &["0018", "2281"],
            Some(0),
        ),
        (
            "c.lui a1, 3; sub sp, sp, a1; add s0, sp, a1; addi sp, s0, -48",
            &["8d65", "3301b140", "3304b100", "130104fd"],
            Some(12288),
        ),
        (
            "c.lui a1, 3; sub sp, sp, a1; c.mv s0, a1; c.add s0, sp; addi sp, s0, -48",
            &["8d65", "3301b140", "2e84", "0a94", "130104fd"],
            Some(12288),
        ),
        (
            "c.addi4spn s0, sp, 48; c.lui a1, 3; sub sp, s0, a1",
            &["0018", "8d65", "3301b440"],
            Some(12240),
        ),
        (
            "c.addi4spn s0, sp, 48; sub sp, s0, a1",
            &["0018", "3301b440"],
            None,
        ),
        (
            "add s0, sp, a1; addi sp, s0, -48",
            &["3304b100", "130104fd"],
            None,
        ),
        ("andi sp, sp, -64", &["137101fc"], Some(63)),
        (
            "srli a0, sp, 12; slli sp, a0, 12",
            &["1355c100", "1311c500"],
            Some(4095),
        ),
        ("fsd fs0, 8(sp)", &["22a4"], Some(0)),
        // What cannot be told.
        ("sub sp, sp, a0", &["3301a140"], None),
        (
            "c.lui a0, 13; c.beqz a0, +16; sub sp, sp, a0 at its target",
            &[
                "3565", "01c9", "0100", "0100", "0100", "0100", "0100", "0100", "0100", "3301a140",
            ],
            None,
        ),
        ("ld sp, 0(a0)", &["03310500"], None),
        ("c.ldsp sp, 0(sp)", &["0261"], None),
        ("csrrw sp, mscratch, sp", &["73110134"], None),
        ("c.mv sp, a1", &["2e81"], None),
        ("addi sp, s0, -64", &["130104fc"], None),
        (
            "srli a0, sp, 12; slli sp, a0, 13",
            &["1355c100", "1311d500"],
            None,
        ),
        ("jal t0, +32, where no function is", &["ef020002"], None),
    ] {
        assert_eq!(frame(Arch::Sv39, instructions), expected, "{what}");
    }
}

#[test]
fn thumb_frames() {
    for (what, instructions, expected) in [
        ("push {r4, r7, lr}", &["90b5"][..], Some(12)),
        ("push.w {r4, r8, lr}", &["2de91041"], Some(12)),
        ("str lr, [sp, #-16]!", &["4df810ed"], Some(16)),
        ("strd r4, r5, [sp, #-8]!", &["6de90245"], Some(8)),
        ("vpush {d8, d9}", &["2ded048b"], Some(16)),
        ("vpush {s16, s17, s18}", &["2ded038a"], Some(12)),
        ("sub sp, #128", &["a0b0"], Some(128)),
        ("sub.w sp, sp, #57344", &["adf5604d"], Some(57344)),
        ("subw sp, sp, #1001", &["adf2e93d"], Some(1001)),
        (
            "add sp, #128; add.w sp, sp, #4096; pop {r4, pc}",
            &["20b0", "0df5805d", "10bd"],
            Some(0),
        ),
        ("ldr pc, [sp], #16", &["5df810fb"], Some(0)),
        (
            "movw r5, #52224; movt r5, #1; sub.w sp, sp, r5",
            &["4cf60045", "c0f20105", "adeb050d"],
            Some(117_760),
        ),
        (
            "movw r5, #52224; add sp, r5",
            &["4cf60045", "ad44"],
            Some(0),
        ),
        (
            "ldr r5, [pc, #0]; sub.w sp, sp, r5; nop, and 0x12345678 after it",
            &["014d", "adeb050d", "00bf", "78563412"],
            Some(0x1234_5678),
        ),
        (
            "mov r4, sp; bfc r4, #0, #6; mov sp, r4",
            &["6c46", "6ff30504", "a546"],
            Some(63),
        ),
        (
            "mov r4, sp; bic r4, r4, #31; mov sp, r4",
            &["6c46", "24f01f04", "a546"],
            Some(31),
        ),
        (
            "push {r4, r7, lr}; add r7, sp, #12; subs r4, r7, #7; mov sp, r4",
            &["90b5", "03af", "fc1f", "a546"],
            Some(12),
        ),
        (
            "push {r4, r7, lr}; add r7, sp, #12; sub.w r4, r7, #300; mov sp, r4",
            &["90b5", "03af", "a7f59674", "a546"],
            Some(300),
        ),
        // What cannot be told.
        ("sub.w sp, sp, r5", &["adeb050d"], None),
        ("mov sp, r4", &["a546"], None),
        ("msr msp, r0", &["80f30888"], None),
        ("ldr sp, [r0]", &["d0f800d0"], None),
        (
            "it ne; movwne r5, #52224; sub.w sp, sp, r5",
            &["18bf", "4cf60045", "adeb050d"],
            None,
        ),
    ] {
        for arch in [Arch::PmsaV7, Arch::PmsaV8] {
            assert_eq!(frame(arch, instructions), expected, "{what}");
        }
    }
}

#[test]
fn a_call_before_the_return_address_is_saved_is_found_on_every_way_to_it() {
    let to = |address| BTreeSet::from([Some(address)]);
    let none = BTreeSet::new();
    for (what, arch, instructions, expected) in [
        (
            "sdsp ra; jal +256",
            Arch::Sv39,
            &["06f4", "ef000010"][..],
            none.clone(),
        ),
        (
            "swsp ra; jal +256",
            Arch::Pmp,
            &["06c2", "ef000010"],
            none.clone(),
        ),
        ("jal +256", Arch::Sv39, &["ef000010"], to(0x1100)),
        (
            "c.beqz a0, +16 over: sdsp ra; 6 nops; jal +256",
            Arch::Sv39,
            &[
                "01c9", "06f4", "0100", "0100", "0100", "0100", "0100", "0100", "ef000010",
            ],
            to(0x1110),
        ),
        ("c.jalr a5", Arch::Sv39, &["8297"], BTreeSet::from([None])),
        (
            "auipc ra, 1; jalr ra, 0(ra)",
            Arch::Sv39,
            &["97100000", "e7800000"],
            to(0x2000),
        ),
        (
            "c.jr a5, perhaps by a table; jal +256",
            Arch::Sv39,
            &["8287", "ef000010"],
            to(0x1102),
        ),
        (
            "ret; jal +256",
            Arch::Sv39,
            &["8280", "ef000010"],
            none.clone(),
        ),
        (
            "jal +256 of another function",
            Arch::Sv39,
            &["6f000010", "ef000010"],
            none.clone(),
        ),
        (
            "push {r4, r7, lr}; bl +256",
            Arch::PmsaV7,
            &["90b5", "00f080f8"],
            none.clone(),
        ),
        (
            "str lr, [sp, #-16]!; blx r3",
            Arch::PmsaV7,
            &["4df810ed", "9847"],
            none.clone(),
        ),
        (
            "str.w lr, [sp, #12]; blx r3",
            Arch::PmsaV7,
            &["cdf80ce0", "9847"],
            none.clone(),
        ),
        ("bl +256", Arch::PmsaV7, &["00f080f8"], to(0x1104)),
        ("blx r3", Arch::PmsaV7, &["9847"], BTreeSet::from([None])),
        (
            "cbz r0, +48 over: push; 24 nops; bl +256",
            Arch::PmsaV7,
            &["c0b1", "90b5", &"00bf".repeat(24), "00f080f8"],
            to(0x1138),
        ),
        (
            "bx lr; bl +256",
            Arch::PmsaV7,
            &["7047", "00f080f8"],
            none.clone(),
        ),
        (
            "it ne; bxne lr; bl +256",
            Arch::PmsaV7,
            &["18bf", "7047", "00f080f8"],
            to(0x1108),
        ),
        (
            "tbb; bl +256",
            Arch::PmsaV7,
            &["dfe800f0", "00f080f8"],
            to(0x1108),
        ),
        ("udf; bl +256", Arch::PmsaV7, &["fede", "00f080f8"], none),
    ] {
        let found = function(arch, instructions).early_calls;
        assert_eq!(found, expected, "{what}");
    }
}

#[test]
fn data_between_instructions_is_no_instruction() {
    let bytes = [0xa5, 0x46, 0xa5, 0x46, 0xa0, 0xb0];
    let mut code = Code {
        address: 0x1000,
        bytes: bytes.to_vec(),
        functions: BTreeMap::from([(0x1001, "it".to_owned())]),
        marks: BTreeMap::from([(0x1000, false), (0x1004, true)]),
    };
    assert_eq!(functions(Arch::PmsaV7, &code)[&0x1000].frame, Some(128));
    code.marks.clear();
    assert_eq!(functions(Arch::PmsaV7, &code)[&0x1000].frame, None);
}

#[test]
fn a_piece_that_several_functions_share_counts_in_each() {
    // c.addi sp, -16; jal t0, +6; ret; then the piece: c.addi16sp sp, -496; c.jr t0
    let bytes = [
        0x41, 0x11, 0xef, 0x02, 0x60, 0x00, 0x82, 0x80, 0x41, 0x71, 0x82, 0x82,
    ];
    let names = [(0x1000, "it".to_owned()), (0x1008, "piece".to_owned())];
    let code = Code {
        address: 0x1000,
        bytes: bytes.to_vec(),
        functions: BTreeMap::from(names),
        marks: BTreeMap::new(),
    };
    let one = code.clone();
    let found = functions(Arch::Sv39, &code);
    assert_eq!(found[&0x1000].frame, Some(512));
    assert_eq!(found[&0x1008].frame, Some(496));
    // Entered twice, it counts twice; and so does one that the function ends with, where the compiler made it.
    let mut twice = code;
    let again = [
        0xef, 0x02, 0xa0, 0x00, 0xef, 0x02, 0x60, 0x00, 0x82, 0x80, 0x41, 0x71, 0x82, 0x82,
    ];
    twice.bytes = again.to_vec();
    twice.functions = BTreeMap::from([(0x1000, "it".to_owned()), (0x100a, "piece".to_owned())]);
    assert_eq!(functions(Arch::Sv39, &twice)[&0x1000].frame, Some(992));
    // c.addi sp, -16; c.j +4; c.nop; then: c.addi16sp sp, -496; jal +256
    for (name, frame, calls) in [
        ("OUTLINED_FUNCTION_3", 512, BTreeSet::from([Some(0x1006)])),
        ("another", 16, BTreeSet::new()),
    ] {
        let mut tail = twice.clone();
        tail.bytes = vec![
            0x41, 0x11, 0x11, 0xa0, 0x01, 0x00, 0x41, 0x71, 0xef, 0x00, 0x00, 0x10,
        ];
        tail.functions = BTreeMap::from([(0x1000, "it".to_owned()), (0x1006, name.to_owned())]);
        let found = &functions(Arch::Sv39, &tail)[&0x1000];
        assert_eq!((found.frame, &found.early_calls), (Some(frame), &calls));
    }
    // A cycle has no longest chain.
    let mut circle = one;
    circle.bytes[8..].copy_from_slice(&[0xef, 0xf2, 0x9f, 0xff]);
    assert_eq!(functions(Arch::Sv39, &circle)[&0x1000].frame, None);
}

/// A function at 0x1000 calls one at 0x1200 behind a piece at 0x1100, which it enters by `t0`.
fn behind_a_piece(piece: &[&str]) -> Function {
    // jal t0, +256; jal +508; ret
    let mut code = bytes(&["ef020010", "ef00c01f", "8280"]);
    code.resize(0x100, 0);
    code.extend(bytes(piece));
    code.resize(0x202, 0);
    let names = [(0x1000, "it"), (0x1100, "piece"), (0x1200, "called")];
    let code = Code {
        address: 0x1000,
        bytes: code,
        functions: BTreeMap::from(names.map(|(address, name)| (address, name.to_owned()))),
        marks: BTreeMap::new(),
    };
    functions(Arch::Sv39, &code).remove(&0x1000).unwrap()
}

#[test]
fn a_piece_may_save_the_return_address_of_its_function() {
    let both = BTreeSet::from([Some(0x1100), Some(0x1200)]);
    for (what, piece, expected) in [
        (
            "c.addi sp, -16; c.sdsp ra, 8(sp); c.jr t0",
            &["4111", "06e4", "8282"][..],
            BTreeSet::new(),
        ),
        ("c.addi sp, -16; c.jr t0", &["4111", "8282"], both.clone()),
        (
            "c.beqz a0, over: c.sdsp ra, 8(sp); c.jr t0",
            &["11c1", "06e4", "8282"],
            both.clone(),
        ),
        (
            "c.jalr a5; c.sdsp ra, 8(sp); c.jr t0",
            &["8297", "06e4", "8282"],
            both,
        ),
    ] {
        assert_eq!(behind_a_piece(piece).early_calls, expected, "{what}");
    }
}

/// Functions at 0, 1, 2, … with frames, each with what it calls early.
fn program(list: &[(u64, &[Option<u64>])]) -> BTreeMap<u64, Function> {
    let functions = list.iter().enumerate();
    functions
        .map(|(address, (frame, calls))| {
            let function = Function {
                calls: BTreeSet::new(),
                name: format!("function {address}"),
                frame: Some(*frame),
                early_calls: calls.iter().copied().collect(),
            };
            (address as u64, function)
        })
        .collect()
}

#[test]
fn a_chain_is_of_functions_that_call_early() {
    let chain = |list: &[(u64, &[Option<u64>])]| {
        longest_chain(&program(list)).map_err(|found| found.name.clone())
    };
    // The last function saves its return address or calls nothing: its frame counts as the one that crosses.
    assert_eq!(
        chain(&[(10, &[Some(1)]), (200, &[Some(2)]), (3000, &[])]),
        Ok(210)
    );
    assert_eq!(
        chain(&[
            (10, &[Some(2)]),
            (200, &[Some(3)]),
            (3000, &[Some(3)]),
            (7, &[])
        ]),
        Ok(3010)
    );
    assert_eq!(
        chain(&[(10, &[Some(1)]), (20, &[Some(0)])]),
        Err("function 0".to_owned())
    );
    assert_eq!(chain(&[(10, &[None])]), Err("function 0".to_owned()));
    assert_eq!(chain(&[(10, &[])]), Ok(0));
}
