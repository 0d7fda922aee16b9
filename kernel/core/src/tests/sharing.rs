//! Lines that PCI functions share: who is told, and what a slow, dead or broken one does to the others.

use super::setups::{HARD, ORDERLY, fault};
use crate::Next;
use crate::model::calls::{config_write, line, receive};
use crate::model::{Model, World, part, root, whole};
use leasehold_abi::arguments::{
    GrantUnclaim, InterruptAcknowledge, LeaseRelease, LeaseRevoke, Receive, TaskStop,
};
use leasehold_abi::{BeforeWait, Claim, Error, FaultKind};

/// The line of all functions of these tests.
const LINE: u32 = 10;
/// The line as what is done before a wait.
const ACKNOWLEDGE: usize = BeforeWait::NOTHING.acknowledge(LINE as u16).register();

/// The configuration space of a function.
fn at(function: usize) -> u64 {
    0x3000_0000 + 0x1000 * function as u64
}

/// The notifications by which a function's interrupt comes.
fn bits(function: usize) -> usize {
    0x1_0000 << function
}

fn quiet(world: &mut World, function: usize) {
    let command = function * 0x1000 + 4;
    let root = world.root();
    let disabled = Model::DISABLED as usize;
    world.value(
        0,
        config_write((root, root::CONFIG), (command, 2), disabled),
    );
}

/// The supervisor keeps a function from asserting its line, and lends it to a task: grant 0 is the line, grant 1 its
/// configuration space.
fn lent(world: &mut World, task: usize, function: usize) -> usize {
    world.kernel.hardware.functions.insert(at(function), LINE);
    quiet(world, function);
    let root = world.root();
    let parts = [
        whole(root::LINE_10),
        part(root::CONFIG, 0x1000 * function, 0x1000, 5),
    ];
    world.lend_parts(0, root, task, &parts)
}

/// The same, and the task claims the line.
fn claimed(world: &mut World, task: usize, function: usize) -> usize {
    let lease = lent(world, task, function);
    let claim = line(lease, 0, bits(function));
    assert_eq!(world.value(task, claim), LINE as usize);
    lease
}

/// The function asserts its line or no more, and what comes of it is taken.
fn set(world: &mut World, function: usize, there: bool) {
    world.kernel.hardware.set_interrupt(at(function), there);
    take(world);
}

/// Takes interrupts, if there are any.
fn take(world: &mut World) {
    use crate::Hardware;
    if world.kernel.hardware.interrupt_pending() {
        world.kernel.interrupt();
    }
    super::invariants::Checker::default().check(&world.kernel);
}

/// What of a function's interrupt its driver was told and has not fetched; it is fetched.
fn told(world: &mut World, task: usize, function: usize) -> bool {
    let task = &mut world.kernel.tasks[task];
    let there = task.pending as usize & bits(function) != 0;
    task.pending &= !(bits(function) as u32);
    there
}

fn is_disabled(world: &World, function: usize) -> bool {
    world.kernel.hardware.configuration[&(at(function) + 4)] & Model::DISABLED != 0
}

#[test]
fn the_one_that_asserts_is_told_and_the_line_is_not_masked() {
    let mut world = World::new();
    claimed(&mut world, 2, 0);
    claimed(&mut world, 3, 1);
    claimed(&mut world, 4, 2);
    told(&mut world, 2, 0);
    take(&mut world);
    set(&mut world, 1, true);
    assert!(told(&mut world, 3, 1) && !told(&mut world, 2, 0) && !told(&mut world, 4, 2));
    assert!(is_disabled(&world, 1) && !is_disabled(&world, 2));
    // It does not acknowledge, nor does its device fall silent. The third is told all the same, and at once.
    set(&mut world, 2, true);
    assert!(told(&mut world, 4, 2) && !told(&mut world, 3, 1) && !told(&mut world, 2, 0));
    // Two at a time: one interrupt tells both.
    let mut world = World::new();
    let leases = [(3, 1), (4, 2)].map(|(task, function)| claimed(&mut world, task, function));
    world.value(
        3,
        InterruptAcknowledge {
            lease: leases[0],
            grant: 0,
        },
    );
    told(&mut world, 3, 1);
    world.kernel.hardware.set_interrupt(at(1), true);
    set(&mut world, 2, true);
    assert!(told(&mut world, 3, 1) && told(&mut world, 4, 2));
}

