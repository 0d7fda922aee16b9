//! Interrupt lines of real devices: the clock's alarm, and the one that `edu` raises on demand.

use super::tests;
use crate::board::{TICKS_PER_MS, WORD, edu};
use crate::lending::{Part, READ_WRITE};
use crate::outcome::{Outcome, check, equal};
use crate::suite::{ATTACKER, CLIENT, LESSEE, Suite};
use leasehold_abi::{Call, Error, FaultKind, Notifications, RevokeMode};
use testsuite_protocol::Command;

tests! { "interrupts":
    an_alarm_notifies_its_driver,
    an_alarm_in_the_future_comes_then,
    a_line_is_masked_until_acknowledged,
    a_line_raised_again_comes_again,
    a_line_that_nobody_claimed_does_not_come,
    a_revoked_line_never_comes,
    a_line_revoked_while_pending_never_comes,
    a_second_claim_of_a_line_is_busy,
    kernel_bits_cannot_be_claimed,
    an_acknowledge_needs_a_claim,
    an_unclaimed_line_stops,
    an_interrupt_preempts_an_endless_loop,
    a_line_survives_its_driver_s_crash,
    a_storm_of_interrupts_starves_nobody_more_important,
    a_pci_line_notifies_its_driver if Edu,
}

/// The bit that the tests route lines to.
pub(super) const BIT: u32 = 1 << 5;

/// Lends the clock with its line to a fresh lessee, which claims both; grants 0 and 1.
pub(super) fn clock(suite: &mut Suite) -> Outcome<usize> {
    suite.start(LESSEE)?;
    let parts = [suite.registers(READ_WRITE), Part::line(suite.clock().line)];
    let lease = suite.lend(LESSEE, &parts)?.raw() as usize;
    quiet(suite, LESSEE, lease)?;
    suite.claim_line(LESSEE, lease, 1, BIT)?;
    Ok(lease)
}

/// Claims the registers (grant 0) and puts the device into a known state, interrupt enabled.
pub(super) fn quiet(suite: &mut Suite, task: usize, lease: usize) -> Outcome {
    suite.claim(task, lease, 0)?;
    suite.ready(task)
}

/// The worker's next notification is the interrupt.
pub(super) fn comes(suite: &mut Suite, task: usize) -> Outcome {
    let [client, bits] = suite.ok(task, Call::Receive, &[BIT as usize])?;
    equal!(
        "client and bits",
        (client as u32, bits),
        (u32::MAX, BIT as usize)
    );
    Ok(())
}

/// No interrupt comes to the worker, which then waits on.
pub(super) fn does_not_come(suite: &mut Suite, task: usize) -> Outcome {
    suite.begin_call(task, Call::Receive, &[BIT as usize])?;
    let report = suite.finish_within(task, 10)?;
    check!(report.is_none(), "an interrupt came: {report:x?}");
    Ok(())
}

fn an_alarm_notifies_its_driver(suite: &mut Suite) -> Outcome {
    let lease = clock(suite)?;
    for _ in 0..20 {
        suite.fire(LESSEE)?;
        comes(suite, LESSEE)?;
        suite.clear(LESSEE)?;
        suite.ok(LESSEE, Call::InterruptAcknowledge, &[lease, 1])?;
    }
    does_not_come(suite, LESSEE)
}

fn an_alarm_in_the_future_comes_then(suite: &mut Suite) -> Outcome {
    clock(suite)?;
    suite.fire_in(LESSEE, 20)?;
    suite.begin_call(LESSEE, Call::Receive, &[BIT as usize])?;
    check!(
        suite.finish_within(LESSEE, 5)?.is_none(),
        "the alarm came early"
    );
    let [_, bits] = suite.ends_ok(LESSEE, Call::Receive)?;
    equal!("the bits", bits, BIT as usize);
    Ok(())
}

fn a_line_is_masked_until_acknowledged(suite: &mut Suite) -> Outcome {
    let lease = clock(suite)?;
    suite.fire(LESSEE)?;
    comes(suite, LESSEE)?;
    suite.clear(LESSEE)?;
    suite.fire(LESSEE)?;
    let timer = 1 << 6;
    let deadline = suite.time(LESSEE)? + 10 * TICKS_PER_MS;
    suite.set_timer(LESSEE, deadline, timer)?;
    let [_, bits] = suite.ok(LESSEE, Call::Receive, &[timer | BIT as usize])?;
    equal!("the bits before the acknowledge", bits, timer);
    suite.ok(LESSEE, Call::InterruptAcknowledge, &[lease, 1])?;
    comes(suite, LESSEE)
}

