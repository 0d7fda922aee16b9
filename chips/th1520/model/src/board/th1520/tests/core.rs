//! The core by the C910's rules, with small programs.

use super::*;
use crate::cpu::{cause, status};
use crate::firmware::Chain;
use crate::machine::Machine;
use crate::presets::{ENTRY, th1520};

/// Attributes of an entry: strong order and shareable; cacheable, bufferable, shareable; bufferable and shareable.
const DEVICE: u64 = 9 << 60;
const CACHED: u64 = 7 << 60;
const UNCACHED: u64 = 3 << 60;
/// V, R, W, X, A, D.
const ALL: u64 = 0xcf;
const ROOT: u64 = 0x40_0000;
/// DRAM that is mapped page by page, from a table of its own.
const PAGE: u64 = 0x4000_0000;
/// A page's place in DRAM.
const FRAME: u64 = 0x50_0000;
const VECTOR: u64 = 0x30_0000;
const A0: usize = 10;
const A1: usize = 11;
/// `ld a1, 0(a0)`, `sd a1, 0(a0)`, `lw a1, 0(a0)`, `amoadd.d a1, a1, (a0)`, `jr a0`, `j .`.
const LOAD: u32 = 0x0005_3583;
const STORE: u32 = 0x00b5_3023;
const LOAD_WORD: u32 = 0x0005_2583;
const ADD_ATOMIC: u32 = 0x00b5_35af;
const JUMP: u32 = 0x0005_0067;
const STAY: u32 = 0x0000_006f;

/// A machine with translation on: DRAM's first gigabyte as it lies, one page at [`PAGE`] with an entry of the test's,
/// and the devices where their low 38 bits say. Its vector stays where it is.
fn machine_with(options: Options, words: &[u32], entry: u64, devices: u64) -> Machine<Th1520> {
    let code: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    let options = Options {
        open: true,
        ..options
    };
    let mut machine = th1520(&code, None, options, Chain::Vendor).unwrap();
    let memory = &mut machine.memory;
    let attributes = if options.attributes { CACHED } else { 0 };
    for (table, index, value) in [
        (ROOT, 0, attributes | ALL),
        (ROOT, 1, (ROOT + 0x1000) >> 12 << 10 | 1),
        (ROOT + 0x1000, 0, (ROOT + 0x2000) >> 12 << 10 | 1),
        (ROOT + 0x2000, 0, entry | FRAME >> 12 << 10),
        (ROOT, 255, devices | 0xff_c000_0000 >> 12 << 10 | ALL),
    ] {
        memory
            .place(table + 8 * index, &value.to_le_bytes())
            .unwrap();
    }
    memory.place(VECTOR, &STAY.to_le_bytes()).unwrap();
    machine.cpu.csr.satp = 8 << 60 | ROOT >> 12;
    machine.cpu.csr.stvec = VECTOR;
    machine.cpu.registers_changed();
    machine.cpu.set_register(A0, PAGE);
    machine
}

fn machine(words: &[u32], entry: u64) -> Machine<Th1520> {
    machine_with(Options::default(), words, entry, DEVICE)
}

/// Cause and value of the trap that a program ends in.
fn trap(machine: &mut Machine<Th1520>) -> (u64, u64) {
    machine.run(100);
    assert_eq!(machine.cpu.pc(), VECTOR, "it trapped");
    (machine.cpu.csr.scause, machine.cpu.csr.stval)
}

fn rules<B: Board>(machine: &mut Machine<B>) -> Vec<Rule> {
    machine
        .violations()
        .into_iter()
        .map(|violation| violation.rule)
        .collect()
}

#[test]
fn a_good_page_is_not_reported() {
    let mut machine = machine(&[LOAD, STORE, STAY], CACHED | ALL);
    machine.run(100);
    assert_eq!(rules(&mut machine), []);
}

#[test]
fn a_device_page_without_strong_order_is_reported_with_address_and_pc() {
    for (attributes, reported) in [(CACHED, true), (0, true), (DEVICE, false)] {
        let mut machine = machine_with(
            Options::default(),
            &[LOAD_WORD, STAY],
            CACHED | ALL,
            attributes,
        );
        machine.cpu.set_register(A0, 0x3f_e701_4014);
        machine.run(100);
        let found = machine.violations();
        assert_eq!(!found.is_empty(), reported, "{attributes:#x}");
        for violation in found {
            let place = (violation.rule, violation.address, violation.pc);
            assert_eq!(
                place,
                (Rule::DeviceWithoutStrongOrder, 0x3f_e701_4014, ENTRY)
            );
        }
        assert_eq!(machine.cpu.register(A1), 0x60, "it was read all the same");
    }
}

