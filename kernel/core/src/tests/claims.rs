//! Claims: windows shared or alone, lines, bus mastering, configuration space.

use super::setups::{HARD, ORDERLY};
use crate::model::{Model, World, arena, part, root, whole};
use crate::{Hardware, Next};
use leasehold_abi::{Call, Claim, Error, Part, Rights, WHOLE};

#[test]
fn claims_share_or_exclude() {
    let mut world = World::new();
    let root = world.root();
    let bar = root::BAR;
    let one = world.lend(0, root, 2, &[bar]);
    let two = world.lend(0, root, 3, &[bar]);
    world.value(2, Call::GrantClaim, &[one, 0, 0]);
    assert_eq!(world.error(2, Call::GrantClaim, &[one, 0, 0]), Error::Busy);
    assert_eq!(world.error(3, Call::GrantClaim, &[two, 0, 1]), Error::Busy);
    world.value(3, Call::GrantClaim, &[two, 0, 0]);
    world.value(2, Call::GrantUnclaim, &[one, 0]);
    world.value(3, Call::GrantUnclaim, &[two, 0]);
    assert!(world.kernel.hardware.mapped.is_empty());
    world.value(3, Call::GrantClaim, &[two, 0, 1]);
    assert_eq!(world.error(2, Call::GrantClaim, &[one, 0, 0]), Error::Busy);
    assert_eq!(
        world.error(2, Call::GrantUnclaim, &[one, 0]),
        Error::Invalid
    );
    assert_eq!(
        world.error(2, Call::GrantClaim, &[one, 0, 2]),
        Error::Invalid
    );
    assert_eq!(
        world.error(2, Call::GrantClaim, &[one, 1, 0]),
        Error::NotFound
    );
    assert_eq!(
        world.error(3, Call::GrantClaim, &[one, 0, 0]),
        Error::Revoked
    );
    // A part that the exclusive claim does not cover cannot be: it covers all.
    world.value(3, Call::LeaseRelease, &[two]);
    world.value(2, Call::GrantClaim, &[one, 0, 1]);
}

#[test]
fn one_task_claims_the_same_window_twice_but_no_overlap() {
    let mut world = World::new();
    let root = world.root();
    let leases: [usize; 3] = core::array::from_fn(|_| world.lend(0, root, 2, &[root::BAR]));
    for lease in leases {
        world.value(2, Call::GrantClaim, &[lease, 0, 0]);
    }
    assert_eq!(world.kernel.hardware.mapped.len(), 64);
    let parts = [part(root::BAR, 64, 128, 7), part(root::BAR, 0, WHOLE, 1)];
    let other = world.lend_parts(0, root, 2, &parts);
    assert_eq!(
        world.error(2, Call::GrantClaim, &[other, 0, 0]),
        Error::Busy
    );
    assert_eq!(
        world.error(2, Call::GrantClaim, &[other, 1, 0]),
        Error::Busy,
        "other rights"
    );
    // Mapped until the last of the three is gone, whatever the order.
    world.value(2, Call::GrantUnclaim, &[leases[1], 0]);
    world.value(2, Call::LeaseRelease, &[leases[0]]);
    assert_eq!(world.kernel.hardware.mapped.len(), 64);
    world.value(0, Call::LeaseRevoke, &[leases[2], HARD]);
    assert!(world.kernel.hardware.mapped.is_empty());
    assert_eq!(
        world.value(2, Call::GrantClaim, &[other, 0, 0]),
        0x2000_0040
    );
    assert_eq!(world.kernel.hardware.mapped.len(), 2);
}

