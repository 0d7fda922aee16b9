//! PWM and GPIO, measured at the pad.

use super::*;

/// `CTRL` of channel 1, the fan's; continuous, first phase high.
const CONTROL: u64 = PWM + 0x20;
const PERIOD: u64 = PWM + 0x28;
const FIRST: u64 = PWM + 0x2c;
const ON: u32 = 1 << 5 | 1 << 8;
const UPDATE: u32 = 4;
const START: u32 = 1;

/// As Linux's driver starts a channel, with the fan watched.
fn started(rate: u64, period: u32, first: u32) -> Bench {
    let mut bench = Bench::new(Options {
        open: true,
        pwm_rate: rate,
        ..Options::default()
    });
    bench.board.watch(Pad::FAN, bench.now);
    bench.write(CONTROL, ON);
    bench.write(PERIOD, period);
    bench.write(FIRST, first);
    bench.write(CONTROL, ON | UPDATE);
    bench.write(CONTROL, ON | START);
    assert_eq!(bench.rules(), []);
    bench
}

/// The lengths of the phases that ended since, in nanoseconds, with their levels.
fn phases(bench: &mut Bench) -> Vec<(bool, u64)> {
    let edges = bench.board.edges();
    edges
        .windows(2)
        .map(|pair| (pair[0].level.unwrap(), pair[1].now - pair[0].now))
        .collect()
}

#[test]
fn a_wave_has_the_length_of_its_counter_s_rate() {
    for (rate, period, high) in [
        (24_000_000, 10_000_000, 4_000_000),
        (62_500_000, 3_840_000, 1_536_000),
    ] {
        let mut bench = started(rate, 240_000, 96_000);
        bench.pass(3 * period + 10);
        let phases = phases(&mut bench);
        assert_eq!(
            &phases[1..5],
            [
                (true, high),
                (false, period - high),
                (true, high),
                (false, period - high)
            ]
        );
    }
}

#[test]
fn start_clears_itself() {
    let mut bench = started(24_000_000, 240, 120);
    assert_eq!(bench.read(CONTROL), ON);
    bench.write(CONTROL, ON | START);
    assert_eq!(bench.rules(), [Rule::WriteIgnored]);
}

#[test]
fn a_new_setting_waits_for_the_end_of_the_period() {
    // 10 µs, of which 5 are high; then 20 µs with 2.
    let mut bench = started(24_000_000, 240, 120);
    bench.pass(11_000);
    bench.write(PERIOD, 480);
    bench.write(FIRST, 48);
    bench.write(CONTROL, ON | UPDATE);
    bench.pass(60_000);
    let phases = phases(&mut bench);
    assert_eq!(
        &phases[1..6],
        [
            (true, 5000),
            (false, 5000),
            (true, 5000),
            (false, 5000),
            (true, 2000)
        ]
    );
}

#[test]
fn an_update_needs_an_edge() {
    let mut bench = started(24_000_000, 240, 120);
    bench.write(CONTROL, ON | UPDATE);
    bench.pass(20_000);
    bench.write(FIRST, 24);
    bench.write(CONTROL, ON | UPDATE);
    bench.pass(40_000);
    assert!(
        phases(&mut bench)
            .iter()
            .skip(1)
            .all(|(_, length)| *length == 5000),
        "the bit was set before"
    );
    bench.write(CONTROL, ON);
    bench.write(CONTROL, ON | UPDATE);
    bench.pass(40_000);
    assert!(phases(&mut bench).contains(&(true, 1000)));
}

#[test]
fn the_first_phase_s_level_is_fixed_once_started() {
    let mut bench = started(24_000_000, 240, 24);
    bench.write(CONTROL, 1 << 5);
    assert_eq!(bench.rules(), [Rule::WriteIgnored]);
    assert_eq!(bench.read(CONTROL), ON);
}

#[test]
fn a_first_phase_of_zero_is_low_and_a_whole_one_high() {
    for (first, level) in [(0, false), (240, true), (500, true)] {
        let mut bench = started(24_000_000, 240, first);
        bench.pass(1_000);
        bench.board.edges();
        bench.pass(100_000);
        assert_eq!(bench.board.pad_level(Pad::FAN, bench.now), Some(level));
        assert_eq!(bench.board.edges(), [], "it is static");
    }
}