#[test]
fn a_page_of_memory_without_attributes_is_reported() {
    for (attributes, reported) in [
        (0, true),
        (DEVICE, true),
        (1 << 62, true),
        (UNCACHED, false),
    ] {
        let mut machine = machine(&[LOAD, STAY], attributes | ALL);
        machine.run(100);
        let expected: &[Rule] = if reported {
            &[Rule::MemoryWithoutCacheable]
        } else {
            &[]
        };
        assert_eq!(rules(&mut machine), expected, "{attributes:#x}");
    }
}

#[test]
fn a_page_is_reported_once() {
    // The second load is from another place of the page.
    let mut machine = machine(&[LOAD, LOAD | 8 << 20, LOAD, STAY], ALL);
    machine.run(100);
    assert_eq!(rules(&mut machine), [Rule::MemoryWithoutCacheable]);
}

#[test]
fn a_fetch_from_strong_order_is_an_access_fault() {
    let mut machine = machine(&[JUMP], DEVICE | ALL);
    assert_eq!(trap(&mut machine), (cause::FETCH_ACCESS, PAGE));
    assert_eq!(rules(&mut machine), [Rule::FetchFromStrongOrder]);
}

#[test]
fn accessed_and_dirty_are_never_set_by_the_walker() {
    for (word, missing, cause) in [
        (LOAD, 0x40, cause::LOAD_PAGE),
        (STORE, 0x40, cause::STORE_PAGE),
        (STORE, 0x80, cause::STORE_PAGE),
        (JUMP, 0x40, cause::FETCH_PAGE),
    ] {
        let entry = CACHED | ALL & !missing;
        let mut machine = machine(&[word, STAY], entry);
        assert_eq!(
            trap(&mut machine),
            (cause, PAGE),
            "{word:#x} without {missing:#x}"
        );
        let bytes = machine.memory.peek(ROOT + 0x2000, 8).unwrap();
        assert_eq!(bytes, (entry | FRAME >> 12 << 10).to_le_bytes());
    }
    let mut machine = machine(&[LOAD, STAY], CACHED | ALL & !0x80);
    machine.run(100);
    assert_eq!(machine.cpu.pc(), ENTRY + 4, "a load needs no D");
}

#[test]
fn an_atomic_operation_past_the_caches_faults_with_value_zero() {
    let mut machine = machine(&[ADD_ATOMIC], UNCACHED | ALL);
    assert_eq!(trap(&mut machine), (cause::STORE_ACCESS, 0));
    assert_eq!(rules(&mut machine), [Rule::AtomicUncached]);
}

#[test]
fn without_support_attributes_are_ignored_and_reported() {
    let options = Options {
        attributes: false,
        ..Options::default()
    };
    let mut machine = machine_with(options, &[LOAD, STAY], CACHED | ALL, 0);
    machine.run(100);
    assert_eq!(rules(&mut machine), [Rule::AttributesWithoutSupport]);
    // csrr a1, 0x5c0.
    for (attributes, shown) in [(true, 0x4063_8000), (false, 0x4043_8000)] {
        let options = Options {
            attributes,
            ..Options::default()
        };
        let mut machine = machine_with(options, &[0x5c00_25f3, STAY], CACHED | ALL, 0);
        machine.run(100);
        assert_eq!(machine.cpu.register(A1), shown);
    }
}

#[test]
fn a_changed_entry_is_not_seen_before_a_fence() {
    let no_entry = [0_u8; 8];
    // Load, then the test takes the page away, then load again.
    let mut machine = machine(&[LOAD, LOAD, 0x1200_0073, LOAD, STAY], CACHED | ALL);
    machine.run(1);
    machine.memory.place(ROOT + 0x2000, &no_entry).unwrap();
    machine.run(1);
    assert_eq!(
        machine.cpu.pc(),
        ENTRY + 8,
        "the old translation is still cached"
    );
    assert_eq!(trap(&mut machine), (cause::LOAD_PAGE, PAGE));
}

#[test]
fn new_instructions_are_not_seen_before_a_fence() {
    // `addi a1, zero, 1` is overwritten by `addi a1, zero, 2`; `fence.i` in between or not.
    for (fence, expected) in [(0x0000_0013, 1), (0x0000_100f, 2)] {
        // jalr ra, 0(a0); sw a3, 0(a0); FENCE; jalr ra, 0(a0); j .
        let mut machine = machine(
            &[0x0005_00e7, 0x00d5_2023, fence, 0x0005_00e7, STAY],
            CACHED | ALL,
        );
        let old: Vec<u8> = [0x0010_0593_u32, 0x0000_8067]
            .iter()
            .flat_map(|word| word.to_le_bytes())
            .collect();
        machine.memory.place(FRAME, &old).unwrap();
        machine.cpu.set_register(13, 0x0020_0593);
        machine.run(100);
        assert_eq!(machine.cpu.register(A1), expected);
    }
}

