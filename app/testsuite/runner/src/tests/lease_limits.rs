//! Handles and tables: stale and forged handles, exhaustion, reuse.

use super::tests;
use crate::board::PAGE;
use crate::lending::READ_WRITE;
use crate::outcome::{Outcome, check, equal};
use crate::suite::{ATTACKER, CLIENT, LESSEE, LESSOR, Suite};
use leasehold_abi::{Call, Error, LeaseHandle, RevokeMode, SELF_MEMORY};
use testsuite_protocol::{Command, Place};

tests! { "lease_limits":
    forged_handles_are_revoked_by_the_thousand,
    handles_of_others_are_revoked,
    old_handles_are_revoked,
    a_thousand_reuses_of_a_slot,
    a_full_table_of_leases_recovers,
    a_lessor_takes_its_own_share_alone,
    a_full_table_of_grants_recovers,
    what_a_dead_task_opened_is_free_again,
    self_memory_is_no_handle,
}

/// Calls whose first argument is a lease.
const CALLS: [Call; 9] = [
    Call::LeaseOffer,
    Call::LeaseRevoke,
    Call::LeaseRelease,
    Call::LeaseInfo,
    Call::GrantClaim,
    Call::GrantUnclaim,
    Call::InterruptAcknowledge,
    Call::GrantInfo,
    Call::ConfigWrite,
];

fn forged_handles_are_revoked_by_the_thousand(suite: &mut Suite) -> Outcome {
    suite.limit(20_000);
    let page = suite.lent_page(READ_WRITE)?;
    suite.start(ATTACKER)?;
    let stride = 1 << LeaseHandle::INDEX_BITS;
    for call in CALLS {
        // Every slot in its first generations, and one slot in thousands of generations.
        for (first, count, stride) in [(0, 4096, 1), (page.lease & (stride - 1), 4096, stride)] {
            let report = suite.command(
                ATTACKER,
                Command::Forge,
                &[call as usize, first, count, stride],
            )?;
            check!(
                report[0] == 0,
                "{call:?} took {} forged handles, the last {:#x}",
                report[0],
                report[6]
            );
            equal!("handles that got Revoked", report[1], count);
        }
    }
    check!(suite.reaches(LESSEE, page.address)?, "the lease ended");
    Ok(())
}

fn handles_of_others_are_revoked(suite: &mut Suite) -> Outcome {
    let page = suite.lent_page(READ_WRITE)?;
    suite.start(ATTACKER)?;
    for handle in [page.lease, page.tenure, suite.root().raw() as usize] {
        for call in CALLS {
            suite.refused(ATTACKER, call, &[handle, 0, 0, 1], &[Error::Revoked])?;
        }
    }
    check!(suite.reaches(LESSEE, page.address)?, "the lease ended");
    Ok(())
}

fn old_handles_are_revoked(suite: &mut Suite) -> Outcome {
    let page = suite.lent_page(READ_WRITE)?;
    suite.ok(
        LESSOR,
        Call::LeaseRevoke,
        &[page.lease, RevokeMode::Orderly as usize],
    )?;
    suite.ok(LESSEE, Call::LeaseRelease, &[page.lease])?;
    suite.wait_leases(1)?;
    for task in [LESSOR, LESSEE] {
        for call in CALLS {
            suite.refused(task, call, &[page.lease, 0, 0, 1], &[Error::Revoked])?;
        }
    }
    // The slot's next lease has another handle, and the old one does not reach it.
    let next = suite.lend_arena(LESSOR, page.tenure, LESSEE, 1, READ_WRITE)?;
    check!(next != page.lease, "the handle {next:#x} was given twice");
    let (old, new) = (
        LeaseHandle::from_raw(page.lease as u32),
        LeaseHandle::from_raw(next as u32),
    );
    if old.index() == new.index() {
        check!(
            new.generation() > old.generation(),
            "the generation went back"
        );
    }
    suite.refused(
        LESSEE,
        Call::GrantClaim,
        &[page.lease, 0, 0, 0],
        &[Error::Revoked],
    )
}

