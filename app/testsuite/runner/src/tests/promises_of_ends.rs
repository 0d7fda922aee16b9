//! The promises L5 to L8 of docs/leases.md: what ends with what, and nobody hangs.

use super::tests;
use crate::board::{PAGE, WORD};
use crate::lending::{ALL, Part, READ_WRITE, part};
use crate::outcome::{Outcome, check, equal};
use crate::suite::{ATTACKER, CLIENT, GRANDCHILD, LESSEE, LESSOR, RIVAL, SERVER, Suite};
use attacks::INITIALISED_WORD;
use leasehold_abi::{Call, Error, FaultKind, LeaseState, Rights};
use testsuite_protocol::{Command, Place};
use userlib::sys;

tests! { "promises":
    l5_what_was_derived_ends_with_its_source,
    l5_what_was_derived_ends_with_the_death_in_the_middle,
    l6_lent_memory_is_frozen_while_its_owner_is_down,
    l6_lent_memory_is_frozen_along_a_chain,
    l7_forgotten_claims_cost_nothing_after_the_restart,
    l7_forgotten_leases_of_a_lessor_end_with_it,
    l7_a_forgotten_interrupt_is_claimed_by_the_next_life,
    l8_everybody_blocked_on_a_dying_task_gets_an_error,
    l8_the_error_names_the_next_life,
    l8_a_chain_of_callers_comes_back,
    l8_nobody_waits_for_a_task_that_unbinds,
}

fn l5_what_was_derived_ends_with_its_source(suite: &mut Suite) -> Outcome {
    let leases = suite.clock_along_a_chain()?;
    suite.ok(LESSOR, Call::LeaseRevoke, &[leases[1], 1])?;
    check!(
        suite.sees_clock(LESSOR)?,
        "the lessor lost what it did not lend"
    );
    check!(!suite.sees_clock(LESSEE)?, "the lessee reaches the device");
    check!(
        !suite.sees_clock(GRANDCHILD)?,
        "the grandchild reaches the device"
    );
    suite.refused(
        GRANDCHILD,
        Call::GrantClaim,
        &[leases[2], 0, 0, 0],
        &[Error::Revoked],
    )?;
    // Even if the task in the middle releases nothing, the last task's lease is marked.
    let lease = sys::LeaseHandle::from_raw(leases[2] as u32);
    let state = sys::lease_at(lease.index()).map(|info| info.state);
    equal!("the last lease's state", state, Ok(LeaseState::Ending));
    Ok(())
}

fn l5_what_was_derived_ends_with_the_death_in_the_middle(suite: &mut Suite) -> Outcome {
    let leases = suite.clock_along_a_chain()?;
    suite.faults(LESSEE, Command::Load, &[0, WORD], &[FaultKind::Read])?;
    check!(
        !suite.sees_clock(GRANDCHILD)?,
        "the grandchild reaches the device"
    );
    suite.refused(
        GRANDCHILD,
        Call::GrantClaim,
        &[leases[2], 0, 0, 0],
        &[Error::Revoked],
    )?;
    check!(suite.sees_clock(LESSOR)?, "the lessor lost the device");
    suite.ok(GRANDCHILD, Call::LeaseRelease, &[leases[2]])?;
    suite.wait_leases(1)
}

/// Fills pages with a pattern that tells address and seed.
fn fill(suite: &mut Suite, task: usize, address: usize, length: usize) -> Outcome {
    for at in (address..address + length).step_by(64) {
        suite.store(task, at, WORD, at ^ 0xf40_2e4)?;
    }
    Ok(())
}

/// The pattern must be there.
fn is_filled(suite: &mut Suite, task: usize, address: usize, length: usize) -> Outcome {
    for at in (address..address + length).step_by(64) {
        equal!("a frozen word", suite.load(task, at, WORD)?, at ^ 0xf40_2e4);
    }
    Ok(())
}

