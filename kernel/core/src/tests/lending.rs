//! Lending: every error, and whatever happens between two parts. A lease is lent as a whole or not at all.

use super::invariants::Checker;
use super::setups::{HARD, ORDERLY};
use crate::model::calls::{line, receive};
use crate::model::{Shares, World, arena, data, description, own, part, root, whole};
use leasehold_abi::arguments::{
    LeaseEvent, LeaseLend, LeaseRelease, LeaseRevoke, TaskStart, TaskStop,
};
use leasehold_abi::{Error, LeaseState, Lending, LentPart, MOST_PARTS, SELF_MEMORY, WHOLE};
use std::vec::Vec;
use zerocopy::IntoBytes;

/// What lending changes: each slot's generation and state, and how many slots and grants each task has left.
fn tables(world: &World) -> (Vec<(u32, LeaseState)>, Vec<[usize; 3]>) {
    let kernel = &world.kernel;
    let slots = kernel.leases.records.iter();
    let shares = kernel.tasks.iter().map(|task| {
        let slots = core::iter::successors(
            kernel.leases.work.get(task.share.slots.first as usize),
            |at| kernel.leases.work.get(at.next as usize),
        );
        let grants =
            core::iter::successors(kernel.leases.grants.get(task.share.grants as usize), |at| {
                kernel.leases.grants.get(at.next as usize)
            });
        [slots.count(), grants.count(), task.lent_count as usize]
    });
    (
        slots.map(|lease| (lease.generation, lease.state)).collect(),
        shares.collect(),
    )
}

#[test]
fn each_task_begins_with_its_own_share_and_no_more() {
    let world = World::new();
    let (_, left) = tables(&world);
    let left: Vec<_> = left
        .iter()
        .map(|[slots, grants, _]| [*slots, *grants])
        .collect();
    let wanted = Shares::<64, 192>::CONFIG.beginnings.iter();
    let wanted: Vec<_> = wanted
        .map(|beginning| [beginning.leases, beginning.grants].map(usize::from))
        .collect();
    assert_eq!(left, wanted);
}

/// Task 0 cannot lend these.
#[track_caller]
fn refused(world: &mut World, parts: &[LentPart], error: Error) {
    let (root, before) = (world.root(), tables(world));
    assert_eq!(world.try_lend(0, root, 2, parts), Err(error));
    assert_eq!(tables(world), before, "something is left behind");
    Checker::default().check(&world.kernel);
}

#[test]
fn every_error_of_a_lease() {
    let mut world = World::new();
    let root = world.root();
    let mut refused = |lessor, parent, lessee, error| {
        let before = tables(&world);
        let lent = world.try_lend(lessor, parent, lessee, &[]);
        assert_eq!(lent, Err(error), "from {lessor} to {lessee}");
        assert_eq!(tables(&world), before);
    };
    refused(2, root, 3, Error::Revoked);
    refused(0, root + 1024, 3, Error::Revoked);
    refused(0, SELF_MEMORY as usize, 3, Error::Revoked);
    refused(0, root, 6, Error::Invalid);
    refused(0, root, usize::MAX, Error::Invalid);
    refused(0, root, 0, Error::Invalid);
    let lease = world.lend(0, root, 3, &[root::BAR]);
    assert_eq!(world.try_lend(3, lease, 2, &[]), Err(Error::Denied));
    world.value(0, TaskStop { task: 4 });
    assert_eq!(world.try_lend(3, lease, 4, &[]), Err(Error::Dead));
    // The supervisor is always among those one may lend to.
    let up = world.lend_parts(3, lease, 0, &[]);
    world.value(0, LeaseRelease { lease: up });
    world.value(
        0,
        LeaseRevoke {
            lease,
            mode: ORDERLY,
        },
    );
    assert_eq!(world.try_lend(3, lease, 0, &[]), Err(Error::Revoked));
}

