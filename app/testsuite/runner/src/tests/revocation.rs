//! The end of a lease: orderly, hard, by death, transitive, overdue.

use super::tests;
use crate::board::{PAGE, TICKS_PER_MS, WORD};
use crate::lending::{ALL, READ_WRITE, part};
use crate::outcome::{Outcome, check, equal};
use crate::suite::{CLIENT, GRANDCHILD, LESSEE, LESSOR, Suite};
use attacks::INITIALISED_WORD;
use leasehold_abi::{
    Call, Error, FaultKind, LeaseEvent, LeaseState, Notifications, RevokeMode, Rights, TaskState,
    label,
};
use testsuite_protocol::{Command, Place};
use userlib::sys;

tests! { "revocation":
    an_orderly_revocation_leaves_the_window_until_release,
    a_hard_revocation_takes_a_device_at_once,
    a_hard_revocation_leaves_memory_until_release,
    an_orderly_revocation_can_be_made_hard,
    a_revoked_lease_is_not_used_anew,
    a_checked_access_to_a_revoked_window_goes_on,
    an_unchecked_access_to_a_revoked_window_is_named,
    the_lessee_is_told,
    the_lessor_is_told_when_it_is_over,
    an_offer_not_fetched_becomes_an_ending,
    three_levels_end_together,
    a_release_ends_what_was_derived,
    a_release_in_time_is_no_fault,
    a_lease_kept_too_long_stops_its_lessee,
    a_lessee_in_an_endless_loop_is_stopped,
    a_lessee_blocked_in_a_call_is_stopped,
    a_crashed_lessor_s_memory_stays_readable,
    a_lessor_restarts_only_when_its_leases_are_over,
    a_crashed_lessee_gives_its_leases_back,
    a_call_to_a_lessor_that_crashes_is_an_error,
    a_restarted_lessee_has_no_old_leases,
    revoking_twice_is_harmless,
    many_leases_end_with_their_parent,
}

const ORDERLY: usize = RevokeMode::Orderly as usize;
const HARD: usize = RevokeMode::Hard as usize;

/// The clock's registers lent by the runner to the lessee, and claimed.
fn clock(suite: &mut Suite) -> Outcome<sys::LeaseHandle> {
    suite.start(LESSEE)?;
    let lease = suite.lend(LESSEE, &[suite.registers(ALL)])?;
    suite.claim(LESSEE, lease.raw() as usize, 0)?;
    check!(suite.sees_clock(LESSEE)?, "the claimed window is not there");
    Ok(lease)
}

fn an_orderly_revocation_leaves_the_window_until_release(suite: &mut Suite) -> Outcome {
    let lease = clock(suite)?;
    suite.revoke(lease, RevokeMode::Orderly)?;
    check!(
        suite.sees_clock(LESSEE)?,
        "the window went before the release"
    );
    suite.store(LESSEE, suite.clock().harmless(), 4, 0)?;
    suite.ok(LESSEE, Call::LeaseRelease, &[lease.raw() as usize])?;
    check!(
        !suite.sees_clock(LESSEE)?,
        "the window is there after the release"
    );
    Ok(())
}

fn a_hard_revocation_takes_a_device_at_once(suite: &mut Suite) -> Outcome {
    let lease = clock(suite)?;
    suite.revoke(lease, RevokeMode::Hard)?;
    check!(
        !suite.sees_clock(LESSEE)?,
        "the window is there after the revocation"
    );
    Ok(())
}

fn a_hard_revocation_leaves_memory_until_release(suite: &mut Suite) -> Outcome {
    let page = suite.lent_page(READ_WRITE)?;
    suite.store(LESSOR, page.address, WORD, 0x4e4d)?;
    suite.ok(LESSOR, Call::LeaseRevoke, &[page.lease, HARD])?;
    equal!(
        "what the lessee reads",
        suite.load(LESSEE, page.address, WORD)?,
        0x4e4d
    );
    suite.ok(LESSEE, Call::LeaseRelease, &[page.lease])?;
    check!(
        !suite.reaches(LESSEE, page.address)?,
        "the window is there after the release"
    );
    Ok(())
}