#[test]
fn a_window_over_own_memory_is_refused() {
    let mut world = World::new();
    let root = world.root();
    let binding = world.lend(0, root, 2, &[root::BAR]);
    let up = world.lend_memory(2, binding, 0, (arena(2), 128), 7);
    let back = world.lend(0, up, 2, &[0]);
    assert_eq!(world.error(2, Call::GrantClaim, &[back, 0, 0]), Error::Busy);
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
        let [status, address, _] = world.act(2, Call::GrantClaim, &[lease, 0, 0]);
        let found = Error::from_code(status).map_or(Ok(address), Err);
        assert_eq!(found, result, "{length:#x} bytes at {base:#x}");
        world.value(2, Call::LeaseRelease, &[lease]);
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
    assert_eq!(
        world.value(3, Call::GrantClaim, &[lease, 0, 1]),
        0x2000_0000
    );
}

#[test]
fn a_claim_needs_the_right_to_read_and_gets_no_more_than_granted() {
    let mut world = World::new();
    let root = world.root();
    let parts = [(1, root::BAR), (2, root::UART), (7, root::CONFIG)]
        .map(|(rights, index)| part(index, 0, WHOLE, rights));
    let lease = world.lend_parts(0, root, 2, &parts);
    world.value(2, Call::GrantClaim, &[lease, 0, 0]);
    assert!(world.kernel.hardware.reaches(2, 0x2000_0000, false));
    assert!(!world.kernel.hardware.reaches(2, 0x2000_0000, true));
    assert_eq!(
        world.error(2, Call::GrantClaim, &[lease, 1, 0]),
        Error::Denied
    );
    world.value(2, Call::GrantClaim, &[lease, 2, 0]);
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
        assert_eq!(
            world.error(2, Call::GrantClaim, &[lease, index, 0, 1]),
            Error::Denied
        );
    }
}

#[test]
fn a_claim_without_room_leaves_nothing_mapped() {
    let mut world = World::new();
    let root = world.root();
    let lease = world.lend(0, root, 2, &[root::BAR]);
    world.kernel.hardware.room = 20;
    assert_eq!(
        world.error(2, Call::GrantClaim, &[lease, 0, 0]),
        Error::Exhausted
    );
    assert!(world.kernel.hardware.mapped.is_empty());
    world.kernel.hardware.room = 64;
    world.value(2, Call::GrantClaim, &[lease, 0, 0]);
}

#[test]
fn a_claim_scans_many_others_in_steps() {
    let mut world = World::new();
    let root = world.root();
    // 20 windows of two granules each, side by side.
    let parts: [Part; 20] = core::array::from_fn(|at| part(root::BAR, at * 128, 128, 7));
    let lease = world.lend_parts(0, root, 2, &parts);
    for part in 0..20 {
        assert_eq!(
            world.value(2, Call::GrantClaim, &[lease, part, 1]),
            0x2000_0000 + part * 128
        );
    }
    assert_eq!(world.kernel.hardware.mapped.len(), 40);
    let late = world.lend(0, root, 3, &[root::BAR, root::UART]);
    assert_eq!(world.error(3, Call::GrantClaim, &[late, 0, 0]), Error::Busy);
    world.value(3, Call::GrantClaim, &[late, 1, 1]);
}

