//! Leases from open to claim: what arrives, what is refused.

use super::tests;
use crate::board::{KERNEL, rtc};
use crate::lending::{ALL, PAGE, Part, READ_WRITE};
use crate::outcome::{Outcome, check, equal};
use crate::suite::{ATTACKER, CLIENT, GRANDCHILD, LESSEE, LESSOR, RUNNER, SERVER, Suite};
use leasehold_abi::{
    Call, ClaimMode, Error, FaultKind, GrantKind, LeaseEvent, LeaseHandle, LeaseState,
    NOTIFY_LEASE, Rights, SELF_MEMORY, label,
};
use testsuite_protocol::{Command, Place};
use userlib::sys;

tests! { "leases":
    lent_memory_is_shared,
    lent_memory_ends_at_the_page,
    a_device_window_reaches_the_device,
    a_claim_is_needed_to_reach_a_window,
    unclaiming_takes_the_window_away,
    a_window_can_be_claimed_again,
    a_draft_is_invisible_to_its_lessee,
    an_offer_is_an_event,
    lease_info_tells_all,
    grant_info_tells_all,
    a_draft_only_is_filled,
    a_read_only_window_cannot_be_written,
    lending_needs_an_edge,
    lending_to_a_task_that_does_not_run_is_dead,
    a_lease_under_a_foreign_parent_is_refused,
    memory_outside_the_arena_cannot_be_lent,
    parts_of_pages_cannot_be_lent,
    ranges_beyond_the_source_are_refused,
    a_sub_range_is_lent_on,
    rights_only_shrink,
    without_the_right_to_lend_nothing_is_lent_on,
    an_exclusive_claim_keeps_others_out,
    a_shared_claim_keeps_an_exclusive_one_out,
    an_exclusive_claim_ends_with_its_task,
    unknown_grants_are_not_found,
    only_the_lessor_revokes,
    only_the_lessee_releases,
    a_lease_of_another_is_no_source,
    any_task_may_lend_to_the_supervisor,
}

fn lent_memory_is_shared(suite: &mut Suite) -> Outcome {
    let page = suite.lent_page(READ_WRITE)?;
    suite.store(LESSOR, page.address + 8, 8, 0x1e55_0e)?;
    equal!(
        "what the lessee reads",
        suite.load(LESSEE, page.address + 8, 8)?,
        0x1e55_0e
    );
    suite.store(LESSEE, page.address + 4088, 8, 0x1e55_ee)?;
    equal!(
        "what the lessor reads",
        suite.load(LESSOR, page.address + 4088, 8)?,
        0x1e55_ee
    );
    Ok(())
}

fn lent_memory_ends_at_the_page(suite: &mut Suite) -> Outcome {
    let page = suite.lent_page(READ_WRITE)?;
    check!(
        suite.reaches(LESSEE, page.address + PAGE - 4)?,
        "the page's end is not there"
    );
    check!(
        !suite.reaches(LESSEE, page.address + PAGE)?,
        "the next page of the arena is there"
    );
    check!(
        !suite.reaches(LESSEE, page.address - 4)?,
        "the page before the arena is there"
    );
    let kinds = [FaultKind::Read];
    suite
        .faults(LESSEE, Command::Load, &[page.address + PAGE, 8], &kinds)
        .map(drop)
}

fn a_device_window_reaches_the_device(suite: &mut Suite) -> Outcome {
    suite.start(LESSEE)?;
    let lease = suite.lend(
        LESSEE,
        &[Part::registers(rtc::BASE, rtc::LENGTH, READ_WRITE)],
    )?;
    let base = suite.claim(LESSEE, lease.raw() as usize, 0)?;
    let mut nanoseconds = [0; 2];
    for reading in &mut nanoseconds {
        let low = suite.load(LESSEE, base + rtc::TIME_LOW, 4)?;
        let high = suite.load(LESSEE, base + rtc::TIME_HIGH, 4)?;
        *reading = high << 32 | low;
        suite.pause(5)?;
    }
    let [first, second] = nanoseconds;
    check!(
        second > first + 4_000_000,
        "the clock went from {first} to {second} in 5 ms"
    );
    Ok(())
}