fn an_orderly_revocation_can_be_made_hard(suite: &mut Suite) -> Outcome {
    let lease = clock(suite)?;
    suite.revoke(lease, RevokeMode::Orderly)?;
    check!(
        suite.sees_clock(LESSEE)?,
        "the window went with the orderly revocation"
    );
    suite.revoke(lease, RevokeMode::Hard)?;
    check!(
        !suite.sees_clock(LESSEE)?,
        "the window is there after the hard revocation"
    );
    Ok(())
}

fn a_revoked_lease_is_not_used_anew(suite: &mut Suite) -> Outcome {
    suite.start_all(&[LESSOR, LESSEE, GRANDCHILD])?;
    let tenure = suite.tenure(LESSOR)?;
    let lease = suite.lend_arena(LESSOR, tenure, LESSEE, 2, ALL)?;
    suite.ok(LESSOR, Call::LeaseRevoke, &[lease, ORDERLY])?;
    suite.refused(
        LESSEE,
        Call::GrantClaim,
        &[lease, 0, 0, 0],
        &[Error::Revoked],
    )?;
    for parts in [&[][..], &[part(0, 0, PAGE, Rights::READ)]] {
        suite.lend_refused(LESSEE, lease, GRANDCHILD, parts, &[Error::Revoked])?;
    }
    Ok(())
}

fn a_checked_access_to_a_revoked_window_goes_on(suite: &mut Suite) -> Outcome {
    let lease = clock(suite)?;
    suite.revoke(lease, RevokeMode::Hard)?;
    let [refused, ..] = suite.command(LESSEE, Command::CheckedLoad, &[suite.clock().base])?;
    equal!("whether the load was refused", refused, 1);
    let [refused, ..] = suite.command(
        LESSEE,
        Command::CheckedStore,
        &[suite.clock().harmless(), 0],
    )?;
    equal!("whether the store was refused", refused, 1);
    equal!(
        "the last fault",
        suite.info(LESSEE)?.state,
        TaskState::AwaitingReply
    );
    Ok(())
}

fn an_unchecked_access_to_a_revoked_window_is_named(suite: &mut Suite) -> Outcome {
    let lease = clock(suite)?;
    suite.revoke(lease, RevokeMode::Hard)?;
    let address = suite.clock().base;
    let kinds = [FaultKind::RevokedWindow];
    let info = suite.faults(LESSEE, Command::Load, &[address, 4], &kinds)?;
    equal!("the fault's address", info.fault_address, address as u64);
    let lease = clock(suite)?;
    suite.revoke(lease, RevokeMode::Hard)?;
    suite
        .faults(LESSEE, Command::Store, &[address, 4, 0], &kinds)
        .map(drop)
}

fn the_lessee_is_told(suite: &mut Suite) -> Outcome {
    let page = suite.lent_page(READ_WRITE)?;
    let event = suite.ok(LESSEE, Call::LeaseEvent, &[])?;
    equal!(
        "the first event",
        event,
        [LeaseEvent::Offered as usize, page.lease]
    );
    suite.ok(LESSEE, Call::Receive, &[Notifications::LEASE.register()])?;
    suite.begin_call(LESSEE, Call::Receive, &[Notifications::LEASE.register()])?;
    suite.ok(LESSOR, Call::LeaseRevoke, &[page.lease, ORDERLY])?;
    suite.ends_ok(LESSEE, Call::Receive)?;
    let event = suite.ok(LESSEE, Call::LeaseEvent, &[])?;
    equal!(
        "the second event",
        event,
        [LeaseEvent::Ending as usize, page.lease]
    );
    let scratch = suite.place(LESSEE, Place::Scratch);
    suite.ok(LESSEE, Call::LeaseInfo, &[page.lease, scratch])?;
    let state = suite.load(
        LESSEE,
        scratch + core::mem::offset_of!(leasehold_abi::LeaseInfo, state),
        1,
    )?;
    equal!("the lease's state", state, LeaseState::Ending as usize);
    Ok(())
}

