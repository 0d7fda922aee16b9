//! The lease calls: every state and every error.

use crate::model::{World, arena, root};
use crate::{Fault, Next};
use leasehold_abi::{Call, Error, FaultKind, LeaseState, RevokeMode, SELF_MEMORY};

const ORDERLY: usize = RevokeMode::Orderly as usize;
const HARD: usize = RevokeMode::Hard as usize;
const OWN: usize = SELF_MEMORY as usize;

#[test]
fn a_lease_goes_from_draft_to_free() {
    let mut world = World::new();
    let root = world.root();
    let lease = world.open(0, root, 2);
    assert_eq!(
        world.lease_info(0, lease).unwrap().state,
        LeaseState::Draft as u8
    );
    assert_eq!(
        world.lease_info(2, lease),
        Err(Error::Revoked),
        "not seen by the lessee yet"
    );
    assert_eq!(
        world.value(0, Call::LeaseAdd, &[lease, root, root::BAR, 0, 0, 3]),
        0
    );
    world.value(0, Call::GrantLabel, &[lease, 0, 55]);
    world.value(0, Call::LeaseOffer, &[lease]);
    assert_eq!(world.act(2, Call::LeaseEvent, &[]), [0, 1, lease]);
    assert_eq!(world.error(2, Call::LeaseEvent, &[]), Error::NotFound);
    assert_eq!(
        world.lease_info(2, lease).unwrap().state,
        LeaseState::Active as u8
    );
    let grant = world.grant_info(2, lease, 0).unwrap();
    assert_eq!((grant.label, grant.rights, grant.claimed), (55, 3, 0));
    assert_eq!(
        world.value(2, Call::GrantClaim, &[lease, 0, 0]),
        0x2000_0000
    );
    assert_eq!(world.grant_info(2, lease, 0).unwrap().claimed, 1);
    world.value(0, Call::LeaseRevoke, &[lease, ORDERLY]);
    assert_eq!(world.act(2, Call::LeaseEvent, &[]), [0, 2, lease]);
    assert_eq!(
        world.lease_info(2, lease).unwrap().state,
        LeaseState::Ending as u8
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
        world.value(0, Call::LeaseAdd, &[drafts[0], root, root::BAR, 0, 0, 7]);
    }
    let more = [drafts[1], root, root::BAR, 0, 0, 7];
    assert_eq!(world.error(0, Call::LeaseAdd, &more), Error::Exhausted);
    world.value(0, Call::LeaseRevoke, &[drafts[0], ORDERLY]);
    world.value(0, Call::LeaseAdd, &more);
    world.open(0, root, 2);
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
    assert_eq!(refused(root, 8, 0, 0, 1), Error::NotFound);
    assert_eq!(refused(root, usize::MAX, 0, 0, 1), Error::NotFound);
    assert_eq!(refused(root, bar, 0, 0, 8), Error::Invalid);
    assert_eq!(refused(root, bar, 0x1000, 0, 1), Error::Invalid, "empty");
    assert_eq!(
        refused(root, bar, 0x1040, 0, 1),
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
        refused(root, root::PRIVATE, 0, 0, 1),
        Error::Denied,
        "not to be lent"
    );
    assert_eq!(refused(root, root::LINE_10, 1, 0, 1), Error::Invalid);
    assert_eq!(refused(root + 1, bar, 0, 0, 1), Error::Revoked);
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
        world.error(0, Call::LeaseAdd, &[other, root, bar, 0, 0, 1]),
        Error::Invalid
    );
    assert_eq!(
        world.error(2, Call::LeaseAdd, &[draft, root, bar, 0, 0, 1]),
        Error::Revoked
    );
    let third = world.lend(0, root, 2, &[bar]);
    let derived = world.open(2, other, 3);
    let wrong = [derived, third, 0, 0, 0, 1];
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
fn claims_share_or_exclude() {
    let mut world = World::new();
    let root = world.root();
    let bar = root::BAR;
    let one = world.lend(0, root, 2, &[bar]);
    let two = world.lend(0, root, 3, &[bar]);
    world.value(2, Call::GrantClaim, &[one, 0, 0]);
    assert_eq!(world.error(2, Call::GrantClaim, &[one, 0, 0]), Error::Busy);
    assert_eq!(world.error(3, Call::GrantClaim, &[two, 0, 1]), Error::Busy);
    world.value(3, Call::GrantClaim, &[two, 0, 0]);
    world.value(2, Call::GrantUnclaim, &[one, 0]);
    world.value(3, Call::GrantUnclaim, &[two, 0]);
    assert!(world.kernel.hardware.mapped.is_empty());
    world.value(3, Call::GrantClaim, &[two, 0, 1]);
    assert_eq!(world.error(2, Call::GrantClaim, &[one, 0, 0]), Error::Busy);
    assert_eq!(
        world.error(2, Call::GrantUnclaim, &[one, 0]),
        Error::Invalid
    );
    assert_eq!(
        world.error(2, Call::GrantClaim, &[one, 0, 2]),
        Error::Invalid
    );
    assert_eq!(
        world.error(2, Call::GrantClaim, &[one, 1, 0]),
        Error::NotFound
    );
    assert_eq!(
        world.error(3, Call::GrantClaim, &[one, 0, 0]),
        Error::Revoked
    );
    // A part that the exclusive claim does not cover cannot be: it covers all.
    world.value(3, Call::LeaseRelease, &[two]);
    world.value(2, Call::GrantClaim, &[one, 0, 1]);
}

