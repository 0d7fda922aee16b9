//! The promises L1 to L4 of docs/leases.md: no stale use, bounded, no resurrection, attenuation.

use super::tests;
use crate::board::{PAGE, TICKS_PER_MS, WORD, edu};
use crate::lending::{ALL, Part, READ_WRITE, own, part};
use crate::outcome::{Outcome, check, equal};
use crate::suite::{CLIENT, GRANDCHILD, LESSEE, LESSOR, SERVER, Suite};
use leasehold_abi::{Call, Error, FaultKind, LeaseState, RevokeMode, Rights, TaskState, WHOLE};
use testsuite_protocol::{Command, Place};
use userlib::sys;

tests! { "promises":
    l1_no_path_through_a_lease_that_is_over,
    l1_no_path_by_dma_after_the_lease_is_over if Edu,
    l1_no_window_for_the_task_that_claimed_twice,
    l2_a_looping_lessee_is_stopped_at_its_deadline,
    l2_a_full_table_ends_before_the_deadline,
    l2_an_important_loop_does_not_delay_a_revocation,
    l2_a_loop_that_begins_during_a_revocation_delays_it_by_a_slice,
    l3_a_handle_of_an_older_lease_is_revoked_for_ever,
    l3_a_handle_of_an_older_life_is_dead_for_ever,
    l4_rights_shrink_along_a_chain,
    l4_a_part_is_never_more_than_its_whole,
}

/// How long a worker may keep a revoked lease by the manifest, in milliseconds.
const RELEASE_MS: u64 = 250;

