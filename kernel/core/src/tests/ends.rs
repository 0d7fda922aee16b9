//! How leases end: nothing is made softer, done twice or left out, and what is little stays little.

use super::invariants::Checker;
use crate::model::{World, root};
use leasehold_abi::{Call, LeaseState, RevokeMode};

const ORDERLY: usize = RevokeMode::Orderly as usize;
const HARD: usize = RevokeMode::Hard as usize;

/// How often the kernel looks for interrupts while `task` revokes a lease.
fn looks(world: &mut World, task: usize, lease: usize, mode: usize) -> usize {
    world.become_task(task);
    world.kernel.hardware.looks.set(0);
    let revoke = Call::LeaseRevoke as usize;
    assert_eq!(world.system_call(revoke, &[lease, mode])[0], 0);
    world.kernel.hardware.looks.get()
}

/// Task 2 has a window, and has lent twelve parts of it to task 3 in one lease, which has claimed them: both leases.
fn twelve_windows(world: &mut World) -> (usize, usize) {
    let root = world.root();
    let binding = world.lend(0, root, 2, &[root::BAR]);
    let lease = world.open(2, binding, 3);
    for part in 0..12 {
        let part = [lease, binding, 0, part * 128, 128, 7];
        world.value(2, Call::LeaseAdd, &part);
    }
    world.value(2, Call::LeaseOffer, &[lease]);
    for part in 0..12 {
        world.value(3, Call::GrantClaim, &[lease, part, 0]);
    }
    (binding, lease)
}

/// A lease that the supervisor takes away hard, its lessor can no longer end in order: L1 holds for it.
#[test]
fn a_hard_end_is_not_made_softer() {
    let mut in_the_middle = 0;
    for looks in 0..40 {
        let mut world = World::new();
        let root = world.root();
        let line = world.lend(0, root, 2, &[root::LINE_10]);
        world.value(2, Call::GrantClaim, &[line, 0, 0, 1]);
        let (binding, lease) = twelve_windows(&mut world);
        world.act(2, Call::Receive, &[1]);
        world.rest();
        world.become_task(0);
        world.kernel.hardware.raise.set(Some((looks, 10)));
        world.system_call(Call::LeaseRevoke as usize, &[binding, HARD]);
        let left = world.kernel.hardware.mapped.len();
        if world.kernel.current == 2 && left != 0 {
            in_the_middle += usize::from(left < 24);
            let status = world.system_call(Call::LeaseRevoke as usize, &[lease, ORDERLY]);
            assert_eq!(status[0], 0);
        }
        world.rest();
        let left = world.kernel.hardware.mapped.len();
        assert_eq!(left, 0, "revoked again after {looks} looks");
        Checker::default().check(&world.kernel);
    }
    assert!(in_the_middle > 4, "{in_the_middle}");
}

/// What ends already, and as hard, is not gone through once more.
#[test]
fn to_revoke_again_is_no_work() {
    for mode in [ORDERLY, HARD] {
        let mut world = World::new();
        let (binding, lease) = twelve_windows(&mut world);
        for part in 0..6 {
            world.lend(2, binding, 4 + part % 2, &[0]);
        }
        for (lessor, lease) in [(2, lease), (0, binding)] {
            assert!(looks(&mut world, lessor, lease, mode) > 0);
            world.rest();
            assert_eq!(looks(&mut world, lessor, lease, mode), 0);
            let softer = looks(&mut world, lessor, lease, ORDERLY);
            assert_eq!(softer, 0);
            world.rest();
        }
        Checker::default().check(&world.kernel);
    }
}

/// A lease with one grant, and nothing derived from it, ends at once: the reaper is not asked.
#[test]
fn a_small_lease_ends_at_once() {
    for mode in [ORDERLY, HARD] {
        let mut world = World::new();
        let root = world.root();
        let lease = world.lend(0, root, 2, &[root::LINE_10]);
        world.value(2, Call::GrantClaim, &[lease, 0, 0, 1]);
        assert_eq!(looks(&mut world, 0, lease, mode), 1);
        assert_eq!(world.kernel.hardware.unmasked.is_empty(), mode == HARD);
    }
}

#[test]
fn the_end_of_a_draft_is_no_work() {
    let mut world = World::new();
    let root = world.root();
    let binding = world.lend(0, root, 2, &[root::BAR]);
    for others in [0, 1] {
        for _ in 0..others {
            world.open(2, binding, 3);
        }
        let draft = world.open(2, binding, 3);
        assert_eq!(looks(&mut world, 2, draft, HARD), 0);
    }
}

/// A draft that is dropped while the reaper goes through the leases beside it: it may be one that the reaper has been
/// to, the next, or a later one.
#[test]
fn no_lease_is_left_out_when_one_beside_it_goes() {
    let mut dropped = 0;
    for which in 0..6 {
        for looks in 0..8 {
            let mut world = World::new();
            let root = world.root();
            let driver = world.lend(0, root, 2, &[root::LINE_10]);
            world.value(2, Call::GrantClaim, &[driver, 0, 0, 1]);
            let binding = world.lend(0, root, 2, &[root::BAR]);
            let drafts = [(); 6].map(|()| world.open(2, binding, 3));
            world.act(2, Call::Receive, &[1]);
            world.rest();
            world.become_task(0);
            world.kernel.hardware.raise.set(Some((looks, 10)));
            world.system_call(Call::LeaseRevoke as usize, &[binding, HARD]);
            if world.kernel.current == 2 {
                let revoke = Call::LeaseRevoke as usize;
                let [status, ..] = world.system_call(revoke, &[drafts[which], HARD]);
                dropped += usize::from(status == 0);
                // Its place is used for something else.
                world.system_call(Call::LeaseOpen as usize, &[driver, 3]);
            }
            world.rest();
            for draft in drafts {
                assert!(world.kernel.leases.resolve(draft).is_err());
            }
            let slot = world.kernel.leases.resolve(binding).unwrap();
            let state = world.kernel.leases.records[slot as usize].state;
            assert_eq!(state, LeaseState::Ending);
            Checker::default().check(&world.kernel);
        }
    }
    assert!(dropped > 10, "{dropped}");
}