#[test]
fn what_is_lent_is_said_in_own_memory() {
    let mut world = World::new();
    let root = world.root();
    let LeaseLend {
        lending,
        parts,
        count,
    } = world.describe_lease(0, root, 2, &[whole(root::BAR)]);
    let before = tables(&world);
    let (word, size) = (size_of::<usize>(), size_of::<LentPart>());
    let end = data(0) + 0xc00;
    for [lending, parts, count] in [
        // Not its own, not all of it, or around the end of the address space.
        [data(2), parts, count],
        [lending, data(2), count],
        [end - size_of::<Lending>() + word, parts, count],
        [lending, end - size + word, count],
        [lending, end - size, 2],
        [lending, usize::MAX & !(word - 1), count],
        [usize::MAX & !(word - 1), parts, count],
        // Not a word's.
        [lending + 1, parts, count],
        [lending + 1, parts + 1, count],
        [lending, parts + word / 2, count],
        [lending, 1, 0],
    ] {
        let lend = LeaseLend {
            lending,
            parts,
            count,
        };
        assert_eq!(world.error(0, lend), Error::BadAddress, "{lend:x?}");
    }
    for count in [MOST_PARTS + 1, usize::MAX, usize::MAX / size + 2] {
        let refused = world.error(
            0,
            LeaseLend {
                lending,
                parts,
                count,
            },
        );
        assert_eq!(refused, Error::Exhausted, "{count}");
    }
    assert_eq!(tables(&world), before);
    // No parts may lie anywhere; the text and the constants may be read.
    world.value(
        0,
        LeaseLend {
            lending,
            parts: 0,
            count: 0,
        },
    );
    let hardware = &mut world.kernel.hardware;
    let said = hardware
        .bytes(lending, size_of::<Lending>() + size)
        .to_vec();
    let text = data(0) - 0x400;
    hardware.bytes(text, said.len()).copy_from_slice(&said);
    let behind = text + size_of::<Lending>();
    let lease = world.value(
        0,
        LeaseLend {
            lending: text,
            parts: behind,
            count: 1,
        },
    );
    assert_eq!(world.lease_info(2, lease).unwrap().grants, 1);
    // The last that fit.
    let hardware = &mut world.kernel.hardware;
    hardware
        .bytes(end - said.len(), said.len())
        .copy_from_slice(&said);
    world.value(
        0,
        LeaseLend {
            lending: end - said.len(),
            parts: end - size,
            count: 1,
        },
    );
}

#[test]
fn every_error_of_a_part() {
    let mut world = World::new();
    let bar = root::BAR;
    let (missing, invalid) = (Error::NotFound, Error::Invalid);
    let outside = Error::BadAddress;
    for (wrong, error) in [
        (part(8, 0, WHOLE, 1), missing),
        (part(SELF_MEMORY as usize - 1, 0, WHOLE, 1), missing),
        (part(bar, 0, WHOLE, 8), invalid),
        // Empty.
        (part(bar, 0x1000, WHOLE, 1), invalid),
        (part(bar, 0, 0, 1), invalid),
        (part(root::LINE_10, 0, 0, 1), invalid),
        (own(arena(0), 0, 1), invalid),
        // Past the end.
        (part(bar, 0x40, WHOLE - 0x3f, 1), invalid),
        (part(bar, 0x1040, WHOLE, 1), invalid),
        (part(bar, usize::MAX - 63, 128, 1), invalid),
        (part(bar, 0x40, 0x1000, 1), invalid),
        (part(root::LINE_10, 1, WHOLE, 1), invalid),
        // Not on the granule.
        (part(bar, 0x20, 0x40, 1), invalid),
        (part(bar, 0x40, 0x20, 1), invalid),
        (own(arena(0) + 4, 64, 1), invalid),
        (own(arena(0), 65, 1), invalid),
        // Not to be lent on.
        (part(root::PRIVATE, 0, WHOLE, 1), Error::Denied),
        // Of own memory, only the arena.
        (own(arena(0), WHOLE, 1), outside),
        (own(arena(0) - 64, 64, 1), outside),
        (own(arena(0), 0x440, 1), outside),
        (own(arena(1), 64, 1), outside),
        (own(usize::MAX, usize::MAX, 1), outside),
    ] {
        // Alone, or the last of many.
        refused(&mut world, &[wrong], error);
        let mut parts = [whole(bar); MOST_PARTS];
        parts[MOST_PARTS - 1] = wrong;
        refused(&mut world, &parts, error);
    }
}