#[test]
fn a_wave_is_seen_only_where_the_pad_has_its_function() {
    let mut bench = started(24_000_000, 240, 120);
    bench.pass(100_000);
    assert!(bench.board.edges().len() > 10);
    // Pad 35: the nibble at bit 12 of the fifth word.
    bench.write(PADS + 0x410, 0);
    bench.board.edges();
    bench.pass(100_000);
    assert_eq!(bench.board.edges(), []);
    assert_eq!(bench.board.pad_level(Pad::FAN, bench.now), None);
}

#[test]
fn a_wire_brings_a_wave_to_a_line_of_gpio() {
    let mut bench = started(24_000_000, 240, 120);
    let input = Pad::from_name("gpio1-3").unwrap();
    bench.board.wire(Pad::FAN, input);
    // The input of pad 35 of group 2.
    bench.write(GROUP_2 + 4 * 17, 1 << (16 + 9));
    // The port of GPIO 1: 5 of 10 µs are high.
    let levels = 0xff_ec00_6000 + 0x50;
    let seen: Vec<u32> = (0..8)
        .map(|_| {
            bench.pass(2_500);
            bench.read(levels) >> 3 & 1
        })
        .collect();
    assert!(
        seen.windows(4).all(|four| four.iter().sum::<u32>() == 2),
        "{seen:?}"
    );
}

/// GPIO3_1, and where its settings lie.
const INPUT: Pad = Pad {
    group: 3,
    number: 33,
};
const SETTINGS: u64 = PADS + 4 * 16;
/// The input is on.
const COMES_IN: u32 = 1 << (16 + 9);

#[test]
fn an_output_is_seen_in_its_direction_and_function_alone() {
    let mut bench = Bench::open();
    bench.write(GPIO3, 1 << 1);
    assert_eq!(bench.board.pad_level(INPUT, bench.now), None);
    bench.write(GPIO3 + 4, 1 << 1);
    assert_eq!(bench.board.pad_level(INPUT, bench.now), Some(true));
    bench.write(PADS + 0x410, 2 << 4);
    assert_eq!(bench.board.pad_level(INPUT, bench.now), None);
}

#[test]
fn an_edge_stays_until_it_is_ended_and_a_level_does_not() {
    let mut bench = Bench::open();
    let (enable, kind, polarity, status, end) = (0x30, 0x38, 0x3c, 0x40, 0x4c);
    bench.write(SETTINGS, COMES_IN);
    bench.write(GPIO3 + kind, 1 << 1);
    bench.write(GPIO3 + polarity, 1 << 1);
    bench.write(GPIO3 + enable, 1 << 1);
    bench.board.drive(INPUT, true, bench.now);
    bench.board.drive(INPUT, false, bench.now);
    assert_eq!(bench.read(GPIO3 + status), 1 << 1);
    bench.write(GPIO3 + end, 1 << 1);
    assert_eq!(bench.read(GPIO3 + status), 0);
    bench.write(GPIO3 + kind, 0);
    bench.board.drive(INPUT, true, bench.now);
    assert_eq!(bench.read(GPIO3 + status), 1 << 1);
    bench.write(GPIO3 + end, 1 << 1);
    assert_eq!(bench.read(GPIO3 + status), 1 << 1, "the line is still high");
    bench.board.drive(INPUT, false, bench.now);
    assert_eq!(bench.read(GPIO3 + status), 0);
}

#[test]
fn an_input_is_seen_only_where_the_pad_has_the_port_s_function_and_its_input_on() {
    let mut bench = Bench::open();
    bench.board.drive(INPUT, true, bench.now);
    assert_eq!(bench.read(GPIO3 + 0x50), 0);
    bench.write(SETTINGS, COMES_IN);
    assert_eq!(bench.read(GPIO3 + 0x50), 1 << 1);
    bench.write(PADS + 0x410, 2 << 4);
    assert_eq!(bench.read(GPIO3 + 0x50), 0);
}

#[test]
fn a_pad_named_for_another_function_has_gpio_by_3() {
    // HDMI_SDA is GPIO3_5.
    let pad = Pad::from_name("gpio3-5").unwrap();
    assert_eq!((pad.group, pad.number), (3, 37));
    let mut bench = Bench::open();
    bench.write(GPIO3 + 4, 1 << 5);
    assert_eq!(bench.board.pad_level(pad, bench.now), None);
    bench.write(PADS + 0x410, 3 << 20);
    assert_eq!(bench.board.pad_level(pad, bench.now), Some(false));
    assert_eq!(Pad::from_name("gpio3-3"), Some(Pad::FAN));
    assert_eq!(Pad::from_name("gpio3-23"), None);
}