#[test]
fn a_function_comes_again_once_its_own_driver_acknowledges() {
    let mut world = World::new();
    let first = claimed(&mut world, 2, 0);
    claimed(&mut world, 3, 1);
    // The first driver is told when its line becomes shared, and acknowledges.
    assert!(told(&mut world, 2, 0) && is_disabled(&world, 0));
    set(&mut world, 0, true);
    assert!(!told(&mut world, 2, 0));
    for _ in 0..2 {
        world.value(
            2,
            InterruptAcknowledge {
                lease: first,
                grant: 0,
            },
        );
        take(&mut world);
        assert!(told(&mut world, 2, 0) && !told(&mut world, 3, 1));
    }
    // By a wait, too; and the acknowledgement of another is none.
    let waits = |world: &mut World, task: usize, function: usize| {
        world.act(
            task,
            Receive {
                mask: bits(function),
                before: ACKNOWLEDGE,
                peers: 0,
            },
        );
        take(world);
    };
    waits(&mut world, 3, 1);
    assert!(is_disabled(&world, 0) && !told(&mut world, 2, 0));
    // Nor that of a task without a function on this line, or without any.
    world.act(
        4,
        Receive {
            mask: 1,
            before: ACKNOWLEDGE,
            peers: 0,
        },
    );
    assert!(is_disabled(&world, 0));
    waits(&mut world, 2, 0);
    assert_eq!(world.results(2)[2], bits(0));
    assert!(is_disabled(&world, 0));
    set(&mut world, 0, false);
    waits(&mut world, 2, 0);
    assert!(!is_disabled(&world, 0) && !told(&mut world, 2, 0));
}

#[test]
fn a_function_alone_has_its_line_as_any_device() {
    let mut world = World::new();
    let lease = claimed(&mut world, 2, 0);
    assert!(!is_disabled(&world, 0));
    let claim = world.grant_info(2, lease, 0).unwrap().claim;
    assert_eq!(claim, Claim::Exclusive);
    set(&mut world, 0, true);
    assert!(told(&mut world, 2, 0));
    assert!(!is_disabled(&world, 0) && world.kernel.hardware.unmasked.is_empty());
    world.value(2, InterruptAcknowledge { lease, grant: 0 });
    take(&mut world);
    assert!(told(&mut world, 2, 0));
    // Given up, it asserts nothing, whatever it has.
    world.value(2, GrantUnclaim { lease, grant: 0 });
    assert!(is_disabled(&world, 0) && !world.kernel.hardware.asserts(at(0)));
    world.value(2, line(lease, 0, bits(0)));
    take(&mut world);
    assert!(told(&mut world, 2, 0));
}

/// The first driver has not seen to its interrupt when a second one claims the line: neither waits for the other.
#[test]
fn a_line_becomes_shared_while_it_is_masked() {
    let mut world = World::new();
    let first = claimed(&mut world, 2, 0);
    set(&mut world, 0, true);
    assert!(told(&mut world, 2, 0));
    let second = lent(&mut world, 3, 1);
    world.kernel.hardware.set_interrupt(at(1), true);
    world.value(3, line(second, 0, bits(1)));
    take(&mut world);
    assert!(told(&mut world, 3, 1));
    for (task, lease) in [(2, first), (3, second)] {
        let claim = world.grant_info(task, lease, 0).unwrap().claim;
        assert_eq!(claim, Claim::Shared);
    }
    assert!(told(&mut world, 2, 0), "told again");
    set(&mut world, 0, false);
    world.value(
        2,
        InterruptAcknowledge {
            lease: first,
            grant: 0,
        },
    );
    set(&mut world, 0, true);
    assert!(told(&mut world, 2, 0));
}