#[test]
fn one_task_claims_the_same_window_twice_but_no_overlap() {
    let mut world = World::new();
    let root = world.root();
    let leases: [usize; 3] = core::array::from_fn(|_| world.lend(0, root, 2, &[root::BAR]));
    for lease in leases {
        world.value(2, Call::GrantClaim, &[lease, 0, 0]);
    }
    assert_eq!(world.kernel.hardware.mapped.len(), 64);
    let part = world.open(0, root, 2);
    world.value(0, Call::LeaseAdd, &[part, root, root::BAR, 64, 128, 7]);
    world.value(0, Call::LeaseAdd, &[part, root, root::BAR, 0, 0, 1]);
    world.value(0, Call::LeaseOffer, &[part]);
    assert_eq!(world.error(2, Call::GrantClaim, &[part, 0, 0]), Error::Busy);
    assert_eq!(
        world.error(2, Call::GrantClaim, &[part, 1, 0]),
        Error::Busy,
        "other rights"
    );
    // Mapped until the last of the three is gone, whatever the order.
    world.value(2, Call::GrantUnclaim, &[leases[1], 0]);
    world.value(2, Call::LeaseRelease, &[leases[0]]);
    assert_eq!(world.kernel.hardware.mapped.len(), 64);
    world.value(0, Call::LeaseRevoke, &[leases[2], HARD]);
    assert!(world.kernel.hardware.mapped.is_empty());
    assert_eq!(world.value(2, Call::GrantClaim, &[part, 0, 0]), 0x2000_0040);
    assert_eq!(world.kernel.hardware.mapped.len(), 2);
}

#[test]
fn a_window_over_own_memory_is_refused() {
    let mut world = World::new();
    let root = world.root();
    let binding = world.lend(0, root, 2, &[root::BAR]);
    let up = world.lend_memory(2, binding, 0, (arena(2), 128), 7);
    let back = world.lend(0, up, 2, &[0]);
    assert_eq!(world.error(2, Call::GrantClaim, &[back, 0, 0]), Error::Busy);
}

#[test]
fn a_claim_needs_the_right_to_read_and_gets_no_more_than_granted() {
    let mut world = World::new();
    let root = world.root();
    let lease = world.open(0, root, 2);
    for (rights, index) in [(1, root::BAR), (2, root::UART), (7, root::CONFIG)] {
        world.value(0, Call::LeaseAdd, &[lease, root, index, 0, 0, rights]);
    }
    world.value(0, Call::LeaseOffer, &[lease]);
    world.value(2, Call::GrantClaim, &[lease, 0, 0]);
    assert!(world.kernel.hardware.reaches(2, 0x2000_0000, false));
    assert!(!world.kernel.hardware.reaches(2, 0x2000_0000, true));
    assert_eq!(
        world.error(2, Call::GrantClaim, &[lease, 1, 0]),
        Error::Denied
    );
    world.value(2, Call::GrantClaim, &[lease, 2, 0]);
    assert!(
        !world.kernel.hardware.reaches(2, 0x3000_0000, true),
        "configuration space"
    );
}

#[test]
fn a_claim_without_room_leaves_nothing_mapped() {
    let mut world = World::new();
    let root = world.root();
    let lease = world.lend(0, root, 2, &[root::BAR]);
    world.kernel.hardware.room = 20;
    assert_eq!(
        world.error(2, Call::GrantClaim, &[lease, 0, 0]),
        Error::Exhausted
    );
    assert!(world.kernel.hardware.mapped.is_empty());
    world.kernel.hardware.room = 64;
    world.value(2, Call::GrantClaim, &[lease, 0, 0]);
}

