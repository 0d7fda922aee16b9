//! DesignWare's UART: it takes time, and ignores what comes at the wrong one.

use super::*;

/// Ten bits of 16 clocks of 100 MHz divided by 54.
const CHARACTER: u64 = 86_400;
const LCR: u64 = UART + 0x0c;
const LSR: u64 = UART + 0x14;
const USR: u64 = UART + 0x7c;
const IIR: u64 = UART + 0x08;
const IER: u64 = UART + 0x04;

#[test]
fn sending_takes_time() {
    let mut bench = Bench::open();
    bench.write(UART, 0x41);
    assert_eq!(bench.board.serial_out(), b"");
    assert_eq!(bench.read(LSR) & 0x60, 0);
    assert_eq!(bench.read(USR) & 1, 1);
    bench.pass(CHARACTER - 1);
    assert_eq!(bench.board.serial_out(), b"");
    bench.pass(1);
    assert_eq!(bench.board.serial_out(), b"A");
    assert_eq!(bench.read(LSR) & 0x60, 0x60);
}

#[test]
fn a_full_fifo_takes_no_more() {
    let mut bench = Bench::open();
    for _ in 0..17 {
        bench.write(UART, 0x41);
    }
    assert_eq!(bench.rules(), []);
    bench.write(UART, 0x42);
    assert_eq!(bench.rules(), [Rule::WriteIgnored]);
    bench.pass(20 * CHARACTER);
    assert_eq!(bench.board.serial_out(), [0x41; 17]);
}

#[test]
fn a_write_to_lcr_while_busy_is_ignored_and_interrupts_until_usr_is_read() {
    let mut bench = Bench::open();
    bench.write(UART, 0x41);
    bench.write(LCR, 0x83);
    assert_eq!(bench.rules(), [Rule::UartBusy]);
    assert_eq!(bench.read(LCR), 3);
    assert_eq!(bench.read(IIR) & 0xf, 7);
    bench.pass(CHARACTER);
    assert_eq!(bench.read(IIR) & 0xf, 7, "only a read of USR ends it");
    bench.read(USR);
    assert_eq!(bench.read(IIR) & 0xf, 1);
    bench.write(LCR, 0x83);
    assert_eq!(bench.read(LCR), 0x83);
}

#[test]
fn a_character_on_its_way_in_keeps_it_busy() {
    let mut bench = Bench::open();
    bench.board.serial_in(b"x", bench.now);
    bench.pass(CHARACTER / 2);
    assert_eq!(bench.read(USR) & 1, 1);
    bench.write(LCR, 0x83);
    assert_eq!(bench.rules(), [Rule::UartBusy]);
    bench.pass(CHARACTER);
    assert_eq!(bench.read(USR) & 1, 1, "it waits to be taken");
    bench.read(UART);
    assert_eq!(bench.read(USR) & 1, 0);
}

#[test]
fn what_finds_the_fifo_full_is_lost() {
    let mut bench = Bench::open();
    bench.board.serial_in(&[b'x'; 17], bench.now);
    bench.pass(17 * CHARACTER);
    assert_eq!(bench.rules(), [Rule::UartOverrun]);
    assert_eq!(bench.read(LSR) & 2, 2);
    assert_eq!(bench.read(LSR) & 2, 0, "reading ends it");
}

#[test]
fn a_few_characters_interrupt_after_four_characters_time() {
    let mut bench = Bench::open();
    // Interrupts for what was received; FIFO with a trigger of 8.
    bench.write(IER, 1);
    bench.write(IIR, 0x81);
    bench.board.serial_in(b"ab", bench.now);
    bench.pass(2 * CHARACTER);
    assert_eq!(bench.read(IIR) & 0xf, 1);
    bench.pass(4 * CHARACTER);
    assert_eq!(bench.read(IIR) & 0xf, 0xc);
    assert!(bench.board.uart.line(bench.now));
    bench.read(UART);
    assert_eq!(bench.read(IIR) & 0xf, 1, "a read ends it");
}