fn a_claim_is_needed_to_reach_a_window(suite: &mut Suite) -> Outcome {
    suite.start(LESSEE)?;
    suite.lend(
        LESSEE,
        &[Part::registers(rtc::BASE, rtc::LENGTH, READ_WRITE)],
    )?;
    check!(
        !suite.reaches(LESSEE, rtc::BASE)?,
        "the window is there before the claim"
    );
    suite
        .faults(LESSEE, Command::Load, &[rtc::BASE, 4], &[FaultKind::Read])
        .map(drop)
}

fn unclaiming_takes_the_window_away(suite: &mut Suite) -> Outcome {
    let page = suite.lent_page(READ_WRITE)?;
    suite.ok(LESSEE, Call::GrantUnclaim, &[page.lease, 0])?;
    check!(
        !suite.reaches(LESSEE, page.address)?,
        "the window is still there"
    );
    suite.refused(
        LESSEE,
        Call::GrantUnclaim,
        &[page.lease, 0],
        &[Error::Invalid],
    )?;
    check!(
        suite.reaches(LESSOR, page.address)?,
        "the lessor lost its own memory"
    );
    let kinds = [FaultKind::RevokedWindow, FaultKind::Read];
    suite
        .faults(LESSEE, Command::Load, &[page.address, 8], &kinds)
        .map(drop)
}

fn a_window_can_be_claimed_again(suite: &mut Suite) -> Outcome {
    let page = suite.lent_page(READ_WRITE)?;
    let claim = [page.lease, 0, ClaimMode::Shared as usize, 0];
    suite.refused(LESSEE, Call::GrantClaim, &claim, &[Error::Busy])?;
    for round in 0..50 {
        suite.ok(LESSEE, Call::GrantUnclaim, &[page.lease, 0])?;
        check!(
            !suite.reaches(LESSEE, page.address)?,
            "round {round}: the window is still there"
        );
        suite.claim(LESSEE, page.lease, 0)?;
        check!(
            suite.reaches(LESSEE, page.address)?,
            "round {round}: the window is not back"
        );
    }
    Ok(())
}

fn a_draft_is_invisible_to_its_lessee(suite: &mut Suite) -> Outcome {
    suite.start_all(&[LESSOR, LESSEE])?;
    let tenure = suite.tenure(LESSOR)?;
    let draft = suite.open(LESSOR, tenure, LESSEE)?;
    suite.add_own(
        LESSOR,
        draft,
        suite.place(LESSOR, Place::Arena),
        PAGE,
        Rights::READ,
    )?;
    let scratch = suite.place(LESSEE, Place::Scratch);
    suite.refused(
        LESSEE,
        Call::LeaseInfo,
        &[draft, scratch],
        &[Error::Revoked],
    )?;
    suite.refused(
        LESSEE,
        Call::GrantClaim,
        &[draft, 0, 0, 0],
        &[Error::Revoked],
    )?;
    suite.refused(LESSEE, Call::LeaseRelease, &[draft], &[Error::Revoked])?;
    suite.refused(LESSEE, Call::LeaseEvent, &[], &[Error::NotFound])
}

fn an_offer_is_an_event(suite: &mut Suite) -> Outcome {
    suite.start_all(&[LESSOR, LESSEE])?;
    let tenure = suite.tenure(LESSOR)?;
    suite.begin_call(LESSEE, Call::Receive, &[NOTIFY_LEASE as usize])?;
    let first = suite.lend_arena(LESSOR, tenure, LESSEE, 1, Rights::READ)?;
    let [_, bits] = suite.ends_ok(LESSEE, Call::Receive)?;
    equal!("the bits", bits, NOTIFY_LEASE as usize);
    let second = suite.lend_arena(LESSOR, tenure, LESSEE, 1, Rights::READ)?;
    for lease in [first, second] {
        let event = suite.ok(LESSEE, Call::LeaseEvent, &[])?;
        equal!("the event", event, [LeaseEvent::Offered as usize, lease]);
    }
    suite.refused(LESSEE, Call::LeaseEvent, &[], &[Error::NotFound])
}

