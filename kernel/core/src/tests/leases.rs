//! The lease calls: every state and every error.

use super::invariants::Checker;
use crate::Fault;
use crate::lease::links::NIL;
use crate::lease::table::Leases;
use crate::model::{Shares, World, arena, root};
use leasehold_abi::{Call, Claim, Error, FaultKind, LeaseState, RevokeMode, SELF_MEMORY, WHOLE};

const ORDERLY: usize = RevokeMode::Orderly as usize;
const HARD: usize = RevokeMode::Hard as usize;
const OWN: usize = SELF_MEMORY as usize;

#[test]
fn a_lease_goes_from_draft_to_free() {
    let mut world = World::new();
    let root = world.root();
    let lease = world.open(0, root, 2);
    assert_eq!(world.lease_info(0, lease).unwrap().state, LeaseState::Draft);
    assert_eq!(
        world.lease_info(2, lease),
        Err(Error::Revoked),
        "not seen by the lessee yet"
    );
    assert_eq!(
        world.value(0, Call::LeaseAdd, &[lease, root, root::BAR, 0, WHOLE, 3]),
        0
    );
    world.value(0, Call::GrantLabel, &[lease, 0, 55]);
    world.value(0, Call::LeaseOffer, &[lease]);
    assert_eq!(world.act(2, Call::LeaseEvent, &[]), [0, 1, lease]);
    assert_eq!(world.error(2, Call::LeaseEvent, &[]), Error::NotFound);
    assert_eq!(
        world.lease_info(2, lease).unwrap().state,
        LeaseState::Active
    );
    let grant = world.grant_info(2, lease, 0).unwrap();
    assert_eq!((grant.label, grant.rights.bits()), (55, 3));
    assert!(!grant.is_claimed());
    assert_eq!(
        world.value(2, Call::GrantClaim, &[lease, 0, 0]),
        0x2000_0000
    );
    let grant = world.grant_info(2, lease, 0).unwrap();
    assert_eq!(grant.claim, Claim::Shared);
    world.value(0, Call::LeaseRevoke, &[lease, ORDERLY]);
    assert_eq!(world.act(2, Call::LeaseEvent, &[]), [0, 2, lease]);
    assert_eq!(
        world.lease_info(2, lease).unwrap().state,
        LeaseState::Ending
    );
    world.value(2, Call::LeaseRelease, &[lease]);
    assert_eq!(world.lease_info(2, lease), Err(Error::Revoked));
    assert_eq!(world.lease_info(0, lease), Err(Error::Revoked));
    assert_ne!(
        world.kernel.tasks[0].pending & 1 << 31,
        0,
        "the lessor is told"
    );
    assert!(world.kernel.hardware.mapped.is_empty());
}

#[test]
fn every_error_of_open() {
    let mut world = World::new();
    let root = world.root();
    assert_eq!(world.error(2, Call::LeaseOpen, &[root, 3]), Error::Revoked);
    assert_eq!(
        world.error(0, Call::LeaseOpen, &[root + 1024, 3]),
        Error::Revoked
    );
    assert_eq!(world.error(0, Call::LeaseOpen, &[OWN, 3]), Error::Revoked);
    assert_eq!(world.error(0, Call::LeaseOpen, &[root, 6]), Error::Invalid);
    assert_eq!(world.error(0, Call::LeaseOpen, &[root, 0]), Error::Invalid);
    let lease = world.lend(0, root, 3, &[root::BAR]);
    assert_eq!(world.error(3, Call::LeaseOpen, &[lease, 2]), Error::Denied);
    world.value(0, Call::TaskStop, &[4]);
    assert_eq!(world.error(3, Call::LeaseOpen, &[lease, 4]), Error::Dead);
    // The supervisor is always among those one may lend to.
    world.open(3, lease, 0);
    world.value(0, Call::LeaseRevoke, &[lease, ORDERLY]);
    assert_eq!(world.error(3, Call::LeaseOpen, &[lease, 0]), Error::Revoked);
}