/// A failed call uses up nothing: also who fails more often than a slot has generations can lend.
#[test]
fn an_error_costs_no_generation() {
    let mut world = World::<4, 12, 3>::boot();
    let root = world.root();
    for _ in 0..50 {
        let parts = [whole(root::BAR), whole(root::PRIVATE)];
        assert_eq!(world.try_lend(0, root, 2, &parts), Err(Error::Denied));
        // More than the four grants that are left.
        let parts = [whole(root::BAR); 5];
        assert_eq!(world.try_lend(0, root, 2, &parts), Err(Error::Exhausted));
    }
    for _ in 0..18 {
        world.lend_in_vain(0, root, 2);
    }
    assert_eq!(world.try_lend(0, root, 2, &[]), Err(Error::Exhausted));
}

/// How many parts are lent while something happens.
const PARTS: usize = 6;

/// What task 2 has when it lends.
#[derive(Clone, Copy)]
struct Lessor {
    /// What it lends parts of.
    binding: usize,
    /// What it has lent to the supervisor.
    other: usize,
}

/// Task 2 lends parts of its binding to task 3; after so many of them a line of the supervisor's comes, who then does
/// something. What the call answered, when everybody else has run.
fn meanwhile(after: usize, does: impl FnOnce(&mut World, Lessor)) -> (World, Lessor, [usize; 3]) {
    let mut world = World::new();
    let root = world.root();
    world.value(0, line(root, root::LINE_10, 1));
    let binding = world.lend(0, root, 2, &[root::BAR]);
    let other = world.lend(2, binding, 0, &[0, 0, 0]);
    let lessor = Lessor { binding, other };
    let parts: [LentPart; PARTS] = core::array::from_fn(|at| match at % 2 {
        0 => part(0, at * 64, WHOLE, 7),
        _ => own(arena(2) + at * 64, 64, 1),
    });
    world.act(0, receive(1));
    world.rest();
    let arguments = world.describe_lease(2, binding, 3, &parts);
    world.become_task(2);
    let before = tables(&world);
    world.kernel.tasks[2].context.results = [usize::MAX; 3];
    world.kernel.hardware.raise.set(Some((after, 10)));
    world.kernel.hardware.looks.set(0);
    world.make(arguments);
    assert_eq!(world.kernel.current, 0, "after part {after}");
    assert_eq!(world.results(2), [usize::MAX; 3], "it is going on");
    assert_eq!(tables(&world), before, "nothing is lent yet");
    Checker::default().check(&world.kernel);
    does(&mut world, lessor);
    Checker::default().check(&world.kernel);
    world.rest();
    let results = world.results(2);
    if results[0] != 0 {
        assert_eq!(world.kernel.tasks[3].held_count, 0);
        assert!(!world.kernel.tasks[3].leases.has_news());
    }
    Checker::default().check(&world.kernel);
    (world, lessor, results)
}

/// The lease is there as it was asked for.
fn all_is_lent(world: &mut World, lease: usize) {
    assert_eq!(world.act(3, LeaseEvent {}), [0, 1, lease]);
    assert_eq!(world.lease_info(3, lease).unwrap().grants as usize, PARTS);
    for at in 0..PARTS {
        let base = world.grant_info(3, lease, at).unwrap().base as usize;
        let expected = if at % 2 == 0 { 0x2000_0000 } else { arena(2) };
        assert_eq!(base, expected + at * 64);
    }
}