fn lease_info_tells_all(suite: &mut Suite) -> Outcome {
    suite.start_all(&[LESSOR, LESSEE])?;
    let tenure = suite.tenure(LESSOR)?;
    let arguments = [
        tenure,
        LESSEE,
        label("sample") as usize,
        77,
        0x89ab_cdef,
        0x0123_4567,
    ];
    let [draft, _] = suite.ok(LESSOR, Call::LeaseOpen, &arguments)?;
    suite.add_own(
        LESSOR,
        draft,
        suite.place(LESSOR, Place::Arena),
        PAGE,
        Rights::READ,
    )?;
    suite.ok(LESSOR, Call::LeaseOffer, &[draft])?;
    for task in [LESSOR, LESSEE] {
        let scratch = suite.place(task, Place::Scratch);
        suite.ok(task, Call::LeaseInfo, &[draft, scratch])?;
        let words = suite.command(task, Command::LoadWords, &[scratch, 5])?;
        equal!("handle and parent", words[0], draft | tenure << 32);
        equal!(
            "lessor and lessee",
            words[1],
            LESSOR | suite.handle(LESSEE) << 32
        );
        equal!(
            "label and id",
            words[2],
            label("sample") as usize | 77 << 32
        );
        let generation = suite.handle(LESSOR) >> sys::TaskHandle::INDEX_BITS;
        let state = LeaseState::Active as usize;
        equal!(
            "grants, state and generation",
            words[3],
            1 | state << 16 | generation << 32
        );
        equal!("the payload's type", words[4], 0x0123_4567_89ab_cdef);
    }
    Ok(())
}

fn grant_info_tells_all(suite: &mut Suite) -> Outcome {
    suite.start_all(&[LESSOR, LESSEE])?;
    let tenure = suite.tenure(LESSOR)?;
    let draft = suite.open(LESSOR, tenure, LESSEE)?;
    let arena = suite.place(LESSOR, Place::Arena);
    let grant = suite.add_own(LESSOR, draft, arena + PAGE, PAGE, Rights::READ)?;
    suite.ok(
        LESSOR,
        Call::GrantLabel,
        &[draft, grant, label("page") as usize],
    )?;
    suite.ok(LESSOR, Call::LeaseOffer, &[draft])?;
    for claimed in [0, 1] {
        if claimed == 1 {
            suite.claim(LESSEE, draft, grant)?;
        }
        let scratch = suite.place(LESSEE, Place::Scratch);
        suite.ok(LESSEE, Call::GrantInfo, &[draft, grant, scratch])?;
        let words = suite.command(LESSEE, Command::LoadWords, &[scratch, 4])?;
        equal!(
            "base and length",
            (words[0], words[1]),
            (arena + PAGE, PAGE)
        );
        let rights = Rights::READ.bits() as usize;
        equal!(
            "label and rights",
            words[2],
            label("page") as usize | rights << 32
        );
        equal!(
            "kind and claim",
            words[3],
            GrantKind::Memory as usize | claimed << 8
        );
    }
    Ok(())
}

fn a_draft_only_is_filled(suite: &mut Suite) -> Outcome {
    let page = suite.lent_page(READ_WRITE)?;
    let arena = suite.place(LESSOR, Place::Arena);
    let add = [page.lease, SELF_MEMORY as usize, 0, arena + PAGE, PAGE, 1];
    suite.refused(LESSOR, Call::LeaseAdd, &add, &[Error::Invalid])?;
    suite.refused(
        LESSOR,
        Call::GrantLabel,
        &[page.lease, 0, 1],
        &[Error::Invalid],
    )?;
    suite.refused(LESSOR, Call::LeaseOffer, &[page.lease], &[Error::Invalid])?;
    // And the lessee does not fill at all.
    suite.refused(LESSEE, Call::LeaseAdd, &add, &[Error::Revoked])
}

fn a_read_only_window_cannot_be_written(suite: &mut Suite) -> Outcome {
    let page = suite.lent_page(Rights::READ)?;
    suite.store(LESSOR, page.address, 8, 0x0440)?;
    equal!(
        "what the lessee reads",
        suite.load(LESSEE, page.address, 8)?,
        0x0440
    );
    let info = suite.faults(
        LESSEE,
        Command::Store,
        &[page.address, 8, 1],
        &[FaultKind::Write],
    )?;
    equal!(
        "the fault's address",
        info.fault_address,
        page.address as u64
    );
    equal!(
        "what is there",
        suite.load(LESSOR, page.address, 8)?,
        0x0440
    );
    Ok(())
}

