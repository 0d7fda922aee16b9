//! The promises L1 to L8 of docs/leases.md, each attacked from at least two sides.

use super::tests;
use crate::board::{TICKS_PER_MS, edu, rtc};
use crate::lending::{ALL, PAGE, Part, READ_WRITE};
use crate::outcome::{Outcome, check, equal};
use crate::suite::{ATTACKER, CLIENT, GRANDCHILD, LESSEE, LESSOR, RIVAL, SERVER, Suite};
use leasehold_abi::{Call, Error, FaultKind, LeaseState, RevokeMode, Rights, TaskState};
use testsuite_protocol::{Command, INITIALISED, Place};
use userlib::sys;

tests! { "promises":
    l1_no_path_through_a_lease_that_is_over,
    l1_no_path_by_dma_after_the_lease_is_over,
    l1_no_window_for_the_task_that_claimed_twice,
    l2_a_looping_lessee_is_stopped_at_its_deadline,
    l2_a_full_table_ends_before_the_deadline,
    l2_an_important_loop_does_not_delay_a_revocation,
    l3_a_handle_of_an_older_lease_is_revoked_for_ever,
    l3_a_handle_of_an_older_life_is_dead_for_ever,
    l4_rights_shrink_along_a_chain,
    l4_a_part_is_never_more_than_its_whole,
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

/// How long a worker may keep a revoked lease by the manifest, in milliseconds.
const RELEASE_MS: u64 = 250;

fn l1_no_path_through_a_lease_that_is_over(suite: &mut Suite) -> Outcome {
    suite.start(LESSEE)?;
    let parts = [
        Part::registers(rtc::BASE, rtc::LENGTH, ALL),
        Part::line(rtc::LINE),
    ];
    let lease = suite.lend(LESSEE, &parts)?;
    let handle = lease.raw() as usize;
    suite.claim(LESSEE, handle, 0)?;
    suite.claim_line(LESSEE, handle, 1, 1)?;
    suite.revoke(lease, RevokeMode::Orderly)?;
    suite.ok(LESSEE, Call::LeaseRelease, &[handle])?;
    suite.wait_leases(0)?;
    let scratch = suite.place(LESSEE, Place::Scratch);
    for (call, arguments) in [
        (Call::GrantClaim, [handle, 0, 0, 0]),
        (Call::GrantClaim, [handle, 1, 0, 1]),
        (Call::GrantUnclaim, [handle, 0, 0, 0]),
        (Call::InterruptAcknowledge, [handle, 1, 0, 0]),
        (Call::LeaseOpen, [handle, GRANDCHILD, 0, 0]),
        (Call::LeaseInfo, [handle, scratch, 0, 0]),
        (Call::GrantInfo, [handle, 0, scratch, 0]),
        (Call::LeaseRelease, [handle, 0, 0, 0]),
    ] {
        suite.refused(LESSEE, call, &arguments, &[Error::Revoked])?;
    }
    for offset in (0..rtc::LENGTH).step_by(0x400) {
        check!(
            !suite.reaches(LESSEE, rtc::BASE + offset)?,
            "the window is there at {offset:#x}"
        );
    }
    Ok(())
}

fn l1_no_path_by_dma_after_the_lease_is_over(suite: &mut Suite) -> Outcome {
    suite.limit(10_000);
    suite.start(LESSEE)?;
    let device = suite.lend_edu(LESSEE)?;
    let handle = device.lease.raw() as usize;
    suite.ok(LESSEE, Call::GrantClaim, &[handle, 3, 0, 0])?;
    suite.store(LESSEE, device.pool, 8, 0x7e57)?;
    for (register, value) in [
        (edu::DMA_SOURCE, edu::BUFFER),
        (edu::DMA_DESTINATION, device.pool),
        (edu::DMA_COUNT, 8),
        (edu::DMA_COMMAND, 3),
    ] {
        suite.store(LESSEE, device.registers + register, 8, value)?;
    }
    // The transfer takes 100 ms; the lease is over before.
    suite.revoke(device.lease, RevokeMode::Orderly)?;
    suite.ok(LESSEE, Call::LeaseRelease, &[handle])?;
    suite.wait_leases(0)?;
    suite.pause(300)?;
    let device = suite.lend_edu(LESSEE)?;
    equal!(
        "what is in memory",
        suite.load(LESSEE, device.pool, 8)?,
        0x7e57
    );
    Ok(())
}

fn l1_no_window_for_the_task_that_claimed_twice(suite: &mut Suite) -> Outcome {
    suite.start(LESSEE)?;
    let parts = [Part::registers(rtc::BASE, rtc::LENGTH, ALL)];
    let leases = [suite.lend(LESSEE, &parts)?, suite.lend(LESSEE, &parts)?];
    for lease in leases {
        suite.claim(LESSEE, lease.raw() as usize, 0)?;
    }
    suite.revoke(leases[0], RevokeMode::Hard)?;
    check!(
        suite.reaches(LESSEE, rtc::BASE)?,
        "the other lease's window went too"
    );
    suite.revoke(leases[1], RevokeMode::Hard)?;
    check!(
        !suite.reaches(LESSEE, rtc::BASE)?,
        "the window is there after both were revoked"
    );
    Ok(())
}

fn l2_a_looping_lessee_is_stopped_at_its_deadline(suite: &mut Suite) -> Outcome {
    let page = suite.lent_page(READ_WRITE)?;
    suite.begin(LESSEE, Command::Spin, &[])?;
    suite.ok(LESSOR, Call::LeaseRevoke, &[page.lease, 1])?;
    let start = sys::time();
    let info = loop {
        let info = suite.info(LESSEE)?;
        if info.state == TaskState::Dormant as u8 {
            break info;
        }
        suite.pause(1)?;
    };
    let took = (sys::time() - start) / TICKS_PER_MS;
    equal!("the fault", info.fault, FaultKind::LeaseOverstayed as u8);
    check!(
        took <= RELEASE_MS + 50,
        "it took {took} ms with a limit of {RELEASE_MS}"
    );
    suite.wait_leases(1)
}

fn l2_a_full_table_ends_before_the_deadline(suite: &mut Suite) -> Outcome {
    suite.start_all(&[LESSOR, LESSEE])?;
    let tenure = suite.lend(LESSOR, &[])?;
    let parent = tenure.raw() as usize;
    let mut count = 0;
    loop {
        let open = [parent, LESSEE, 0, 0, 0, 0];
        let [status, draft, _] = suite.call(LESSOR, Call::LeaseOpen, &open)?;
        if status != 0 {
            break;
        }
        let arena = suite.place(LESSOR, Place::Arena);
        suite.add_own(LESSOR, draft, arena, PAGE, Rights::READ)?;
        suite.ok(LESSOR, Call::LeaseOffer, &[draft])?;
        suite.claim(LESSEE, draft, 0)?;
        count += 1;
    }
    check!(count > 32, "only {count} leases fitted");
    suite.begin(LESSEE, Command::Spin, &[])?;
    let start = sys::time();
    suite.revoke(tenure, RevokeMode::Hard)?;
    suite.ok(LESSOR, Call::LeaseRelease, &[parent])?;
    suite.wait_leases(0)?;
    let took = (sys::time() - start) / TICKS_PER_MS;
    check!(
        took <= RELEASE_MS + 50,
        "{count} leases took {took} ms with a limit of {RELEASE_MS}"
    );
    Ok(())
}

fn l2_an_important_loop_does_not_delay_a_revocation(suite: &mut Suite) -> Outcome {
    // The lessor, more important than the lessee and the client, loops for ever.
    suite.start_all(&[LESSOR, LESSEE, CLIENT])?;
    let lease = suite.lend(LESSEE, &[Part::registers(rtc::BASE, rtc::LENGTH, ALL)])?;
    suite.claim(LESSEE, lease.raw() as usize, 0)?;
    suite.begin(LESSOR, Command::Spin, &[])?;
    let start = sys::time();
    suite.revoke(lease, RevokeMode::Hard)?;
    suite.wait_leases(0)?;
    let took = (sys::time() - start) / TICKS_PER_MS;
    check!(
        took <= RELEASE_MS + 50,
        "it took {took} ms with a limit of {RELEASE_MS}"
    );
    let info = suite.info(LESSEE)?;
    equal!(
        "the lessee's fault",
        info.fault,
        FaultKind::LeaseOverstayed as u8
    );
    Ok(())
}

fn l3_a_handle_of_an_older_lease_is_revoked_for_ever(suite: &mut Suite) -> Outcome {
    let page = suite.lent_page(READ_WRITE)?;
    let old = page.lease;
    let scratch = suite.place(LESSEE, Place::Scratch);
    let mut lease = old;
    for _ in 0..100 {
        suite.ok(LESSOR, Call::LeaseRevoke, &[lease, 0])?;
        suite.ok(LESSEE, Call::LeaseRelease, &[lease])?;
        lease = suite.lend_arena(LESSOR, page.tenure, LESSEE, 1, READ_WRITE)?;
        check!(lease != old, "the handle {old:#x} came back");
        suite.refused(LESSEE, Call::LeaseInfo, &[old, scratch], &[Error::Revoked])?;
        suite.refused(LESSEE, Call::GrantClaim, &[old, 0, 0, 0], &[Error::Revoked])?;
        suite.refused(LESSOR, Call::LeaseRevoke, &[old, 1], &[Error::Revoked])?;
    }
    suite
        .ok(LESSEE, Call::LeaseInfo, &[lease, scratch])
        .map(drop)
}

fn l3_a_handle_of_an_older_life_is_dead_for_ever(suite: &mut Suite) -> Outcome {
    suite.start_all(&[SERVER, CLIENT])?;
    let old = suite.handle(SERVER);
    for _ in 0..50 {
        suite.stop(SERVER)?;
        suite.start(SERVER)?;
        suite.refused(CLIENT, Call::Call, &[old, 0, 0], &[Error::Dead])?;
        suite.refused(CLIENT, Call::Notify, &[old, 1], &[Error::Dead])?;
    }
    suite
        .ok(CLIENT, Call::Notify, &[suite.handle(SERVER), 1])
        .map(drop)
}

fn l4_rights_shrink_along_a_chain(suite: &mut Suite) -> Outcome {
    suite.start_all(&[LESSOR, LESSEE, GRANDCHILD])?;
    let read = Rights::READ.bits() as usize;
    let first = suite.lend(
        LESSOR,
        &[Part::registers(
            rtc::BASE,
            rtc::LENGTH,
            Rights::READ | Rights::LEND,
        )],
    )?;
    let first = first.raw() as usize;
    let second = suite.open(LESSOR, first, LESSEE)?;
    for rights in [READ_WRITE, ALL, Rights::WRITE] {
        let add = [second, first, 0, 0, 0, rights.bits() as usize];
        suite.refused(LESSOR, Call::LeaseAdd, &add, &[Error::Denied])?;
    }
    suite.ok(LESSOR, Call::LeaseAdd, &[second, first, 0, 0, 0, read])?;
    suite.ok(LESSOR, Call::LeaseOffer, &[second])?;
    let third = suite.open(LESSEE, second, GRANDCHILD)?;
    suite.refused(
        LESSEE,
        Call::LeaseAdd,
        &[third, second, 0, 0, 0, read],
        &[Error::Denied],
    )?;
    // What was granted is what the hardware enforces.
    suite.claim(LESSEE, second, 0)?;
    suite.load(LESSEE, rtc::BASE, 4)?;
    let store = [rtc::BASE + rtc::INTERRUPT_ENABLE, 4, 0];
    suite
        .faults(LESSEE, Command::Store, &store, &[FaultKind::Write])
        .map(drop)
}

fn l4_a_part_is_never_more_than_its_whole(suite: &mut Suite) -> Outcome {
    suite.start_all(&[LESSOR, LESSEE, GRANDCHILD])?;
    let tenure = suite.tenure(LESSOR)?;
    let lease = suite.open(LESSOR, tenure, LESSEE)?;
    let arena = suite.place(LESSOR, Place::Arena);
    suite.add_own(LESSOR, lease, arena + PAGE, 2 * PAGE, ALL)?;
    suite.ok(LESSOR, Call::LeaseOffer, &[lease])?;
    let draft = suite.open(LESSEE, lease, GRANDCHILD)?;
    let mut accepted = 0;
    for pages in 0..5_usize {
        for first in 0..5_usize {
            let add = [draft, lease, 0, first * PAGE, pages * PAGE, 1];
            let [status, index, _] = suite.call(LESSEE, Call::LeaseAdd, &add)?;
            // Length 0 is all from the offset on.
            let inside = if pages == 0 {
                first < 2
            } else {
                first + pages <= 2
            };
            equal!("whether a part was taken", status == 0, inside);
            if status == 0 {
                equal!("the grant's index", index, accepted);
                accepted += 1;
            }
        }
    }
    suite.ok(LESSEE, Call::LeaseOffer, &[draft])?;
    for index in 0..accepted {
        suite.claim(GRANDCHILD, draft, index)?;
        check!(
            !suite.reaches(GRANDCHILD, arena + PAGE - 4)?,
            "grant {index} reaches below"
        );
        check!(
            !suite.reaches(GRANDCHILD, arena + 3 * PAGE)?,
            "grant {index} reaches above"
        );
        suite.ok(GRANDCHILD, Call::GrantUnclaim, &[draft, index])?;
    }
    Ok(())
}

/// Device registers from the runner to lessor, lessee and grandchild, each claimed; answers the leases.
fn chain(suite: &mut Suite) -> Outcome<[usize; 3]> {
    suite.start_all(&[LESSOR, LESSEE, GRANDCHILD])?;
    let all = ALL.bits() as usize;
    let first = suite
        .lend(LESSOR, &[Part::registers(rtc::BASE, rtc::LENGTH, ALL)])?
        .raw() as usize;
    let second = suite.open(LESSOR, first, LESSEE)?;
    suite.ok(LESSOR, Call::LeaseAdd, &[second, first, 0, 0, 0, all])?;
    suite.ok(LESSOR, Call::LeaseOffer, &[second])?;
    let third = suite.open(LESSEE, second, GRANDCHILD)?;
    suite.ok(LESSEE, Call::LeaseAdd, &[third, second, 0, 0, 0, all])?;
    suite.ok(LESSEE, Call::LeaseOffer, &[third])?;
    let leases = [first, second, third];
    for (task, lease) in [LESSOR, LESSEE, GRANDCHILD].into_iter().zip(leases) {
        suite.claim(task, lease, 0)?;
    }
    Ok(leases)
}

fn l5_what_was_derived_ends_with_its_source(suite: &mut Suite) -> Outcome {
    let leases = chain(suite)?;
    suite.ok(LESSOR, Call::LeaseRevoke, &[leases[1], 1])?;
    check!(
        suite.reaches(LESSOR, rtc::BASE)?,
        "the lessor lost what it did not lend"
    );
    check!(
        !suite.reaches(LESSEE, rtc::BASE)?,
        "the lessee reaches the device"
    );
    check!(
        !suite.reaches(GRANDCHILD, rtc::BASE)?,
        "the grandchild reaches the device"
    );
    suite.refused(
        GRANDCHILD,
        Call::GrantClaim,
        &[leases[2], 0, 0, 0],
        &[Error::Revoked],
    )?;
    // Even when the one in the middle gives nothing back, the last one's lease is marked.
    let lease = sys::LeaseHandle::from_raw(leases[2] as u32);
    let state = sys::lease_at(lease.index()).map(|info| info.state);
    equal!(
        "the last lease's state",
        state,
        Ok(LeaseState::Ending as u8)
    );
    Ok(())
}

fn l5_what_was_derived_ends_with_the_death_in_the_middle(suite: &mut Suite) -> Outcome {
    let leases = chain(suite)?;
    suite.faults(LESSEE, Command::Load, &[0, 8], &[FaultKind::Read])?;
    check!(
        !suite.reaches(GRANDCHILD, rtc::BASE)?,
        "the grandchild reaches the device"
    );
    suite.refused(
        GRANDCHILD,
        Call::GrantClaim,
        &[leases[2], 0, 0, 0],
        &[Error::Revoked],
    )?;
    check!(
        suite.reaches(LESSOR, rtc::BASE)?,
        "the lessor lost the device"
    );
    suite.ok(GRANDCHILD, Call::LeaseRelease, &[leases[2]])?;
    suite.wait_leases(1)
}

/// Fills pages with a pattern that tells address and seed.
fn fill(suite: &mut Suite, task: usize, address: usize, length: usize) -> Outcome {
    for at in (address..address + length).step_by(256) {
        suite.store(task, at, 8, at ^ 0xf40_2e4)?;
    }
    Ok(())
}

/// The pattern must be there.
fn is_filled(suite: &mut Suite, task: usize, address: usize, length: usize) -> Outcome {
    for at in (address..address + length).step_by(256) {
        equal!("a frozen word", suite.load(task, at, 8)?, at ^ 0xf40_2e4);
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
    equal!("the fresh memory", suite.load(LESSOR, page.address, 8)?, 0);
    let word = suite.load(LESSOR, suite.place(LESSOR, Place::Initialised), 8)?;
    equal!("the fresh word", word, INITIALISED);
    Ok(())
}

fn l6_lent_memory_is_frozen_along_a_chain(suite: &mut Suite) -> Outcome {
    suite.start_all(&[LESSOR, LESSEE, GRANDCHILD])?;
    let tenure = suite.tenure(LESSOR)?;
    let first = suite.lend_arena(LESSOR, tenure, LESSEE, 2, ALL)?;
    let second = suite.open(LESSEE, first, GRANDCHILD)?;
    suite.ok(LESSEE, Call::LeaseAdd, &[second, first, 0, 0, PAGE, 1])?;
    suite.ok(LESSEE, Call::LeaseOffer, &[second])?;
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
    let parts = [
        Part::registers(rtc::BASE, rtc::LENGTH, ALL),
        Part::line(rtc::LINE),
    ];
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
        suite.faults(LESSOR, Command::Load, &[0, 8], &[FaultKind::Read])?;
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
    let parts = [
        Part::registers(rtc::BASE, rtc::LENGTH, ALL),
        Part::line(rtc::LINE),
    ];
    for _ in 0..5 {
        suite.start(LESSEE)?;
        let lease = suite.lend(LESSEE, &parts)?.raw() as usize;
        suite.claim(LESSEE, lease, 0)?;
        suite.store(LESSEE, rtc::BASE + rtc::INTERRUPT_ENABLE, 4, 1)?;
        suite.store(LESSEE, rtc::BASE + rtc::ALARM_HIGH, 4, 0)?;
        suite.store(LESSEE, rtc::BASE + rtc::ALARM_LOW, 4, 1)?;
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
    suite.faults(SERVER, Command::Load, &[0, 8], &[FaultKind::Read])?;
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