#[test]
fn the_tables_run_full_without_harm() {
    let mut world = World::<6, 40, 22>::boot();
    let root = world.root();
    let drafts: std::vec::Vec<usize> = (0..5).map(|_| world.open(0, root, 2)).collect();
    assert_eq!(
        world.error(0, Call::LeaseOpen, &[root, 2]),
        Error::Exhausted
    );
    // 32 grants are left: the first draft takes all of them.
    for _ in 0..32 {
        world.value(
            0,
            Call::LeaseAdd,
            &[drafts[0], root, root::BAR, 0, WHOLE, 7],
        );
    }
    let more = [drafts[1], root, root::BAR, 0, WHOLE, 7];
    assert_eq!(world.error(0, Call::LeaseAdd, &more), Error::Exhausted);
    world.value(0, Call::LeaseRevoke, &[drafts[0], ORDERLY]);
    world.value(0, Call::LeaseAdd, &more);
    world.open(0, root, 2);
}

/// A task can make the supervisor lend, by what it lends to the supervisor: but each time it uses up as much of its own
/// share. The build gives the supervisor more slots than all together that offer devices.
#[test]
fn who_makes_the_supervisor_lend_wears_itself_out_first() {
    let mut world = World::<64, 192, 3>::boot();
    let (root, share) = (world.root(), Shares::<64, 192>::CONFIG.tasks[2].leases);
    let binding = world.lend(0, root, 2, &[root::BAR]);
    let mut rounds = 0;
    loop {
        let [status, up, _] = world.act(2, Call::LeaseOpen, &[binding, 0]);
        if status != 0 {
            assert_eq!(Error::from_code(status), Some(Error::Exhausted));
            break;
        }
        world.value(2, Call::LeaseAdd, &[up, binding, 0, 0, WHOLE, 7]);
        world.value(2, Call::LeaseOffer, &[up]);
        assert_eq!(world.act(0, Call::LeaseEvent, &[]), [0, 1, up]);
        let down = world.lend(0, up, 3, &[0]);
        world.value(2, Call::LeaseRevoke, &[up, HARD]);
        world.value(3, Call::LeaseRelease, &[down]);
        world.value(0, Call::LeaseRelease, &[up]);
        rounds += 1;
    }
    let lives = u16::try_from(Leases::<64, 192, 3>::USED_UP).unwrap() - 1;
    assert_eq!(rounds, share * lives);
    // What is left to the supervisor is at least the slot of each binding.
    world.value(0, Call::LeaseRevoke, &[binding, HARD]);
    world.value(2, Call::LeaseRelease, &[binding]);
    world.lend(0, root, 2, &[root::BAR]);
}

/// A task that takes all that it gets, and wears out what it has, takes nothing from another: neither slots, nor
/// grants, nor generations. Its own share is worn out for good.
#[test]
fn a_hostile_lessor_takes_its_own_share_alone() {
    let mut world = World::<32, 96, 4>::boot();
    let root = world.root();
    let shares = Shares::<32, 96>::CONFIG.tasks;
    let binding = world.lend(0, root, 5, &[root::BAR]);
    let innocent = world.lend(0, root, 2, &[root::CONFIG]);
    // All slots, and all grants in them.
    let mut drafts = std::vec::Vec::new();
    let mut grants = 0;
    while drafts.len() < 100 {
        let [status, draft, _] = world.act(5, Call::LeaseOpen, &[binding, 0]);
        if status != 0 {
            assert_eq!(Error::from_code(status), Some(Error::Exhausted));
            break;
        }
        drafts.push(draft);
        while world.act(5, Call::LeaseAdd, &[draft, binding, 0, 0, WHOLE, 7])[0] == 0 {
            grants += 1;
        }
    }
    assert_eq!(drafts.len(), usize::from(shares[5].leases));
    assert_eq!(grants, usize::from(shares[5].grants));
    // All generations, by drafts, until it can lend nothing any more.
    for draft in drafts {
        world.value(5, Call::LeaseRevoke, &[draft, HARD]);
    }
    let mut rounds = 0;
    loop {
        let [status, draft, _] = world.act(5, Call::LeaseOpen, &[binding, 0]);
        if status != 0 {
            break;
        }
        world.value(5, Call::LeaseRevoke, &[draft, HARD]);
        rounds += 1;
        assert!(rounds < 1000);
    }
    // The others have what they had.
    let lent: std::vec::Vec<usize> = (0..shares[2].leases)
        .map(|_| world.open(2, innocent, 0))
        .collect();
    assert_eq!(
        world.error(2, Call::LeaseOpen, &[innocent, 0]),
        Error::Exhausted
    );
    for lease in lent {
        world.value(2, Call::LeaseRevoke, &[lease, HARD]);
    }
    for _ in 0..shares[0].leases - 2 {
        let lease = world.open(0, root, 3);
        world.value(0, Call::LeaseAdd, &[lease, root, root::BAR, 0, WHOLE, 7]);
    }
    // A new life does not get back what is worn out: an old handle would name something again.
    world.value(0, Call::TaskStop, &[5]);
    world.rest();
    world.value(0, Call::TaskStart, &[5]);
    assert_eq!(world.kernel.tasks[5].share.slots.first, NIL);
    Checker::default().check(&world.kernel);
}