fn lending_needs_an_edge(suite: &mut Suite) -> Outcome {
    suite.start_all(&[SERVER, LESSOR, LESSEE, GRANDCHILD, ATTACKER])?;
    let tenure = suite.tenure(LESSOR)?;
    for task in [SERVER, GRANDCHILD, ATTACKER] {
        suite.refused(
            LESSOR,
            Call::LeaseOpen,
            &[tenure, task, 0, 0, 0, 0],
            &[Error::Denied],
        )?;
    }
    let tenure = suite.tenure(ATTACKER)?;
    suite.refused(
        ATTACKER,
        Call::LeaseOpen,
        &[tenure, LESSEE, 0, 0, 0, 0],
        &[Error::Denied],
    )?;
    for task in [8, 63, usize::MAX] {
        let errors = [Error::Invalid, Error::NotFound];
        suite.refused(
            ATTACKER,
            Call::LeaseOpen,
            &[tenure, task, 0, 0, 0, 0],
            &errors,
        )?;
    }
    let own = [tenure, ATTACKER, 0, 0, 0, 0];
    suite.refused(
        ATTACKER,
        Call::LeaseOpen,
        &own,
        &[Error::Invalid, Error::Denied],
    )
}

fn lending_to_a_task_that_does_not_run_is_dead(suite: &mut Suite) -> Outcome {
    suite.start(LESSOR)?;
    let tenure = suite.tenure(LESSOR)?;
    suite.refused(
        LESSOR,
        Call::LeaseOpen,
        &[tenure, LESSEE, 0, 0, 0, 0],
        &[Error::Dead],
    )?;
    suite.start(LESSEE)?;
    let draft = suite.open(LESSOR, tenure, LESSEE)?;
    suite.stop(LESSEE)?;
    suite.start(LESSEE)?;
    // The draft was for the life before.
    suite.refused(LESSOR, Call::LeaseOffer, &[draft], &[Error::Dead])?;
    suite.ok(LESSOR, Call::LeaseRevoke, &[draft, 0]).map(drop)
}

fn a_lease_under_a_foreign_parent_is_refused(suite: &mut Suite) -> Outcome {
    suite.start_all(&[LESSOR, LESSEE, CLIENT])?;
    let tenure = suite.tenure(CLIENT)?;
    let root = suite.root().raw() as usize;
    for parent in [tenure, root, 0, u32::MAX as usize, usize::MAX, 12345] {
        suite.refused(
            LESSOR,
            Call::LeaseOpen,
            &[parent, LESSEE, 0, 0, 0, 0],
            &[Error::Revoked],
        )?;
    }
    Ok(())
}

fn memory_outside_the_arena_cannot_be_lent(suite: &mut Suite) -> Outcome {
    suite.start_all(&[LESSOR, LESSEE])?;
    let tenure = suite.tenure(LESSOR)?;
    let draft = suite.open(LESSOR, tenure, LESSEE)?;
    let place = |place| suite.place(LESSOR, place) & !(PAGE - 1);
    let addresses = [
        place(Place::Text),
        place(Place::Constant),
        place(Place::Stack),
        place(Place::Scratch),
        place(Place::ArenaEnd),
        place(Place::Arena) - PAGE,
        suite.place(LESSEE, Place::Arena),
        KERNEL,
        0,
        0x1000_0000,
        usize::MAX & !(PAGE - 1),
    ];
    for address in addresses {
        let add = [draft, SELF_MEMORY as usize, 0, address, PAGE, 1];
        suite.refused(
            LESSOR,
            Call::LeaseAdd,
            &add,
            &[Error::BadAddress, Error::Invalid],
        )?;
    }
    let arena = suite.place(LESSOR, Place::Arena);
    for length in [
        5 * PAGE,
        1 << 32,
        usize::MAX & !(PAGE - 1),
        0usize.wrapping_sub(arena),
    ] {
        let add = [draft, SELF_MEMORY as usize, 0, arena, length, 1];
        suite.refused(
            LESSOR,
            Call::LeaseAdd,
            &add,
            &[Error::BadAddress, Error::Invalid],
        )?;
    }
    Ok(())
}