#[test]
fn an_interrupt_goes_to_its_claimant_until_acknowledged() {
    let mut world = World::new();
    let root = world.root();
    let lease = world.lend(0, root, 2, &[root::LINE_10]);
    let other = world.lend(0, root, 3, &[root::LINE_10]);
    let ack = Call::InterruptAcknowledge;
    assert_eq!(world.error(2, ack, &[lease, 0]), Error::Invalid);
    assert_eq!(
        world.error(2, Call::GrantClaim, &[lease, 0, 0, 0]),
        Error::Invalid,
        "no bits"
    );
    assert_eq!(
        world.error(2, Call::GrantClaim, &[lease, 0, 0, 1 << 31]),
        Error::Invalid
    );
    assert_eq!(world.value(2, Call::GrantClaim, &[lease, 0, 0, 0b100]), 10);
    assert_eq!(
        world.error(3, Call::GrantClaim, &[other, 0, 0, 1]),
        Error::Busy
    );
    world.act(2, Call::Receive, &[0b100]);
    world.rest();
    world.kernel.hardware.raise_line(10);
    assert_eq!(world.kernel.interrupt(), Next::Run(2));
    assert_eq!(world.results(2)[2], 0b100);
    // Masked until the driver has seen to it.
    world.kernel.hardware.raise_line(10);
    assert_eq!(world.kernel.interrupt(), Next::Run(2));
    assert_eq!(world.kernel.tasks[2].pending & 0b100, 0);
    world.value(2, ack, &[lease, 0]);
    world.kernel.interrupt();
    assert_eq!(world.kernel.tasks[2].pending & 0b100, 0b100);
    assert_eq!(world.error(3, ack, &[lease, 0]), Error::Revoked);
    world.value(2, Call::GrantUnclaim, &[lease, 0]);
    assert!(world.kernel.hardware.unmasked.is_empty());
    world.value(3, Call::GrantClaim, &[other, 0, 0, 1]);
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
        let arguments = [root, root::CONFIG, 0x1004, width, value];
        world.value(0, Call::ConfigWrite, &arguments);
    };
    write(&mut world, 2, 0xfbff);
    assert_eq!(command(&world), 0xfbff & !4);
    write(&mut world, 1, 0xff);
    assert_eq!(command(&world), 0xfbff & !4);
    assert_eq!(
        world.error(2, Call::GrantClaim, &[lease, 2]),
        Error::Invalid
    );
    world.value(2, Call::GrantClaim, &[lease, 1]);
    assert_eq!(world.error(2, Call::GrantClaim, &[lease, 3]), Error::Busy);
    write(&mut world, 4, 0);
    assert_eq!(command(&world), 4, "writing does not turn it off");
    world.value(2, Call::GrantUnclaim, &[lease, 1]);
    assert_eq!(command(&world), 0);
    world.value(2, Call::GrantClaim, &[lease, 3]);
    world.value(0, Call::LeaseRevoke, &[lease, HARD]);
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
        world.value(2, Call::GrantClaim, &[lease, 0]);
        world.value(2, Call::GrantUnclaim, &[lease, 0]);
    }
}

/// Whatever rights a lessee has, and be it all of configuration space: it moves no window, turns no decoder on,
/// renumbers no bus, and says nowhere what a device stores where.
#[test]
fn a_lessee_writes_no_configuration_space() {
    let mut world = World::new();
    let lease = world.claimed(2, root::CONFIG);
    world
        .kernel
        .hardware
        .configuration
        .insert(0x3000_1004, 0x10_0003);
    let before = world.kernel.hardware.configuration.clone();
    for function in [0, 0x1000, 0x3000] {
        for register in 0..0x100 {
            for width in [1, 2, 4] {
                let arguments = [lease, 0, function + register, width, 0xffff_ffff];
                assert_eq!(world.error(2, Call::ConfigWrite, &arguments), Error::Denied);
            }
        }
    }
    assert_eq!(world.kernel.hardware.configuration, before);
    // Lent on, it is no more than before.
    let below = world.lend(2, lease, 3, &[0]);
    let arguments = [below, 0, 0x1010, 4, 0];
    assert_eq!(world.error(3, Call::ConfigWrite, &arguments), Error::Denied);
}

