//! Status words from the manuals, and instructions from an assembler.

use super::*;
use std::assert_eq;

const PC: usize = 0x1234;
const AT: usize = 0x2000_0040;
/// `ldr r0, [r0]`, `str r0, [r0]`, `bkpt 1`, `svc 0`.
const LOAD: Option<[u16; 2]> = Some([0x6800, 0]);
const STORE: Option<[u16; 2]> = Some([0x6000, 0]);
const BREAKPOINT: Option<[u16; 2]> = Some([0xbe01, 0]);
const OTHER: Option<[u16; 2]> = Some([0xdf00, 0]);

fn status(configurable: u32) -> Status {
    Status {
        configurable,
        hard: 0,
        address: 0x4000_0000,
        bus_address: 0x5000_0000,
    }
}

const FRAME: Frame = Frame {
    arguments: [0; 4],
    r12: 0,
    lr: 0,
    pc: PC as u32,
    status: 1 << 24,
};

#[test]
fn causes_of_a_task_are_told_apart() {
    let table = [
        // MMFSR (B3.2.15): IACCVIOL; DACCVIOL with MMARVALID; MUNSTKERR; MSTKERR.
        (0x01, OTHER, FaultKind::Execute, PC),
        (0x82, LOAD, FaultKind::Read, 0x4000_0000),
        (0x82, STORE, FaultKind::Write, 0x4000_0000),
        (0x08, None, FaultKind::Write, AT),
        (0x10, None, FaultKind::Write, AT),
        // A push that did not fit, and a frame that did not fit either.
        (0x92, None, FaultKind::Write, 0x4000_0000),
        // BFSR: IBUSERR; PRECISERR with BFARVALID; IMPRECISERR; UNSTKERR; STKERR.
        (0x0100, OTHER, FaultKind::Execute, PC),
        (0x8200, LOAD, FaultKind::Bus, 0x5000_0000),
        (0x0400, OTHER, FaultKind::Bus, 0),
        (0x0800, None, FaultKind::Write, AT),
        (0x1000, None, FaultKind::Write, AT),
        // UFSR: UNDEFINSTR, INVSTATE, INVPC, NOCP; Armv8-M's STKOF; UNALIGNED; DIVBYZERO.
        (1 << 16, OTHER, FaultKind::Illegal, PC),
        (1 << 17, OTHER, FaultKind::Illegal, PC),
        (1 << 18, None, FaultKind::Illegal, PC),
        (1 << 19, OTHER, FaultKind::Illegal, PC),
        (1 << 20, None, FaultKind::Write, AT),
        (1 << 24, LOAD, FaultKind::Misaligned, PC),
        (1 << 25, OTHER, FaultKind::Illegal, PC),
    ];
    for (word, instruction, kind, address) in table {
        assert_eq!(
            status(word).decode(AT, Some(&FRAME), instruction),
            (kind, address),
            "{word:#x}"
        );
    }
}

#[test]
fn a_breakpoint_is_a_hard_fault_without_a_cause() {
    // DEBUGEVT; some processors set FORCED alone.
    for hard in [1 << 31, 1 << 30, 0] {
        let status = Status { hard, ..status(0) };
        assert_eq!(
            status.decode(AT, Some(&FRAME), BREAKPOINT),
            (FaultKind::Breakpoint, PC)
        );
        assert_eq!(
            status.decode(AT, Some(&FRAME), OTHER),
            (FaultKind::Illegal, PC)
        );
    }
    // An instruction that looks like it, jumped to in the wrong state.
    let status = Status {
        hard: 1 << 30,
        ..status(1 << 17)
    };
    assert_eq!(
        status.decode(AT, Some(&FRAME), BREAKPOINT).0,
        FaultKind::Illegal
    );
}

#[test]
fn only_errors_of_pushing_leave_no_frame() {
    for bit in 0..32 {
        let frame = ![4, 12, 20].contains(&bit);
        assert_eq!(status(1 << bit).has_frame(), frame, "bit {bit}");
    }
}

/// Assembled by LLVM 14: `llvm-mc --triple=thumbv7em-none-eabi --show-encoding`.
#[test]
fn loads_and_stores_are_told_apart() {
    let loads: [u32; 26] = [
        0x6808,
        0x7808,
        0x8808,
        0x5888,
        0x5c88,
        0x5a88,
        0x5688,
        0x5e88,
        0x9801,
        0x4801,
        0xbc03,
        0xe890_0006,
        0xf8d1_0000,
        0xf891_0000,
        0xf8b1_0190,
        0xf991_0004,
        0xf9b1_0004,
        0xe9d2_0100,
        0xe851_0f00,
        0xe8d1_0f4f,
        0xe8b0_0ff0,
        0xe910_0ff0,
        0xe8d0_f001,
        0xf851_0e00,
        0xed90_0a00,
        0xecb0_0a04,
    ];
    let stores: [u32; 24] = [
        0x6008,
        0x7008,
        0x8008,
        0x5088,
        0x5488,
        0x5288,
        0x9001,
        0xb403,
        0xb501,
        0xc006,
        0xf8c1_0000,
        0xf881_0000,
        0xf8a1_0190,
        0xf841_0d04,
        0xf841_0b04,
        0xe9c2_0100,
        0xe842_1000,
        0xe8c2_1f40,
        0xe8a0_0ff0,
        0xe92d_0ff0,
        0xf841_0e00,
        0xed80_0a00,
        0xeca0_0a04,
        0xed2d_8b02,
    ];
    for (code, store) in loads
        .map(|code| (code, false))
        .into_iter()
        .chain(stores.map(|code| (code, true)))
    {
        let halves = if code > 0xffff {
            [(code >> 16) as u16, code as u16]
        } else {
            [code as u16, 0]
        };
        assert_eq!(is_store(halves), store, "{code:#x}");
    }
}

#[test]
fn out_of_the_thumb_state_any_fault_but_of_the_fetch_is_of_the_instruction() {
    let frame = Frame { status: 0, ..FRAME };
    for word in [1 << 17, 1 << 24] {
        let found = status(word).decode(AT, Some(&frame), None);
        assert_eq!(found, (FaultKind::Illegal, PC));
    }
    assert_eq!(
        status(1).decode(AT, Some(&frame), None),
        (FaultKind::Execute, PC)
    );
}
