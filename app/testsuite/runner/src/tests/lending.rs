//! Who may lend what to whom: edges, ranges, rights.

use super::tests;
use crate::board::{GRANULE, HALF, KERNEL, KERNEL_DATA, PAGE, TOP, WORD};
use crate::lending::{ALL, READ_WRITE, own, part};
use crate::outcome::{Outcome, check, equal};
use crate::suite::{ATTACKER, CLIENT, GRANDCHILD, LESSEE, LESSOR, RUNNER, SERVER, Suite};
use leasehold_abi::LentPart;
use leasehold_abi::{
    Call, Error, FaultKind, LeaseEvent, LeaseHandle, MOST_PARTS, PayloadType, Rights, SELF_MEMORY,
};
use testsuite_protocol::{Command, Place};
use userlib::sys;

tests! { "lending":
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
    what_is_lent_is_said_in_own_memory,
    any_task_may_lend_to_the_supervisor,
    a_reservation_ends_when_another_task_runs,
}

fn a_read_only_window_cannot_be_written(suite: &mut Suite) -> Outcome {
    let page = suite.lent_page(Rights::READ)?;
    suite.store(LESSOR, page.address, WORD, 0x0440)?;
    equal!(
        "what the lessee reads",
        suite.load(LESSEE, page.address, WORD)?,
        0x0440
    );
    let info = suite.faults(
        LESSEE,
        Command::Store,
        &[page.address, WORD, 1],
        &[FaultKind::Write],
    )?;
    equal!(
        "the fault's address",
        info.fault_address,
        page.address as u64
    );
    equal!(
        "what is there",
        suite.load(LESSOR, page.address, WORD)?,
        0x0440
    );
    Ok(())
}

fn lending_needs_an_edge(suite: &mut Suite) -> Outcome {
    suite.start_all(&[SERVER, LESSOR, LESSEE, GRANDCHILD, ATTACKER])?;
    let tenure = suite.tenure(LESSOR)?;
    for task in [SERVER, GRANDCHILD, ATTACKER] {
        suite.lend_refused(LESSOR, tenure, task, &[], &[Error::Denied])?;
    }
    let tenure = suite.tenure(ATTACKER)?;
    suite.lend_refused(ATTACKER, tenure, LESSEE, &[], &[Error::Denied])?;
    for task in [8, 63, usize::MAX, ATTACKER] {
        suite.lend_refused(ATTACKER, tenure, task, &[], &[Error::Invalid])?;
    }
    Ok(())
}

fn lending_to_a_task_that_does_not_run_is_dead(suite: &mut Suite) -> Outcome {
    suite.start(LESSOR)?;
    let tenure = suite.tenure(LESSOR)?;
    suite.lend_refused(LESSOR, tenure, LESSEE, &[], &[Error::Dead])?;
    suite.start(LESSEE)?;
    suite.stop(LESSEE)?;
    suite.lend_refused(LESSOR, tenure, LESSEE, &[], &[Error::Dead])
}

fn a_lease_under_a_foreign_parent_is_refused(suite: &mut Suite) -> Outcome {
    suite.start_all(&[LESSOR, LESSEE, CLIENT])?;
    let tenure = suite.tenure(CLIENT)?;
    let root = suite.root().raw() as usize;
    for parent in [tenure, root, 0, u32::MAX as usize, usize::MAX, 12345] {
        suite.lend_refused(LESSOR, parent, LESSEE, &[], &[Error::Revoked])?;
    }
    Ok(())
}

