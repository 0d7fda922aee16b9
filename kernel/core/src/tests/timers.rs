//! Timers, and deadlines of all kinds.

use super::random::Random;
use crate::NEVER;
use crate::model::calls::receive;
use crate::model::{TASKS, World};
use crate::time::deadlines::Deadlines;
use leasehold_abi::Error;
use leasehold_abi::arguments::{SetTimer, TaskStart, TaskStop, Time};
use std::vec::Vec;

/// Whatever is set, moved, met and cleared: at each time, the tasks that are told are those whose deadline has come.
#[test]
fn whoever_is_due_is_found_and_nobody_else() {
    let mut deadlines = Deadlines::NONE;
    let mut at = [NEVER; 16];
    let (mut now, mut found) = (0, 0);
    let mut random = Random(7);
    for _ in 0..if cfg!(miri) { 300 } else { 20_000 } {
        let task = random.below(16);
        match random.below(8) {
            0 => {
                deadlines.clear(task);
                at[task] = NEVER;
            }
            // It was met, and nobody said so.
            1 => at[task] = NEVER,
            2 => {
                now += random.next() % 64;
                let mut due: Vec<usize> = (0..16).filter(|&task| at[task] <= now).collect();
                while deadlines.earliest() <= now {
                    if let Some(task) = deadlines.look(now, |task| at[task]) {
                        let place = due.iter().position(|&other| other == task);
                        due.remove(place.expect("it is due"));
                        deadlines.clear(task);
                        at[task] = NEVER;
                        found += 1;
                    }
                }
                assert!(due.is_empty(), "{due:?} at {now}");
            }
            _ => {
                at[task] = now + 1 + random.next() % 256;
                deadlines.set(task, at[task]);
            }
        }
        let first = at.iter().min().copied().unwrap_or(NEVER);
        assert!(deadlines.earliest() <= first);
    }
    assert!(cfg!(miri) || found > 1000, "{found}");
}

#[test]
fn a_timer_fires_once_at_its_time() {
    let mut world = World::new();
    assert_eq!(world.act(3, Time {})[..2], [0, 1000]);
    world.value(
        3,
        SetTimer {
            deadline: 1050,
            bits: 0b10,
        },
    );
    assert_eq!(world.kernel.hardware.alarm, Some(1050));
    world.act(3, receive(0b10));
    world.rest();
    world.pass(49);
    assert_eq!(world.kernel.ready, 0);
    world.pass(1);
    assert_eq!(world.kernel.current, 3);
    assert_eq!(world.results(3), [0, u32::MAX as usize, 0b10]);
    assert_eq!(world.kernel.hardware.alarm, None);
}

#[test]
fn a_timer_in_the_past_fires_at_once_and_one_without_bits_is_disarmed() {
    let mut world = World::new();
    for past in [0, 1, 1000] {
        world.value(
            3,
            SetTimer {
                deadline: past as u64,
                bits: 0b10,
            },
        );
        assert_eq!(world.act(3, receive(0b10))[2], 0b10, "at {past}");
    }
    for deadline in [0, 1, 1500, 3000] {
        world.value(
            3,
            SetTimer {
                deadline: 2000,
                bits: 0b10,
            },
        );
        world.value(
            3,
            SetTimer {
                deadline: deadline as u64,
                bits: 0,
            },
        );
    }
    world.pass(1000);
    assert_eq!(world.kernel.tasks[3].pending & 0b10, 0);
    assert_eq!(world.kernel.hardware.alarm, None);
    assert_eq!(
        world.error(
            3,
            SetTimer {
                deadline: 2000,
                bits: 1 << 31
            }
        ),
        Error::Invalid
    );
}

#[test]
fn all_timers_due_at_once_fire_and_the_most_important_task_runs() {
    let mut world = World::new();
    for task in (0..TASKS).rev() {
        world.value(
            task,
            SetTimer {
                deadline: 1100,
                bits: 1 << task,
            },
        );
        world.act(task, receive(1 << task));
    }
    world.rest();
    world.pass(100);
    assert_eq!((world.kernel.ready, world.kernel.current), (0b11_1111, 0));
    for task in 0..TASKS {
        assert_eq!(world.results(task)[2], 1 << task);
    }
}

#[test]
fn a_timer_ends_with_its_task() {
    let mut world = World::new();
    world.value(
        3,
        SetTimer {
            deadline: 1100,
            bits: 2,
        },
    );
    world.value(0, TaskStop { task: 3 });
    world.value(0, TaskStart { task: 3 });
    world.pass(1000);
    assert_eq!(world.kernel.hardware.alarm, None);
    assert_eq!(world.kernel.tasks[3].pending, 0);
}

/// An alarm that comes too early does no harm, but one that comes too late would: only an earlier deadline moves it.
#[test]
fn the_alarm_is_set_to_the_earliest_deadline() {
    let mut world = World::new();
    for (task, at, alarm) in [(3, 2000, 2000), (4, 1500, 1500), (2, 1800, 1500)] {
        world.value(
            task,
            SetTimer {
                deadline: at as u64,
                bits: 0b10,
            },
        );
        assert_eq!(world.kernel.hardware.alarm, Some(alarm as u64));
    }
    for (ticks, alarm) in [(500, Some(1800)), (300, Some(2000)), (200, None)] {
        world.pass(ticks);
        assert_eq!(world.kernel.hardware.alarm, alarm);
    }
}