#[test]
fn an_interrupt_between_two_parts_changes_nothing() {
    let looks = [0, 1, 2, 3, 4, 5].map(|after| {
        let (mut world, _, [status, lease, _]) = meanwhile(after, |_, _| {});
        let looks = world.kernel.hardware.looks.get();
        assert_eq!(status, 0);
        all_is_lent(&mut world, lease);
        looks
    });
    assert_eq!(looks, [looks[0]; PARTS], "no part is looked at twice");
}

/// Then they are the first ones that are free.
#[test]
fn grants_come_back_between_two_parts() {
    for after in 0..PARTS {
        let (mut world, _, [status, lease, _]) = meanwhile(after, |world, lessor| {
            let before = world.kernel.tasks[2].share.grants;
            world.act(
                0,
                LeaseRelease {
                    lease: lessor.other,
                },
            );
            assert_ne!(world.kernel.tasks[2].share.grants, before);
        });
        assert_eq!(status, 0);
        all_is_lent(&mut world, lease);
    }
}

#[test]
fn the_parent_is_revoked_between_two_parts() {
    for after in 0..PARTS {
        for mode in [ORDERLY, HARD] {
            let (mut world, lessor, results) = meanwhile(after, |world, lessor| {
                let lease = lessor.binding;
                world.make(LeaseRevoke { lease, mode });
            });
            assert_eq!(results[0], Error::Revoked.code());
            assert_eq!(world.kernel.tasks[2].lent_count, 1, "the other one");
            let info = world.lease_info(2, lessor.binding).unwrap();
            assert_eq!(info.state, LeaseState::Ending);
        }
    }
}

#[test]
fn the_lessee_ends_between_two_parts() {
    for after in 0..PARTS {
        for again in [false, true] {
            let (world, _, results) = meanwhile(after, |world, _| {
                world.make(TaskStop { task: 3 });
                if again {
                    // Until it is dormant; what was begun before goes on after the start is asked for.
                    world.make(receive(1 << 30));
                    world.act(0, TaskStart { task: 3 });
                }
            });
            assert_eq!(results[0], Error::Dead.code());
            assert_eq!(world.kernel.tasks[3].held_count, 0);
            assert!(again || world.is_dormant(3));
        }
    }
}

#[test]
fn the_lessor_ends_between_two_parts() {
    for after in 0..PARTS {
        let (mut world, lessor, _) = meanwhile(after, |world, _| {
            world.make(TaskStop { task: 2 });
        });
        world.value(
            0,
            LeaseRelease {
                lease: lessor.other,
            },
        );
        assert!(world.is_dormant(2));
        assert_eq!(world.lease_info(0, lessor.binding), Err(Error::Revoked));
        assert_eq!(world.error(3, LeaseEvent {}), Error::NotFound);
        // Its next life begins with all that it may lend.
        world.value(0, TaskStart { task: 2 });
        let root = world.root();
        let binding = world.lend(0, root, 2, &[root::BAR]);
        let parts = [whole(0); MOST_PARTS];
        world.lend_parts(2, binding, 3, &parts);
        Checker::default().check(&world.kernel);
    }
}

/// What the lessor said may change between two parts: what it lent before can be written. Each part is looked at when
/// its turn comes.
#[test]
fn what_is_said_changes_between_two_parts() {
    for (new, result) in [
        (part(0, 0, WHOLE, 8), Error::Invalid.code()),
        (part(7, 0, WHOLE, 1), Error::NotFound.code()),
        (whole(0), 0),
    ] {
        let (mut world, _, results) = meanwhile(2, |world, _| {
            let at = description(2) + size_of::<Lending>() + (PARTS - 1) * size_of::<LentPart>();
            let bytes = new.as_bytes();
            world.write(at, bytes);
        });
        assert_eq!(results[0], result);
        if result == 0 {
            let grant = world.grant_info(3, results[1], PARTS - 1).unwrap();
            assert_eq!((grant.base, grant.length), (0x2000_0000, 0x1000));
        }
    }
}
