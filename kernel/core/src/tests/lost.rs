//! Windows that a task has lost, by which a fault gets its name.

use super::setups::HARD;
use crate::Fault;
use crate::model::calls::shared;
use crate::model::{World, part, root};
use leasehold_abi::FaultKind;
use leasehold_abi::arguments::{LeaseRevoke, TaskStart};

/// Task 2 claims parts of a window, of so many bytes each, one behind the other: its lease, and where they are.
fn parts<const N: usize>(world: &mut World, lengths: [usize; N]) -> (usize, [usize; N]) {
    let root = world.root();
    let mut offset = 0;
    let parts = lengths.map(|length| {
        offset += length;
        part(root::BAR, offset - length, length, 7)
    });
    let lease = world.lend_parts(0, root, 2, &parts);
    let places = core::array::from_fn(|part| world.value(2, shared(lease, part)));
    (lease, places)
}

fn read_fault(address: usize) -> Fault {
    Fault {
        kind: FaultKind::Read,
        address,
        pc: 0,
        stack: 0,
    }
}

#[test]
fn the_last_four_are_known() {
    let mut world = World::new();
    let (lease, places) = parts(&mut world, [64; 5]);
    world.value(0, LeaseRevoke { lease, mode: HARD });
    let known = places.map(|place| world.kernel.lost_window_at(2, place));
    assert_eq!(known, [false, true, true, true, true]);
}

/// A window that is taken away in several steps is lost once: it does not push the others out.
#[test]
fn a_long_one_counts_once() {
    let mut world = World::new();
    let (lease, places) = parts(&mut world, [64, 64, 64, 0xf00]);
    world.value(0, LeaseRevoke { lease, mode: HARD });
    assert!(world.kernel.hardware.mapped.is_empty());
    let known = places.map(|place| world.kernel.lost_window_at(2, place));
    assert_eq!(known, [true; 4]);
}

#[test]
fn a_new_life_has_lost_none() {
    let mut world = World::new();
    let (lease, [place]) = parts(&mut world, [64]);
    world.value(0, LeaseRevoke { lease, mode: HARD });
    for said in [FaultKind::RevokedWindow, FaultKind::Read] {
        world.become_task(2);
        world.kernel.fault(read_fault(place));
        assert_eq!(world.kernel.tasks[2].fault.kind, said);
        world.rest();
        world.value(0, TaskStart { task: 2 });
    }
}

/// Where the processor does not tell a device's error from an access that was refused, the protection does.
#[test]
fn a_device_s_error_is_told_as_such() {
    let mut world = World::new();
    let (_, [place]) = parts(&mut world, [64]);
    assert!(world.kernel.hardware.reaches(2, place as u64, true));
    world.become_task(2);
    world.kernel.fault(read_fault(place + 60));
    assert_eq!(world.kernel.tasks[2].fault.kind, FaultKind::Bus);
}
