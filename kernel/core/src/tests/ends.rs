//! How leases end: nothing is made softer, done twice or left out, and what is little stays little.

use super::invariants::Checker;
use super::setups::{HARD, ORDERLY};
use crate::Hardware;
use crate::model::calls::{line, receive, shared};
use crate::model::{World, part, root};
use leasehold_abi::arguments::{LeaseRelease, LeaseRevoke};
use leasehold_abi::{Arguments, LeaseState, LentPart};

/// How often the kernel looks for interrupts during a call of `task`, which succeeds.
fn looks(world: &mut World, task: usize, arguments: impl Arguments) -> usize {
    world.become_task(task);
    world.kernel.hardware.looks.set(0);
    assert_eq!(world.make(arguments)[0], 0);
    world.kernel.hardware.looks.get()
}

/// Task 2 has a window, and has lent twelve parts of it to task 3 in one lease, which has claimed them: both leases.
fn twelve_windows(world: &mut World) -> (usize, usize) {
    let root = world.root();
    let binding = world.lend(0, root, 2, &[root::BAR]);
    let parts: [LentPart; 12] = core::array::from_fn(|at| part(0, at * 128, 128, 7));
    let lease = world.lend_parts(2, binding, 3, &parts);
    for part in 0..12 {
        world.value(3, shared(lease, part));
    }
    (binding, lease)
}

/// A lease that the supervisor takes away hard, its lessor can no longer end in order: L1 holds for it.
#[test]
fn a_hard_end_is_not_made_softer() {
    let mut in_the_middle = 0;
    for looks in 0..40 {
        let mut world = World::new();
        world.claimed_line(2, root::LINE_10, 1);
        let (binding, lease) = twelve_windows(&mut world);
        world.act(2, receive(1));
        world.rest();
        world.become_task(0);
        world.kernel.hardware.raise.set(Some((looks, 10)));
        world.make(LeaseRevoke {
            lease: binding,
            mode: HARD,
        });
        let left = world.kernel.hardware.mapped.len();
        if world.kernel.current == 2 && left != 0 {
            in_the_middle += usize::from(left < 24);
            let status = world.make(LeaseRevoke {
                lease,
                mode: ORDERLY,
            });
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
            // An orderly end leaves the lessee what it has claimed.
            let has_work = mode == HARD || lease == binding;
            let looks_first = looks(&mut world, lessor, LeaseRevoke { lease, mode });
            assert_eq!(looks_first > 0, has_work);
            world.rest();
            assert_eq!(looks(&mut world, lessor, LeaseRevoke { lease, mode }), 0);
            let softer = looks(
                &mut world,
                lessor,
                LeaseRevoke {
                    lease,
                    mode: ORDERLY,
                },
            );
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
        let lease = world.claimed(2, root::UART);
        let expected = if mode == HARD { 1 } else { 0 };
        assert_eq!(looks(&mut world, 0, LeaseRevoke { lease, mode }), expected);
        assert_eq!(world.kernel.hardware.mapped.is_empty(), mode == HARD);
    }
}

/// An interrupt line is no window: the reaper takes it away, within the same call.
#[test]
fn a_lease_of_a_line_ends_by_the_reaper() {
    let mut world = World::new();
    let lease = world.claimed_line(2, root::LINE_10, 1);
    assert!(world.kernel.hardware.unmasked.contains(&10));
    let mode = HARD;
    assert!(looks(&mut world, 0, LeaseRevoke { lease, mode }) > 1);
    assert!(world.kernel.hardware.unmasked.is_empty());
}

/// A lease in force has no work when the last lease below it is over.
#[test]
fn the_last_one_below_ends_as_the_others_do() {
    let mut world = World::new();
    let root = world.root();
    let binding = world.lend(0, root, 2, &[root::BAR]);
    let below = [(); 3].map(|()| world.lend(2, binding, 3, &[0]));
    let looks = below.map(|lease| looks(&mut world, 3, LeaseRelease { lease }));
    // Before its step, in it, and when nothing is left to do.
    assert_eq!(looks, [3; 3]);
}

/// One reading of the clock serves for 16 derived leases, so a lessee loses no more time than those take.
#[test]
fn the_clock_is_read_again_after_sixteen_leases() {
    let mut most = 0;
    for looks in 1..12 {
        let mut world = World::new();
        let root = world.root();
        let binding = world.lend(0, root, 2, &[root::BAR]);
        let below = [(); 24].map(|()| world.lend(2, binding, 3, &[0]));
        world.rest();
        let before = world.kernel.hardware.now();
        world.kernel.hardware.delay.set(Some((looks, 50)));
        world.value(
            0,
            LeaseRevoke {
                lease: binding,
                mode: ORDERLY,
            },
        );
        world.rest();
        let early = |lease: &&usize| {
            let slot = world.kernel.leases.resolve(**lease).unwrap();
            let lease = &world.kernel.leases.records[slot as usize];
            assert_eq!(lease.state, LeaseState::Ending);
            lease.deadline < before + 50 + world.kernel.tasks[3].release_ticks
        };
        most = most.max(below.iter().filter(early).count());
        if most > 1 {
            break;
        }
    }
    assert_eq!(most, 16);
}

/// A derived lease that is over just as the reaper is about to come to it, and whose place is used for something else:
/// the reaper goes on with the next.
#[test]
fn no_lease_is_left_out_when_one_beside_it_goes() {
    let state = |world: &World<20, 44, 22>, lease| {
        let slot = world.kernel.leases.resolve(lease).unwrap();
        world.kernel.leases.records[slot as usize].state
    };
    let mut reused = 0;
    for looks in 0..24 {
        let mut world = World::<20, 44, 22>::boot();
        let root = world.root();
        world.value(0, line(root, root::LINE_10, 1));
        let driver = world.claimed_line(2, root::LINE_11, 1);
        let binding = world.lend(0, root, 2, &[root::BAR]);
        // All that it may lend.
        let leases = [(); 3].map(|()| world.lend(2, binding, 3, &[0]));
        world.value(3, shared(leases[0], 0));
        for task in [0, 2] {
            world.act(task, receive(1));
        }
        world.rest();
        world.become_task(3);
        world.kernel.hardware.raise.set(Some((2, 10)));
        world.make(LeaseRelease { lease: leases[0] });
        assert_eq!(world.kernel.current, 0, "in the middle of the release");
        world.kernel.hardware.raise.set(Some((looks, 11)));
        world.make(LeaseRevoke {
            lease: binding,
            mode: HARD,
        });
        let mut other = None;
        if world.kernel.current == 2 {
            let arguments = world.describe_lease(2, driver, 3, &[]);
            let [status, lease, _] = world.make(arguments);
            other = (status == 0).then_some(lease);
        }
        world.rest();
        if let Some(lease) = other {
            assert_eq!(lease & 1023, leases[0] & 1023);
            assert_eq!(
                state(&world, lease),
                LeaseState::Active,
                "after {looks} looks"
            );
            reused += 1;
        }
        assert!(world.kernel.leases.resolve(leases[0]).is_err());
        for lease in [binding, leases[1], leases[2]] {
            assert_eq!(
                state(&world, lease),
                LeaseState::Ending,
                "after {looks} looks"
            );
        }
        Checker::default().check(&world.kernel);
    }
    assert!(reused > 0);
}