fn the_lessor_is_told_when_it_is_over(suite: &mut Suite) -> Outcome {
    let page = suite.lent_page(READ_WRITE)?;
    suite.ok(LESSOR, Call::LeaseRevoke, &[page.lease, ORDERLY])?;
    // The tenure's own offer notified it too: take that first.
    suite.ok(LESSOR, Call::Receive, &[Notifications::LEASE.register()])?;
    suite.begin_call(LESSOR, Call::Receive, &[Notifications::LEASE.register()])?;
    check!(
        suite.finish_within(LESSOR, 2)?.is_none(),
        "the lessor was told before the release"
    );
    suite.ok(LESSEE, Call::LeaseRelease, &[page.lease])?;
    suite.ends_ok(LESSOR, Call::Receive)?;
    let scratch = suite.place(LESSOR, Place::Scratch);
    suite.refused(
        LESSOR,
        Call::LeaseInfo,
        &[page.lease, scratch],
        &[Error::Revoked],
    )
}

fn an_offer_not_fetched_becomes_an_ending(suite: &mut Suite) -> Outcome {
    let page = suite.lent_page(READ_WRITE)?;
    suite.ok(LESSOR, Call::LeaseRevoke, &[page.lease, ORDERLY])?;
    let event = suite.ok(LESSEE, Call::LeaseEvent, &[])?;
    equal!(
        "the event",
        event,
        [LeaseEvent::Ending as usize, page.lease]
    );
    suite.refused(LESSEE, Call::LeaseEvent, &[], &[Error::NotFound])?;
    suite
        .ok(LESSEE, Call::LeaseRelease, &[page.lease])
        .map(drop)
}

fn three_levels_end_together(suite: &mut Suite) -> Outcome {
    let leases = suite.clock_along_a_chain()?;
    let first = sys::LeaseHandle::from_raw(leases[0] as u32);
    suite.revoke(first, RevokeMode::Hard)?;
    for (task, lease) in [LESSOR, LESSEE, GRANDCHILD].into_iter().zip(leases) {
        check!(
            !suite.sees_clock(task)?,
            "task {task} still reaches the device"
        );
        suite.refused(task, Call::GrantClaim, &[lease, 0, 0, 0], &[Error::Revoked])?;
    }
    for (task, lease) in [GRANDCHILD, LESSEE, LESSOR]
        .into_iter()
        .zip(leases.into_iter().rev())
    {
        suite.ok(task, Call::LeaseRelease, &[lease])?;
    }
    suite.wait_leases(0)
}

fn a_release_ends_what_was_derived(suite: &mut Suite) -> Outcome {
    let leases = suite.clock_along_a_chain()?;
    suite.ok(LESSEE, Call::LeaseRelease, &[leases[1]])?;
    check!(
        !suite.sees_clock(LESSEE)?,
        "the releaser still reaches the device"
    );
    check!(
        !suite.sees_clock(GRANDCHILD)?,
        "the grandchild still reaches the device"
    );
    check!(suite.sees_clock(LESSOR)?, "the lessor lost the device");
    suite.ok(GRANDCHILD, Call::LeaseRelease, &[leases[2]])?;
    suite.wait_leases(1)
}

fn a_release_in_time_is_no_fault(suite: &mut Suite) -> Outcome {
    let page = suite.lent_page(READ_WRITE)?;
    suite.ok(LESSOR, Call::LeaseRevoke, &[page.lease, ORDERLY])?;
    suite.pause(RELEASE_MS / 5)?;
    suite.ok(LESSEE, Call::LeaseRelease, &[page.lease])?;
    suite.pause(2 * RELEASE_MS)?;
    equal!(
        "the lessee's state",
        suite.info(LESSEE)?.state,
        TaskState::AwaitingReply
    );
    Ok(())
}

