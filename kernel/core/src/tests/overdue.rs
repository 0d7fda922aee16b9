//! Deadlines of leases that must be given back, and the alarm that is set for them.

use super::setups::{FAULT, ORDERLY};
use crate::model::{World, root};
use leasehold_abi::{Call, FaultKind, RevokeMode};

/// How long the model's tasks may keep a lease, in ticks.
const KEEP: u64 = 200;

/// L2: however many lessees keep a lease too long, and those too whose time is up later.
#[test]
fn all_that_overstay_at_once_are_stopped() {
    let mut world = World::new();
    let root = world.root();
    let leases = [2, 3, 4, 5].map(|task| world.lend(0, root, task, &[root::BAR]));
    for lease in &leases[..3] {
        world.value(0, Call::LeaseRevoke, &[*lease, ORDERLY]);
    }
    world.rest();
    world.pass(KEEP / 2);
    world.value(0, Call::LeaseRevoke, &[leases[3], ORDERLY]);
    world.rest();
    let alive = |world: &World| [2, 3, 4, 5].map(|task| world.kernel.tasks[task].is_alive());
    world.pass(KEEP / 2 - 1);
    assert_eq!(alive(&world), [true; 4]);
    world.pass(1);
    world.rest();
    assert_eq!(alive(&world), [false, false, false, true]);
    world.pass(KEEP / 2);
    world.rest();
    assert_eq!(alive(&world), [false; 4]);
    for task in [2, 3, 4, 5] {
        let fault = world.kernel.tasks[task].fault.kind;
        assert_eq!(fault, FaultKind::LeaseOverstayed);
        assert!(world.is_dormant(task));
    }
}

/// A task that died for another reason is not stopped a second time when the deadline comes of what it still has.
#[test]
fn a_dead_task_overstays_nothing() {
    for looks in 0..6 {
        let mut world = World::new();
        let root = world.root();
        let leases = [root::UART, root::BAR, root::CONFIG].map(|grant| {
            let lease = world.lend(0, root, 2, &[grant]);
            world.value(2, Call::GrantClaim, &[lease, 0, 0]);
            lease
        });
        for lease in leases {
            world.value(0, Call::LeaseRevoke, &[lease, ORDERLY]);
        }
        world.rest();
        world.become_task(2);
        world.kernel.hardware.delay.set(Some((looks, KEEP)));
        world.kernel.fault(FAULT);
        assert_eq!(world.kernel.hardware.delay.get(), None, "in the middle");
        world.rest();
        let fault = world.kernel.tasks[2].fault.kind;
        assert_eq!(fault, FaultKind::Illegal, "after {looks} looks");
        assert!(world.is_dormant(2));
    }
}

/// What is given back has no deadline any more.
#[test]
fn a_revocation_of_what_was_released_sets_no_alarm() {
    let mut world = World::new();
    let root = world.root();
    for mode in [ORDERLY, RevokeMode::Hard as usize] {
        let binding = world.lend(0, root, 2, &[root::BAR]);
        let below = world.lend(2, binding, 3, &[0]);
        world.value(2, Call::LeaseRelease, &[binding]);
        let alarm = world.kernel.hardware.alarm;
        assert_ne!(alarm, None, "the one below has");
        world.value(0, Call::LeaseRevoke, &[binding, mode]);
        assert_eq!(world.kernel.hardware.alarm, alarm);
        world.value(3, Call::LeaseRelease, &[below]);
    }
}

/// A line that comes alone costs no look at the deadlines: an alarm that nobody needs any more stays set.
#[test]
fn a_line_leaves_the_alarm_alone() {
    for idle in [false, true] {
        let mut world = World::new();
        world.claimed_line(2, root::LINE_10, 1);
        world.value(2, Call::SetTimer, &[2000, 2]);
        world.value(2, Call::SetTimer, &[2000, 0]);
        world.act(2, Call::Receive, &[1]);
        world.rest();
        world.kernel.hardware.raise_line(10);
        if idle {
            world.kernel.wake();
        } else {
            world.kernel.interrupt();
        }
        assert_eq!(world.results(2)[2], 1);
        assert_eq!(world.kernel.hardware.alarm, Some(2000));
    }
}