#[test]
fn a_device_sees_a_store_after_its_line_was_cleaned() {
    // dcache.cpa a2; sync.s.
    for (clean, seen) in [(0x0000_0013, 0), (0x0296_000b, 7)] {
        let mut machine = machine(&[STORE, clean, 0x0190_000b, STAY], CACHED | ALL);
        machine.cpu.set_register(A1, 7);
        machine.cpu.set_register(12, FRAME);
        machine.run(100);
        assert_eq!(machine.memory.dma_read(FRAME, 1).unwrap(), [seen]);
    }
}

#[test]
fn dirty_lines_may_be_written_back_at_any_time() {
    let options = Options {
        early_write_back: Some(1000),
        ..Options::default()
    };
    let mut machine = machine_with(options, &[STORE, STAY], CACHED | ALL, DEVICE);
    machine.cpu.set_register(A1, 7);
    machine.run(100);
    assert_eq!(machine.memory.dma_read(FRAME, 1).unwrap(), [0]);
    machine.run(100_000);
    assert_eq!(machine.memory.dma_read(FRAME, 1).unwrap(), [7]);
}

#[test]
fn an_access_past_the_caches_to_a_changed_line_is_reported() {
    let mut machine = machine(&[LOAD, STAY], UNCACHED | ALL);
    machine.memory.store(FRAME, [9_u8]).unwrap();
    machine.run(100);
    assert_eq!(rules(&mut machine), [Rule::UncachedAccessToDirtyLine]);
    assert_eq!(machine.cpu.register(A1), 0, "memory has the old value");
}

#[test]
fn user_mode_may_clean_by_address_and_not_discard() {
    // dcache.cva, .civa; .iva, .ipa, .cpa, .call.
    for (word, allowed) in [
        (0x0255_000b, true),
        (0x0275_000b, true),
        (0x0265_000b, false),
        (0x02a5_000b, false),
        (0x0295_000b, false),
        (0x0010_000b, false),
    ] {
        let mut machine = machine(&[0x1020_0073], CACHED | ALL | 0x10);
        machine
            .memory
            .place(FRAME, &[word, STAY].map(u32::to_le_bytes).concat())
            .unwrap();
        machine.cpu.csr.sepc = PAGE;
        machine.run(100);
        let expected = if allowed { 0 } else { cause::ILLEGAL };
        assert_eq!(machine.cpu.csr.scause, expected, "{word:#010x}");
    }
}

#[test]
fn there_is_no_timer_of_sstc() {
    let mut machine = machine(&[0x14d0_25f3], CACHED | ALL);
    assert_eq!(trap(&mut machine), (cause::ILLEGAL, 0x14d0_25f3));
}

#[test]
fn the_vendor_s_reset_hangs_and_mainline_has_none() {
    for (chain, stop) in [
        (Chain::Vendor, Stop::Hang),
        (Chain::Mainline, Stop::Time),
        (Chain::Qemu, Stop::Off(0)),
    ] {
        let code = [0x0000_0073_u32, STAY].map(u32::to_le_bytes).concat();
        let mut machine = th1520(&code, None, Options::default(), chain).unwrap();
        for (register, value) in [(10, 0), (11, 0), (16, 0), (17, 0x5352_5354)] {
            machine.cpu.set_register(register, value);
        }
        assert_eq!(machine.run(100), stop, "{chain:?}");
        if stop == Stop::Time {
            assert_eq!(machine.cpu.register(A0) as i64, -2);
        }
    }
}

#[test]
fn a_gated_block_hangs_the_hart_where_that_is_chosen() {
    for (closed, stop) in [(Closed::Hangs, Stop::Hang), (Closed::Errs, Stop::Time)] {
        let options = Options {
            closed,
            ..Options::default()
        };
        let mut machine = machine_with(options, &[LOAD_WORD, STAY], CACHED | ALL, DEVICE);
        machine.board.control.set_clock(0x204, 0);
        machine.cpu.set_register(A0, 0x3f_ec01_c000);
        assert_eq!(machine.run(100), stop);
    }
}

#[test]
fn the_kernel_starts_in_supervisor_mode_without_translation() {
    let machine = th1520(
        &STAY.to_le_bytes(),
        Some(&[1]),
        Options::default(),
        Chain::Vendor,
    )
    .unwrap();
    let cpu = &machine.cpu;
    assert_eq!(
        (cpu.mode(), cpu.csr.satp, cpu.pc()),
        (Mode::Supervisor, 0, ENTRY)
    );
    assert_eq!((cpu.register(A0), cpu.register(A1)), (0, 0x380_0000));
    assert_eq!(cpu.csr.medeleg, 0xb109);
    assert_eq!(cpu.csr.mstatus & status::SIE, 0);
}