/// The lessee's limit in the manifest, in milliseconds.
const RELEASE_MS: u64 = 250;

/// The lessee does not release a revoked lease. It is stopped for this, not before the deadline and not much after.
fn overstays(suite: &mut Suite, lease: usize) -> Outcome {
    let start = sys::time();
    suite.ok(LESSOR, Call::LeaseRevoke, &[lease, ORDERLY])?;
    suite.abandon(LESSEE);
    let info = suite.wait_fault(LESSEE, &[FaultKind::LeaseOverstayed])?;
    let took = (sys::time() - start) / TICKS_PER_MS;
    check!(
        (RELEASE_MS..RELEASE_MS + 500).contains(&took),
        "stopped after {took} ms"
    );
    equal!(
        "the label in the fault",
        info.fault_address,
        u64::from(label("memory"))
    );
    suite.wait_dormant(LESSEE)?;
    suite.wait_leases(1)
}

fn a_lease_kept_too_long_stops_its_lessee(suite: &mut Suite) -> Outcome {
    let page = suite.lent_page(READ_WRITE)?;
    overstays(suite, page.lease)
}

fn a_lessee_in_an_endless_loop_is_stopped(suite: &mut Suite) -> Outcome {
    let page = suite.lent_page(READ_WRITE)?;
    suite.begin(LESSEE, Command::Spin, &[])?;
    overstays(suite, page.lease)
}

fn a_lessee_blocked_in_a_call_is_stopped(suite: &mut Suite) -> Outcome {
    let page = suite.lent_page(READ_WRITE)?;
    suite.begin_call(LESSEE, Call::Call, &[suite.handle(LESSOR), 0, 0])?;
    overstays(suite, page.lease)?;
    // The lessor, whose client died, still serves.
    suite.start(CLIENT)?;
    suite.begin_call(CLIENT, Call::Call, &[suite.handle(LESSOR), 0, 0])?;
    let [client, _] = suite.ok(LESSOR, Call::Receive, &[0])?;
    equal!("the client", client, suite.handle(CLIENT));
    Ok(())
}

fn a_crashed_lessor_s_memory_stays_readable(suite: &mut Suite) -> Outcome {
    let page = suite.lent_page(Rights::READ)?;
    for offset in (0..PAGE).step_by(64) {
        suite.store(LESSOR, page.address + offset, WORD, 0xf4_0000 + offset)?;
    }
    suite.faults(LESSOR, Command::Load, &[0, WORD], &[FaultKind::Read])?;
    suite.pause(2)?;
    for offset in (0..PAGE).step_by(64) {
        let word = suite.load(LESSEE, page.address + offset, WORD)?;
        equal!("what the lessee reads", word, 0xf4_0000 + offset);
    }
    suite.ok(LESSEE, Call::LeaseRelease, &[page.lease])?;
    check!(
        !suite.reaches(LESSEE, page.address)?,
        "the window is there after the release"
    );
    suite.wait_dormant(LESSOR)
}

fn a_lessor_restarts_only_when_its_leases_are_over(suite: &mut Suite) -> Outcome {
    let page = suite.lent_page(Rights::READ)?;
    suite.store(LESSOR, page.address, WORD, 0x01d)?;
    suite.store(LESSOR, suite.place(LESSOR, Place::Initialised), WORD, 0x01d)?;
    suite.faults(LESSOR, Command::Load, &[0, WORD], &[FaultKind::Read])?;
    // Everything that can end without the lessee has ended by then.
    suite.pause(2)?;
    equal!(
        "a start while memory is lent",
        sys::task_start(LESSOR).err(),
        Some(Error::Busy)
    );
    equal!(
        "the lessor's state",
        suite.info(LESSOR)?.state,
        TaskState::Faulted
    );
    equal!(
        "what the lessee reads",
        suite.load(LESSEE, page.address, WORD)?,
        0x01d
    );
    suite.ok(LESSEE, Call::LeaseRelease, &[page.lease])?;
    suite.start(LESSOR)?;
    equal!(
        "the fresh arena",
        suite.load(LESSOR, page.address, WORD)?,
        0
    );
    let word = suite.load(LESSOR, suite.place(LESSOR, Place::Initialised), WORD)?;
    equal!("the fresh word", word, INITIALISED_WORD);
    Ok(())
}