/// Whoever goes, wherever in the list, with its function asserting: the others have the line.
#[test]
fn the_end_of_one_leaves_the_line_to_the_others() {
    let ends: [fn(&mut World, usize, usize); 5] = [
        |world, task, lease| {
            world.value(task, GrantUnclaim { lease, grant: 0 });
        },
        |world, task, lease| {
            world.value(task, LeaseRelease { lease });
        },
        |world, _, lease| {
            world.value(0, LeaseRevoke { lease, mode: HARD });
        },
        |world, task, _| {
            world.value(0, TaskStop { task });
        },
        |world, task, _| {
            world.become_task(task);
            world.kernel.fault(fault(FaultKind::Illegal, 0));
        },
    ];
    for end in ends {
        for gone in [2, 3, 4] {
            let mut world = World::new();
            let tasks = [2, 3, 4];
            let leases = tasks.map(|task| claimed(&mut world, task, task - 2));
            for (task, lease) in tasks.into_iter().zip(leases) {
                world.value(task, InterruptAcknowledge { lease, grant: 0 });
                told(&mut world, task, task - 2);
            }
            set(&mut world, gone - 2, true);
            end(&mut world, gone, leases[gone - 2]);
            world.rest();
            take(&mut world);
            assert!(is_disabled(&world, gone - 2));
            assert!(!world.kernel.hardware.asserts(at(gone - 2)));
            for other in tasks.into_iter().filter(|&other| other != gone) {
                assert!(!told(&mut world, other, other - 2));
                set(&mut world, other - 2, true);
                assert!(told(&mut world, other, other - 2), "{other} after {gone}");
            }
        }
    }
}

/// An orderly revocation lets the driver quiet its device first: its interrupts come until it gives the lease back.
#[test]
fn an_orderly_end_keeps_the_interrupt_until_the_release() {
    let mut world = World::new();
    let [first, second] = [(2, 0), (3, 1)].map(|(task, number)| claimed(&mut world, task, number));
    world.value(
        0,
        LeaseRevoke {
            lease: second,
            mode: ORDERLY,
        },
    );
    set(&mut world, 1, true);
    assert!(told(&mut world, 3, 1));
    // With a hard one on top it has none, and cannot have it again.
    world.value(
        3,
        InterruptAcknowledge {
            lease: second,
            grant: 0,
        },
    );
    told(&mut world, 3, 1);
    world.value(
        0,
        LeaseRevoke {
            lease: second,
            mode: HARD,
        },
    );
    assert!(is_disabled(&world, 1));
    let acknowledge = InterruptAcknowledge {
        lease: second,
        grant: 0,
    };
    assert_eq!(world.error(3, acknowledge), Error::Revoked);
    world.act(
        3,
        Receive {
            mask: bits(1),
            before: ACKNOWLEDGE,
            peers: 0,
        },
    );
    assert!(is_disabled(&world, 1));
    world.value(
        2,
        InterruptAcknowledge {
            lease: first,
            grant: 0,
        },
    );
    set(&mut world, 0, true);
    assert!(told(&mut world, 2, 0));
}

/// The last claim that is over masks the line, which then is free for a device of another kind.
/// What a claim's record keeps of those that once shared its line says nothing when it has the line alone.
#[test]
fn one_that_was_among_several_has_the_line_alone_later() {
    let mut world = World::new();
    let leases = [(2, 0), (3, 1)].map(|(task, function)| claimed(&mut world, task, function));
    let unclaim = |lease| GrantUnclaim { lease, grant: 0 };
    // The second is in front of the first, and leaves before it.
    for (task, lease) in [(3, leases[1]), (2, leases[0])] {
        world.value(task, unclaim(lease));
        take(&mut world);
    }
    let claim = line(leases[1], 0, bits(1));
    assert_eq!(world.value(3, claim), LINE as usize);
    take(&mut world);
    world.value(3, unclaim(leases[1]));
    take(&mut world);
    let claim = line(leases[0], 0, bits(0));
    assert_eq!(world.value(2, claim), LINE as usize);
    assert!(world.kernel.routes[LINE as usize] < crate::lease::shared::SHARED);
    take(&mut world);
}