fn memory_outside_the_arena_cannot_be_lent(suite: &mut Suite) -> Outcome {
    const ERRORS: [Error; 2] = [Error::BadAddress, Error::Invalid];
    suite.start_all(&[LESSOR, LESSEE])?;
    let tenure = suite.tenure(LESSOR)?;
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
        KERNEL_DATA,
        0,
        0x1000_0000,
        usize::MAX & !(PAGE - 1),
    ];
    for address in addresses {
        let parts = [own(address, PAGE, Rights::READ)];
        suite.lend_refused(LESSOR, tenure, LESSEE, &parts, &ERRORS)?;
    }
    let arena = suite.place(LESSOR, Place::Arena);
    for length in [
        suite.place(LESSOR, Place::ArenaEnd) - arena + PAGE,
        HALF,
        usize::MAX & !(PAGE - 1),
        0usize.wrapping_sub(arena),
    ] {
        let parts = [own(arena, length, Rights::READ)];
        suite.lend_refused(LESSOR, tenure, LESSEE, &parts, &ERRORS)?;
    }
    Ok(())
}

fn parts_of_pages_cannot_be_lent(suite: &mut Suite) -> Outcome {
    suite.start_all(&[LESSOR, LESSEE])?;
    let tenure = suite.tenure(LESSOR)?;
    let arena = suite.place(LESSOR, Place::Arena);
    for (address, length) in [
        (arena + 1, GRANULE),
        (arena, GRANULE - 1),
        (arena, GRANULE + 1),
        (arena + GRANULE / 2, GRANULE / 2),
        (arena, 8),
        (arena + 8, GRANULE),
    ] {
        let parts = [own(address, length, Rights::READ)];
        suite.lend_refused(LESSOR, tenure, LESSEE, &parts, &[Error::Invalid])?;
    }
    Ok(())
}

/// A lease of two pages of memory with these rights, from lessor to lessee, who may lend on to the grandchild.
fn chain(suite: &mut Suite, rights: Rights) -> Outcome<usize> {
    suite.start_all(&[LESSOR, LESSEE, GRANDCHILD])?;
    let tenure = suite.tenure(LESSOR)?;
    suite.lend_arena(LESSOR, tenure, LESSEE, 2, rights)
}

/// Some part of such a lease is not lent on.
fn refused(suite: &mut Suite, lease: usize, wanted: LentPart, errors: &[Error]) -> Outcome {
    suite.lend_refused(LESSEE, lease, GRANDCHILD, &[wanted], errors)
}

fn ranges_beyond_the_source_are_refused(suite: &mut Suite) -> Outcome {
    let lease = chain(suite, ALL)?;
    for (offset, length) in [
        (0, 3 * PAGE),
        (PAGE, 2 * PAGE),
        (2 * PAGE, PAGE),
        (2 * PAGE, 0),
        (usize::MAX & !(PAGE - 1), PAGE),
        (usize::MAX & !(PAGE - 1), 2 * PAGE),
        (PAGE, usize::MAX & !(PAGE - 1)),
        (0, 0),
        (0usize.wrapping_sub(PAGE), PAGE),
        (TOP, PAGE),
        (0, TOP),
    ] {
        let wanted = part(0, offset, length, Rights::READ);
        refused(suite, lease, wanted, &[Error::Invalid])?;
    }
    for index in [1, 2, 1 << 16, HALF, usize::MAX] {
        let errors = if index as u32 == SELF_MEMORY {
            // An address, and not in the arena.
            [Error::BadAddress]
        } else {
            [Error::NotFound]
        };
        refused(suite, lease, part(index, 0, PAGE, Rights::READ), &errors)?;
    }
    Ok(())
}

fn a_sub_range_is_lent_on(suite: &mut Suite) -> Outcome {
    let lease = chain(suite, ALL)?;
    let page = part(0, PAGE, PAGE, Rights::READ);
    let below = suite.lend_parts(LESSEE, lease, GRANDCHILD, &[page])?;
    let second = suite.place(LESSOR, Place::Arena) + PAGE;
    equal!(
        "the window's address",
        suite.claim(GRANDCHILD, below, 0)?,
        second
    );
    suite.store(LESSOR, second, WORD, 0x9a9d)?;
    equal!(
        "what the grandchild reads",
        suite.load(GRANDCHILD, second, WORD)?,
        0x9a9d
    );
    check!(
        !suite.reaches(GRANDCHILD, second - 4)?,
        "the grandchild reaches the first page"
    );
    Ok(())
}