fn a_thousand_reuses_of_a_slot(suite: &mut Suite) -> Outcome {
    suite.limit(20_000);
    suite.start_all(&[LESSOR, LESSEE])?;
    let tenure = suite.tenure(LESSOR)?;
    let report = suite.command(LESSOR, Command::Cycle, &[tenure, LESSEE, 1_000])?;
    equal!("rounds that failed", report[0], 0);
    equal!("handles given twice", report[1], 0);
    equal!("old handles that did not get Revoked", report[2], 0);
    Ok(())
}

fn a_full_table_of_leases_recovers(suite: &mut Suite) -> Outcome {
    suite.start_all(&[LESSOR, LESSEE, CLIENT])?;
    let tenure = suite.tenure(LESSOR)?;
    let mut counts = [0; 3];
    for count in &mut counts {
        let report = suite.command(LESSOR, Command::OpenMany, &[tenure, LESSEE, 1_000])?;
        equal!(
            "the error when it is full",
            report[1],
            Error::Exhausted.code()
        );
        *count = report[0];
        let report = suite.command(LESSOR, Command::RevokeMany, &[])?;
        equal!("drafts revoked", report[0], *count);
    }
    let [first, second, third] = counts;
    check!(first > 16, "only {first} drafts fitted");
    equal!(
        "drafts that fit afterwards",
        (second, third),
        (first, first)
    );
    suite.tenure(CLIENT).map(drop)
}

fn a_lessor_takes_its_own_share_alone(suite: &mut Suite) -> Outcome {
    suite.start_all(&[LESSOR, LESSEE, CLIENT])?;
    let [hostile, other] = [suite.tenure(LESSOR)?, suite.tenure(CLIENT)?];
    let report = suite.command(LESSOR, Command::OpenMany, &[hostile, LESSEE, 1_000])?;
    equal!("its error", report[1], Error::Exhausted.code());
    // Another lends, to the supervisor, what it lent before; and the supervisor lends to both.
    let arena = suite.place(CLIENT, Place::Arena);
    for _ in 0..2 {
        let draft = suite.open(CLIENT, other, 0)?;
        suite.add_own(CLIENT, draft, arena, PAGE, READ_WRITE)?;
        suite.ok(CLIENT, Call::LeaseRevoke, &[draft, 0])?;
    }
    suite.tenure(LESSEE)?;
    suite.tenure(LESSOR).map(drop)
}

fn a_full_table_of_grants_recovers(suite: &mut Suite) -> Outcome {
    suite.start_all(&[LESSOR, LESSEE])?;
    let tenure = suite.tenure(LESSOR)?;
    let arena = suite.place(LESSOR, Place::Arena);
    let mut counts = [0; 2];
    for count in &mut counts {
        let draft = suite.open(LESSOR, tenure, LESSEE)?;
        let add = [draft, SELF_MEMORY as usize, 0, arena, PAGE, 1];
        let status = loop {
            let [status, index, _] = suite.call(LESSOR, Call::LeaseAdd, &add)?;
            if status != 0 || *count > 10_000 {
                break status;
            }
            equal!("the grant's index", index, *count);
            *count += 1;
        };
        equal!("the error when it is full", status, Error::Exhausted.code());
        suite.ok(LESSOR, Call::LeaseRevoke, &[draft, 0])?;
    }
    let [first, second] = counts;
    check!(first >= 16, "only {first} grants fitted");
    equal!("grants that fit afterwards", second, first);
    Ok(())
}

fn what_a_dead_task_opened_is_free_again(suite: &mut Suite) -> Outcome {
    suite.start(LESSEE)?;
    let mut first = None;
    for _ in 0..3 {
        suite.start(LESSOR)?;
        let tenure = suite.tenure(LESSOR)?;
        let report = suite.command(LESSOR, Command::OpenMany, &[tenure, LESSEE, 1_000])?;
        equal!(
            "drafts that fit",
            report[0],
            *first.get_or_insert(report[0])
        );
        suite.stop(LESSOR)?;
        suite.wait_dormant(LESSOR)?;
        suite.wait_leases(0)?;
    }
    Ok(())
}

fn self_memory_is_no_handle(suite: &mut Suite) -> Outcome {
    suite.start(LESSOR)?;
    for call in CALLS {
        suite.refused(
            LESSOR,
            call,
            &[SELF_MEMORY as usize, 0, 0, 1],
            &[Error::Revoked],
        )?;
    }
    Ok(())
}
