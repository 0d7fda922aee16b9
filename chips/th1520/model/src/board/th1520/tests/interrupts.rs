//! The PLIC as its RTL has it.

use super::*;

const ENABLE: u64 = PLIC + 0x2080;
const THRESHOLD: u64 = PLIC + 0x20_1000;
const CLAIM: u64 = PLIC + 0x20_1004;

impl Bench {
    /// Enables a line below 64.
    fn enable(&mut self, line: u32, on: bool) {
        let at = ENABLE + 4 * u64::from(line / 32);
        let old = self.read(at) & !(1 << (line % 32));
        self.write(at, old | u32::from(on) << (line % 32));
    }

    fn ready(line: u32) -> Self {
        let mut bench = Self::open();
        bench.write(PLIC + 4 * u64::from(line), 1);
        bench.enable(line, true);
        bench
    }

    /// Line 50 rises.
    fn raise(&mut self) {
        self.board.plic.set_level(50, true);
        self.pass(0);
    }
}

#[test]
fn a_line_that_is_completed_while_disabled_is_dead_until_it_is_completed_enabled() {
    let mut bench = Bench::ready(50);
    bench.board.plic.set_level(50, true);
    assert_eq!(bench.read(CLAIM), 50);
    bench.enable(50, false);
    bench.write(CLAIM, 50);
    assert_eq!(bench.rules(), [Rule::CompletionWhileDisabled]);
    bench.enable(50, true);
    bench.board.plic.set_level(50, false);
    bench.board.plic.set_level(50, true);
    assert_eq!(bench.read(CLAIM), 0, "the line is dead");
    assert!(bench.board.plic().is_active(50));
    bench.write(CLAIM, 50);
    assert_eq!(bench.read(CLAIM), 50, "and lives again");
    assert_eq!(bench.rules(), []);
}

#[test]
fn a_level_is_looked_at_again_at_completion_only() {
    let mut bench = Bench::ready(50);
    bench.board.plic.set_level(50, true);
    assert_eq!(bench.read(CLAIM), 50);
    bench.board.plic.set_level(50, false);
    bench.board.plic.set_level(50, true);
    assert_eq!(bench.read(CLAIM), 0, "it is active");
    bench.write(CLAIM, 50);
    assert_eq!(bench.read(CLAIM), 50, "it was still high");
    bench.board.plic.set_level(50, false);
    bench.write(CLAIM, 50);
    assert_eq!(bench.read(CLAIM), 0, "it was quieted before");
}

#[test]
fn a_line_that_rose_and_fell_stays_pending() {
    let mut bench = Bench::ready(50);
    bench.board.plic.set_level(50, true);
    bench.board.plic.set_level(50, false);
    assert!(bench.board.plic().output(1));
    assert_eq!(bench.read(CLAIM), 50);
}

/// A bench whose controller has its arbiter, with line 50 on.
fn arbitrated() -> Bench {
    let mut bench = Bench::new(Options {
        open: true,
        claim_delay: 100,
        ..Options::default()
    });
    bench.write(PLIC + 4 * 50, 1);
    bench.enable(50, true);
    bench.pass(200);
    bench
}

#[test]
fn the_claim_register_lags_behind_writes() {
    let mut bench = arbitrated();
    bench.raise();
    bench.pass(99);
    assert!(!bench.board.plic().output(1));
    bench.pass(1);
    assert!(bench.board.plic().output(1));
    bench.enable(50, false);
    assert_eq!(bench.read(CLAIM), 50, "the old winner, though it is off");
    assert!(!bench.board.plic().is_active(50), "it was not claimed");
    assert!(!bench.board.plic().output(1), "whoever claims ends it");
    assert_eq!(bench.read(CLAIM), 0, "the register is empty then");
    bench.enable(50, true);
    assert_eq!(bench.read(CLAIM), 0, "or nothing, though it is on");
    bench.pass(100);
    assert_eq!(bench.read(CLAIM), 50);
}

#[test]
fn who_claims_at_once_again_and_again_gets_no_line() {
    let mut bench = arbitrated();
    bench.raise();
    for _ in 0..20 {
        assert_eq!(bench.read(CLAIM), 0);
        bench.pass(99);
    }
    // Accesses to other registers give the arbiter time.
    for _ in 0..6 {
        bench.read(PLIC + 4 * 50);
    }
    assert_eq!(bench.read(CLAIM), 50);
}

