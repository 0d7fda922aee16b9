//! Claims: windows shared or alone, lines, bus mastering.

use super::setups::{HARD, ORDERLY};
use crate::model::calls::{config_write, exclusive, line, receive, shared};
use crate::model::{Model, World, arena, part, root, whole};
use crate::{Hardware, Next};
use leasehold_abi::arguments::{
    GrantClaim, GrantUnclaim, InterruptAcknowledge, LeaseEvent, LeaseRelease, LeaseRevoke,
};
use leasehold_abi::{Claim, Error, LentPart, Rights, WHOLE};

#[test]
fn claims_share_or_exclude() {
    let mut world = World::new();
    let root = world.root();
    let bar = root::BAR;
    let one = world.lend(0, root, 2, &[bar]);
    let two = world.lend(0, root, 3, &[bar]);
    world.value(2, shared(one, 0));
    assert_eq!(world.error(2, shared(one, 0)), Error::Busy);
    assert_eq!(world.error(3, exclusive(two, 0)), Error::Busy);
    world.value(3, shared(two, 0));
    world.value(
        2,
        GrantUnclaim {
            lease: one,
            grant: 0,
        },
    );
    world.value(
        3,
        GrantUnclaim {
            lease: two,
            grant: 0,
        },
    );
    assert!(world.kernel.hardware.mapped.is_empty());
    world.value(3, exclusive(two, 0));
    assert_eq!(world.error(2, shared(one, 0)), Error::Busy);
    assert_eq!(
        world.error(
            2,
            GrantUnclaim {
                lease: one,
                grant: 0
            }
        ),
        Error::Invalid
    );
    assert_eq!(
        world.error(
            2,
            GrantClaim {
                lease: one,
                grant: 0,
                mode: 2,
                bits: 0
            }
        ),
        Error::Invalid
    );
    assert_eq!(world.error(2, shared(one, 1)), Error::NotFound);
    assert_eq!(world.error(3, shared(one, 0)), Error::Revoked);
    // A part that the exclusive claim does not cover cannot be: it covers all.
    world.value(3, LeaseRelease { lease: two });
    world.value(2, exclusive(one, 0));
}

#[test]
fn one_task_claims_the_same_window_twice_but_no_overlap() {
    let mut world = World::new();
    let root = world.root();
    let leases: [usize; 3] = core::array::from_fn(|_| world.lend(0, root, 2, &[root::BAR]));
    for lease in leases {
        world.value(2, shared(lease, 0));
    }
    assert_eq!(world.kernel.hardware.mapped.len(), 64);
    let parts = [part(root::BAR, 64, 128, 7), part(root::BAR, 0, WHOLE, 1)];
    let other = world.lend_parts(0, root, 2, &parts);
    assert_eq!(world.error(2, shared(other, 0)), Error::Busy);
    assert_eq!(
        world.error(2, shared(other, 1)),
        Error::Busy,
        "other rights"
    );
    // Mapped until the last of the three is gone, whatever the order.
    world.value(
        2,
        GrantUnclaim {
            lease: leases[1],
            grant: 0,
        },
    );
    world.value(2, LeaseRelease { lease: leases[0] });
    assert_eq!(world.kernel.hardware.mapped.len(), 64);
    world.value(
        0,
        LeaseRevoke {
            lease: leases[2],
            mode: HARD,
        },
    );
    assert!(world.kernel.hardware.mapped.is_empty());
    assert_eq!(world.value(2, shared(other, 0)), 0x2000_0040);
    assert_eq!(world.kernel.hardware.mapped.len(), 2);
}

#[test]
fn a_window_over_own_memory_is_refused() {
    let mut world = World::new();
    let root = world.root();
    let binding = world.lend(0, root, 2, &[root::BAR]);
    let up = world.lend_memory(2, binding, 0, (arena(2), 128), 7);
    let back = world.lend(0, up, 2, &[0]);
    assert_eq!(world.error(2, shared(back, 0)), Error::Busy);
}

