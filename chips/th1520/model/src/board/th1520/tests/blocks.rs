//! Gates and resets, the I2C controller, the watchdog, the temperature sensor.

use super::*;

#[test]
fn a_block_without_its_clock_errs_or_hangs() {
    for (closed, refused) in [
        (Closed::Errs, Refused::Error),
        (Closed::Hangs, Refused::Hang),
    ] {
        let mut bench = Bench::new(Options {
            closed,
            ..Options::default()
        });
        assert_eq!(bench.try_read(PWM), Err(refused));
        assert_eq!(bench.rules(), [Rule::Gated]);
        let gates = bench.read(CLOCKS + 0x204);
        bench.write(CLOCKS + 0x204, gates | 1 << 18);
        assert_eq!(bench.try_read(PWM), Err(refused));
        assert_eq!(bench.rules(), [Rule::InReset]);
        bench.write(RESETS + 0xc0, 3);
        assert_eq!(bench.read(PWM), 0);
        assert_eq!(bench.rules(), []);
    }
}

#[test]
fn one_of_two_reset_bits_is_not_enough() {
    let mut bench = Bench::open();
    bench.write(RESETS + 0xa4, 1);
    assert_eq!(bench.try_read(I2C3 + 0xfc), Err(Refused::Error));
    assert_eq!(bench.rules(), [Rule::InReset]);
}

#[test]
fn gpio3_is_behind_gpio2_s_gate() {
    let mut bench = Bench::open();
    bench.write(CLOCKS + 0x204, !(1 << 6));
    assert_eq!(bench.try_read(GPIO3), Err(Refused::Error));
    assert_eq!(bench.try_read(GPIO2), Err(Refused::Error));
    bench.write(CLOCKS + 0x204, !(1 << 20));
    assert_eq!(bench.try_read(GPIO3), Ok(0));
}

#[test]
fn a_reset_clears_its_block_and_no_other() {
    let mut bench = Bench::open();
    bench.write(PWM + 8, 100);
    bench.write(GPIO3 + 4, 1);
    bench.write(RESETS + 0xc0, 0);
    bench.write(RESETS + 0xc0, 3);
    assert_eq!(bench.read(PWM + 8), 0);
    assert_eq!(bench.read(GPIO3 + 4), 1);
}

#[test]
fn values_outlive_gates() {
    let mut bench = Bench::open();
    bench.write(PWM + 8, 100);
    bench.write(CLOCKS + 0x204, 0);
    bench.write(CLOCKS + 0x204, u32::MAX);
    assert_eq!(bench.read(PWM + 8), 100);
}

#[test]
fn nothing_answers_where_nothing_is() {
    let mut bench = Bench::open();
    assert_eq!(bench.try_read(0xff_e000_0000), Err(Refused::Error));
    let violation = bench.board.violations().remove(0);
    assert_eq!(
        (violation.rule, violation.address, violation.pc),
        (Rule::NothingThere, 0xff_e000_0000, 0x1234)
    );
}

/// A controller set up for 100 kHz, with the expander's address.
fn i2c(target: u32) -> Bench {
    let mut bench = Bench::open();
    // The inputs of its pads, 11 and 12.
    bench.write(PADS + 4 * 5, 1 << (16 + 9));
    bench.write(PADS + 4 * 6, 1 << 9);
    for (offset, value) in [
        (0x00, 0x63),
        (0x04, target),
        (0x14, 0x104),
        (0x18, 0xec),
        (0x6c, 1),
    ] {
        bench.write(I2C3 + offset, value);
    }
    assert_eq!(bench.rules(), []);
    bench
}

#[test]
fn bytes_over_i2c_take_time() {
    let mut bench = i2c(0x18);
    // Output register, then the value and a stop; then line 3 becomes an output.
    for word in [1, 0x208, 3, 0x2f7] {
        bench.write(I2C3 + 0x10, word);
    }
    assert_eq!(bench.read(I2C3 + 0x70) & 0x21, 0x21, "busy");
    bench.pass(300_000);
    assert_eq!(
        bench.board.i2c[3].expander.as_ref().unwrap().driven().0,
        0,
        "not yet"
    );
    bench.pass(300_000);
    assert_eq!(
        bench.board.i2c[3].expander.as_ref().unwrap().driven(),
        (8, 8)
    );
    assert_eq!(bench.read(I2C3 + 0x70), 6, "idle, and the FIFO is empty");
    // Back: the input register.
    for word in [0, 0x700] {
        bench.write(I2C3 + 0x10, word);
    }
    bench.pass(500_000);
    assert_eq!(
        bench.read(I2C3 + 0x10),
        0xf8,
        "the line, and the inverted upper half"
    );
}

