//! Handles and tables: stale and forged handles, exhaustion, reuse.

use super::tests;
use crate::board::PAGE;
use crate::lending::{READ_WRITE, own};
use crate::outcome::{Outcome, check, equal};
use crate::suite::{ATTACKER, CLIENT, LESSEE, LESSOR, Suite};
use leasehold_abi::{Call, Error, LeaseHandle, MOST_PARTS, RevokeMode, Rights, SELF_MEMORY};
use testsuite_protocol::{Command, Place};
use userlib::sys;

tests! { "lease_limits":
    forged_handles_are_revoked_by_the_thousand,
    handles_of_others_are_revoked,
    old_handles_are_revoked,
    a_thousand_reuses_of_a_slot,
    a_full_table_of_leases_recovers,
    a_lessor_takes_its_own_share_alone,
    a_full_table_of_grants_recovers,
    what_a_dead_task_lent_is_free_again,
    self_memory_is_no_handle,
}

/// Calls whose first argument is a lease.
const CALLS: [Call; 8] = [
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
    suite.start_all(&[LESSEE])?;
    let [mut first, mut before] = [None; 2];
    for round in 0..1_000 {
        let lease = suite.lend(LESSEE, &[])?;
        for old in [first, before].into_iter().flatten() {
            check!(lease != old, "round {round}: a handle is given twice");
            let refused = sys::lease_info(old).err();
            equal!("what an old handle gets", refused, Some(Error::Revoked));
        }
        suite.ok(LESSEE, Call::LeaseRelease, &[lease.raw() as usize])?;
        first.get_or_insert(lease);
        before = Some(lease);
    }
    Ok(())
}

fn a_full_table_of_leases_recovers(suite: &mut Suite) -> Outcome {
    suite.start_all(&[LESSOR, LESSEE, CLIENT])?;
    let tenure = suite.tenure(LESSOR)?;
    let mut counts = [0; 3];
    for count in &mut counts {
        let report = suite.command(LESSOR, Command::LendMany, &[tenure, LESSEE, 1_000])?;
        equal!(
            "the error when it is full",
            report[1],
            Error::Exhausted.code()
        );
        *count = report[0];
        let report = suite.command(LESSOR, Command::RevokeMany, &[])?;
        equal!("leases revoked", report[0], *count);
        let report = suite.command(LESSEE, Command::GiveBack, &[])?;
        equal!("leases given back", report[0], *count);
    }
    let [first, second, third] = counts;
    check!(first > 16, "only {first} leases fitted");
    equal!(
        "leases that fit afterwards",
        (second, third),
        (first, first)
    );
    suite.tenure(CLIENT).map(drop)
}

fn a_lessor_takes_its_own_share_alone(suite: &mut Suite) -> Outcome {
    suite.start_all(&[LESSOR, LESSEE, CLIENT])?;
    let [hostile, other] = [suite.tenure(LESSOR)?, suite.tenure(CLIENT)?];
    let report = suite.command(LESSOR, Command::LendMany, &[hostile, LESSEE, 1_000])?;
    equal!("its error", report[1], Error::Exhausted.code());
    // Another lends, to the supervisor, what it lent before; and the supervisor lends to both.
    let arena = suite.place(CLIENT, Place::Arena);
    for _ in 0..2 {
        let page = own(arena, PAGE, READ_WRITE);
        let lease = suite.lend_parts(CLIENT, other, 0, &[page])?;
        let released = sys::lease_release(LeaseHandle::from_raw(lease as u32));
        equal!("the runner's release", released, Ok(()));
    }
    suite.tenure(LESSEE)?;
    suite.tenure(LESSOR).map(drop)
}

fn a_full_table_of_grants_recovers(suite: &mut Suite) -> Outcome {
    suite.start_all(&[LESSOR, LESSEE])?;
    let tenure = suite.tenure(LESSOR)?;
    let arena = suite.place(LESSOR, Place::Arena);
    let page = own(arena, PAGE, Rights::READ);
    let mut counts = [0; 2];
    for count in &mut counts {
        // As many at once as fit, and what is left one by one.
        for parts in [MOST_PARTS, 1] {
            let error = loop {
                suite.say(LESSOR, &page, parts)?;
                match suite.lend_what_is_said(LESSOR, tenure, LESSEE)? {
                    Ok(_) => *count += parts,
                    Err(error) => break error,
                }
            };
            equal!("the error when it is full", error, Error::Exhausted);
        }
        let report = suite.command(LESSEE, Command::GiveBack, &[])?;
        check!(report[0] != 0, "nothing given back");
        suite.wait_leases(1)?;
    }
    let [first, second] = counts;
    check!(first >= 16, "only {first} grants fitted");
    equal!("grants that fit afterwards", second, first);
    Ok(())
}

fn what_a_dead_task_lent_is_free_again(suite: &mut Suite) -> Outcome {
    suite.start(LESSEE)?;
    let mut first = None;
    for _ in 0..3 {
        suite.start(LESSOR)?;
        let tenure = suite.tenure(LESSOR)?;
        let report = suite.command(LESSOR, Command::LendMany, &[tenure, LESSEE, 1_000])?;
        equal!(
            "leases that fit",
            report[0],
            *first.get_or_insert(report[0])
        );
        suite.stop(LESSOR)?;
        suite.command(LESSEE, Command::GiveBack, &[])?;
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