#[test]
fn a_task_sees_no_two_windows_at_one_place() {
    let mut world = World::new();
    let (root, mask) = (world.root(), Model::WINDOW_MASK);
    world.kernel.leases.grants[root::PRIVATE].rights = Rights::all();
    world.claimed(2, root::BAR);
    for (base, length, result) in [
        // Seen over the first window, in part or whole.
        (0x1_2000_0f00, 0x200, Err(Error::Busy)),
        (0x7_1fff_ff00, 0x2000, Err(Error::Busy)),
        (0x1_2000_0000, 0x1000, Err(Error::Busy)),
        // Beside it.
        (0x1_2000_1000, 0x200, Ok(0x2000_1000)),
        (0x1_1fff_fe00, 0x200, Ok(0x1fff_fe00)),
        // Over the task's own memory.
        (0x1_0000_0000 + arena(2), 64, Err(Error::Busy)),
        // Over the end of what is seen, up to it, and longer than all of it.
        (mask - 63, 128, Err(Error::Busy)),
        (mask - 63, 64, Ok(mask - 63)),
        (0x1_0000_0000, mask + 65, Err(Error::Busy)),
        (0, mask + 65, Err(Error::Busy)),
    ] {
        let grant = &mut world.kernel.leases.grants[root::PRIVATE];
        (grant.base, grant.length) = (base, length);
        let lease = world.lend(0, root, 2, &[root::PRIVATE]);
        let [status, address, _] = world.act(2, shared(lease, 0));
        let found = Error::from_code(status).map_or(Ok(address), Err);
        assert_eq!(found, result, "{length:#x} bytes at {base:#x}");
        world.value(2, LeaseRelease { lease });
    }
    assert_eq!(
        world.kernel.hardware.mapped.len(),
        64,
        "the first one stays"
    );
    // Another task sees it at the same place, whatever the first one does.
    let grant = &mut world.kernel.leases.grants[root::PRIVATE];
    (grant.base, grant.length) = (0x1_2000_0000, 0x1000);
    let lease = world.lend(0, root, 3, &[root::PRIVATE]);
    assert_eq!(world.value(3, exclusive(lease, 0)), 0x2000_0000);
}

#[test]
fn a_claim_needs_the_right_to_read_and_gets_no_more_than_granted() {
    let mut world = World::new();
    let root = world.root();
    let parts = [(1, root::BAR), (2, root::UART), (7, root::CONFIG)]
        .map(|(rights, index)| part(index, 0, WHOLE, rights));
    let lease = world.lend_parts(0, root, 2, &parts);
    world.value(2, shared(lease, 0));
    assert!(world.kernel.hardware.reaches(2, 0x2000_0000, false));
    assert!(!world.kernel.hardware.reaches(2, 0x2000_0000, true));
    assert_eq!(world.error(2, shared(lease, 1)), Error::Denied);
    world.value(2, shared(lease, 2));
    assert!(
        !world.kernel.hardware.reaches(2, 0x3000_0000, true),
        "configuration space"
    );
}

#[test]
fn a_line_and_bus_mastering_need_their_rights() {
    let mut world = World::new();
    let root = world.root();
    let but = |missing: Rights| (Rights::all() - missing).bits() as usize;
    let parts = [
        part(root::LINE_10, 0, WHOLE, but(Rights::READ)),
        part(root::BUS_MASTER, 0x1000, 0x1000, but(Rights::WRITE)),
    ];
    let lease = world.lend_parts(0, root, 2, &parts);
    for index in 0..2 {
        assert_eq!(world.error(2, line(lease, index, 1)), Error::Denied);
    }
}

#[test]
fn a_claim_without_room_leaves_nothing_mapped() {
    let mut world = World::new();
    let root = world.root();
    let lease = world.lend(0, root, 2, &[root::BAR]);
    world.kernel.hardware.room = 20;
    assert_eq!(world.error(2, shared(lease, 0)), Error::Exhausted);
    assert!(world.kernel.hardware.mapped.is_empty());
    world.kernel.hardware.room = 64;
    world.value(2, shared(lease, 0));
}

#[test]
fn a_claim_scans_many_others_in_steps() {
    let mut world = World::new();
    let root = world.root();
    // 20 windows of two granules each, side by side.
    let parts: [LentPart; 20] = core::array::from_fn(|at| part(root::BAR, at * 128, 128, 7));
    let lease = world.lend_parts(0, root, 2, &parts);
    for part in 0..20 {
        assert_eq!(
            world.value(2, exclusive(lease, part)),
            0x2000_0000 + part * 128
        );
    }
    assert_eq!(world.kernel.hardware.mapped.len(), 40);
    let late = world.lend(0, root, 3, &[root::BAR, root::UART]);
    assert_eq!(world.error(3, shared(late, 0)), Error::Busy);
    world.value(3, exclusive(late, 1));
}

