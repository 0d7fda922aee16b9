//! Deadlines of leases that must be given back, and the alarm that is set for them.

use super::random::Random;
use super::setups::{FAULT, ORDERLY};
use crate::Hardware;
use crate::NEVER;
use crate::model::calls::{receive, shared};
use crate::model::{World, root};
use leasehold_abi::arguments::{LeaseRelease, LeaseRevoke, SetTimer};
use leasehold_abi::{FaultKind, RevokeMode};
use std::vec::Vec;

/// How long the model's tasks may keep a lease, in ticks.
const KEEP: u64 = 200;

/// L2: however many lessees keep a lease too long, and those too whose time is up later.
#[test]
fn all_that_overstay_at_once_are_stopped() {
    let mut world = World::new();
    let root = world.root();
    let leases = [2, 3, 4, 5].map(|task| world.lend(0, root, task, &[root::BAR]));
    for lease in &leases[..3] {
        world.value(
            0,
            LeaseRevoke {
                lease: *lease,
                mode: ORDERLY,
            },
        );
    }
    world.rest();
    world.pass(KEEP / 2);
    world.value(
        0,
        LeaseRevoke {
            lease: leases[3],
            mode: ORDERLY,
        },
    );
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

/// L2, whatever is revoked and given back in whatever order: a lessee is stopped when the first deadline comes of what
/// it still has, and not before.
#[test]
fn a_lessee_is_stopped_at_the_first_deadline_of_what_it_still_has() {
    let (mut stopped, mut in_time) = (0, 0);
    for seed in 1..if cfg!(miri) { 3 } else { 200 } {
        let mut random = Random(seed);
        let mut world = World::new();
        let root = world.root();
        // Of each task, what it is to give back, and until when.
        let mut kept: [Vec<(usize, u64)>; 6] = Default::default();
        for _ in 0..60 {
            let task = 2 + random.below(4);
            if !world.kernel.tasks[task].is_alive() {
                continue;
            }
            match random.below(4) {
                0 => {
                    let lease = world.lend_parts(0, root, task, &[]);
                    world.value(
                        0,
                        LeaseRevoke {
                            lease,
                            mode: ORDERLY,
                        },
                    );
                    kept[task].push((lease, world.kernel.hardware.now() + KEEP));
                }
                1 | 2 if !kept[task].is_empty() => {
                    let at = random.below(kept[task].len());
                    world.value(
                        task,
                        LeaseRelease {
                            lease: kept[task].remove(at).0,
                        },
                    );
                    in_time += 1;
                }
                _ => world.pass(random.next() % (KEEP / 4)),
            }
            world.rest();
            let now = world.kernel.hardware.now();
            for (task, kept) in kept.iter_mut().enumerate() {
                let late = kept.iter().any(|&(_, until)| until <= now);
                assert_eq!(world.kernel.tasks[task].is_alive(), !late, "seed {seed}");
                stopped += usize::from(late && kept.len() > 1);
            }
        }
    }
    assert!(
        cfg!(miri) || stopped > 100 && in_time > 1000,
        "{stopped}, {in_time}"
    );
}

/// A task that died for another reason is not stopped a second time when the deadline comes of what it still has.
#[test]
fn a_dead_task_overstays_nothing() {
    for looks in 0..6 {
        let mut world = World::new();
        let root = world.root();
        let leases = [root::UART, root::BAR, root::CONFIG].map(|grant| {
            let lease = world.lend(0, root, 2, &[grant]);
            world.value(2, shared(lease, 0));
            lease
        });
        for lease in leases {
            world.value(
                0,
                LeaseRevoke {
                    lease,
                    mode: ORDERLY,
                },
            );
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
        world.value(2, LeaseRelease { lease: binding });
        let alarm = world.kernel.hardware.alarm;
        assert_ne!(alarm, None, "the one below has");
        world.value(
            0,
            LeaseRevoke {
                lease: binding,
                mode,
            },
        );
        assert_eq!(world.kernel.hardware.alarm, alarm);
        world.value(3, LeaseRelease { lease: below });
    }
}

/// When the last such lease is given back, nobody need look whose deadline that was.
#[test]
fn with_the_last_lease_the_deadline_goes() {
    let mut world = World::new();
    let root = world.root();
    let leases = [root::BAR, root::UART].map(|grant| world.lend(0, root, 2, &[grant]));
    for lease in leases {
        world.value(
            0,
            LeaseRevoke {
                lease,
                mode: ORDERLY,
            },
        );
    }
    let first = world.kernel.overdue.earliest();
    assert_ne!(first, NEVER);
    world.value(2, LeaseRelease { lease: leases[0] });
    assert_eq!(world.kernel.overdue.earliest(), first);
    world.value(2, LeaseRelease { lease: leases[1] });
    assert_eq!(world.kernel.overdue.earliest(), NEVER);
}

/// A line that comes alone costs no look at the deadlines: an alarm that nobody needs any more stays set.
#[test]
fn a_line_leaves_the_alarm_alone() {
    for idle in [false, true] {
        let mut world = World::new();
        world.claimed_line(2, root::LINE_10, 1);
        world.value(
            2,
            SetTimer {
                deadline: 2000,
                bits: 2,
            },
        );
        world.value(
            2,
            SetTimer {
                deadline: 2000,
                bits: 0,
            },
        );
        world.act(2, receive(1));
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