fn rights_only_shrink(suite: &mut Suite) -> Outcome {
    let lease = chain(suite, Rights::READ | Rights::LEND)?;
    for rights in [Rights::WRITE, READ_WRITE, ALL, Rights::WRITE | Rights::LEND] {
        refused(suite, lease, part(0, 0, PAGE, rights), &[Error::Denied])?;
    }
    let read = part(0, 0, PAGE, Rights::READ);
    for rights in [8, 1 << 16, u32::MAX as usize] {
        refused(suite, lease, LentPart { rights, ..read }, &[Error::Invalid])?;
    }
    let lent = suite.lend_parts(LESSEE, lease, GRANDCHILD, &[read]);
    lent.map(drop)
}

fn without_the_right_to_lend_nothing_is_lent_on(suite: &mut Suite) -> Outcome {
    let lease = chain(suite, READ_WRITE)?;
    let read = part(0, 0, PAGE, Rights::READ);
    refused(suite, lease, read, &[Error::Denied])
}

fn what_is_lent_is_said_in_own_memory(suite: &mut Suite) -> Outcome {
    suite.start_all(&[LESSOR, LESSEE])?;
    let (text, scratch) = (
        suite.place(LESSOR, Place::Text) & !(WORD - 1),
        suite.place(LESSOR, Place::Scratch),
    );
    for address in [
        suite.place(LESSEE, Place::Arena),
        suite.clock().base,
        KERNEL,
        0,
        usize::MAX & !(WORD - 1),
        TOP,
        scratch + 1,
        scratch + WORD / 2,
    ] {
        for call in [[address, scratch, 1], [scratch, address, 1]] {
            suite.refused(LESSOR, Call::LeaseLend, &call, &[Error::BadAddress])?;
        }
    }
    for count in [MOST_PARTS + 1, HALF, usize::MAX] {
        let call = [scratch, scratch, count];
        suite.refused(LESSOR, Call::LeaseLend, &call, &[Error::Exhausted])?;
    }
    // The text may be read, and says of no parent that there is.
    let call = [text, text, 1];
    suite.refused(LESSOR, Call::LeaseLend, &call, &[Error::Revoked])
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
    let part = sys::LentPart::new(0, 0, PAGE, Rights::READ);
    let lent = sys::lease_lend(lease, GRANDCHILD, 0, 0, PayloadType::NONE, &[part]);
    let Ok(passed_on) = lent else {
        crate::outcome::fail!("the runner's lease: {lent:?}")
    };
    let page = suite.claim(GRANDCHILD, passed_on.raw() as usize, 0)?;
    suite.store(CLIENT, page, WORD, 0xa0a0)?;
    equal!(
        "what the grandchild reads",
        suite.load(GRANDCHILD, page, WORD)?,
        0xa0a0
    );
    Ok(())
}

/// The lessor stores the value that was there. So only the switch between the tasks can tell the lessee that another
/// task ran. (QEMU ends a reservation at every trap, so the kernel has no part in it here; `leasehold-arch-riscv` tests
/// the kernel's part.)
fn a_reservation_ends_when_another_task_runs(suite: &mut Suite) -> Outcome {
    let page = suite.lent_page(READ_WRITE)?;
    let (word, flag) = (page.address, page.address + 64);
    for value in [0, 5] {
        suite.store(LESSOR, word, 4, value)?;
        suite.store(LESSOR, flag, 4, 0)?;
        suite.begin(LESSEE, Command::Reserve, &[word, flag])?;
        // The lessee runs, and waits for the flag.
        suite.pause(2)?;
        suite.store(LESSOR, word, 4, value)?;
        suite.store(LESSOR, flag, 4, 1)?;
        let [failed, ..] = suite.finish(LESSEE)?;
        equal!("stores that failed", failed, 1);
    }
    Ok(())
}