fn l6_lent_memory_is_frozen_while_its_owner_is_down(suite: &mut Suite) -> Outcome {
    let page = suite.lent_page(Rights::READ)?;
    fill(suite, LESSOR, page.address, PAGE)?;
    suite.stop(LESSOR)?;
    for _ in 0..10 {
        equal!(
            "a start while memory is lent",
            sys::task_start(LESSOR).err(),
            Some(Error::Busy)
        );
        is_filled(suite, LESSEE, page.address, PAGE)?;
    }
    // Other tasks come and go meanwhile; none of them gets the memory.
    for _ in 0..3 {
        suite.start_all(&[CLIENT, ATTACKER])?;
        check!(
            !suite.reaches(ATTACKER, page.address)?,
            "another task reaches the frozen memory"
        );
        suite.stop(CLIENT)?;
        suite.stop(ATTACKER)?;
    }
    is_filled(suite, LESSEE, page.address, PAGE)?;
    suite.ok(LESSEE, Call::LeaseRelease, &[page.lease])?;
    suite.start(LESSOR)?;
    equal!(
        "the fresh memory",
        suite.load(LESSOR, page.address, WORD)?,
        0
    );
    let word = suite.load(LESSOR, suite.place(LESSOR, Place::Initialised), WORD)?;
    equal!("the fresh word", word, INITIALISED_WORD);
    Ok(())
}

fn l6_lent_memory_is_frozen_along_a_chain(suite: &mut Suite) -> Outcome {
    suite.start_all(&[LESSOR, LESSEE, GRANDCHILD])?;
    let tenure = suite.tenure(LESSOR)?;
    let first = suite.lend_arena(LESSOR, tenure, LESSEE, 2, ALL)?;
    let page = part(0, 0, PAGE, Rights::READ);
    let second = suite.lend_parts(LESSEE, first, GRANDCHILD, &[page])?;
    let address = suite.claim(GRANDCHILD, second, 0)?;
    fill(suite, LESSOR, address, PAGE)?;
    // Owner and middle die; the last one still looks at the memory.
    suite.stop(LESSOR)?;
    suite.stop(LESSEE)?;
    equal!(
        "a start while memory is lent",
        sys::task_start(LESSOR).err(),
        Some(Error::Busy)
    );
    is_filled(suite, GRANDCHILD, address, PAGE)?;
    suite.ok(GRANDCHILD, Call::LeaseRelease, &[second])?;
    check!(
        !suite.reaches(GRANDCHILD, address)?,
        "the window is there after the release"
    );
    suite.start(LESSOR)
}

fn l7_forgotten_claims_cost_nothing_after_the_restart(suite: &mut Suite) -> Outcome {
    suite.limit(10_000);
    let parts = [suite.registers(ALL), Part::line(suite.clock().line)];
    for _ in 0..30 {
        // Claims exclusively, never unclaims, never releases, never fetches an event.
        suite.start(LESSEE)?;
        let lease = suite.lend(LESSEE, &parts)?.raw() as usize;
        suite.ok(LESSEE, Call::GrantClaim, &[lease, 0, 1, 0])?;
        suite.claim_line(LESSEE, lease, 1, 1)?;
        suite.stop(LESSEE)?;
        suite.wait_dormant(LESSEE)?;
        suite.wait_leases(0)?;
    }
    Ok(())
}

fn l7_forgotten_leases_of_a_lessor_end_with_it(suite: &mut Suite) -> Outcome {
    suite.limit(10_000);
    for _ in 0..3 {
        suite.start_all(&[LESSOR, LESSEE])?;
        let tenure = suite.tenure(LESSOR)?;
        let mut last = 0;
        for _ in 0..20 {
            last = suite.lend_arena(LESSOR, tenure, LESSEE, 1, READ_WRITE)?;
        }
        suite.claim(LESSEE, last, 0)?;
        suite.faults(LESSOR, Command::Load, &[0, WORD], &[FaultKind::Read])?;
        suite.refused(
            LESSEE,
            Call::GrantClaim,
            &[last, 0, 0, 0],
            &[Error::Revoked],
        )?;
        // The lessee forgets to give them back, and pays for it.
        suite.abandon(LESSEE);
        suite.wait_fault(LESSEE, &[FaultKind::LeaseOverstayed])?;
        suite.wait_leases(0)?;
    }
    Ok(())
}