#[test]
fn every_error_of_add() {
    let mut world = World::new();
    let root = world.root();
    let draft = world.open(0, root, 2);
    let mut refused = |source, index, offset, length, rights| {
        world.error(
            0,
            Call::LeaseAdd,
            &[draft, source, index, offset, length, rights],
        )
    };
    let bar = root::BAR;
    assert_eq!(refused(root, 8, 0, WHOLE, 1), Error::NotFound);
    assert_eq!(refused(root, usize::MAX, 0, WHOLE, 1), Error::NotFound);
    assert_eq!(refused(root, bar, 0, WHOLE, 8), Error::Invalid);
    assert_eq!(
        refused(root, bar, 0x1000, WHOLE, 1),
        Error::Invalid,
        "empty"
    );
    assert_eq!(refused(root, bar, 0, 0, 1), Error::Invalid, "of no length");
    assert_eq!(refused(root, root::LINE_10, 0, 0, 1), Error::Invalid);
    assert_eq!(refused(root, bar, 0x40, WHOLE - 0x3f, 1), Error::Invalid);
    assert_eq!(refused(OWN, 0, arena(0), 0, 1), Error::Invalid);
    assert_eq!(refused(OWN, 0, arena(0), WHOLE, 1), Error::BadAddress);
    assert_eq!(
        refused(root, bar, 0x1040, WHOLE, 1),
        Error::Invalid,
        "past the end"
    );
    assert_eq!(refused(root, bar, usize::MAX - 63, 128, 1), Error::Invalid);
    assert_eq!(refused(root, bar, 0x40, 0x1000, 1), Error::Invalid);
    assert_eq!(
        refused(root, bar, 0x20, 0x40, 1),
        Error::Invalid,
        "not on the granule"
    );
    assert_eq!(refused(root, bar, 0x40, 0x20, 1), Error::Invalid);
    assert_eq!(
        refused(root, root::PRIVATE, 0, WHOLE, 1),
        Error::Denied,
        "not to be lent"
    );
    assert_eq!(refused(root, root::LINE_10, 1, WHOLE, 1), Error::Invalid);
    assert_eq!(refused(root + 1, bar, 0, WHOLE, 1), Error::Revoked);
    // Own memory: the arena, all of it granules.
    assert_eq!(refused(OWN, 0, arena(0) - 64, 64, 1), Error::BadAddress);
    assert_eq!(refused(OWN, 0, arena(0), 0x440, 1), Error::BadAddress);
    assert_eq!(refused(OWN, 0, arena(1), 64, 1), Error::BadAddress);
    assert_eq!(
        refused(OWN, 0, usize::MAX, usize::MAX, 1),
        Error::BadAddress
    );
    assert_eq!(refused(OWN, 0, arena(0) + 4, 64, 1), Error::Invalid);
    assert_eq!(refused(OWN, 0, arena(0), 65, 1), Error::Invalid);
    // Only a draft, only its lessor, only out of its parent.
    let other = world.lend(0, root, 2, &[bar]);
    assert_eq!(
        world.error(0, Call::LeaseAdd, &[other, root, bar, 0, WHOLE, 1]),
        Error::Invalid
    );
    assert_eq!(
        world.error(2, Call::LeaseAdd, &[draft, root, bar, 0, WHOLE, 1]),
        Error::Revoked
    );
    let third = world.lend(0, root, 2, &[bar]);
    let derived = world.open(2, other, 3);
    let wrong = [derived, third, 0, 0, WHOLE, 1];
    assert_eq!(world.error(2, Call::LeaseAdd, &wrong), Error::Invalid);
    assert_eq!(
        world.error(0, Call::GrantLabel, &[other, 0, 1]),
        Error::Invalid
    );
    assert_eq!(
        world.error(0, Call::GrantLabel, &[draft, 0, 1]),
        Error::NotFound
    );
    assert_eq!(world.error(0, Call::LeaseOffer, &[other]), Error::Invalid);
}