#[test]
fn a_claim_scans_many_others_in_steps() {
    let mut world = World::new();
    let root = world.root();
    // 20 windows of two granules each, side by side.
    let lease = world.open(0, root, 2);
    for part in 0..20 {
        world.value(
            0,
            Call::LeaseAdd,
            &[lease, root, root::BAR, part * 128, 128, 7],
        );
    }
    world.value(0, Call::LeaseOffer, &[lease]);
    for part in 0..20 {
        assert_eq!(
            world.value(2, Call::GrantClaim, &[lease, part, 1]),
            0x2000_0000 + part * 128
        );
    }
    assert_eq!(world.kernel.hardware.mapped.len(), 40);
    let late = world.lend(0, root, 3, &[root::BAR, root::UART]);
    assert_eq!(world.error(3, Call::GrantClaim, &[late, 0, 0]), Error::Busy);
    world.value(3, Call::GrantClaim, &[late, 1, 1]);
}

#[test]
fn an_interrupt_goes_to_its_claimant_until_acknowledged() {
    let mut world = World::new();
    let root = world.root();
    let lease = world.lend(0, root, 2, &[root::LINE_10]);
    let other = world.lend(0, root, 3, &[root::LINE_10]);
    let ack = Call::InterruptAcknowledge;
    assert_eq!(world.error(2, ack, &[lease, 0]), Error::Invalid);
    assert_eq!(
        world.error(2, Call::GrantClaim, &[lease, 0, 0, 0]),
        Error::Invalid,
        "no bits"
    );
    assert_eq!(
        world.error(2, Call::GrantClaim, &[lease, 0, 0, 1 << 31]),
        Error::Invalid
    );
    assert_eq!(world.value(2, Call::GrantClaim, &[lease, 0, 0, 0b100]), 10);
    assert_eq!(
        world.error(3, Call::GrantClaim, &[other, 0, 0, 1]),
        Error::Busy
    );
    world.act(2, Call::Receive, &[0b100]);
    world.rest();
    world.kernel.hardware.raise_line(10);
    assert_eq!(world.kernel.interrupt(), Next::Run(2));
    assert_eq!(world.results(2)[2], 0b100);
    // Masked until the driver has seen to it.
    world.kernel.hardware.raise_line(10);
    assert_eq!(world.kernel.interrupt(), Next::Run(2));
    assert_eq!(world.kernel.tasks[2].pending & 0b100, 0);
    world.value(2, ack, &[lease, 0]);
    world.kernel.interrupt();
    assert_eq!(world.kernel.tasks[2].pending & 0b100, 0b100);
    assert_eq!(world.error(3, ack, &[lease, 0]), Error::Revoked);
    world.value(2, Call::GrantUnclaim, &[lease, 0]);
    assert!(world.kernel.hardware.unmasked.is_empty());
    world.value(3, Call::GrantClaim, &[other, 0, 0, 1]);
}

#[test]
fn bus_mastering_is_on_exactly_while_claimed() {
    let mut world = World::new();
    let root = world.root();
    let lease = world.open(0, root, 2);
    for index in [root::CONFIG, root::BUS_MASTER] {
        world.value(0, Call::LeaseAdd, &[lease, root, index, 0x1000, 0x1000, 7]);
    }
    // All functions at once is not one function.
    world.value(0, Call::LeaseAdd, &[lease, root, root::BUS_MASTER, 0, 0, 7]);
    world.value(
        0,
        Call::LeaseAdd,
        &[lease, root, root::BUS_MASTER, 0x1000, 0x1000, 7],
    );
    world.value(0, Call::LeaseOffer, &[lease]);
    let command = |world: &World| world.kernel.hardware.configuration[&0x3000_1004];
    world.value(2, Call::ConfigWrite, &[lease, 0, 4, 2, 0xffff]);
    assert_eq!(command(&world), 0xffff & !4);
    world.value(2, Call::ConfigWrite, &[lease, 0, 4, 1, 0xff]);
    assert_eq!(command(&world), 0xffff & !4);
    assert_eq!(
        world.error(2, Call::GrantClaim, &[lease, 2]),
        Error::Invalid
    );
    world.value(2, Call::GrantClaim, &[lease, 1]);
    assert_eq!(world.error(2, Call::GrantClaim, &[lease, 3]), Error::Busy);
    world.value(2, Call::ConfigWrite, &[lease, 0, 4, 4, 0]);
    assert_eq!(command(&world), 4, "writing does not turn it off");
    world.value(2, Call::GrantUnclaim, &[lease, 1]);
    assert_eq!(command(&world), 0);
    world.value(2, Call::GrantClaim, &[lease, 3]);
    world.value(0, Call::LeaseRevoke, &[lease, HARD]);
    assert!(world.kernel.hardware.masters.is_empty());
    assert_eq!(command(&world), 0);
}