fn a_line_raised_again_comes_again(suite: &mut Suite) -> Outcome {
    let lease = clock(suite)?;
    suite.fire(LESSEE)?;
    for _ in 0..10 {
        comes(suite, LESSEE)?;
        suite.ok(LESSEE, Call::InterruptAcknowledge, &[lease, 1])?;
        // QEMU's interrupt controller for RISC-V looks at a level only when the device sets it.
        suite.fire(LESSEE)?;
    }
    comes(suite, LESSEE)?;
    suite.clear(LESSEE)
}

fn a_line_that_nobody_claimed_does_not_come(suite: &mut Suite) -> Outcome {
    suite.start(LESSEE)?;
    let parts = [suite.registers(READ_WRITE), Part::line(suite.clock().line)];
    let lease = suite.lend(LESSEE, &parts)?.raw() as usize;
    quiet(suite, LESSEE, lease)?;
    suite.fire(LESSEE)?;
    suite.pause(5)?;
    // It is still high when it is claimed.
    suite.claim_line(LESSEE, lease, 1, BIT)?;
    comes(suite, LESSEE)
}

/// The line is the lessee's, the registers are the client's; answers the lessee's lease.
pub(super) fn apart(suite: &mut Suite) -> Outcome<leasehold_abi::LeaseHandle> {
    suite.start_all(&[LESSEE, CLIENT])?;
    let registers = suite.lend(CLIENT, &[suite.registers(READ_WRITE)])?;
    quiet(suite, CLIENT, registers.raw() as usize)?;
    let line = suite.lend(LESSEE, &[Part::line(suite.clock().line)])?;
    suite.claim_line(LESSEE, line.raw() as usize, 0, BIT)?;
    Ok(line)
}

fn a_revoked_line_never_comes(suite: &mut Suite) -> Outcome {
    let line = apart(suite)?;
    suite.fire(CLIENT)?;
    comes(suite, LESSEE)?;
    suite.clear(CLIENT)?;
    let handle = line.raw() as usize;
    suite.ok(LESSEE, Call::InterruptAcknowledge, &[handle, 0])?;
    suite.revoke(line, RevokeMode::Hard)?;
    suite.fire(CLIENT)?;
    let errors = [Error::Revoked];
    suite.refused(LESSEE, Call::InterruptAcknowledge, &[handle, 0], &errors)?;
    does_not_come(suite, LESSEE)?;
    suite.clear(CLIENT)
}

fn a_line_revoked_while_pending_never_comes(suite: &mut Suite) -> Outcome {
    let line = apart(suite)?;
    suite.fire(CLIENT)?;
    comes(suite, LESSEE)?;
    // Masked and high: the revocation must not unmask it, and a new claim must get it.
    suite.revoke(line, RevokeMode::Hard)?;
    suite.ok(LESSEE, Call::LeaseRelease, &[line.raw() as usize])?;
    suite.begin_call(LESSEE, Call::Receive, &[BIT as usize])?;
    check!(
        suite.finish_within(LESSEE, 5)?.is_none(),
        "the revoked line came"
    );
    suite.start(ATTACKER)?;
    let again = suite.lend(ATTACKER, &[Part::line(suite.clock().line)])?;
    suite.claim_line(ATTACKER, again.raw() as usize, 0, BIT)?;
    suite.fire(CLIENT)?;
    comes(suite, ATTACKER)?;
    suite.clear(CLIENT)
}

fn a_second_claim_of_a_line_is_busy(suite: &mut Suite) -> Outcome {
    let line = apart(suite)?;
    let second = suite.lend(CLIENT, &[Part::line(suite.clock().line)])?.raw() as usize;
    let claim = [second, 0, 0, BIT as usize];
    suite.refused(CLIENT, Call::GrantClaim, &claim, &[Error::Busy])?;
    let handle = line.raw() as usize;
    suite.refused(
        LESSEE,
        Call::GrantClaim,
        &[handle, 0, 0, BIT as usize],
        &[Error::Busy],
    )?;
    suite.ok(LESSEE, Call::LeaseRelease, &[handle])?;
    suite.ok(CLIENT, Call::GrantClaim, &claim)?;
    suite.fire(CLIENT)?;
    comes(suite, CLIENT)?;
    suite.clear(CLIENT)
}

fn kernel_bits_cannot_be_claimed(suite: &mut Suite) -> Outcome {
    suite.start(LESSEE)?;
    let line = suite.lend(LESSEE, &[Part::line(suite.clock().line)])?.raw() as usize;
    for bits in [
        Notifications::LEASE,
        Notifications::TASK,
        Notifications::all(),
        Notifications::empty(),
    ] {
        let claim = [line, 0, 0, bits.register()];
        suite.refused(LESSEE, Call::GrantClaim, &claim, &[Error::Invalid])?;
    }
    Ok(())
}