#[test]
fn an_offer_needs_the_life_it_was_meant_for_and_its_parent() {
    let mut world = World::new();
    let root = world.root();
    let draft = world.open(0, root, 3);
    world.value(0, Call::TaskStop, &[3]);
    assert_eq!(world.error(0, Call::LeaseOffer, &[draft]), Error::Dead);
    world.value(0, Call::TaskStart, &[3]);
    assert_eq!(world.error(0, Call::LeaseOffer, &[draft]), Error::Dead);
    world.value(0, Call::LeaseRevoke, &[draft, ORDERLY]);
    assert_eq!(
        world.lease_info(0, draft),
        Err(Error::Revoked),
        "a draft ends at once"
    );
    let lease = world.lend(0, root, 2, &[root::BAR]);
    let derived = world.open(2, lease, 3);
    world.value(0, Call::LeaseRevoke, &[lease, ORDERLY]);
    assert_eq!(world.error(2, Call::LeaseOffer, &[derived]), Error::Revoked);
}

#[test]
fn revoke_and_release_know_their_parties() {
    let mut world = World::new();
    let root = world.root();
    let lease = world.lend(0, root, 2, &[root::BAR]);
    assert_eq!(
        world.error(2, Call::LeaseRevoke, &[lease, HARD]),
        Error::Revoked
    );
    assert_eq!(
        world.error(3, Call::LeaseRevoke, &[lease, HARD]),
        Error::Revoked
    );
    assert_eq!(
        world.error(0, Call::LeaseRevoke, &[lease, 2]),
        Error::Invalid
    );
    assert_eq!(world.error(0, Call::LeaseRelease, &[lease]), Error::Revoked);
    assert_eq!(world.error(3, Call::LeaseRelease, &[lease]), Error::Revoked);
    // The root is nobody's to end.
    assert_eq!(world.error(0, Call::LeaseRelease, &[root]), Error::Denied);
    assert_eq!(
        world.error(0, Call::LeaseRevoke, &[root, HARD]),
        Error::Revoked
    );
    world.value(0, Call::LeaseRevoke, &[lease, ORDERLY]);
    world.value(0, Call::LeaseRevoke, &[lease, ORDERLY]);
    world.value(2, Call::LeaseRelease, &[lease]);
    assert_eq!(world.error(2, Call::LeaseRelease, &[lease]), Error::Revoked);
    assert_eq!(
        world.error(0, Call::LeaseRevoke, &[lease, ORDERLY]),
        Error::Revoked
    );
}