#[test]
fn every_error_of_config_write() {
    let mut world = World::new();
    let root = world.root();
    let lease = world.open(0, root, 2);
    world.value(
        0,
        Call::LeaseAdd,
        &[lease, root, root::CONFIG, 0, 0x1000, 7],
    );
    world.value(
        0,
        Call::LeaseAdd,
        &[lease, root, root::CONFIG, 0, 0x1000, 1],
    );
    world.value(0, Call::LeaseAdd, &[lease, root, root::BAR, 0, 0, 7]);
    world.value(0, Call::LeaseOffer, &[lease]);
    let mut refused =
        |index, offset, width| world.error(2, Call::ConfigWrite, &[lease, index, offset, width, 0]);
    assert_eq!(refused(0, 4, 3), Error::Invalid);
    assert_eq!(refused(0, 4, 0), Error::Invalid);
    assert_eq!(refused(0, 5, 2), Error::Invalid);
    assert_eq!(refused(0, 0x1000, 1), Error::Invalid);
    assert_eq!(refused(0, usize::MAX, 1), Error::Invalid);
    assert_eq!(refused(0, usize::MAX - 3, 4), Error::Invalid);
    assert_eq!(refused(1, 4, 4), Error::Denied);
    assert_eq!(refused(2, 4, 4), Error::Invalid);
    assert_eq!(refused(3, 4, 4), Error::NotFound);
    // An ending lease: only what is claimed may still be quieted.
    world.value(2, Call::GrantClaim, &[lease, 0, 0]);
    world.value(0, Call::LeaseRevoke, &[lease, ORDERLY]);
    world.value(2, Call::ConfigWrite, &[lease, 0, 4, 2, 0]);
    assert_eq!(
        world.error(2, Call::ConfigWrite, &[lease, 1, 4, 2, 0]),
        Error::Revoked
    );
    world.value(0, Call::LeaseRevoke, &[lease, HARD]);
    assert_eq!(
        world.error(2, Call::ConfigWrite, &[lease, 0, 4, 2, 0]),
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
    let again = world.kernel.tasks[2].lost_window_at(0x2000_1000);
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
    assert_eq!(world.kernel.tasks[2].fault.kind, FaultKind::Read);
}

#[test]
fn slots_come_back_first_in_first_out() {
    let mut world = World::new();
    let root = world.root();
    let first = world.open(0, root, 2);
    world.value(0, Call::LeaseRevoke, &[first, ORDERLY]);
    for _ in 0..30 {
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
            .filter(|&&draft| world.kernel.leases.resolve(draft as u32).is_ok())
            .count()
    };
    assert!((1..6).contains(&left(&world)));
    let slot = world.kernel.leases.resolve(binding as u32).unwrap();
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
        LeaseState::Ending as u8
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
    let slot = world.kernel.leases.resolve(binding as u32).unwrap();
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
            LeaseState::Ending as u8
        );
        world.value(0, Call::LeaseRelease, &[lease]);
    }
    world.rest();
    assert!(world.is_dormant(2));
    assert!(
        lent.iter()
            .all(|&lease| world.kernel.leases.resolve(lease as u32).is_err())
    );
}

/// Two tasks look for claims in the way at once; the one that is done first is in the other's.
#[test]
fn a_scan_that_is_interrupted_sees_what_was_claimed_meanwhile() {
    let mut world = World::new();
    let root = world.root();
    let lease = world.open(0, root, 2);
    for part in 0..20 {
        let grant = [lease, root, root::BAR, part * 128, 128, 7];
        world.value(0, Call::LeaseAdd, &grant);
    }
    world.value(0, Call::LeaseOffer, &[lease]);
    for part in 0..20 {
        world.value(2, Call::GrantClaim, &[lease, part, 0]);
    }
    let first = world.lend(0, root, 3, &[root::UART]);
    let second = world.lend(0, root, 5, &[root::UART, root::LINE_10]);
    world.value(5, Call::GrantClaim, &[second, 1, 0, 1]);
    world.act(5, Call::Receive, &[1]);
    world.rest();
    world.become_task(3);
    world.kernel.hardware.raise.set(Some((0, 10)));
    world.system_call(Call::GrantClaim as usize, &[first, 0, 1]);
    assert_eq!(world.kernel.current, 5, "in the middle of the scan");
    world.system_call(Call::GrantClaim as usize, &[second, 0, 0]);
    world.rest();
    let answers = [3, 5].map(|task| world.kernel.tasks[task].context.results[0]);
    let claimed = [(3, first), (5, second)]
        .map(|(task, lease)| world.grant_info(task, lease, 0).unwrap().claimed);
    assert_eq!(claimed, [2, 0], "{answers:?}");
    super::invariants::Checker::default().check(&world.kernel);
}