#[test]
fn an_interrupt_goes_to_its_claimant_until_acknowledged() {
    let mut world = World::new();
    let root = world.root();
    let lease = world.lend(0, root, 2, &[root::LINE_10]);
    let other = world.lend(0, root, 3, &[root::LINE_10]);
    let ack = |lease| InterruptAcknowledge { lease, grant: 0 };
    assert_eq!(world.error(2, ack(lease)), Error::Invalid);
    assert_eq!(world.error(2, shared(lease, 0)), Error::Invalid, "no bits");
    assert_eq!(world.error(2, line(lease, 0, 1 << 31)), Error::Invalid);
    assert_eq!(world.value(2, line(lease, 0, 0b100)), 10);
    assert_eq!(world.error(3, line(other, 0, 1)), Error::Busy);
    world.act(2, receive(0b100));
    world.rest();
    world.kernel.hardware.raise_line(10);
    assert_eq!(world.kernel.interrupt(), Next::Run(2));
    assert_eq!(world.results(2)[2], 0b100);
    // Masked until the driver has seen to it.
    world.kernel.hardware.raise_line(10);
    assert_eq!(world.kernel.interrupt(), Next::Run(2));
    assert_eq!(world.kernel.tasks[2].pending & 0b100, 0);
    world.value(2, ack(lease));
    world.kernel.interrupt();
    assert_eq!(world.kernel.tasks[2].pending & 0b100, 0b100);
    assert_eq!(world.error(3, ack(lease)), Error::Revoked);
    world.value(2, GrantUnclaim { lease, grant: 0 });
    assert!(world.kernel.hardware.unmasked.is_empty());
    world.value(3, line(other, 0, 1));
}

#[test]
fn bus_mastering_is_on_exactly_while_claimed() {
    let mut world = World::new();
    let root = world.root();
    let parts = [
        part(root::CONFIG, 0x1000, 0x1000, 7),
        part(root::BUS_MASTER, 0x1000, 0x1000, 7),
        // All functions at once is not one function.
        whole(root::BUS_MASTER),
        part(root::BUS_MASTER, 0x1000, 0x1000, 7),
    ];
    let lease = world.lend_parts(0, root, 2, &parts);
    let command = |world: &World| world.kernel.hardware.configuration[&0x3000_1004];
    let write = |world: &mut World, width, value| {
        let grant = root::CONFIG;
        world.value(0, config_write((root, grant), (0x1004, width), value));
    };
    write(&mut world, 2, 0xfbff);
    assert_eq!(command(&world), 0xfbff & !4);
    write(&mut world, 1, 0xff);
    assert_eq!(command(&world), 0xfbff & !4);
    assert_eq!(world.error(2, shared(lease, 2)), Error::Invalid);
    world.value(2, shared(lease, 1));
    assert_eq!(world.error(2, shared(lease, 3)), Error::Busy);
    write(&mut world, 4, 0);
    assert_eq!(command(&world), 4, "writing does not turn it off");
    world.value(2, GrantUnclaim { lease, grant: 1 });
    assert_eq!(command(&world), 0);
    world.value(2, shared(lease, 3));
    world.value(0, LeaseRevoke { lease, mode: HARD });
    assert!(world.kernel.hardware.masters.is_empty());
    assert_eq!(command(&world), 0);
}

/// There may be so many bus masters at once, not in all.
#[test]
fn a_bus_master_is_counted_while_it_is_claimed() {
    let mut world = World::new();
    let root = world.root();
    let function = part(root::BUS_MASTER, 0x1000, 0x1000, 7);
    let lease = world.lend_parts(0, root, 2, &[function]);
    for _ in 0..40 {
        world.value(2, shared(lease, 0));
        world.value(2, GrantUnclaim { lease, grant: 0 });
    }
}

