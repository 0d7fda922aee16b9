//! Leases from open to claim: what arrives, what is refused.

use super::tests;
use crate::board::{HALF, PAGE, WORD};
use crate::lending::{READ_WRITE, own};
use crate::outcome::{Outcome, check, equal};
use crate::suite::{ATTACKER, CLIENT, GRANDCHILD, LESSEE, LESSOR, Suite};
use leasehold_abi::LentPart;
use leasehold_abi::{
    Call, Claim, ClaimMode, Error, FaultKind, GrantInfo, GrantKind, LeaseEvent, LeaseInfo,
    LeaseState, Notifications, Rights, label,
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
    claims_count_for_the_next_instruction,
    a_lease_is_lent_whole_or_not_at_all,
    an_offer_is_an_event,
    lease_info_tells_all,
    grant_info_tells_all,
    an_exclusive_claim_keeps_others_out,
    a_shared_claim_keeps_an_exclusive_one_out,
    an_exclusive_claim_ends_with_its_task,
    unknown_grants_are_not_found,
    only_the_lessor_revokes,
    only_the_lessee_releases,
}

fn lent_memory_is_shared(suite: &mut Suite) -> Outcome {
    let page = suite.lent_page(READ_WRITE)?;
    suite.store(LESSOR, page.address + 8, WORD, 0x1e_550e)?;
    equal!(
        "what the lessee reads",
        suite.load(LESSEE, page.address + 8, WORD)?,
        0x1e_550e
    );
    suite.store(LESSEE, page.address + PAGE - 8, WORD, 0x1e_55ee)?;
    equal!(
        "what the lessor reads",
        suite.load(LESSOR, page.address + PAGE - 8, WORD)?,
        0x1e_55ee
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
        .faults(LESSEE, Command::Load, &[page.address + PAGE, WORD], &kinds)
        .map(drop)
}

fn a_device_window_reaches_the_device(suite: &mut Suite) -> Outcome {
    suite.start(LESSEE)?;
    let lease = suite.lend(LESSEE, &[suite.registers(READ_WRITE)])?;
    let base = suite.claim(LESSEE, lease.raw() as usize, 0)?;
    equal!("the window's address", base, suite.clock().base);
    suite.run_clock(LESSEE)?;
    let mut nanoseconds = [0; 2];
    for reading in &mut nanoseconds {
        *reading = suite.nanoseconds(LESSEE)?;
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
    suite.lend(LESSEE, &[suite.registers(READ_WRITE)])?;
    check!(
        !suite.sees_clock(LESSEE)?,
        "the window is there before the claim"
    );
    suite
        .faults(
            LESSEE,
            Command::Load,
            &[suite.clock().base, 4],
            &[FaultKind::Read],
        )
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
        .faults(LESSEE, Command::Load, &[page.address, WORD], &kinds)
        .map(drop)
}

/// Nobody else runs between the call and the access, so no switch of tasks puts the protection hardware right.
fn claims_count_for_the_next_instruction(suite: &mut Suite) -> Outcome {
    let page = suite.lent_page(READ_WRITE)?;
    let arguments = [page.lease, 0, page.address, 3];
    let [unclaims, claims, kept, missed, ..] =
        suite.command(LESSEE, Command::Reclaim, &arguments)?;
    equal!("failed calls", unclaims + claims, 0);
    equal!("loads of what was unclaimed", kept, 0);
    equal!("loads of a claim that failed", missed, 0);
    Ok(())
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

fn a_lease_is_lent_whole_or_not_at_all(suite: &mut Suite) -> Outcome {
    suite.start_all(&[LESSOR, LESSEE])?;
    let tenure = suite.tenure(LESSOR)?;
    let arena = suite.place(LESSOR, Place::Arena);
    let before = suite.leases();
    let parts = [
        own(arena, PAGE, Rights::READ),
        own(arena + 1, PAGE, Rights::READ),
    ];
    suite.lend_refused(LESSOR, tenure, LESSEE, &parts, &[Error::Invalid])?;
    equal!("leases", suite.leases(), before);
    suite.refused(LESSEE, Call::LeaseEvent, &[], &[Error::NotFound])
}

fn an_offer_is_an_event(suite: &mut Suite) -> Outcome {
    suite.start_all(&[LESSOR, LESSEE])?;
    let tenure = suite.tenure(LESSOR)?;
    suite.begin_call(LESSEE, Call::Receive, &[Notifications::LEASE.register()])?;
    let first = suite.lend_arena(LESSOR, tenure, LESSEE, 1, Rights::READ)?;
    let [_, bits] = suite.ends_ok(LESSEE, Call::Receive)?;
    equal!("the bits", bits, Notifications::LEASE.register());
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
    let page = own(suite.place(LESSOR, Place::Arena), PAGE, Rights::READ);
    suite.say(LESSOR, &page, 1)?;
    let said = [
        tenure,
        LESSEE,
        label("sample") as usize,
        77,
        0x89ab_cdef,
        0x0123_4567,
    ];
    let [status, lease, ..] = suite.command(LESSOR, Command::Lend, &said)?;
    equal!("the status", status, 0);
    for task in [LESSOR, LESSEE] {
        let scratch = suite.place(task, Place::Scratch);
        suite.ok(task, Call::LeaseInfo, &[lease, scratch])?;
        let info: LeaseInfo = suite.record(task, scratch)?;
        let expected = LeaseInfo {
            handle: sys::LeaseHandle::from_raw(lease as u32),
            parent: sys::Optional::some(sys::LeaseHandle::from_raw(tenure as u32)),
            lessor: sys::Optional::some(LESSOR as u32),
            lessee: sys::TaskHandle::from_raw(suite.handle(LESSEE) as u32),
            label: label("sample"),
            id: 77,
            grants: 1,
            state: LeaseState::Active,
            reserved: 0,
            lessor_generation: (suite.handle(LESSOR) >> sys::TaskHandle::INDEX_BITS) as u32,
            payload_type: sys::PayloadType::from_hash(0x0123_4567_89ab_cdef),
        };
        equal!("the record", info, expected);
    }
    Ok(())
}

fn grant_info_tells_all(suite: &mut Suite) -> Outcome {
    suite.start_all(&[LESSOR, LESSEE])?;
    let tenure = suite.tenure(LESSOR)?;
    let arena = suite.place(LESSOR, Place::Arena);
    let page = LentPart {
        label: label("page") as usize,
        ..own(arena + PAGE, PAGE, Rights::READ)
    };
    let lease = suite.lend_parts(LESSOR, tenure, LESSEE, &[page])?;
    for claim in [Claim::None, Claim::Shared] {
        if claim == Claim::Shared {
            suite.claim(LESSEE, lease, 0)?;
        }
        let scratch = suite.place(LESSEE, Place::Scratch);
        suite.ok(LESSEE, Call::GrantInfo, &[lease, 0, scratch])?;
        let info: GrantInfo = suite.record(LESSEE, scratch)?;
        let expected = GrantInfo {
            base: (arena + PAGE) as u64,
            length: PAGE as u64,
            label: label("page"),
            rights: Rights::READ,
            kind: GrantKind::Memory,
            claim,
            reserved: [0; 6],
        };
        equal!("the record", info, expected);
    }
    Ok(())
}

/// The clock's registers are lent to two tasks; answers the leases.
fn two_leases(suite: &mut Suite) -> Outcome<[usize; 2]> {
    suite.start_all(&[LESSEE, CLIENT])?;
    let parts = [suite.registers(READ_WRITE)];
    let first = suite.lend(LESSEE, &parts)?;
    let second = suite.lend(CLIENT, &parts)?;
    Ok([first.raw() as usize, second.raw() as usize])
}

const EXCLUSIVE: usize = ClaimMode::Exclusive as usize;

const SHARED: usize = ClaimMode::Shared as usize;

fn an_exclusive_claim_keeps_others_out(suite: &mut Suite) -> Outcome {
    let [first, second] = two_leases(suite)?;
    suite.ok(LESSEE, Call::GrantClaim, &[first, 0, EXCLUSIVE, 0])?;
    suite.all_refused(
        CLIENT,
        &[Error::Busy],
        &[
            (Call::GrantClaim, &[second, 0, SHARED, 0]),
            (Call::GrantClaim, &[second, 0, EXCLUSIVE, 0]),
        ],
    )?;
    check!(
        !suite.sees_clock(CLIENT)?,
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
        suite.sees_clock(LESSEE)? && suite.sees_clock(CLIENT)?,
        "a sharer has no window"
    );
    suite.ok(LESSEE, Call::GrantUnclaim, &[first, 0])?;
    check!(
        suite.sees_clock(CLIENT)?,
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
    suite.faults(LESSEE, Command::Load, &[0, WORD], &[FaultKind::Read])?;
    suite.wait_dormant(LESSEE)?;
    suite
        .ok(CLIENT, Call::GrantClaim, &[second, 0, EXCLUSIVE, 0])
        .map(drop)
}

fn unknown_grants_are_not_found(suite: &mut Suite) -> Outcome {
    let page = suite.lent_page(READ_WRITE)?;
    let scratch = suite.place(LESSEE, Place::Scratch);
    let errors = [Error::NotFound, Error::Invalid];
    for index in [1, 2, 255, 1 << 16, HALF, usize::MAX] {
        suite.all_refused(
            LESSEE,
            &errors,
            &[
                (Call::GrantClaim, &[page.lease, index, 0, 1]),
                (Call::GrantUnclaim, &[page.lease, index]),
                (Call::GrantInfo, &[page.lease, index, scratch]),
                (Call::InterruptAcknowledge, &[page.lease, index]),
            ],
        )?;
    }
    // A window is neither a line nor configuration space.
    suite.all_refused(
        LESSEE,
        &[Error::Invalid],
        &[
            (Call::InterruptAcknowledge, &[page.lease, 0]),
            (Call::ConfigWrite, &[page.lease, 0, 4, 2, 4]),
        ],
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