/// A grant without the right to read is never mapped. Through it its lessee writes registers behind the header, and no
/// others.
#[test]
fn a_lessee_writes_the_registers_that_are_lent_to_be_written() {
    let mut world = World::new();
    let root = world.root();
    let (write, lend) = (2, 2 | 4);
    let parts = [
        part(root::CONFIG, 0x1000, 0x1000, 1 | 4),
        part(root::CONFIG, 0x1040, 0x14, lend),
        // Somebody lends the header, and all of another function, too.
        part(root::CONFIG, 0x1004, 0x40, write),
        part(root::CONFIG, 0x2000, 0x1000, write),
    ];
    let lease = world.lend_parts(0, root, 2, &parts);
    let say = |index, offset, width| [lease, index, offset, width, 0xa1b2_c3d4];
    let register = |world: &World, address| {
        let cells = &world.kernel.hardware.configuration;
        cells.get(&address).copied().unwrap_or(0)
    };
    for (offset, width, holds) in [
        (0, 4, 0xa1b2_c3d4_u32),
        (0x10, 4, 0xa1b2_c3d4),
        (4, 2, 0xc3d4),
        (11, 1, 0xd400_0000),
    ] {
        world.value(2, Call::ConfigWrite, &say(1, offset, width));
        let address = 0x3000_1040 + (offset as u64 & !3);
        assert_eq!(register(&world, address), holds, "{offset:#x}");
    }
    let before = world.kernel.hardware.configuration.clone();
    for (offset, width) in [
        (0x14, 4),
        (0x14, 1),
        (0x12, 4),
        (1, 2),
        (0x10, 8),
        (0_usize.wrapping_sub(0xfc0), 4),
    ] {
        let refused = world.error(2, Call::ConfigWrite, &say(1, offset, width));
        assert_eq!(refused, Error::Invalid, "{offset:#x}");
    }
    for (index, offset) in [(0, 0x40), (2, 0), (2, 0x38), (3, 4), (3, 0x3c)] {
        let refused = world.error(2, Call::ConfigWrite, &say(index, offset, 4));
        assert_eq!(refused, Error::Denied, "{index} {offset:#x}");
    }
    assert_eq!(world.kernel.hardware.configuration, before);
    world.value(2, Call::ConfigWrite, &say(2, 0x3c, 4));
    world.value(2, Call::ConfigWrite, &say(3, 0x40, 4));
    // It cannot be looked at, by the kernel or by a map.
    for index in [1, 2, 3] {
        let read = world.error(2, Call::ConfigRead, &[lease, index, 0]);
        assert_eq!(read, Error::Denied);
        assert_eq!(
            world.error(2, Call::GrantClaim, &[lease, index]),
            Error::Denied
        );
    }
    // Lent on, it is no more than it was (L4); with the lease above it, it is over (L5).
    for rights in [1, 1 | 2, 7] {
        let more = world
            .try_lend(2, lease, 3, &[part(1, 0, 0x14, rights)])
            .unwrap_err();
        assert_eq!(more, Error::Denied);
    }
    let below = world.lend_parts(2, lease, 3, &[part(1, 4, 8, write)]);
    world.value(3, Call::ConfigWrite, &[below, 0, 4, 4, 7]);
    assert_eq!(register(&world, 0x3000_1048), 7);
    let past = world.error(3, Call::ConfigWrite, &[below, 0, 8, 4, 7]);
    assert_eq!(past, Error::Invalid);
    world.value(0, Call::LeaseRevoke, &[lease, HARD]);
    for (task, handle) in [(2, lease), (3, below)] {
        let over = world.error(task, Call::ConfigWrite, &[handle, 0, 0, 4, 7]);
        assert_eq!(over, Error::Revoked);
    }
}

/// What can be mapped is lent by the granule, what the kernel writes by the register.
#[test]
fn registers_to_be_written_are_lent_by_the_word() {
    let mut world = World::new();
    let root = world.root();
    for (offset, length, rights) in [
        (0x1040, 0x14, 1),
        (0x1040, 0x14, 3),
        (0x1041, 4, 2),
        (0x1040, 2, 2),
        (0x1042, 4, 2),
    ] {
        let parts = [part(root::CONFIG, offset, length, rights)];
        let refused = world.try_lend(0, root, 2, &parts).unwrap_err();
        assert_eq!(refused, Error::Invalid, "{offset:#x} {length} {rights}");
    }
    // No other kind has such a unit.
    let parts = [part(root::BUS_MASTER, 0x1040, 0x14, 2)];
    assert_eq!(world.try_lend(0, root, 2, &parts), Err(Error::Invalid));
}