#[test]
fn a_target_that_is_not_there_aborts_and_holds_the_fifo() {
    let mut bench = i2c(0x20);
    bench.write(I2C3 + 0x10, 1);
    bench.write(I2C3 + 0x10, 0x208);
    bench.pass(1_000_000);
    assert_eq!(bench.read(I2C3 + 0x34) & 0x40, 0x40);
    assert_eq!((bench.read(I2C3 + 0x80), bench.read(I2C3 + 0x74)), (1, 0));
    bench.write(I2C3 + 0x10, 1);
    assert_eq!(bench.rules(), [Rule::WriteIgnored]);
    bench.read(I2C3 + 0x54);
    assert_eq!(bench.read(I2C3 + 0x80), 0);
    bench.write(I2C3 + 0x10, 1);
    assert_eq!(bench.rules(), []);
}

#[test]
fn a_target_answers_only_where_the_pads_are_lines_of_the_bus() {
    for (register, value) in [
        (PADS + 4 * 6, 0),
        (PADS + 0x404, 3 << 12),
        (PADS + 0x404, 3 << 16),
    ] {
        let mut bench = i2c(0x18);
        bench.write(register, value);
        bench.write(I2C3 + 0x10, 0x201);
        bench.pass(1_000_000);
        assert_eq!(bench.read(I2C3 + 0x80), 1, "{register:#x} {value:#x}");
    }
}

#[test]
fn the_target_is_fixed_while_the_controller_is_on() {
    let mut bench = i2c(0x18);
    bench.write(I2C3 + 0x04, 0x20);
    assert_eq!(bench.rules(), [Rule::WriteIgnored]);
    assert_eq!(bench.read(I2C3 + 0x04), 0x18);
}

#[test]
fn a_controller_that_works_is_not_off_at_once() {
    let mut bench = i2c(0x18);
    bench.write(I2C3 + 0x10, 1);
    bench.write(I2C3 + 0x6c, 0);
    assert_eq!(bench.read(I2C3 + 0x9c), 1);
    bench.pass(1_000_000);
    assert_eq!(bench.read(I2C3 + 0x9c), 0);
    // Also without anything on the bus: a clock of it, 10 µs.
    bench.write(I2C3 + 0x6c, 1);
    bench.write(I2C3 + 0x6c, 0);
    assert_eq!(bench.read(I2C3 + 0x9c), 1);
    bench.write(I2C3 + 0x04, 0x20);
    assert_eq!(bench.rules(), [Rule::WriteIgnored]);
    bench.pass(10_000);
    assert_eq!(bench.read(I2C3 + 0x9c), 0);
}

#[test]
fn without_a_stop_the_bus_stays_held() {
    let mut bench = i2c(0x18);
    bench.write(I2C3 + 0x10, 1);
    bench.pass(1_000_000);
    assert_eq!(bench.read(I2C3 + 0x70) & 0x21, 0x21);
}

#[test]
fn a_held_bus_stays_so_over_a_disable_and_an_abort_lets_it_go() {
    let mut bench = i2c(0x18);
    bench.write(I2C3 + 0x10, 1);
    bench.pass(1_000_000);
    bench.write(I2C3 + 0x6c, 0);
    bench.pass(10_000);
    assert_eq!(bench.read(I2C3 + 0x9c), 0, "off");
    assert_eq!(bench.read(I2C3 + 0x70) & 0x21, 0x21, "held");
    bench.write(I2C3 + 0x6c, 3);
    assert_eq!(bench.read(I2C3 + 0x6c), 1, "the abort clears itself");
    assert_eq!(bench.read(I2C3 + 0x70) & 0x21, 0);
    assert_eq!(bench.read(I2C3 + 0x80), 1 << 16);
}