#[test]
fn events_are_one_a_lease_and_the_latest() {
    let mut world = World::new();
    let root = world.root();
    let lease = world.open(0, root, 2);
    world.value(0, Call::LeaseOffer, &[lease]);
    world.value(0, Call::LeaseRevoke, &[lease, ORDERLY]);
    assert_eq!(world.act(2, Call::LeaseEvent, &[]), [0, 2, lease]);
    assert_eq!(world.error(2, Call::LeaseEvent, &[]), Error::NotFound);
    world.value(2, Call::LeaseRelease, &[lease]);
    // Released before the event was fetched: nothing to tell.
    let lease = world.lend(0, root, 2, &[]);
    world.value(0, Call::LeaseRevoke, &[lease, HARD]);
    world.value(2, Call::LeaseRelease, &[lease]);
    assert_eq!(world.error(2, Call::LeaseEvent, &[]), Error::NotFound);
}

#[test]
fn a_fault_in_a_lost_window_is_named_so_until_it_is_claimed_again() {
    let mut world = World::new();
    let root = world.root();
    let lease = world.lend(0, root, 2, &[root::BAR]);
    world.value(2, Call::GrantClaim, &[lease, 0, 0]);
    world.value(0, Call::LeaseRevoke, &[lease, HARD]);
    let fault = Fault {
        kind: FaultKind::Read,
        address: 0x2000_0ffc,
        pc: 0,
        stack: 0,
    };
    world.become_task(2);
    let again = world.kernel.lost_window_at(2, 0x2000_1000);
    assert!(!again, "just behind it");
    world.kernel.fault(fault);
    assert_eq!(world.kernel.tasks[2].fault.kind, FaultKind::RevokedWindow);
    world.rest();
    world.value(0, Call::TaskStart, &[2]);
    let lease = world.lend(0, root, 2, &[root::BAR]);
    world.value(2, Call::GrantClaim, &[lease, 0, 0]);
    world.value(2, Call::GrantUnclaim, &[lease, 0]);
    world.value(2, Call::GrantClaim, &[lease, 0, 0]);
    world.become_task(2);
    world.kernel.fault(fault);
    // It may read there: so the device has refused.
    assert_eq!(world.kernel.tasks[2].fault.kind, FaultKind::Bus);
}

#[test]
fn slots_come_back_first_in_first_out() {
    let mut world = World::new();
    let root = world.root();
    let first = world.open(0, root, 2);
    world.value(0, Call::LeaseRevoke, &[first, ORDERLY]);
    // As often as it has other slots.
    for _ in 1..crate::model::CONFIG.tasks[0].leases {
        let next = world.open(0, root, 2);
        assert_ne!(next & 1023, first & 1023);
        world.value(0, Call::LeaseRevoke, &[next, ORDERLY]);
    }
    assert_eq!(world.open(0, root, 2), first + 1024);
}

/// A derived lease that goes away by itself, just as the reaper is about to come to it.
#[test]
fn a_draft_that_is_dropped_in_the_middle_of_a_revocation() {
    let mut world = World::new();
    let root = world.root();
    let driver = world.lend(0, root, 2, &[root::LINE_10]);
    world.value(2, Call::GrantClaim, &[driver, 0, 0, 1]);
    let binding = world.lend(0, root, 2, &[root::BAR]);
    let drafts: [usize; 6] = core::array::from_fn(|_| world.open(2, binding, 3));
    world.act(2, Call::Receive, &[1]);
    world.rest();
    world.become_task(0);
    world.kernel.hardware.raise.set(Some((3, 10)));
    world.system_call(Call::LeaseRevoke as usize, &[binding, HARD]);
    assert_eq!(world.kernel.current, 2, "in the middle of it");
    let left = |world: &World| {
        drafts
            .iter()
            .filter(|&&draft| world.kernel.leases.resolve(draft).is_ok())
            .count()
    };
    assert!((1..6).contains(&left(&world)));
    let slot = world.kernel.leases.resolve(binding).unwrap();
    let next = world.kernel.leases.records[slot as usize].child_cursor;
    let next = world.kernel.leases.handle(next) as usize;
    assert_eq!(
        world.system_call(Call::LeaseRevoke as usize, &[next, HARD])[0],
        0
    );
    world.rest();
    assert_eq!(left(&world), 0);
    assert_eq!(
        world.lease_info(2, binding).unwrap().state,
        LeaseState::Ending
    );
}