fn l7_a_forgotten_interrupt_is_claimed_by_the_next_life(suite: &mut Suite) -> Outcome {
    let parts = [suite.registers(ALL), Part::line(suite.clock().line)];
    for _ in 0..5 {
        suite.start(LESSEE)?;
        let lease = suite.lend(LESSEE, &parts)?.raw() as usize;
        suite.claim(LESSEE, lease, 0)?;
        suite.ready(LESSEE)?;
        suite.fire(LESSEE)?;
        suite.claim_line(LESSEE, lease, 1, 1)?;
        suite.ok(LESSEE, Call::Receive, &[1])?;
        // Neither lowered nor acknowledged.
        suite.stop(LESSEE)?;
    }
    Ok(())
}

fn l8_everybody_blocked_on_a_dying_task_gets_an_error(suite: &mut Suite) -> Outcome {
    suite.start_all(&[SERVER, LESSEE, CLIENT, RIVAL])?;
    for task in [LESSEE, CLIENT, RIVAL] {
        suite.begin_call(task, Call::Call, &[suite.handle(SERVER), 0, 0])?;
    }
    suite.pause(1)?;
    // One in service, two waiting.
    suite.ok(SERVER, Call::Receive, &[0])?;
    suite.faults(SERVER, Command::Load, &[0, WORD], &[FaultKind::Read])?;
    for task in [LESSEE, CLIENT, RIVAL] {
        suite.ends_refused(task, Call::Call, &[Error::Dead])?;
    }
    Ok(())
}

fn l8_the_error_names_the_next_life(suite: &mut Suite) -> Outcome {
    suite.start_all(&[SERVER, CLIENT])?;
    let old = suite.handle(SERVER);
    suite.begin_call(CLIENT, Call::Call, &[old, 0, 0])?;
    suite.ok(SERVER, Call::Receive, &[0])?;
    suite.stop(SERVER)?;
    let [status, next, _] = suite.call_result(CLIENT)?;
    equal!("the status", Error::from_code(status), Some(Error::Dead));
    suite.start(SERVER)?;
    equal!("the handle in the error", next, suite.handle(SERVER));
    check!(next != old, "the handle did not change");
    suite.begin(SERVER, Command::Echo, &[1])?;
    suite.ok(CLIENT, Call::Call, &[next, 0, 0]).map(drop)
}

fn l8_a_chain_of_callers_comes_back(suite: &mut Suite) -> Outcome {
    suite.start_all(&[LESSOR, LESSEE, GRANDCHILD])?;
    suite.begin_call(GRANDCHILD, Call::Call, &[suite.handle(LESSEE), 0, 0])?;
    let [grandchild, _] = suite.ok(LESSEE, Call::Receive, &[0])?;
    suite.begin_call(LESSEE, Call::Call, &[suite.handle(LESSOR), 0, 0])?;
    suite.pause(1)?;
    suite.stop(LESSOR)?;
    suite.ends_refused(LESSEE, Call::Call, &[Error::Dead])?;
    check!(
        suite.finish_within(GRANDCHILD, 2)?.is_none(),
        "the grandchild was answered by nobody"
    );
    suite.ok(LESSEE, Call::Reply, &[grandchild])?;
    suite.ends_ok(GRANDCHILD, Call::Call).map(drop)
}

fn l8_nobody_waits_for_a_task_that_unbinds(suite: &mut Suite) -> Outcome {
    suite.start_all(&[LESSOR, LESSEE])?;
    let tenure = suite.tenure(LESSOR)?;
    suite.lend_arena(LESSOR, tenure, LESSEE, 1, READ_WRITE)?;
    // The child calls its parent while the parent unbinds: neither may wait for the other.
    suite.begin_call(LESSEE, Call::Call, &[suite.handle(LESSOR), 0, 0])?;
    suite.pause(1)?;
    suite.ok(LESSOR, Call::SetServing, &[0])?;
    suite.ends_refused(LESSEE, Call::Call, &[Error::Unbound])?;
    suite.refused(
        LESSEE,
        Call::Call,
        &[suite.handle(LESSOR), 0, 0],
        &[Error::Unbound],
    )
}