/// A bridge has no driver: the supervisor says whether it passes on what functions behind it send.
#[test]
fn a_bridge_s_bus_master_bit_is_the_supervisor_s() {
    let mut world = World::new();
    let root = world.root();
    for (header, kept) in [
        (0, 0),
        (0x80_0000, 0),
        (0x1_0000, 4),
        (0x81_0000, 4),
        (0x2_0000, 0),
    ] {
        let cells = &mut world.kernel.hardware.configuration;
        cells.insert(0x3000_100c, header);
        cells.insert(0x3000_1004, 0);
        for (width, value) in [(2, 6), (1, 6), (4, 6)] {
            let arguments = [root, root::CONFIG, 0x1004, width, value];
            world.value(0, Call::ConfigWrite, &arguments);
            let command = world.kernel.hardware.configuration[&0x3000_1004];
            assert_eq!(command, 2 | kept, "header {header:#x}");
        }
    }
}

#[test]
fn every_error_of_configuration_accesses() {
    let mut world = World::new();
    let root = world.root();
    let (read, write) = (Call::ConfigRead, Call::ConfigWrite);
    let mut refused =
        |offset, width| world.error(0, write, &[root, root::CONFIG, offset, width, 0]);
    for (offset, width) in [
        (4, 3),
        (4, 0),
        (4, usize::MAX),
        (5, 2),
        (2, 4),
        (0x4000, 1),
        (0x3ffe, 4),
        (usize::MAX, 1),
        (usize::MAX - 3, 4),
    ] {
        assert_eq!(refused(offset, width), Error::Invalid, "{offset:#x}");
    }
    for offset in [1, 2, 3, 0x4000, 0x3ffe, usize::MAX - 3] {
        let read = world.error(0, read, &[root, root::CONFIG, offset]);
        assert_eq!(read, Error::Invalid, "{offset:#x}");
    }
    for call in [read, write] {
        let of = |world: &mut World, index| world.error(0, call, &[root, index, 4, 4]);
        assert_eq!(of(&mut world, root::UART), Error::Invalid);
        assert_eq!(of(&mut world, root::BUS_MASTER), Error::Invalid);
        assert_eq!(of(&mut world, 99), Error::NotFound);
        assert_eq!(
            world.error(2, call, &[root, root::CONFIG, 4, 4]),
            Error::Revoked
        );
    }
    // An access ends where the grant does, also where that is no word's end.
    world.kernel.leases.grants[root::CONFIG].length = 0x1006;
    for (offset, width, result) in [
        (0x1000, 4, Ok(())),
        (0x1004, 2, Ok(())),
        (0x1004, 4, Err(Error::Invalid)),
        (0x1006, 1, Err(Error::Invalid)),
    ] {
        let access = [root, root::CONFIG, offset, width, 0];
        let [status, ..] = world.act(0, write, &access);
        let written = Error::from_code(status).map_or(Ok(()), Err);
        assert_eq!(written, result, "{width} at {offset:#x}");
    }
    world.kernel.leases.grants[root::CONFIG].length = 0x4000;
    // A lessee reads what it holds, claimed or not, while the lease is in force.
    world
        .kernel
        .hardware
        .configuration
        .insert(0x3000_1000, 0x11e8_1234);
    let parts = [1, 2].map(|rights| part(root::CONFIG, 0x1000, 0x1000, rights));
    let lease = world.lend_parts(0, root, 2, &parts);
    assert_eq!(world.value(2, read, &[lease, 0, 0]), 0x11e8_1234);
    assert_eq!(world.error(2, read, &[lease, 1, 0]), Error::Denied);
    world.value(0, Call::LeaseRevoke, &[lease, ORDERLY]);
    assert_eq!(world.error(2, read, &[lease, 0, 0]), Error::Revoked);
}

