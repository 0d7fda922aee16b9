//! Who goes before the reaper's next step, and for how long.

use super::invariants::Checker;
use super::setups::{FAULT, HARD, ORDERLY, SLICE};
use crate::model::calls::{call, receive, shared};
use crate::model::{PARK, World, root};
use leasehold_abi::arguments::{InterruptAcknowledge, LeaseRevoke, SetTimer};
use leasehold_abi::{Error, FaultKind};

/// Task 2 has lent 20 parts of a window to task 3; task 5 has claimed line 10, which posts bit 0 to it. Answers the
/// lease of the window.
fn many_leases(world: &mut World) -> usize {
    world.claimed_line(5, root::LINE_10, 1);
    let (binding, _) = world.window_lent(20, 128, 1);
    world.rest();
    binding
}

/// A task that could run and did not, for one of a higher priority, waits for the reaper as well: its line
/// made it no more urgent than it was.
#[test]
fn a_line_lets_no_task_go_first_that_was_ready() {
    let mut world = World::new();
    let binding = many_leases(&mut world);
    // Ready, as it has something to do, but of a lower priority than the supervisor.
    world.kernel.post(5, PARK);
    world.become_task(0);
    world.kernel.hardware.raise.set(Some((7, 10)));
    world.make(LeaseRevoke {
        lease: binding,
        mode: HARD,
    });
    assert_eq!(world.kernel.hardware.raise.get(), None, "the line came");
    assert_eq!(world.kernel.tasks[5].pending & 1, 1);
    assert_eq!(world.kernel.current, 0);
    assert!(world.kernel.reaper.is_idle());
    assert!(world.kernel.hardware.mapped.is_empty());
}

/// A line made it urgent; then it waits for something else, which is none of a line's business.
#[test]
fn a_task_that_waits_again_is_no_longer_hurried() {
    let mut world = World::new();
    let binding = many_leases(&mut world);
    world.value(
        5,
        SetTimer {
            deadline: 1005,
            bits: 2,
        },
    );
    world.act(5, receive(1));
    world.rest();
    world.become_task(0);
    world.kernel.hardware.raise.set(Some((7, 10)));
    world.make(LeaseRevoke {
        lease: binding,
        mode: HARD,
    });
    assert_eq!(world.kernel.current, 5);
    // Its timer comes soon after it has begun to wait for it; the slice is not over.
    world.kernel.hardware.delay.set(Some((4, 5)));
    world.make(receive(2));
    assert_eq!(world.kernel.hardware.delay.get(), None, "the timer came");
    assert_eq!(world.results(5)[2], 2);
    assert!(world.kernel.reaper.is_idle());
    assert_eq!(world.kernel.current, 0);
}

/// Tasks have one slice before the reaper, however many lines wake them. Otherwise the next line would begin another
/// slice for a task that waits again just before its slice is over.
#[test]
fn no_line_begins_a_second_slice() {
    let mut world = World::new();
    let binding = many_leases(&mut world);
    world.act(5, receive(1));
    world.rest();
    world.become_task(0);
    world.kernel.hardware.raise.set(Some((7, 10)));
    world.make(LeaseRevoke {
        lease: binding,
        mode: HARD,
    });
    assert_eq!(world.kernel.current, 5);
    let driver = world.kernel.leases.handle(1) as usize;
    world.make(InterruptAcknowledge {
        lease: driver,
        grant: 0,
    });
    // The slice is over in the next step, and its line comes in the one after that.
    world.kernel.hardware.delay.set(Some((2, SLICE)));
    world.kernel.hardware.raise.set(Some((5, 10)));
    world.make(receive(1));
    assert_eq!(world.kernel.hardware.raise.get(), None, "the line came");
    assert_eq!(world.results(5), [0, u32::MAX as usize, 1]);
    assert!(world.kernel.reaper.is_idle());
    assert_eq!(world.kernel.current, 0);
    // The next work is another matter.
    world.act(
        5,
        InterruptAcknowledge {
            lease: driver,
            grant: 0,
        },
    );
    world.act(5, receive(1));
    let lease = world.claimed(4, root::BAR);
    world.rest();
    world.become_task(0);
    world.kernel.hardware.raise.set(Some((2, 10)));
    world.make(LeaseRevoke { lease, mode: HARD });
    assert_eq!(world.kernel.current, 5);
    assert!(!world.kernel.reaper.is_idle());
}

/// To unmap a short window begins within the call that revokes it; a long one is left to the reaper, which looks for
/// interrupts before.
#[test]
fn a_long_window_is_not_unmapped_within_the_call() {
    for (grant, long) in [(root::UART, false), (root::BAR, true)] {
        let mut world = World::new();
        let lease = world.claimed(2, grant);
        world.rest();
        world.become_task(0);
        let mapped = world.kernel.hardware.mapped.len();
        assert_eq!(world.kernel.lease_revoke(lease, HARD), Ok(()));
        assert_eq!(world.kernel.hardware.mapped.len() == mapped, long);
        world.kernel.next();
        assert!(world.kernel.hardware.mapped.is_empty());
    }
}