#[test]
fn a_claim_register_keeps_what_it_showed_while_nothing_is_pending() {
    let mut bench = arbitrated();
    bench.raise();
    bench.pass(100);
    bench.enable(50, false);
    bench.pass(1000);
    assert!(!bench.board.plic().output(1));
    assert_eq!(bench.read(CLAIM), 50);
    assert!(!bench.board.plic().is_active(50), "it is off");
}

#[test]
fn a_line_that_machine_mode_has_is_not_supervisor_mode_s() {
    const MACHINE_ENABLE: u64 = PLIC + 0x2000;
    let mut bench = arbitrated();
    let mut access = bench.access(MACHINE_ENABLE + 4, 4);
    access.mode = Mode::Machine;
    bench.board.write(&access, 1 << (50 - 32)).unwrap();
    bench.raise();
    bench.pass(100);
    assert!(bench.board.plic().output(0) && !bench.board.plic().output(1));
    assert_eq!(bench.read(CLAIM), 0);
}

#[test]
fn user_mode_reaches_none_of_it() {
    let mut bench = arbitrated();
    for address in [PLIC + 4, ENABLE, CLAIM] {
        let mut access = bench.access(address, 4);
        access.mode = Mode::User;
        assert_eq!(bench.board.read(&access), Err(Refused::Error));
    }
    assert_eq!(bench.rules(), [Rule::Privilege; 3]);
}

#[test]
fn a_threshold_gates_the_output_and_not_the_claim() {
    let mut bench = Bench::ready(50);
    bench.write(THRESHOLD, 1);
    bench.board.plic.set_level(50, true);
    assert!(!bench.board.plic().output(1));
    assert_eq!(bench.read(CLAIM), 50);
}

#[test]
fn the_highest_priority_wins_and_then_the_lowest_number() {
    let mut bench = Bench::ready(50);
    for (line, priority) in [(40, 1), (41, 2), (42, 2)] {
        bench.write(PLIC + 4 * u64::from(line), priority);
        bench.enable(line, true);
        bench.board.plic.set_level(line as usize, true);
    }
    bench.board.plic.set_level(50, true);
    assert_eq!([0; 5].map(|_| bench.read(CLAIM)), [41, 42, 40, 50, 0]);
}

#[test]
fn without_delegation_supervisor_mode_reaches_its_context_alone() {
    let mut bench = Bench::new(Options {
        open: true,
        plic_delegated: false,
        ..Options::default()
    });
    assert_eq!(bench.try_write(PLIC + 4, 1), Err(Refused::Error));
    assert_eq!(bench.try_read(ENABLE), Err(Refused::Error));
    assert_eq!(bench.try_read(CLAIM), Ok(0));
    assert_eq!(bench.rules(), [Rule::Privilege; 2]);
    let mut access = bench.access(PLIC + 0x1f_fffc, 4);
    assert_eq!(bench.board.write(&access, 1), Err(Refused::Error));
    access.mode = Mode::Machine;
    bench.board.write(&access, 1).unwrap();
    bench.write(PLIC + 4, 1);
}

#[test]
fn accesses_have_32_bits() {
    let mut bench = Bench::open();
    for address in [CLAIM & !7, 0xff_dc00_d000, UART, PWM] {
        for width in [1, 8] {
            let access = bench.access(address, width);
            assert_eq!(
                bench.board.read(&access),
                Err(Refused::Error),
                "{address:#x}"
            );
            assert_eq!(bench.rules(), [Rule::Width], "{address:#x}");
        }
    }
}

#[test]
fn the_interruptor_has_no_counter_and_no_machine_bank_for_supervisors() {
    const CLINT: u64 = 0xff_dc00_0000;
    let mut bench = Bench::open();
    assert_eq!(bench.try_read(CLINT + 0xbff8), Err(Refused::Error));
    assert_eq!(bench.try_write(CLINT + 0x4000, 0), Err(Refused::Error));
    assert_eq!(bench.rules(), [Rule::Privilege; 2]);
    assert_eq!(bench.read(CLINT + 0xd000), u32::MAX);
    // 30 counts of 3 MHz are 10 µs.
    bench.write(CLINT + 0xd004, 0);
    bench.write(CLINT + 0xd000, 30);
    assert_eq!(bench.board.lines(9_999), 0);
    assert_eq!(bench.board.lines(10_000), interrupt::SUPERVISOR_TIMER);
}