/// Two tasks look for claims in the way at once; the one that is done first is in the other's.
#[test]
fn a_scan_that_is_interrupted_sees_what_was_claimed_meanwhile() {
    let mut world = World::new();
    let root = world.root();
    let parts: [Part; 20] = core::array::from_fn(|at| part(root::BAR, at * 128, 128, 7));
    let lease = world.lend_parts(0, root, 2, &parts);
    for part in 0..20 {
        world.value(2, Call::GrantClaim, &[lease, part, 0]);
    }
    let [first, second] = [3, 5].map(|task| {
        let parts = [part(root::BAR, 20 * 128, 128, 7), whole(root::LINE_10)];
        world.lend_parts(0, root, task, &parts)
    });
    world.value(5, Call::GrantClaim, &[second, 1, 0, 1]);
    world.act(5, Call::Receive, &[1]);
    world.rest();
    world.become_task(3);
    world.kernel.hardware.raise.set(Some((0, 10)));
    world.system_call(Call::GrantClaim as usize, &[first, 0, 1]);
    assert_eq!(world.kernel.current, 5, "in the middle of the scan");
    world.system_call(Call::GrantClaim as usize, &[second, 0, 0]);
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
    let parts: [Part; 20] = core::array::from_fn(|at| part(root::BAR, at * 128, 128, 7));
    let many = world.lend_parts(0, root, 3, &parts);
    world.act(3, Call::LeaseEvent, &[]);
    for part in 0..20 {
        world.value(3, Call::GrantClaim, &[many, part, 0]);
    }
    let lease = world.lend(0, root, 3, &[root::UART]);
    world.claimed_line(1, root::LINE_10, 1);
    world.act(1, Call::Receive, &[1]);
    world.rest();
    world.become_task(3);
    world.kernel.hardware.raise.set(Some((0, 10)));
    world.system_call(Call::GrantClaim as usize, &[lease, 0, 0]);
    assert_eq!(world.kernel.current, 1, "in the middle of the scan");
    world.value(0, Call::LeaseRevoke, &[lease, ORDERLY]);
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
    world.value(2, Call::GrantClaim, &[binding, 1, 0, 1]);
    world.act(2, Call::Receive, &[1]);
    world.rest();
    world.become_task(3);
    world.kernel.hardware.raise.set(Some((3, 10)));
    world.system_call(Call::GrantClaim as usize, &[lease, 0, 0]);
    assert_eq!(world.kernel.current, 2, "in the middle of the mapping");
    assert!(!world.kernel.hardware.mapped.is_empty());
    world.system_call(Call::LeaseRevoke as usize, &[lease, ORDERLY]);
    world.act(2, Call::Receive, &[1]);
    world.become_task(3);
    assert_eq!(world.results(3)[0], Error::Revoked.code());
    assert!(world.kernel.hardware.mapped.is_empty());
    let base = world.value(3, Call::GrantClaim, &[other, 0, 0]) as u64;
    world.rest();
    for at in (base..base + 0x1000).step_by(64) {
        assert!(world.kernel.hardware.reaches(3, at, false), "{at:#x}");
    }
    world.value(3, Call::LeaseRelease, &[lease]);
    world.rest();
    assert!(world.kernel.hardware.reaches(3, base + 0xfff, false));
    super::invariants::Checker::default().check(&world.kernel);
}

/// The supervisor may use what it has itself.
#[test]
fn a_line_that_the_supervisor_claims_wakes_it() {
    let mut world = World::new();
    let root = world.root();
    world.value(0, Call::GrantClaim, &[root, root::LINE_10, 0, 1]);
    world.act(0, Call::Receive, &[1]);
    world.rest();
    world.kernel.hardware.raise_line(10);
    world.kernel.interrupt();
    assert_eq!(world.results(0), [0, u32::MAX as usize, 1]);
}