/// Callers of a task that overstayed have their answer, and run when all that it held is gone.
#[test]
fn a_caller_does_not_go_before_the_end_of_what_was_overstayed() {
    let mut world = World::new();
    let lease = world.claimed(2, root::BAR);
    let server = world.handle(2);
    world.act(4, call(server));
    world.value(
        0,
        LeaseRevoke {
            lease,
            mode: ORDERLY,
        },
    );
    world.rest();
    world.pass(200);
    assert_eq!(world.kernel.current, 4);
    assert_eq!(world.results(4)[0], Error::Dead.code());
    assert!(world.kernel.reaper.is_idle());
    assert!(world.is_dormant(2));
}

/// What a lessee holds that overstays is taken away before anybody else runs, also who has a higher priority:
/// it has had its time.
#[test]
fn nobody_goes_before_the_end_of_what_was_overstayed() {
    let mut world = World::new();
    let lease = world.claimed(3, root::BAR);
    world.value(
        0,
        LeaseRevoke {
            lease,
            mode: ORDERLY,
        },
    );
    world.rest();
    // It loops, with a higher priority than the lessee.
    world.become_task(1);
    world.pass(200);
    assert_eq!(world.kernel.tasks[3].fault.kind, FaultKind::LeaseOverstayed);
    assert!(world.kernel.reaper.is_idle());
    assert!(world.kernel.hardware.mapped.is_empty());
    assert!(world.is_dormant(3));
}

/// The supervisor comes to an end: while it runs before the reaper, no slice goes by. The next task's begins when
/// that task runs.
#[test]
fn the_supervisor_s_time_is_not_limited() {
    let mut world = World::new();
    world.claimed(3, root::BAR);
    world.become_task(3);
    // Both are ready when the fault's work begins, and of a higher priority.
    world.kernel.post(0, PARK);
    world.kernel.post(1, PARK);
    world.kernel.fault(FAULT);
    assert_eq!(world.kernel.current, 0);
    assert_eq!(world.kernel.hardware.alarm, None);
    world.pass(5 * SLICE);
    world.kernel.interrupt();
    assert!(!world.kernel.reaper.is_idle());
    assert_eq!(world.kernel.current, 0);
    while world.kernel.current == 0 {
        world.make(receive(PARK.register()));
    }
    assert_eq!(world.kernel.current, 1);
    world.pass(SLICE - 1);
    assert!(!world.kernel.hardware.mapped.is_empty());
    world.pass(1);
    assert!(world.kernel.hardware.mapped.is_empty());
    assert!(world.kernel.reaper.is_idle());
}

/// L8: all callers of a dead task have their error before its leases are gone, not only the one that was woken last.
#[test]
fn every_caller_of_a_dead_task_goes_before_the_end_of_its_leases() {
    let mut world = World::new();
    for _ in 0..6 {
        world.claimed(2, root::BAR);
    }
    let server = world.handle(2);
    for client in [3, 4] {
        world.act(client, call(server));
    }
    world.rest();
    // The supervisor need not hear of it.
    world.become_task(0);
    world.act(0, receive(0));
    world.become_task(2);
    world.kernel.fault(FAULT);
    for client in [3, 4] {
        assert_eq!(world.kernel.current, client);
        assert!(!world.kernel.reaper.is_idle());
        assert!(!world.kernel.hardware.mapped.is_empty());
        assert_eq!(world.results(client)[0], Error::Dead.code());
        world.make(receive(0));
    }
    assert!(world.kernel.reaper.is_idle());
}

/// While a window is taken away, its task can have it by another lease again only when all of it is gone.
#[test]
fn a_window_that_is_being_unmapped_is_not_shared() {
    let mut world = World::new();
    let root = world.root();
    world.claimed_line(3, root::LINE_10, 1);
    let [old, new] = [(), ()].map(|()| world.lend(0, root, 3, &[root::BAR]));
    world.value(3, shared(old, 0));
    let all = world.kernel.hardware.mapped.len();
    world.act(3, receive(1));
    world.rest();
    world.become_task(0);
    world.kernel.hardware.raise.set(Some((2, 10)));
    world.make(LeaseRevoke {
        lease: old,
        mode: HARD,
    });
    assert_eq!(world.kernel.current, 3);
    let left = world.kernel.hardware.mapped.len();
    assert!(0 < left && left < all, "{left} of {all} are left");
    assert_eq!(world.error(3, shared(new, 0)), Error::Busy);
    Checker::default().check(&world.kernel);
    world.rest();
    assert!(world.kernel.hardware.mapped.is_empty());
    world.value(3, shared(new, 0));
    assert_eq!(world.kernel.hardware.mapped.len(), all);
    Checker::default().check(&world.kernel);
}