fn a_crashed_lessee_gives_its_leases_back(suite: &mut Suite) -> Outcome {
    let page = suite.lent_page(READ_WRITE)?;
    suite.ok(LESSOR, Call::Receive, &[Notifications::LEASE.register()])?;
    suite.begin_call(LESSOR, Call::Receive, &[Notifications::LEASE.register()])?;
    suite.faults(LESSEE, Command::Load, &[0, WORD], &[FaultKind::Read])?;
    suite.ends_ok(LESSOR, Call::Receive)?;
    let scratch = suite.place(LESSOR, Place::Scratch);
    suite.refused(
        LESSOR,
        Call::LeaseInfo,
        &[page.lease, scratch],
        &[Error::Revoked],
    )?;
    equal!("leases", suite.leases(), 2);
    Ok(())
}

fn a_call_to_a_lessor_that_crashes_is_an_error(suite: &mut Suite) -> Outcome {
    suite.lent_page(READ_WRITE)?;
    suite.begin_call(LESSEE, Call::Call, &[suite.handle(LESSOR), 0, 0])?;
    suite.ok(LESSOR, Call::Receive, &[0])?;
    suite.faults(LESSOR, Command::Load, &[0, WORD], &[FaultKind::Read])?;
    // The lease is not released yet, but the call is answered.
    suite.ends_refused(LESSEE, Call::Call, &[Error::Dead])
}

fn a_restarted_lessee_has_no_old_leases(suite: &mut Suite) -> Outcome {
    let lease = clock(suite)?.raw() as usize;
    suite.stop(LESSEE)?;
    suite.start(LESSEE)?;
    check!(
        !suite.sees_clock(LESSEE)?,
        "the new life has the old one's window"
    );
    suite.refused(
        LESSEE,
        Call::GrantClaim,
        &[lease, 0, 0, 0],
        &[Error::Revoked],
    )?;
    suite.refused(LESSEE, Call::LeaseEvent, &[], &[Error::NotFound])
}

fn revoking_twice_is_harmless(suite: &mut Suite) -> Outcome {
    let page = suite.lent_page(READ_WRITE)?;
    for mode in [ORDERLY, ORDERLY, HARD, HARD, ORDERLY] {
        suite.ok(LESSOR, Call::LeaseRevoke, &[page.lease, mode])?;
    }
    suite.ok(LESSEE, Call::LeaseRelease, &[page.lease])?;
    suite.refused(
        LESSOR,
        Call::LeaseRevoke,
        &[page.lease, HARD],
        &[Error::Revoked],
    )
}

fn many_leases_end_with_their_parent(suite: &mut Suite) -> Outcome {
    suite.start_all(&[LESSOR, LESSEE])?;
    let tenure = suite.lend(LESSOR, &[])?;
    let mut leases = [0; 40];
    for lease in &mut leases {
        *lease = suite.lend_arena(LESSOR, tenure.raw() as usize, LESSEE, 1, Rights::READ)?;
    }
    suite.claim(LESSEE, leases[0], 0)?;
    suite.claim(LESSEE, leases[39], 0)?;
    suite.revoke(tenure, RevokeMode::Hard)?;
    for lease in leases {
        suite.refused(
            LESSEE,
            Call::GrantClaim,
            &[lease, 0, 0, 0],
            &[Error::Revoked],
        )?;
    }
    for lease in leases {
        suite.ok(LESSEE, Call::LeaseRelease, &[lease])?;
    }
    suite.ok(LESSOR, Call::LeaseRelease, &[tenure.raw() as usize])?;
    suite.wait_leases(0)
}