fn l1_no_path_through_a_lease_that_is_over(suite: &mut Suite) -> Outcome {
    suite.start(LESSEE)?;
    let parts = [suite.registers(ALL), Part::line(suite.clock().line)];
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
        (Call::LeaseInfo, [handle, scratch, 0, 0]),
        (Call::GrantInfo, [handle, 0, scratch, 0]),
        (Call::LeaseRelease, [handle, 0, 0, 0]),
    ] {
        suite.refused(LESSEE, call, &arguments, &[Error::Revoked])?;
    }
    suite.lend_refused(LESSEE, handle, GRANDCHILD, &[], &[Error::Revoked])?;
    for offset in (0..suite.clock().length).step_by(0x400) {
        check!(
            !suite.reaches(LESSEE, suite.clock().base + offset)?,
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
    suite.store(LESSEE, device.pool, WORD, 0x7e57)?;
    for (register, value) in [
        (edu::DMA_SOURCE, edu::BUFFER),
        (edu::DMA_DESTINATION, device.pool),
        (edu::DMA_COUNT, 8),
        (edu::DMA_COMMAND, 3),
    ] {
        suite.store(LESSEE, device.registers + register, WORD, value)?;
    }
    // The transfer takes 100 ms; the lease is over before.
    suite.revoke(device.lease, RevokeMode::Orderly)?;
    suite.ok(LESSEE, Call::LeaseRelease, &[handle])?;
    suite.wait_leases(0)?;
    suite.pause(300)?;
    let device = suite.lend_edu(LESSEE)?;
    equal!(
        "what is in memory",
        suite.load(LESSEE, device.pool, WORD)?,
        0x7e57
    );
    Ok(())
}

fn l1_no_window_for_the_task_that_claimed_twice(suite: &mut Suite) -> Outcome {
    suite.start(LESSEE)?;
    let parts = [suite.registers(ALL)];
    let leases = [suite.lend(LESSEE, &parts)?, suite.lend(LESSEE, &parts)?];
    for lease in leases {
        suite.claim(LESSEE, lease.raw() as usize, 0)?;
    }
    suite.revoke(leases[0], RevokeMode::Hard)?;
    check!(
        suite.sees_clock(LESSEE)?,
        "the other lease's window went too"
    );
    suite.revoke(leases[1], RevokeMode::Hard)?;
    check!(
        !suite.sees_clock(LESSEE)?,
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
        if info.state == TaskState::Dormant {
            break info;
        }
        suite.pause(1)?;
    };
    let took = (sys::time() - start) / TICKS_PER_MS;
    equal!("the fault", info.fault, FaultKind::LeaseOverstayed);
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
        let arena = suite.place(LESSOR, Place::Arena);
        let page = own(arena, PAGE, Rights::READ);
        let Ok(lease) = suite.try_lend(LESSOR, parent, LESSEE, &[page])? else {
            break;
        };
        suite.claim(LESSEE, lease, 0)?;
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
    // The lessor, of higher priority than lessee and client, loops for ever.
    suite.start_all(&[LESSOR, LESSEE, CLIENT])?;
    let lease = suite.lend(LESSEE, &[suite.registers(ALL)])?;
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
    equal!("the lessee's fault", info.fault, FaultKind::LeaseOverstayed);
    Ok(())
}

fn l2_a_loop_that_begins_during_a_revocation_delays_it_by_a_slice(suite: &mut Suite) -> Outcome {
    const LEASES: usize = 60;
    let mut tried = 0;
    // From before the revocation to after its end, in ticks: 20 to 820 µs.
    for delay in (20..820).step_by(50) {
        let delay = delay * TICKS_PER_MS / 1000;
        suite.limit(5_000);
        suite.start_all(&[LESSOR, LESSEE, GRANDCHILD])?;
        let parts = [suite.registers(ALL)];
        let parent = suite.lend(LESSEE, &parts)?.raw() as usize;
        for _ in 0..LEASES {
            let lease = suite.derive(LESSEE, parent, GRANDCHILD, READ_WRITE)?;
            suite.claim(GRANDCHILD, lease, 0)?;
        }
        // The lessee dies. While its leases end on its account, a task of higher priority wakes and never sleeps again.
        let moment = sys::time() + delay;
        let arguments = [moment as usize, (moment >> 32) as usize];
        suite.begin(LESSOR, Command::SpinAt, &arguments)?;
        suite.begin(LESSEE, Command::Load, &[0, WORD])?;
        suite.pause(5)?;
        // If the loop began before the lessee came to its end, nothing is to be revoked yet.
        if !suite.is_alive(LESSEE)? {
            tried += 1;
            let active = suite.count_leases(|info| {
                info.lessor.get() == Some(LESSEE as u32) && info.state == LeaseState::Active
            });
            equal!("leases of the dead task in force after 5 ms", active, 0);
        }
        suite.clean()?;
    }
    check!(
        tried > 4,
        "the lessee came to its end in {tried} rounds only"
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
        suite.all_refused(
            LESSEE,
            &[Error::Revoked],
            &[
                (Call::LeaseInfo, &[old, scratch]),
                (Call::GrantClaim, &[old, 0, 0, 0]),
            ],
        )?;
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
        suite.all_refused(
            CLIENT,
            &[Error::Dead],
            &[(Call::Call, &[old, 0, 0]), (Call::Notify, &[old, 1])],
        )?;
    }
    suite
        .ok(CLIENT, Call::Notify, &[suite.handle(SERVER), 1])
        .map(drop)
}

fn l4_rights_shrink_along_a_chain(suite: &mut Suite) -> Outcome {
    suite.start_all(&[LESSOR, LESSEE, GRANDCHILD])?;
    let first = suite.lend(LESSOR, &[suite.registers(Rights::READ | Rights::LEND)])?;
    let first = first.raw() as usize;
    for rights in [READ_WRITE, ALL, Rights::WRITE] {
        let parts = [part(0, 0, WHOLE, rights)];
        suite.lend_refused(LESSOR, first, LESSEE, &parts, &[Error::Denied])?;
    }
    let read = [part(0, 0, WHOLE, Rights::READ)];
    let second = suite.lend_parts(LESSOR, first, LESSEE, &read)?;
    suite.lend_refused(LESSEE, second, GRANDCHILD, &read, &[Error::Denied])?;
    // What was granted is what the hardware enforces.
    suite.claim(LESSEE, second, 0)?;
    suite.load(LESSEE, suite.clock().base, 4)?;
    let store = [suite.clock().harmless(), 4, 0];
    suite
        .faults(LESSEE, Command::Store, &store, &[FaultKind::Write])
        .map(drop)
}

fn l4_a_part_is_never_more_than_its_whole(suite: &mut Suite) -> Outcome {
    /// More than are taken.
    const MOST: usize = 8;
    suite.start_all(&[LESSOR, LESSEE, GRANDCHILD])?;
    let tenure = suite.tenure(LESSOR)?;
    let arena = suite.place(LESSOR, Place::Arena);
    let two = [own(arena + PAGE, 2 * PAGE, ALL)];
    let parent = suite.lend_parts(LESSOR, tenure, LESSEE, &two)?;
    let mut accepted = 0;
    let mut parts = [part(0, 0, 0, Rights::READ); MOST];
    for pages in 0..5_usize {
        for first in 0..5_usize {
            let wanted = part(0, first * PAGE, pages * PAGE, Rights::READ);
            let lent = suite.try_lend(LESSEE, parent, GRANDCHILD, &[wanted])?;
            let inside = pages != 0 && first + pages <= 2;
            equal!("whether a part was taken", lent.is_ok(), inside);
            if lent.is_ok() {
                parts[accepted] = wanted;
                accepted += 1;
            }
        }
    }
    let parts = &parts[..accepted];
    let lease = suite.lend_parts(LESSEE, parent, GRANDCHILD, parts)?;
    for index in 0..accepted {
        suite.claim(GRANDCHILD, lease, index)?;
        check!(
            !suite.reaches(GRANDCHILD, arena + PAGE - 4)?,
            "grant {index} reaches below"
        );
        check!(
            !suite.reaches(GRANDCHILD, arena + 3 * PAGE)?,
            "grant {index} reaches above"
        );
        suite.ok(GRANDCHILD, Call::GrantUnclaim, &[lease, index])?;
    }
    Ok(())
}
