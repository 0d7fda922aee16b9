//! Accesses to configuration space: the supervisor's, and those of lessees to registers that are lent to them.

use super::setups::{HARD, ORDERLY};
use crate::model::calls::{config_read, config_write, shared};
use crate::model::{World, part, root};
use leasehold_abi::arguments::LeaseRevoke;
use leasehold_abi::{Arguments, Call, Error};

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
                let write = config_write((lease, 0), (function + register, width), 0xffff_ffff);
                assert_eq!(world.error(2, write), Error::Denied);
            }
        }
    }
    assert_eq!(world.kernel.hardware.configuration, before);
    // Lent on, it is no more than before.
    let below = world.lend(2, lease, 3, &[0]);
    let write = config_write((below, 0), (0x1010, 4), 0);
    assert_eq!(world.error(3, write), Error::Denied);
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
    let say = |grant, offset, width| config_write((lease, grant), (offset, width), 0xa1b2_c3d4);
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
        world.value(2, say(1, offset, width));
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
        let refused = world.error(2, say(1, offset, width));
        assert_eq!(refused, Error::Invalid, "{offset:#x}");
    }
    for (index, offset) in [(0, 0x40), (2, 0), (2, 0x38), (3, 4), (3, 0x3c)] {
        let refused = world.error(2, say(index, offset, 4));
        assert_eq!(refused, Error::Denied, "{index} {offset:#x}");
    }
    assert_eq!(world.kernel.hardware.configuration, before);
    world.value(2, say(2, 0x3c, 4));
    world.value(2, say(3, 0x40, 4));
    // It cannot be looked at, by the kernel or by a map.
    for index in [1, 2, 3] {
        let read = world.error(2, config_read((lease, index), 0));
        assert_eq!(read, Error::Denied);
        assert_eq!(world.error(2, shared(lease, index)), Error::Denied);
    }
    // Lent on, it is no more than it was (L4); with the lease above it, it is over (L5).
    for rights in [1, 1 | 2, 7] {
        let more = world
            .try_lend(2, lease, 3, &[part(1, 0, 0x14, rights)])
            .unwrap_err();
        assert_eq!(more, Error::Denied);
    }
    let below = world.lend_parts(2, lease, 3, &[part(1, 4, 8, write)]);
    world.value(3, config_write((below, 0), (4, 4), 7));
    assert_eq!(register(&world, 0x3000_1048), 7);
    let past = world.error(3, config_write((below, 0), (8, 4), 7));
    assert_eq!(past, Error::Invalid);
    world.value(0, LeaseRevoke { lease, mode: HARD });
    for (task, handle) in [(2, lease), (3, below)] {
        let over = world.error(task, config_write((handle, 0), (0, 4), 7));
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
            world.value(
                0,
                config_write((root, root::CONFIG), (0x1004, width), value),
            );
            let command = world.kernel.hardware.configuration[&0x3000_1004];
            assert_eq!(command, 2 | kept, "header {header:#x}");
        }
    }
}

#[test]
fn every_error_of_configuration_accesses() {
    let mut world = World::new();
    let root = world.root();
    let all = (root, root::CONFIG);
    let mut refused = |offset, width| world.error(0, config_write(all, (offset, width), 0));
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
        let read = world.error(0, config_read(all, offset));
        assert_eq!(read, Error::Invalid, "{offset:#x}");
    }
    for call in [Call::ConfigRead, Call::ConfigWrite] {
        let of = |world: &mut World, grant| {
            // A read has the first three of these.
            let registers = config_write((root, grant), (4, 4), 0).registers();
            world.raw_error(0, call, registers)
        };
        assert_eq!(of(&mut world, root::UART), Error::Invalid);
        assert_eq!(of(&mut world, root::BUS_MASTER), Error::Invalid);
        assert_eq!(of(&mut world, 99), Error::NotFound);
        assert_eq!(
            world.raw_error(2, call, config_write(all, (4, 4), 0).registers()),
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
        let [status, ..] = world.act(0, config_write(all, (offset, width), 0));
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
    assert_eq!(world.value(2, config_read((lease, 0), 0)), 0x11e8_1234);
    assert_eq!(world.error(2, config_read((lease, 1), 0)), Error::Denied);
    world.value(
        0,
        LeaseRevoke {
            lease,
            mode: ORDERLY,
        },
    );
    assert_eq!(world.error(2, config_read((lease, 0), 0)), Error::Revoked);
}