/// The same with a stopped task's leases, one of which is given back meanwhile.
#[test]
fn a_lease_that_is_released_while_its_lessor_is_being_stopped() {
    let mut world = World::new();
    let root = world.root();
    let binding = world.lend(0, root, 2, &[root::BAR]);
    let lent: [usize; 5] = core::array::from_fn(|_| world.lend(2, binding, 0, &[0]));
    // Of the offers it has been told already.
    world.act(0, Call::Receive, &[1 << 31]);
    world.act(0, Call::Receive, &[1 << 31]);
    world.become_task(2);
    world.kernel.fault(Fault {
        kind: FaultKind::Illegal,
        address: 0,
        pc: 0,
        stack: 0,
    });
    assert_eq!(world.kernel.current, 0, "told of the first that ends");
    let records = world.kernel.leases.records.iter();
    let ending = records.filter(|lease| lease.state == LeaseState::Ending && lease.lessor == 2);
    assert_eq!(
        ending.count(),
        1,
        "whoever is woken need not wait for the next"
    );
    let slot = world.kernel.leases.resolve(binding).unwrap();
    let next = world.kernel.leases.records[slot as usize].child_cursor;
    let next = world.kernel.leases.handle(next) as usize;
    assert!(lent.contains(&next));
    assert_eq!(
        world.system_call(Call::LeaseRelease as usize, &[next])[0],
        0
    );
    world.rest();
    // All the others have ended too.
    for lease in lent.into_iter().filter(|&lease| lease != next) {
        assert_eq!(
            world.lease_info(0, lease).unwrap().state,
            LeaseState::Ending
        );
        world.value(0, Call::LeaseRelease, &[lease]);
    }
    world.rest();
    assert!(world.is_dormant(2));
    assert!(
        lent.iter()
            .all(|&lease| world.kernel.leases.resolve(lease).is_err())
    );
}

/// A grant's place is used again for something that is no window: a line, whose number is no address.
#[test]
fn a_line_that_was_given_up_is_no_lost_window() {
    let mut world = World::new();
    let root = world.root();
    let lease = world.lend(0, root, 2, &[root::BAR]);
    world.value(2, Call::GrantClaim, &[lease, 0, 0]);
    world.value(2, Call::LeaseRelease, &[lease]);
    let lease = world.lend(0, root, 2, &[root::LINE_10]);
    world.value(2, Call::GrantClaim, &[lease, 0, 0, 1]);
    world.value(2, Call::GrantUnclaim, &[lease, 0]);
    world.become_task(2);
    assert!(!world.kernel.lost_window_at(2, 8), "nothing was ever there");
}

/// The claimant runs while a window is being taken away, and uses the part that is gone already.
#[test]
fn a_window_that_is_half_gone_is_a_lost_one() {
    let mut world = World::new();
    let root = world.root();
    let lease = world.lend(0, root, 2, &[root::BAR, root::LINE_10]);
    let base = world.value(2, Call::GrantClaim, &[lease, 0, 0]);
    let other = world.lend(0, root, 2, &[root::LINE_10]);
    world.value(2, Call::GrantClaim, &[other, 0, 0, 1]);
    world.act(2, Call::Receive, &[1]);
    world.rest();
    world.become_task(0);
    // In the second step of the unmapping.
    world.kernel.hardware.raise.set(Some((2, 10)));
    world.system_call(Call::LeaseRevoke as usize, &[lease, HARD]);
    assert_eq!(world.kernel.current, 2, "in the middle of the unmapping");
    assert!(!world.kernel.hardware.reaches(2, base as u64, false));
    assert!(!world.kernel.hardware.mapped.is_empty());
    world.kernel.fault(Fault {
        kind: FaultKind::Read,
        address: base,
        pc: 0,
        stack: 0,
    });
    assert_eq!(world.kernel.tasks[2].fault.kind, FaultKind::RevokedWindow);
}
