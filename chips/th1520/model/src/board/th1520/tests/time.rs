//! The same image is the same run, and a snapshot goes on as the original does.

use super::*;
use crate::firmware::Chain;
use crate::machine::Machine;
use crate::presets::th1520;

/// Counts, stores the count to ever new lines, and sends a byte each time that the UART is empty.
const PROGRAM: [u32; 9] = [
    0x0015_0513, // loop: addi a0, a0, 1
    0x0065_1293, // slli t0, a0, 6
    0x0142_d293, // srli t0, t0, 20  (t0 = a0 >> 14)
    0x00a6_3023, // sd a0, 0(a2)
    0x0406_0613, // addi a2, a2, 64
    0x0145_a303, // lw t1, 20(a1)
    0x0203_7313, // andi t1, t1, 0x20
    0xfe03_02e3, // beqz t1, loop
    0x00a5_a023, // sw a0, 0(a1)
];

fn machine(seed: u64) -> Machine<Th1520> {
    let mut words = PROGRAM.to_vec();
    // j loop.
    words.push(0xfddf_f06f);
    let code: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    let options = Options {
        early_write_back: Some(500),
        seed,
        ..Options::default()
    };
    let mut machine = th1520(&code, None, options, Chain::Vendor).unwrap();
    machine.cpu.set_register(10, 0x40);
    machine.cpu.set_register(11, UART);
    machine.cpu.set_register(12, 0x100_0000);
    machine
}

/// All that can be seen of a machine.
fn seen(machine: &mut Machine<Th1520>) -> (Vec<u64>, u64, u64, Vec<u8>, Vec<u8>) {
    let registers = (0..32)
        .map(|number| machine.cpu.register(number))
        .chain([machine.cpu.pc()])
        .collect();
    let memory = machine.memory.dma_read(0x100_0000, 0x1_0000).unwrap();
    (
        registers,
        machine.now(),
        machine.cpu.instructions(),
        machine.serial_out(),
        memory,
    )
}

#[test]
fn the_same_seed_is_the_same_run() {
    let (mut first, mut second) = (machine(1), machine(1));
    first.run(2_000_000);
    // In other steps, too.
    for _ in 0..2_000 {
        second.run(1_000);
    }
    let (first, second) = (seen(&mut first), seen(&mut second));
    assert!(first.3.len() > 10, "it did something");
    assert!(
        first.4.iter().any(|byte| *byte != 0),
        "lines were written back"
    );
    assert!(first == second);
}

#[test]
fn another_seed_is_another_run() {
    let (mut first, mut second) = (machine(1), machine(2));
    first.run(100_000);
    second.run(100_000);
    assert!(seen(&mut first).4 != seen(&mut second).4);
}

#[test]
fn a_snapshot_goes_on_as_the_original_does() {
    let mut original = machine(1);
    original.run(777_777);
    let mut snapshot = original.clone();
    original.run(1_000_000);
    let expected = seen(&mut original);
    drop(original);
    snapshot.run(1_000_000);
    assert!(seen(&mut snapshot) == expected);
}