#[test]
fn the_last_one_leaves_a_free_line() {
    let mut world = World::new();
    let leases = [(2, 0), (3, 1)].map(|(task, number)| claimed(&mut world, task, number));
    world.value(
        3,
        GrantUnclaim {
            lease: leases[1],
            grant: 0,
        },
    );
    // The line stays shared, by one.
    let claim = world.grant_info(2, leases[0], 0).unwrap().claim;
    assert_eq!(claim, Claim::Shared);
    world.value(
        2,
        GrantUnclaim {
            lease: leases[0],
            grant: 0,
        },
    );
    assert!(world.kernel.hardware.unmasked.is_empty());
    let root = world.root();
    let other = world.lend(0, root, 4, &[root::LINE_10]);
    world.value(4, line(other, 0, 1));
}

#[test]
fn a_line_is_shared_by_functions_that_can_be_kept_quiet_alone() {
    let mut world = World::new();
    let root = world.root();
    let busy = |world: &mut World, task, lease| {
        let claim = line(lease, 0, 1 << 20);
        assert_eq!(world.error(task, claim), Error::Busy);
    };
    // A device without a function has it.
    let device = world.lend(0, root, 2, &[root::LINE_10]);
    world.value(2, line(device, 0, 1));
    let function = lent(&mut world, 3, 1);
    busy(&mut world, 3, function);
    assert!(is_disabled(&world, 1));
    world.value(
        2,
        GrantUnclaim {
            lease: device,
            grant: 0,
        },
    );
    // A function has it.
    world.value(3, line(function, 0, bits(1)));
    busy(&mut world, 2, device);
    // One that the supervisor did not keep quiet, or that cannot be.
    let loud = [whole(root::LINE_10), part(root::CONFIG, 0x2000, 0x1000, 5)];
    let loud = world.lend_parts(0, root, 4, &loud);
    busy(&mut world, 4, loud);
    // The space of two functions, of half of one, or across two is not that of one.
    for (offset, length) in [(0, 0x2000), (0, 0x800), (0x800, 0x1000)] {
        world
            .kernel
            .hardware
            .configuration
            .insert(at(0) + 0x804, !0);
        let parts = [whole(root::LINE_10), part(root::CONFIG, offset, length, 5)];
        let lease = world.lend_parts(0, root, 4, &parts);
        quiet(&mut world, 0);
        busy(&mut world, 4, lease);
    }
    // Nobody was told, and the one that has the line has it alone.
    assert!(!told(&mut world, 3, 1));
    world.value(
        3,
        GrantUnclaim {
            lease: function,
            grant: 0,
        },
    );
    // The loud one has it alone, if nobody else has it.
    world.value(4, line(loud, 0, 1));
    busy(&mut world, 3, function);
}

/// Two leases of one function: the second claim of its line is refused, as the first has unlocked the function.
#[test]
fn one_function_has_one_claim() {
    let mut world = World::new();
    let mut leases = [2, 3].map(|task| lent(&mut world, task, 0));
    leases.reverse();
    world.value(3, line(leases[0], 0, 1));
    let claim = line(leases[1], 0, 1);
    assert_eq!(world.error(2, claim), Error::Busy);
    assert!(!is_disabled(&world, 0));
}

#[test]
fn eight_functions_share_a_line() {
    let mut world = World::new();
    world.kernel.leases.grants[root::CONFIG].length = 0x1_0000;
    let leases: [usize; 8] = core::array::from_fn(|number| {
        let lease = lent(&mut world, 2 + number % 3, number);
        let bits = 1 << (16 + number % 13);
        world.value(2 + number % 3, line(lease, 0, bits));
        lease
    });
    let ninth = lent(&mut world, 2, 8);
    let claim = line(ninth, 0, 1);
    assert_eq!(world.error(2, claim), Error::Exhausted);
    assert!(is_disabled(&world, 8));
    take(&mut world);
    world.value(
        3,
        GrantUnclaim {
            lease: leases[4],
            grant: 0,
        },
    );
    world.value(2, claim);
}