fn parts_of_pages_cannot_be_lent(suite: &mut Suite) -> Outcome {
    suite.start_all(&[LESSOR, LESSEE])?;
    let tenure = suite.tenure(LESSOR)?;
    let draft = suite.open(LESSOR, tenure, LESSEE)?;
    let arena = suite.place(LESSOR, Place::Arena);
    for (address, length) in [
        (arena + 1, PAGE),
        (arena, PAGE - 1),
        (arena + 2048, 2048),
        (arena, 8),
        (arena + 8, PAGE),
    ] {
        let add = [draft, SELF_MEMORY as usize, 0, address, length, 1];
        suite.refused(LESSOR, Call::LeaseAdd, &add, &[Error::Invalid])?;
    }
    Ok(())
}

/// A lease of two pages of memory with all rights, from lessor to lessee, and a draft under it for the grandchild.
fn chain(suite: &mut Suite, rights: Rights) -> Outcome<(usize, usize)> {
    suite.start_all(&[LESSOR, LESSEE, GRANDCHILD])?;
    let tenure = suite.tenure(LESSOR)?;
    let lease = suite.lend_arena(LESSOR, tenure, LESSEE, 2, rights)?;
    let draft = suite.open(LESSEE, lease, GRANDCHILD)?;
    Ok((lease, draft))
}

fn ranges_beyond_the_source_are_refused(suite: &mut Suite) -> Outcome {
    let (lease, draft) = chain(suite, ALL)?;
    for (offset, length) in [
        (0, 3 * PAGE),
        (PAGE, 2 * PAGE),
        (2 * PAGE, PAGE),
        (2 * PAGE, 0),
        (usize::MAX & !(PAGE - 1), PAGE),
        (usize::MAX & !(PAGE - 1), 2 * PAGE),
        (PAGE, usize::MAX & !(PAGE - 1)),
        (0usize.wrapping_sub(PAGE), PAGE),
        (1 << 63, PAGE),
        (0, 1 << 63),
    ] {
        let add = [draft, lease, 0, offset, length, 1];
        suite.refused(LESSEE, Call::LeaseAdd, &add, &[Error::Invalid])?;
    }
    for index in [1, 2, 1 << 16, 1 << 32, usize::MAX] {
        let add = [draft, lease, index, 0, PAGE, 1];
        suite.refused(
            LESSEE,
            Call::LeaseAdd,
            &add,
            &[Error::NotFound, Error::Invalid],
        )?;
    }
    Ok(())
}

fn a_sub_range_is_lent_on(suite: &mut Suite) -> Outcome {
    let (lease, draft) = chain(suite, ALL)?;
    suite.ok(
        LESSEE,
        Call::LeaseAdd,
        &[draft, lease, 0, PAGE, PAGE, Rights::READ.bits() as usize],
    )?;
    suite.ok(LESSEE, Call::LeaseOffer, &[draft])?;
    let second = suite.place(LESSOR, Place::Arena) + PAGE;
    equal!(
        "the window's address",
        suite.claim(GRANDCHILD, draft, 0)?,
        second
    );
    suite.store(LESSOR, second, 8, 0x9a9d)?;
    equal!(
        "what the grandchild reads",
        suite.load(GRANDCHILD, second, 8)?,
        0x9a9d
    );
    check!(
        !suite.reaches(GRANDCHILD, second - 4)?,
        "the grandchild reaches the first page"
    );
    Ok(())
}

fn rights_only_shrink(suite: &mut Suite) -> Outcome {
    let (lease, draft) = chain(suite, Rights::READ | Rights::LEND)?;
    for rights in [Rights::WRITE, READ_WRITE, ALL, Rights::WRITE | Rights::LEND] {
        let add = [draft, lease, 0, 0, PAGE, rights.bits() as usize];
        suite.refused(LESSEE, Call::LeaseAdd, &add, &[Error::Denied])?;
    }
    for rights in [8, 1 << 16, u32::MAX as usize] {
        let add = [draft, lease, 0, 0, PAGE, rights];
        suite.refused(
            LESSEE,
            Call::LeaseAdd,
            &add,
            &[Error::Invalid, Error::Denied],
        )?;
    }
    suite
        .ok(LESSEE, Call::LeaseAdd, &[draft, lease, 0, 0, PAGE, 1])
        .map(drop)
}