fn an_acknowledge_needs_a_claim(suite: &mut Suite) -> Outcome {
    let line = apart(suite)?.raw() as usize;
    suite.refused(
        CLIENT,
        Call::InterruptAcknowledge,
        &[line, 0],
        &[Error::Revoked],
    )?;
    suite.ok(LESSEE, Call::GrantUnclaim, &[line, 0])?;
    suite.refused(
        LESSEE,
        Call::InterruptAcknowledge,
        &[line, 0],
        &[Error::Invalid],
    )?;
    suite.fire(CLIENT)?;
    does_not_come(suite, LESSEE)?;
    suite.clear(CLIENT)
}

fn an_unclaimed_line_stops(suite: &mut Suite) -> Outcome {
    let lease = clock(suite)?;
    suite.fire(LESSEE)?;
    comes(suite, LESSEE)?;
    suite.clear(LESSEE)?;
    suite.ok(LESSEE, Call::GrantUnclaim, &[lease, 1])?;
    suite.fire(LESSEE)?;
    does_not_come(suite, LESSEE)
}

fn an_interrupt_preempts_an_endless_loop(suite: &mut Suite) -> Outcome {
    clock(suite)?;
    suite.start(ATTACKER)?;
    suite.fire_in(LESSEE, 20)?;
    suite.begin_call(LESSEE, Call::Receive, &[BIT as usize])?;
    suite.begin(ATTACKER, Command::Spin, &[])?;
    suite.ends_ok(LESSEE, Call::Receive)?;
    suite.clear(LESSEE)
}

fn a_line_survives_its_driver_s_crash(suite: &mut Suite) -> Outcome {
    clock(suite)?;
    suite.fire(LESSEE)?;
    comes(suite, LESSEE)?;
    // It crashes before it acknowledges, with the line high.
    suite.faults(LESSEE, Command::Load, &[0, WORD], &[FaultKind::Read])?;
    suite.start(LESSEE)?;
    let lease = suite.lend(
        LESSEE,
        &[suite.registers(READ_WRITE), Part::line(suite.clock().line)],
    )?;
    let lease = lease.raw() as usize;
    suite.claim(LESSEE, lease, 0)?;
    suite.claim_line(LESSEE, lease, 1, BIT)?;
    suite.fire(LESSEE)?;
    comes(suite, LESSEE)?;
    suite.clear(LESSEE)
}

fn a_storm_of_interrupts_starves_nobody_more_important(suite: &mut Suite) -> Outcome {
    let line = {
        suite.start_all(&[crate::suite::SERVER, CLIENT, ATTACKER])?;
        let parts = [suite.registers(READ_WRITE), Part::line(suite.clock().line)];
        let lease = suite.lend(ATTACKER, &parts)?.raw() as usize;
        quiet(suite, ATTACKER, lease)?;
        suite.claim_line(ATTACKER, lease, 1, BIT)?;
        lease
    };
    // It raises the line and acknowledges, over and over.
    let (address, value) = suite.clock().fire();
    let arguments = [address, value, line, 1, 5_000, BIT as usize];
    suite.begin(ATTACKER, Command::Storm, &arguments)?;
    let server = crate::suite::SERVER;
    suite.begin(server, Command::Echo, &[500])?;
    let report = suite.command(CLIENT, Command::CallMany, &[suite.handle(server), 500])?;
    equal!("failed calls during the storm", report[0] + report[1], 0);
    equal!("interrupts", suite.finish(ATTACKER)?[0], 5_000);
    suite.clear(ATTACKER)
}

fn a_pci_line_notifies_its_driver(suite: &mut Suite) -> Outcome {
    suite.start(LESSEE)?;
    let device = suite.lend_edu(LESSEE)?;
    let lease = device.lease.raw() as usize;
    suite.claim_line(LESSEE, lease, 2, BIT)?;
    for _ in 0..5 {
        suite.store(LESSEE, device.registers + edu::RAISE, 4, 1)?;
        comes(suite, LESSEE)?;
        suite.store(LESSEE, device.registers + edu::ACKNOWLEDGE, 4, 1)?;
        suite.ok(LESSEE, Call::InterruptAcknowledge, &[lease, 2])?;
    }
    suite.store(LESSEE, device.registers + edu::LIVENESS, 4, 0x1234_5678)?;
    let inverse = suite.load(LESSEE, device.registers + edu::LIVENESS, 4)?;
    equal!("the inverse", inverse, 0xedcb_a987);
    does_not_come(suite, LESSEE)
}
