//! One life of a task after another.

use super::invariants::Checker;
use super::setups::FAULT;
use crate::model::calls::{call, receive, shared};
use crate::model::{PARK, World, arena, root};
use leasehold_abi::arguments::{TaskStart, TaskStop};
use leasehold_abi::{Claim, Error, TaskState};

/// Task 1 waits for line 10.
fn waits_for_a_line(world: &mut World) {
    world.claimed_line(1, root::LINE_10, 1);
    world.act(1, receive(1));
    world.rest();
}

#[test]
fn every_life_begins_with_fresh_memory() {
    let mut world = World::new();
    for task in [3, 4] {
        for life in 2..6 {
            world.kernel.hardware.bytes(arena(task), 4).fill(0xaa);
            world.value(0, TaskStop { task });
            world.value(0, TaskStart { task });
            assert_eq!(world.kernel.hardware.freshened[task], life);
            assert_eq!(world.kernel.hardware.bytes(arena(task), 4), [0; 4]);
        }
    }
}

/// An interrupt goes before the rest of a start, and leaves nothing of it out, nor does anything of it twice.
#[test]
fn a_start_goes_on_after_an_interrupt() {
    let mut in_the_middle = 0;
    for looks in 0..20 {
        let mut world = World::new();
        waits_for_a_line(&mut world);
        world.kernel.hardware.bytes(arena(3), 4).fill(0xaa);
        world.value(0, TaskStop { task: 3 });
        world.become_task(0);
        world.kernel.hardware.raise.set(Some((looks, 10)));
        world.make(TaskStart { task: 3 });
        in_the_middle += usize::from(!world.kernel.reaper.is_idle());
        world.rest();
        assert_eq!(world.kernel.hardware.freshened[3], 2);
        assert_eq!(world.kernel.hardware.bytes(arena(3), 4), [0; 4]);
        assert_eq!(world.kernel.tasks[3].state, TaskState::Receiving);
        Checker::default().check(&world.kernel);
    }
    assert!(in_the_middle > 10, "{in_the_middle}");
}

/// Memory in steps of 256 bytes, the last of them with the registers, and then the new life.
#[test]
fn a_start_takes_no_more_steps_than_it_must() {
    let mut world = World::new();
    world.value(0, TaskStop { task: 3 });
    world.become_task(0);
    world.kernel.hardware.looks.set(0);
    world.make(TaskStart { task: 3 });
    let steps = world.kernel.config_of(3).data.length() / 256 + 1;
    // One before each, one in the step in which the memory is complete, and one when nothing is left to do.
    assert_eq!(world.kernel.hardware.looks.get(), steps + 2);
}

/// One task's end leaves another's claim, which is half done, alone.
#[test]
fn a_claim_goes_on_after_another_task_s_end() {
    let mut world = World::new();
    let root = world.root();
    let lease = world.lend(0, root, 3, &[root::BAR]);
    waits_for_a_line(&mut world);
    world.become_task(3);
    world.kernel.hardware.raise.set(Some((3, 10)));
    world.make(shared(lease, 0));
    assert_eq!(world.kernel.current, 1, "in the middle of it");
    world.kernel.fault(FAULT);
    world.rest();
    assert_eq!(world.results(3), [0, 0x2000_0000, 0]);
    let claim = world.grant_info(3, lease, 0).unwrap().claim;
    assert_eq!(claim, Claim::Shared);
    assert!(world.kernel.hardware.reaches(3, 0x2000_0fff, true));
    Checker::default().check(&world.kernel);
}

/// A caller that has its error runs before the rest of the server's end: the server is not dormant yet.
#[test]
fn a_task_is_dormant_when_its_end_is_complete() {
    let mut world = World::new();
    let server = world.handle(2);
    world.act(4, call(server));
    world.rest();
    world.become_task(2);
    world.kernel.fault(FAULT);
    while world.kernel.current != 4 {
        world.make(receive(PARK.register()));
    }
    assert_eq!(world.results(4)[0], Error::Dead.code());
    assert!(!world.kernel.reaper.is_idle());
    assert_eq!(world.kernel.tasks[2].state, TaskState::Faulted);
    Checker::default().check(&world.kernel);
    world.rest();
    assert!(world.is_dormant(2));
}