fn without_the_right_to_lend_nothing_is_lent_on(suite: &mut Suite) -> Outcome {
    let (lease, draft) = chain(suite, READ_WRITE)?;
    let add = [draft, lease, 0, 0, PAGE, 1];
    suite.refused(LESSEE, Call::LeaseAdd, &add, &[Error::Denied])
}

/// The clock's registers are lent to two tasks; answers the leases.
fn two_leases(suite: &mut Suite) -> Outcome<[usize; 2]> {
    suite.start_all(&[LESSEE, CLIENT])?;
    let parts = [Part::registers(rtc::BASE, rtc::LENGTH, READ_WRITE)];
    let first = suite.lend(LESSEE, &parts)?;
    let second = suite.lend(CLIENT, &parts)?;
    Ok([first.raw() as usize, second.raw() as usize])
}

const EXCLUSIVE: usize = ClaimMode::Exclusive as usize;
const SHARED: usize = ClaimMode::Shared as usize;

fn an_exclusive_claim_keeps_others_out(suite: &mut Suite) -> Outcome {
    let [first, second] = two_leases(suite)?;
    suite.ok(LESSEE, Call::GrantClaim, &[first, 0, EXCLUSIVE, 0])?;
    suite.refused(
        CLIENT,
        Call::GrantClaim,
        &[second, 0, SHARED, 0],
        &[Error::Busy],
    )?;
    suite.refused(
        CLIENT,
        Call::GrantClaim,
        &[second, 0, EXCLUSIVE, 0],
        &[Error::Busy],
    )?;
    check!(
        !suite.reaches(CLIENT, rtc::BASE)?,
        "the refused claim maps the window"
    );
    suite.ok(LESSEE, Call::GrantUnclaim, &[first, 0])?;
    suite.ok(CLIENT, Call::GrantClaim, &[second, 0, EXCLUSIVE, 0])?;
    suite.refused(
        LESSEE,
        Call::GrantClaim,
        &[first, 0, SHARED, 0],
        &[Error::Busy],
    )
}

fn a_shared_claim_keeps_an_exclusive_one_out(suite: &mut Suite) -> Outcome {
    let [first, second] = two_leases(suite)?;
    suite.claim(LESSEE, first, 0)?;
    suite.refused(
        CLIENT,
        Call::GrantClaim,
        &[second, 0, EXCLUSIVE, 0],
        &[Error::Busy],
    )?;
    suite.claim(CLIENT, second, 0)?;
    check!(
        suite.reaches(LESSEE, rtc::BASE)? && suite.reaches(CLIENT, rtc::BASE)?,
        "a sharer has no window"
    );
    suite.ok(LESSEE, Call::GrantUnclaim, &[first, 0])?;
    check!(
        suite.reaches(CLIENT, rtc::BASE)?,
        "the other's unclaim took the window"
    );
    for mode in [2, 255, usize::MAX] {
        suite.refused(
            LESSEE,
            Call::GrantClaim,
            &[first, 0, mode, 0],
            &[Error::Invalid],
        )?;
    }
    Ok(())
}

fn an_exclusive_claim_ends_with_its_task(suite: &mut Suite) -> Outcome {
    let [first, second] = two_leases(suite)?;
    suite.ok(LESSEE, Call::GrantClaim, &[first, 0, EXCLUSIVE, 0])?;
    suite.faults(LESSEE, Command::Load, &[0, 8], &[FaultKind::Read])?;
    suite.wait_dormant(LESSEE)?;
    suite
        .ok(CLIENT, Call::GrantClaim, &[second, 0, EXCLUSIVE, 0])
        .map(drop)
}

fn unknown_grants_are_not_found(suite: &mut Suite) -> Outcome {
    let page = suite.lent_page(READ_WRITE)?;
    let scratch = suite.place(LESSEE, Place::Scratch);
    let errors = [Error::NotFound, Error::Invalid];
    for index in [1, 2, 255, 1 << 16, 1 << 32, usize::MAX] {
        suite.refused(
            LESSEE,
            Call::GrantClaim,
            &[page.lease, index, 0, 1],
            &errors,
        )?;
        suite.refused(LESSEE, Call::GrantUnclaim, &[page.lease, index], &errors)?;
        suite.refused(
            LESSEE,
            Call::GrantInfo,
            &[page.lease, index, scratch],
            &errors,
        )?;
        suite.refused(
            LESSEE,
            Call::InterruptAcknowledge,
            &[page.lease, index],
            &errors,
        )?;
    }
    // A window is neither a line nor configuration space.
    suite.refused(
        LESSEE,
        Call::InterruptAcknowledge,
        &[page.lease, 0],
        &[Error::Invalid],
    )?;
    suite.refused(
        LESSEE,
        Call::ConfigWrite,
        &[page.lease, 0, 4, 2, 4],
        &[Error::Invalid],
    )
}