#[test]
fn on_a_stuck_bus_nothing_ends() {
    let mut bench = i2c(0x18);
    bench.board.i2c[3].set_stuck(true);
    bench.write(I2C3 + 0x10, 0x201);
    bench.pass(1_000_000_000);
    assert_eq!(bench.read(I2C3 + 0x70) & 0x21, 0x21);
}

#[test]
fn nothing_but_a_reset_stops_the_watchdog() {
    let mut bench = Bench::open();
    // The first period has 2^17 counts of 125 MHz, the others 2^16.
    bench.write(WATCHDOG + 4, 0x10);
    bench.write(WATCHDOG, 3);
    bench.write(WATCHDOG, 2);
    assert_eq!(bench.rules(), [Rule::WriteIgnored]);
    assert_eq!(bench.read(WATCHDOG) & 1, 1);
    bench.pass(1_048_000);
    assert_eq!(bench.read(WATCHDOG + 0x10), 0);
    bench.pass(1_000);
    assert_eq!(bench.read(WATCHDOG + 0x10), 1, "the warning");
    bench.read(WATCHDOG + 0x14);
    assert_eq!(bench.read(WATCHDOG + 0x10), 0);
    // The count went on, and warns again after 2^16; nobody ends the warning, and the next end resets.
    bench.pass(525_000);
    assert_eq!(bench.read(WATCHDOG + 0x10), 1);
    assert_eq!(bench.board.stopped(), None);
    bench.pass(525_000);
    assert_eq!(bench.board.stopped(), Some(Stop::Reset));
}

#[test]
fn the_second_watchdog_resets_as_well() {
    let mut bench = Bench::open();
    let second = WATCHDOG + 0x1000;
    bench.write(second, 1);
    bench.pass(500_000);
    bench.write(RESETS + 0x34, 0);
    assert_eq!(bench.board.stopped(), None, "the other one's reset");
    bench.pass(500_000);
    assert_eq!(bench.board.stopped(), Some(Stop::Reset));
}

#[test]
fn a_fed_watchdog_waits_and_a_reset_disarms_it() {
    let mut bench = Bench::open();
    bench.write(WATCHDOG, 1);
    for _ in 0..10 {
        bench.pass(400_000);
        bench.write(WATCHDOG + 0xc, 0x76);
    }
    bench.write(RESETS + 0x34, 0);
    bench.pass(10_000_000);
    assert_eq!(bench.board.stopped(), None);
}

#[test]
fn the_sensor_gives_samples_when_they_are_done() {
    const PVT: u64 = 0xff_fff4_e000;
    let mut bench = Bench::open();
    bench.board.pvt.set_temperature(61_000);
    bench.write(PVT + 0x8c, 0x8800_010a);
    bench.pass(5_000_000);
    assert_eq!(bench.read(PVT + 0xd4), 0, "its clock is off");
    // 73.728 MHz divided by 16 + 2.
    bench.write(PVT + 0x80, 1 << 24 | 1 << 16 | 8 << 8 | 8);
    bench.write(PVT + 0x8c, 0x8800_010a);
    assert_eq!((bench.read(PVT + 0xd4), bench.read(PVT + 0xd8)), (0, 0));
    bench.pass(2_000_000);
    assert_eq!(bench.read(PVT + 0xd4), 1);
    let sample = i64::from(bench.read(PVT + 0xd8));
    // Linux drivers/hwmon/mr75203.c, `pvt_calc_temp`.
    let degrees = 42_740 + 220_500 * sample / 4094 - 220_500 / 2 + -160 * 4_096_000 / 1_000_000;
    assert!((60_900..=61_100).contains(&degrees), "{degrees}");
    assert_eq!(bench.read(PVT + 0xd4), 0, "the next one takes time again");
    bench.board.pvt.set_temperature(80_000);
    assert_eq!(i64::from(bench.read(PVT + 0xd8)), sample, "it is stale");
    bench.pass(1_000_000);
    assert!(i64::from(bench.read(PVT + 0xd8)) > sample);
}
