//! The lease calls: every state and every error.

use super::invariants::Checker;
use super::setups::{FAULT, HARD, ORDERLY, fault};
use crate::lease::links::NIL;
use crate::lease::table::Leases;
use crate::model::calls::{receive, shared};
use crate::model::{Shares, World, own, part, root, whole};
use leasehold_abi::arguments::{
    GrantUnclaim, LeaseEvent, LeaseRelease, LeaseRevoke, TaskStart, TaskStop,
};
use leasehold_abi::{Claim, Error, FaultKind, LeaseState, LentPart, PayloadType, WHOLE};

#[test]
fn a_lease_goes_from_its_offer_to_free() {
    let mut world = World::new();
    let root = world.root();
    let named = LentPart {
        label: 55,
        ..part(root::BAR, 0, WHOLE, 3)
    };
    let lease = world.lend_parts(0, root, 2, &[named, whole(root::UART)]);
    assert_eq!(world.act(2, LeaseEvent {}), [0, 1, lease]);
    assert_eq!(world.error(2, LeaseEvent {}), Error::NotFound);
    let info = world.lease_info(2, lease).unwrap();
    assert_eq!(info.state, LeaseState::Active);
    assert_eq!((info.label, info.id, info.grants), (7, 9, 2));
    let payload_type = PayloadType::from_hash(0x5678_0000_1234);
    assert_eq!(info.payload_type, payload_type);
    let grant = world.grant_info(2, lease, 0).unwrap();
    assert_eq!((grant.label, grant.rights.bits()), (55, 3));
    assert!(!grant.is_claimed());
    let label = world.grant_info(2, lease, 1).unwrap().label;
    assert_eq!(label, 100, "that of its source");
    assert_eq!(world.value(2, shared(lease, 0)), 0x2000_0000);
    let grant = world.grant_info(2, lease, 0).unwrap();
    assert_eq!(grant.claim, Claim::Shared);
    world.value(
        0,
        LeaseRevoke {
            lease,
            mode: ORDERLY,
        },
    );
    assert_eq!(world.act(2, LeaseEvent {}), [0, 2, lease]);
    assert_eq!(
        world.lease_info(2, lease).unwrap().state,
        LeaseState::Ending
    );
    world.value(2, LeaseRelease { lease });
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
fn the_tables_run_full_without_harm() {
    let mut world = World::<6, 40, 22>::boot();
    let root = world.root();
    // 32 grants are left: the first lease takes all of them.
    let all = [whole(root::BAR); 32];
    let first = world.lend_parts(0, root, 2, &all);
    let exhausted = Err(Error::Exhausted);
    assert_eq!(world.try_lend(0, root, 2, &all[..1]), exhausted);
    for _ in 0..4 {
        world.lend_parts(0, root, 2, &[]);
    }
    assert_eq!(world.try_lend(0, root, 2, &[]), exhausted);
    world.value(2, LeaseRelease { lease: first });
    assert_eq!(
        world.try_lend(0, root, 2, &[own(0, 64, 1)]),
        Err(Error::BadAddress)
    );
    let second = world.lend_parts(0, root, 2, &all);
    assert_eq!(world.grant_info(2, second, 31).unwrap().label, 101);
}

/// A task can make the supervisor lend, by what it lends to the supervisor: but each time it uses up as much of its own
/// share. The build gives the supervisor more slots than all together that offer devices.
#[test]
fn who_makes_the_supervisor_lend_wears_itself_out_first() {
    let mut world = World::<64, 192, 3>::boot();
    let (root, share) = (world.root(), Shares::<64, 192>::CONFIG.beginnings[2].leases);
    let binding = world.lend(0, root, 2, &[root::BAR]);
    let mut rounds = 0;
    loop {
        let up = match world.try_lend(2, binding, 0, &[whole(0)]) {
            Ok(up) => up,
            Err(error) => break assert_eq!(error, Error::Exhausted),
        };
        assert_eq!(world.act(0, LeaseEvent {}), [0, 1, up]);
        let down = world.lend(0, up, 3, &[0]);
        world.value(
            2,
            LeaseRevoke {
                lease: up,
                mode: HARD,
            },
        );
        world.value(3, LeaseRelease { lease: down });
        world.value(0, LeaseRelease { lease: up });
        rounds += 1;
    }
    let lives = u16::try_from(Leases::<64, 192, 3>::USED_UP).unwrap() - 1;
    assert_eq!(rounds, share * lives);
    // What is left to the supervisor is at least the slot of each binding.
    world.value(
        0,
        LeaseRevoke {
            lease: binding,
            mode: HARD,
        },
    );
    world.value(2, LeaseRelease { lease: binding });
    world.lend(0, root, 2, &[root::BAR]);
}

/// A task that takes all that it gets, and wears out what it has, takes nothing from another: neither slots, nor
/// grants, nor generations. Its own share is worn out for good.
#[test]
fn a_hostile_lessor_takes_its_own_share_alone() {
    let mut world = World::<32, 96, 4>::boot();
    let root = world.root();
    let shares = Shares::<32, 96>::CONFIG.beginnings;
    let binding = world.lend(0, root, 5, &[root::BAR]);
    let innocent = world.lend(0, root, 2, &[root::CONFIG]);
    // All grants, then all slots, then all their generations, until it can lend nothing any more.
    let grants = std::vec![whole(0); usize::from(shares[5].grants)];
    let first = world.lend_parts(5, binding, 0, &grants);
    let exhausted = Err(Error::Exhausted);
    assert_eq!(world.try_lend(5, binding, 0, &grants[..1]), exhausted);
    let rest = (1..shares[5].leases).map(|_| world.lend_parts(5, binding, 0, &[]));
    let leases: std::vec::Vec<usize> = rest.collect();
    assert_eq!(world.try_lend(5, binding, 0, &[]), exhausted);
    for lease in leases.into_iter().chain([first]) {
        world.value(0, LeaseRelease { lease });
    }
    let mut rounds = 0;
    while let Ok(lease) = world.try_lend(5, binding, 0, &[]) {
        world.value(0, LeaseRelease { lease });
        rounds += 1;
        assert!(rounds < 1000);
    }
    // The others have what they had.
    let lent: std::vec::Vec<usize> = (0..shares[2].leases)
        .map(|_| world.lend_parts(2, innocent, 0, &[]))
        .collect();
    assert_eq!(world.try_lend(2, innocent, 0, &[]), exhausted);
    for lease in lent {
        world.value(0, LeaseRelease { lease });
    }
    for _ in 0..shares[0].leases - 2 {
        world.lend_parts(0, root, 3, &[whole(root::BAR)]);
    }
    // A new life does not get back what is worn out: an old handle would name something again.
    world.value(0, TaskStop { task: 5 });
    world.rest();
    world.value(0, TaskStart { task: 5 });
    assert_eq!(world.kernel.tasks[5].share.slots.first, NIL);
    Checker::default().check(&world.kernel);
}

#[test]
fn revoke_and_release_know_their_parties() {
    let mut world = World::new();
    let root = world.root();
    let lease = world.lend(0, root, 2, &[root::BAR]);
    assert_eq!(
        world.error(2, LeaseRevoke { lease, mode: HARD }),
        Error::Revoked
    );
    assert_eq!(
        world.error(3, LeaseRevoke { lease, mode: HARD }),
        Error::Revoked
    );
    assert_eq!(
        world.error(0, LeaseRevoke { lease, mode: 2 }),
        Error::Invalid
    );
    assert_eq!(world.error(0, LeaseRelease { lease }), Error::Revoked);
    assert_eq!(world.error(3, LeaseRelease { lease }), Error::Revoked);
    // The root is nobody's to end.
    assert_eq!(world.error(0, LeaseRelease { lease: root }), Error::Denied);
    assert_eq!(
        world.error(
            0,
            LeaseRevoke {
                lease: root,
                mode: HARD
            }
        ),
        Error::Revoked
    );
    world.value(
        0,
        LeaseRevoke {
            lease,
            mode: ORDERLY,
        },
    );
    world.value(
        0,
        LeaseRevoke {
            lease,
            mode: ORDERLY,
        },
    );
    world.value(2, LeaseRelease { lease });
    assert_eq!(world.error(2, LeaseRelease { lease }), Error::Revoked);
    assert_eq!(
        world.error(
            0,
            LeaseRevoke {
                lease,
                mode: ORDERLY
            }
        ),
        Error::Revoked
    );
}

#[test]
fn events_are_one_a_lease_and_the_latest() {
    let mut world = World::new();
    let root = world.root();
    let lease = world.lend_parts(0, root, 2, &[]);
    world.value(
        0,
        LeaseRevoke {
            lease,
            mode: ORDERLY,
        },
    );
    assert_eq!(world.act(2, LeaseEvent {}), [0, 2, lease]);
    assert_eq!(world.error(2, LeaseEvent {}), Error::NotFound);
    world.value(2, LeaseRelease { lease });
    // Released before the event was fetched: nothing to tell.
    let lease = world.lend(0, root, 2, &[]);
    world.value(0, LeaseRevoke { lease, mode: HARD });
    world.value(2, LeaseRelease { lease });
    assert_eq!(world.error(2, LeaseEvent {}), Error::NotFound);
}

#[test]
fn a_fault_in_a_lost_window_is_named_so_until_it_is_claimed_again() {
    let mut world = World::new();
    let lease = world.claimed(2, root::BAR);
    world.value(0, LeaseRevoke { lease, mode: HARD });
    let fault = fault(FaultKind::Read, 0x2000_0ffc);
    world.become_task(2);
    let again = world.kernel.lost_window_at(2, 0x2000_1000);
    assert!(!again, "just behind it");
    world.kernel.fault(fault);
    assert_eq!(world.kernel.tasks[2].fault.kind, FaultKind::RevokedWindow);
    world.rest();
    world.value(0, TaskStart { task: 2 });
    let lease = world.claimed(2, root::BAR);
    world.value(2, GrantUnclaim { lease, grant: 0 });
    world.value(2, shared(lease, 0));
    world.become_task(2);
    world.kernel.fault(fault);
    // It may read there: so the device has refused.
    assert_eq!(world.kernel.tasks[2].fault.kind, FaultKind::Bus);
}

#[test]
fn slots_come_back_first_in_first_out() {
    let mut world = World::new();
    let root = world.root();
    let first = world.lend_in_vain(0, root, 2);
    // As often as it has other slots.
    for _ in 1..crate::model::CONFIG.beginnings[0].leases {
        let next = world.lend_in_vain(0, root, 2);
        assert_ne!(next & 1023, first & 1023);
    }
    assert_eq!(world.lend_in_vain(0, root, 2), first + 1024);
}

/// One of a stopped task's leases is given back while the reaper goes through them.
#[test]
fn a_lease_that_is_released_while_its_lessor_is_being_stopped() {
    let mut world = World::new();
    let root = world.root();
    let binding = world.lend(0, root, 2, &[root::BAR]);
    let lent: [usize; 5] = core::array::from_fn(|_| world.lend(2, binding, 0, &[0]));
    // Of the offers it has been told already.
    world.act(0, receive(1 << 31));
    world.act(0, receive(1 << 31));
    world.become_task(2);
    world.kernel.fault(FAULT);
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
    assert_eq!(world.make(LeaseRelease { lease: next })[0], 0);
    world.rest();
    // All the others have ended too.
    for lease in lent.into_iter().filter(|&lease| lease != next) {
        assert_eq!(
            world.lease_info(0, lease).unwrap().state,
            LeaseState::Ending
        );
        world.value(0, LeaseRelease { lease });
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
    let lease = world.claimed(2, root::BAR);
    world.value(2, LeaseRelease { lease });
    let lease = world.claimed_line(2, root::LINE_10, 1);
    world.value(2, GrantUnclaim { lease, grant: 0 });
    world.become_task(2);
    assert!(!world.kernel.lost_window_at(2, 8), "nothing was ever there");
}

/// The claimant runs while a window is being taken away, and uses the part that is gone already.
#[test]
fn a_window_that_is_half_gone_is_a_lost_one() {
    let mut world = World::new();
    let root = world.root();
    let lease = world.lend(0, root, 2, &[root::BAR, root::LINE_10]);
    let base = world.value(2, shared(lease, 0));
    world.claimed_line(2, root::LINE_10, 1);
    world.act(2, receive(1));
    world.rest();
    world.become_task(0);
    // In the second step of the unmapping.
    world.kernel.hardware.raise.set(Some((2, 10)));
    world.make(LeaseRevoke { lease, mode: HARD });
    assert_eq!(world.kernel.current, 2, "in the middle of the unmapping");
    assert!(!world.kernel.hardware.reaches(2, base as u64, false));
    assert!(!world.kernel.hardware.mapped.is_empty());
    world.kernel.fault(fault(FaultKind::Read, base));
    assert_eq!(world.kernel.tasks[2].fault.kind, FaultKind::RevokedWindow);
}
