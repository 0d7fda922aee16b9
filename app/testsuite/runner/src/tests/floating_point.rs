//! Floating-point registers of the tasks that may use them, `grandchild` and `rival`: they are kept, and no other task
//! gets them.

use super::tests;
use crate::board::TICKS_PER_MS;
use crate::outcome::{Outcome, equal};
use crate::suite::{ATTACKER, CLIENT, GRANDCHILD, RIVAL, SERVER, Suite};
use leasehold_abi::FaultKind;
use testsuite_protocol::{Command, Place};

tests! { "floating_point":
    registers_are_zero_in_a_fresh_task if FloatingPoint,
    registers_are_kept_over_calls if FloatingPoint,
    registers_are_kept_while_others_with_some_run if FloatingPoint,
    registers_are_kept_while_others_without_run if FloatingPoint,
    a_task_without_has_none if FloatingPoint,
    registers_of_the_life_before_are_gone if FloatingPoint,
    messages_pass_between_tasks_with_and_without if FloatingPoint,
    a_longer_frame_harms_nobody if ArmFloatingPoint,
}

/// Rounds of a task that never waits; each takes a few hundred instructions.
const ROUNDS: usize = 20_000;

/// Makes a task fill its registers and loop `rounds` times, with or without a wait in each. Nothing may have changed
/// after that.
fn begin(suite: &mut Suite, task: usize, seed: usize, rounds: usize, wait: u64) -> Outcome {
    suite.begin(task, Command::Floating, &[seed, rounds, wait as usize])
}

/// What came of [`begin`].
fn kept(suite: &mut Suite, task: usize) -> Outcome {
    let [different, ..] = suite.finish(task)?;
    equal!("registers that are different", different, 0);
    Ok(())
}

fn registers_are_zero_in_a_fresh_task(suite: &mut Suite) -> Outcome {
    for task in [GRANDCHILD, RIVAL] {
        suite.start(task)?;
        let [_, found, ..] = suite.command(task, Command::Floating, &[1, 0, 0])?;
        equal!("registers that are not zero", found, 0);
    }
    Ok(())
}

fn registers_are_kept_over_calls(suite: &mut Suite) -> Outcome {
    suite.start(RIVAL)?;
    begin(suite, RIVAL, 7, 50, TICKS_PER_MS / 10)?;
    kept(suite, RIVAL)
}

fn registers_are_kept_while_others_with_some_run(suite: &mut Suite) -> Outcome {
    suite.start_all(&[GRANDCHILD, RIVAL])?;
    // The task of lower priority is interrupted whenever the other's wait is over.
    begin(suite, RIVAL, 11, ROUNDS, 0)?;
    begin(suite, GRANDCHILD, 22, 50, TICKS_PER_MS / 10)?;
    kept(suite, GRANDCHILD)?;
    kept(suite, RIVAL)
}

fn registers_are_kept_while_others_without_run(suite: &mut Suite) -> Outcome {
    suite.start_all(&[SERVER, CLIENT, RIVAL])?;
    begin(suite, RIVAL, 33, ROUNDS, 0)?;
    let server = suite.handle(SERVER);
    suite.begin(SERVER, Command::Echo, &[100])?;
    let [failed, wrong, ..] = suite.command(CLIENT, Command::CallMany, &[server, 100])?;
    equal!("failed and wrong calls", [failed, wrong], [0, 0]);
    kept(suite, RIVAL)
}

fn a_task_without_has_none(suite: &mut Suite) -> Outcome {
    suite.start_all(&[RIVAL, ATTACKER])?;
    suite.command(RIVAL, Command::Floating, &[44, 0, 0])?;
    suite.faults(
        ATTACKER,
        Command::Attack,
        &[attacks::Attack::FloatingPoint as usize, 0],
        &[FaultKind::Illegal],
    )?;
    // Nor does it get any by trying.
    begin(suite, RIVAL, 55, 10, TICKS_PER_MS / 10)?;
    kept(suite, RIVAL)
}

fn registers_of_the_life_before_are_gone(suite: &mut Suite) -> Outcome {
    suite.start(RIVAL)?;
    begin(suite, RIVAL, 66, 10, TICKS_PER_MS / 10)?;
    kept(suite, RIVAL)?;
    suite.start(RIVAL)?;
    let [_, found, ..] = suite.command(RIVAL, Command::Floating, &[77, 0, 0])?;
    equal!("registers that are not zero", found, 0);
    Ok(())
}

fn messages_pass_between_tasks_with_and_without(suite: &mut Suite) -> Outcome {
    suite.start_all(&[SERVER, RIVAL])?;
    suite.command(RIVAL, Command::Floating, &[88, 0, 0])?;
    let server = suite.handle(SERVER);
    suite.begin(SERVER, Command::Echo, &[100])?;
    let [failed, wrong, ..] = suite.command(RIVAL, Command::CallMany, &[server, 100])?;
    equal!("failed and wrong calls", [failed, wrong], [0, 0]);
    let [_, found, ..] = suite.command(RIVAL, Command::Floating, &[99, 0, 0])?;
    // Filled before; of zero, none is left.
    equal!("registers that are not zero", found != 0, true);
    Ok(())
}

fn a_longer_frame_harms_nobody(suite: &mut Suite) -> Outcome {
    suite.start_all(&[GRANDCHILD, RIVAL])?;
    begin(suite, GRANDCHILD, 111, 50, TICKS_PER_MS / 10)?;
    // Zeros; its words but one are of registers.
    let from = suite.place(RIVAL, Place::Scratch);
    let attack = attacks::Attack::LongFrame as usize;
    suite.begin(RIVAL, Command::Attack, &[attack, from])?;
    suite.pause(5)?;
    if suite.is_alive(RIVAL)? {
        let [status, unknown, ..] = suite.finish(RIVAL)?;
        equal!(
            "the call's status, and attacks not made",
            [status, unknown],
            [0, 0]
        );
        begin(suite, RIVAL, 122, 50, TICKS_PER_MS / 10)?;
        kept(suite, RIVAL)?;
    } else {
        // Armv7-M has no such instruction.
        suite.wait_fault(RIVAL, &[FaultKind::Illegal])?;
    }
    kept(suite, GRANDCHILD)
}