fn only_the_lessor_revokes(suite: &mut Suite) -> Outcome {
    let page = suite.lent_page(READ_WRITE)?;
    suite.start_all(&[GRANDCHILD, ATTACKER])?;
    for task in [LESSEE, GRANDCHILD, ATTACKER] {
        for mode in [0, 1] {
            suite.refused(
                task,
                Call::LeaseRevoke,
                &[page.lease, mode],
                &[Error::Revoked],
            )?;
        }
    }
    for mode in [2, 255, usize::MAX] {
        suite.refused(
            LESSOR,
            Call::LeaseRevoke,
            &[page.lease, mode],
            &[Error::Invalid],
        )?;
    }
    check!(suite.reaches(LESSEE, page.address)?, "the lease ended");
    Ok(())
}

fn only_the_lessee_releases(suite: &mut Suite) -> Outcome {
    let page = suite.lent_page(READ_WRITE)?;
    suite.start_all(&[GRANDCHILD, ATTACKER])?;
    for task in [LESSOR, GRANDCHILD, ATTACKER] {
        suite.refused(task, Call::LeaseRelease, &[page.lease], &[Error::Revoked])?;
    }
    check!(suite.reaches(LESSEE, page.address)?, "the lease ended");
    suite.ok(LESSEE, Call::LeaseRelease, &[page.lease])?;
    check!(
        !suite.reaches(LESSEE, page.address)?,
        "the released window is there"
    );
    suite.refused(LESSEE, Call::LeaseRelease, &[page.lease], &[Error::Revoked])
}

fn a_lease_of_another_is_no_source(suite: &mut Suite) -> Outcome {
    let (lease, draft) = chain(suite, ALL)?;
    let tenure = suite.tenure(GRANDCHILD)?;
    let root = suite.root().raw() as usize;
    for source in [tenure, root, draft, 0, 1, 4711] {
        let [status, ..] = suite.call(LESSEE, Call::LeaseAdd, &[draft, source, 0, 0, PAGE, 1])?;
        check!(status != 0, "a grant of {source:#x} was taken");
    }
    // A lease that it holds, but that is not the draft's parent.
    let other = suite.tenure(LESSEE)?;
    let add = [draft, other, 0, 0, PAGE, 1];
    suite.refused(LESSEE, Call::LeaseAdd, &add, &[Error::Invalid])?;
    suite
        .ok(LESSEE, Call::LeaseAdd, &[draft, lease, 0, 0, PAGE, 1])
        .map(drop)
}

fn any_task_may_lend_to_the_supervisor(suite: &mut Suite) -> Outcome {
    suite.start(CLIENT)?;
    let tenure = suite.tenure(CLIENT)?;
    let lease = suite.lend_arena(CLIENT, tenure, RUNNER, 1, Rights::READ | Rights::LEND)?;
    let lease = LeaseHandle::from_raw(lease as u32);
    equal!(
        "the runner's event",
        sys::lease_event(),
        Some((LeaseEvent::Offered, lease))
    );
    // And the supervisor passes it on.
    suite.start(GRANDCHILD)?;
    let opened = sys::lease_open(lease, GRANDCHILD, 0, 0, 0);
    let Ok(draft) = opened else {
        crate::outcome::fail!("the runner's lease: {opened:?}")
    };
    let added = sys::lease_add(draft, lease, 0, 0, PAGE, Rights::READ);
    equal!("the runner's grant", added, Ok(0));
    equal!("the runner's offer", sys::lease_offer(draft), Ok(()));
    let page = suite.claim(GRANDCHILD, draft.raw() as usize, 0)?;
    suite.store(CLIENT, page, 8, 0xa0a0)?;
    equal!(
        "what the grandchild reads",
        suite.load(GRANDCHILD, page, 8)?,
        0xa0a0
    );
    Ok(())
}