/// Of several functions of one task a wait lets all come again, a call the one that it names.
#[test]
fn one_task_has_several_functions_on_a_line() {
    let mut world = World::new();
    let leases = [0, 1].map(|number| claimed(&mut world, 2, number));
    claimed(&mut world, 3, 2);
    told(&mut world, 2, 0);
    assert!(is_disabled(&world, 0) && !is_disabled(&world, 1));
    set(&mut world, 1, true);
    assert!(told(&mut world, 2, 1) && !told(&mut world, 2, 0));
    world.value(
        2,
        InterruptAcknowledge {
            lease: leases[0],
            grant: 0,
        },
    );
    assert!(is_disabled(&world, 1) && !is_disabled(&world, 0));
    set(&mut world, 1, false);
    set(&mut world, 0, true);
    assert!(told(&mut world, 2, 0));
    set(&mut world, 0, false);
    world.act(
        2,
        Receive {
            mask: 1,
            before: ACKNOWLEDGE,
            peers: 0,
        },
    );
    assert!(!is_disabled(&world, 0) && !is_disabled(&world, 1));
}

/// A line comes, and no function says that it asserts it: all that could are told. It cannot hold the kernel up, nor
/// is it lost when it falls.
#[test]
fn a_line_that_is_stuck_is_masked_until_a_driver_acknowledges() {
    let mut world = World::new();
    let leases = [(2, 0), (3, 1)].map(|(task, number)| claimed(&mut world, task, number));
    world.value(
        2,
        InterruptAcknowledge {
            lease: leases[0],
            grant: 0,
        },
    );
    told(&mut world, 2, 0);
    world.kernel.hardware.stuck.insert(LINE);
    take(&mut world);
    assert!(told(&mut world, 2, 0) && told(&mut world, 3, 1));
    assert!(world.kernel.hardware.unmasked.is_empty());
    world.value(
        3,
        InterruptAcknowledge {
            lease: leases[1],
            grant: 0,
        },
    );
    take(&mut world);
    assert!(told(&mut world, 3, 1) && !told(&mut world, 2, 0));
    world.kernel.hardware.stuck.remove(&LINE);
    world.value(
        3,
        InterruptAcknowledge {
            lease: leases[1],
            grant: 0,
        },
    );
    set(&mut world, 1, true);
    assert!(told(&mut world, 3, 1));
}

/// Only a claim lets a function assert its line; the supervisor's writes can only keep it from that.
#[test]
fn no_write_lets_a_function_assert_its_line() {
    let mut world = World::new();
    let root = world.root();
    claimed(&mut world, 2, 0);
    let lease = lent(&mut world, 3, 1);
    for (offset, width, value) in [(4, 4, 0), (4, 2, 0), (5, 1, 0), (4, 1, 0), (6, 2, 0)] {
        let write = config_write((root, root::CONFIG), (0x1000 + offset, width), value);
        world.value(0, write);
        assert!(is_disabled(&world, 1), "{width} bytes at {offset}");
    }
    for (offset, width, value) in [(4, 4, 0x400), (4, 2, 0x400), (5, 1, 4)] {
        world.kernel.hardware.configuration.insert(at(0) + 4, 0);
        let write = config_write((root, root::CONFIG), (offset, width), value);
        world.value(0, write);
        assert!(is_disabled(&world, 0), "{width} bytes at {offset}");
    }
    // What was in the other bits of the command stays.
    let write = config_write((root, root::CONFIG), (0x1004, 2), 0x0102);
    world.value(0, write);
    world.kernel.hardware.set_interrupt(at(1), true);
    world.value(3, line(lease, 0, bits(1)));
    let word = |world: &World| world.kernel.hardware.configuration[&(at(1) + 4)];
    assert_eq!(word(&world), 0x0008_0102);
    take(&mut world);
    assert_eq!(word(&world), 0x0008_0502);
}

/// A task that a shared line woke goes before the reaper's next step, as with a line of its own.
#[test]
fn whom_a_shared_line_wakes_goes_first() {
    let mut world = World::new();
    claimed(&mut world, 3, 0);
    let lease = claimed(&mut world, 4, 1);
    world.value(4, InterruptAcknowledge { lease, grant: 0 });
    world.act(4, receive(bits(1)));
    world.window_lent(8, 64, 1);
    world.rest();
    world.become_task(2);
    world.kernel.hardware.set_interrupt(at(1), true);
    world.kernel.fault(fault(FaultKind::Illegal, 0));
    assert_eq!(world.kernel.current, 4);
    assert!(!world.kernel.reaper.is_idle());
    assert_ne!(world.kernel.next(), Next::Idle);
}
