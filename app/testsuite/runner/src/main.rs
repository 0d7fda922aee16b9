//! The on-target test suite: a supervisor that runs one test after the other.
//!
//! Workers are started fresh for every test and do what the test tells them. A test that does not end in time is
//! reported as hung, its workers are stopped, and the suite continues.
#![no_std]
#![cfg_attr(target_os = "none", no_main)]
#![forbid(unsafe_code)]

mod board;
mod cells;
mod clean;
mod lending;
mod outcome;
mod suite;
mod test;
mod tests;

use crate::outcome::Failure;
use crate::suite::{NAMES, RUNNER, Suite};
use leasehold_abi::LeaseEvent;
use records::{FAILED, PASSED, Record, SKIPPED, SUM};
use userlib::early_print;
use userlib::sys;

/// Only tests whose name contains this are run, where the build is given it.
const ONLY: Option<&str> = option_env!("LEASEHOLD_TEST_ONLY");

/// Runs the suite and turns the machine off.
fn run() {
    let Some((LeaseEvent::Offered, root)) = sys::lease_event() else {
        early_print!("no root lease\n");
        sys::system_off(1, false);
        return;
    };
    let Some(mut suite) = Suite::new(root) else {
        early_print!("no device to interrupt with\n");
        sys::system_off(1, false);
        return;
    };
    for (index, name) in NAMES.iter().enumerate().skip(RUNNER) {
        let found = sys::task_info(index).is_ok_and(|info| info.name == **name);
        if !found {
            early_print!("task {index} is not {name}\n");
            sys::system_off(1, false);
        }
    }
    let (mut passed, mut failed, mut skipped) = (0, 0, 0);
    for test in tests::ALL.iter().copied().flatten() {
        if ONLY.is_some_and(|only| !test.matches(only)) {
            continue;
        }
        early_print!("test {}::{} ... ", test.topic, test.name);
        if let Some(reason) = test.needs.iter().find_map(|need| need.unmet()) {
            skipped += 1;
            early_print!("skipped: {reason}{}\n", Record(format_args!("{SKIPPED}")));
            continue;
        }
        suite.begin_test();
        let outcome = (test.run)(&mut suite);
        let cleaned = suite.clean();
        match (outcome, cleaned) {
            (Ok(()), Ok(())) => {
                passed += 1;
                early_print!("ok{}\n", Record(format_args!("{PASSED}")));
                continue;
            }
            (Err(Failure::Hung), _) => early_print!("hung\n"),
            (Err(Failure::Because(reason)), _) => early_print!("FAILED: {reason}\n"),
            (Ok(()), Err(Failure::Hung)) => early_print!("FAILED: the clean-up hung\n"),
            (Ok(()), Err(Failure::Because(reason))) => early_print!("FAILED: after it, {reason}\n"),
        }
        failed += 1;
        early_print!("{}", Record(format_args!("{FAILED}")));
    }
    suite.cells.print();
    let sum = Record(format_args!("{SUM}{passed} {failed} {skipped}"));
    early_print!("{passed} passed, {failed} failed, {skipped} skipped{sum}\n");
    sys::system_off(u32::from(failed != 0), false);
}

userlib::task!(run);