/// Two tasks look for claims in the way at once; the one that is done first is in the other's.
#[test]
fn a_scan_that_is_interrupted_sees_what_was_claimed_meanwhile() {
    let mut world = World::new();
    let root = world.root();
    let parts: [LentPart; 20] = core::array::from_fn(|at| part(root::BAR, at * 128, 128, 7));
    let lease = world.lend_parts(0, root, 2, &parts);
    for part in 0..20 {
        world.value(2, shared(lease, part));
    }
    let [first, second] = [3, 5].map(|task| {
        let parts = [part(root::BAR, 20 * 128, 128, 7), whole(root::LINE_10)];
        world.lend_parts(0, root, task, &parts)
    });
    world.value(5, line(second, 1, 1));
    world.act(5, receive(1));
    world.rest();
    world.become_task(3);
    world.kernel.hardware.raise.set(Some((0, 10)));
    world.make(exclusive(first, 0));
    assert_eq!(world.kernel.current, 5, "in the middle of the scan");
    world.make(shared(second, 0));
    world.rest();
    let answers = [3, 5].map(|task| world.kernel.tasks[task].context.results[0]);
    let claimed = [(3, first), (5, second)]
        .map(|(task, lease)| world.grant_info(task, lease, 0).unwrap().claim);
    assert_eq!(claimed, [Claim::None, Claim::Shared]);
    assert_eq!(answers, [Error::Busy.code(), 0]);
    super::invariants::Checker::default().check(&world.kernel);
}

/// A revocation that comes while a claim still looks at others goes before it: nothing is claimed any more.
#[test]
fn a_claim_that_is_revoked_while_it_scans_claims_nothing() {
    let mut world = World::new();
    let root = world.root();
    let parts: [LentPart; 20] = core::array::from_fn(|at| part(root::BAR, at * 128, 128, 7));
    let many = world.lend_parts(0, root, 3, &parts);
    world.act(3, LeaseEvent {});
    for part in 0..20 {
        world.value(3, shared(many, part));
    }
    let lease = world.lend(0, root, 3, &[root::UART]);
    world.claimed_line(1, root::LINE_10, 1);
    world.act(1, receive(1));
    world.rest();
    world.become_task(3);
    world.kernel.hardware.raise.set(Some((0, 10)));
    world.make(shared(lease, 0));
    assert_eq!(world.kernel.current, 1, "in the middle of the scan");
    world.value(
        0,
        LeaseRevoke {
            lease,
            mode: ORDERLY,
        },
    );
    world.rest();
    assert_eq!(world.results(3)[0], Error::Revoked.code());
    let claim = world.grant_info(3, lease, 0).unwrap().claim;
    assert_eq!(claim, Claim::None);
    super::invariants::Checker::default().check(&world.kernel);
}

/// A claim that a revocation cuts short leaves no part of the window behind: the next claim of the same window by
/// the same task, through another lease, would find it mapped, and take it for the whole.
#[test]
fn a_claim_that_is_revoked_half_way_leaves_nothing_mapped() {
    let mut world = World::new();
    let root = world.root();
    let other = world.lend(0, root, 3, &[root::BAR]);
    let binding = world.lend(0, root, 2, &[root::BAR, root::LINE_10]);
    let lease = world.lend(2, binding, 3, &[0]);
    world.value(2, line(binding, 1, 1));
    world.act(2, receive(1));
    world.rest();
    world.become_task(3);
    world.kernel.hardware.raise.set(Some((3, 10)));
    world.make(shared(lease, 0));
    assert_eq!(world.kernel.current, 2, "in the middle of the mapping");
    assert!(!world.kernel.hardware.mapped.is_empty());
    world.make(LeaseRevoke {
        lease,
        mode: ORDERLY,
    });
    world.act(2, receive(1));
    world.become_task(3);
    assert_eq!(world.results(3)[0], Error::Revoked.code());
    assert!(world.kernel.hardware.mapped.is_empty());
    let base = world.value(3, shared(other, 0)) as u64;
    world.rest();
    for at in (base..base + 0x1000).step_by(64) {
        assert!(world.kernel.hardware.reaches(3, at, false), "{at:#x}");
    }
    world.value(3, LeaseRelease { lease });
    world.rest();
    assert!(world.kernel.hardware.reaches(3, base + 0xfff, false));
    super::invariants::Checker::default().check(&world.kernel);
}

/// The supervisor may use what it has itself.
#[test]
fn a_line_that_the_supervisor_claims_wakes_it() {
    let mut world = World::new();
    let root = world.root();
    world.value(0, line(root, root::LINE_10, 1));
    world.act(0, receive(1));
    world.rest();
    world.kernel.hardware.raise_line(10);
    world.kernel.interrupt();
    assert_eq!(world.results(0), [0, u32::MAX as usize, 1]);
}
