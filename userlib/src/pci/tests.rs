//! Configuration space and its capabilities.

use super::*;
use crate::sys::{GrantInfo, Rights};
use crate::testing::Board;
use std::vec;
use std::vec::Vec;

/// Configuration space of one function, with these bytes at these offsets.
fn with(bytes: &[(usize, u8)], test: impl FnOnce(&Board, ConfigSpace<'_>) + Send) {
    Board::run(|board| {
        let grant = board.grant(GrantKind::Config, "config", EXPRESS);
        for (offset, byte) in bytes {
            let address = grant.base as usize + offset;
            // SAFETY: inside the grant's memory.
            unsafe { core::ptr::with_exposed_provenance_mut::<u8>(address).write_volatile(*byte) };
        }
        let device = board.bind(0, "pci", vec![grant]);
        test(board, device.config_space("config").unwrap());
    });
}

#[test]
fn capabilities_in_order() {
    let bytes = [
        (0x06, 0x10),
        (0x34, 0x50),
        (0x50, 0x05),
        (0x51, 0x40),
        (0x40, 0x01),
        (0x41, 0),
    ];
    with(&bytes, |_, config| {
        let all: Vec<_> = config
            .capabilities()
            .map(|found| (found.id.0, found.offset))
            .collect();
        assert_eq!(all, [(5, 0x50), (1, 0x40)]);
        let power = config.capability(CapabilityId::POWER_MANAGEMENT);
        assert_eq!(power.map(|found| found.offset), Ok(0x40));
        assert_eq!(config.capability(CapabilityId::MSI_X), Err(Error::NotFound));
    });
}

#[test]
fn a_hostile_list_ends() {
    with(
        &[(0x06, 0x10), (0x34, 0x40), (0x40, 9), (0x41, 0x40)],
        |_, config| {
            assert_eq!(config.capabilities().count(), MOST_CAPABILITIES, "a circle");
        },
    );
    with(&[(0x06, 0x10), (0x34, 0x08)], |_, config| {
        assert_eq!(
            config.capabilities().count(),
            0,
            "a pointer into the header"
        );
    });
    with(&[(0x34, 0x40), (0x40, 9)], |_, config| {
        assert_eq!(
            config.capabilities().count(),
            0,
            "the status register says there are none"
        );
    });
    // Version 1, next 0x100: a circle of extended capabilities.
    with(&[(0x100, 1), (0x102, 1), (0x103, 0x10)], |_, config| {
        assert_eq!(config.extended_capabilities().count(), MOST_EXTENDED);
    });
    with(&[], |_, config| {
        assert_eq!(config.extended_capabilities().count(), 0)
    });
}

#[test]
fn what_is_the_function_s_own_is_written_where_it_lies() {
    Board::run(|board| {
        let config = board.grant(GrantKind::Config, "config", EXPRESS);
        let own = |start: u64, length| GrantInfo {
            rights: Rights::WRITE,
            ..board.grant_at(GrantKind::Config, "own", config.base + start, length)
        };
        let grants = vec![config, own(0x40, 0x10), own(0x60, 8)];
        let device = board.bind(0, "pci", grants);
        let registers = device.own_registers().unwrap();
        board.0.borrow_mut().journal.clear();
        registers.write32(0x64, 0x1234_5678).unwrap();
        registers.write16(0x42, 0xabcd).unwrap();
        registers.write8(0x4f, 1).unwrap();
        for (offset, error) in [
            (0x3c, Error::Denied),
            (0x50, Error::Denied),
            (0x68, Error::Denied),
            (usize::MAX >> 1, Error::Denied),
            (0x4e, Error::Invalid),
        ] {
            assert_eq!(registers.write32(offset, 0), Err(error), "{offset:#x}");
        }
        let at = |offset| config.base + offset;
        let wanted = [
            std::format!("configure {:#x} 4 0x12345678", at(0x64)),
            std::format!("configure {:#x} 2 0xabcd", at(0x42)),
            std::format!("configure {:#x} 1 0x1", at(0x4f)),
        ];
        assert_eq!(board.journal(), wanted);
        // The space itself is still claimed by its number.
        assert_eq!(device.config_space::<EXPRESS>(0).unwrap().len(), EXPRESS);
    });
    Board::run(|board| {
        let window = board.grant(GrantKind::Mmio, "bar0", 8);
        let device = board.bind(0, "device", vec![window]);
        assert_eq!(device.own_registers().err(), Some(Error::NoDevice));
    });
}

#[test]
fn a_space_has_its_size() {
    Board::run(|board| {
        let grant = board.grant(GrantKind::Config, "config", CONVENTIONAL);
        let device = board.bind(0, "pci", vec![grant]);
        assert_eq!(
            device.config_space::<EXPRESS>(0).err(),
            Some(Error::Invalid)
        );
        let config = device.config_space::<CONVENTIONAL>(0).unwrap();
        assert_eq!(config.extended_capabilities().count(), 0);
        assert_eq!(config.try_read8(256), Err(Error::Invalid));
    });
}

#[test]
fn capabilities_by_type() {
    let bytes = [
        (0x06, 0x10),
        (0x34, 0x40),
        // Power management: D1 but not D2; in D3.
        (0x40, 0x01),
        (0x41, 0x50),
        (0x43, 0x02),
        (0x44, 0x03),
        // MSI: on, 8 vectors, 64 bits.
        (0x50, 0x05),
        (0x51, 0x60),
        (0x52, 0x87),
        // MSI-X: 3 vectors; table in BAR 4 at 0x2000, pending bits in BAR 4 at 0x3008.
        (0x60, 0x11),
        (0x61, 0x70),
        (0x62, 0x02),
        (0x63, 0x80),
        (0x64, 0x04),
        (0x65, 0x20),
        (0x68, 0x0c),
        (0x69, 0x30),
        // PCI Express version 2, endpoint, function level reset, 256 bytes of payload.
        (0x70, 0x10),
        (0x72, 0x02),
        (0x74, 0x01),
        (0x77, 0x10),
    ];
    with(&bytes, |_, config| {
        let power = PowerManagement {
            control: 0x44,
            state: 3,
            intermediate: (true, false),
        };
        assert_eq!(config.typed(), Ok(power));
        let msi = Msi {
            control: 0x52,
            enabled: true,
            vectors: 8,
            wide: true,
        };
        assert_eq!(config.typed(), Ok(msi));
        let (table, pending) = ((4, 0x2000), (4, 0x3008));
        let msi_x = MsiX {
            control: 0x62,
            enabled: true,
            vectors: 3,
            table,
            pending,
        };
        assert_eq!(config.typed(), Ok(msi_x));
        let express = PciExpress {
            version: 2,
            kind: 0,
            function_reset: true,
            payload: 256,
        };
        assert_eq!(config.typed(), Ok(express));
    });
    with(&[], |_, config| {
        assert_eq!(config.typed::<Msi>(), Err(Error::NotFound))
    });
    // The last of a function's registers, cut off by the end of the space.
    Board::run(|board| {
        let bytes: [(usize, u8); 3] = [(0x06, 0x10), (0x34, 0xfc), (0xfc, 0x11)];
        let grant = board.grant(GrantKind::Config, "config", CONVENTIONAL);
        for (offset, byte) in bytes {
            let address = grant.base as usize + offset;
            // SAFETY: inside the grant's memory.
            unsafe { core::ptr::with_exposed_provenance_mut::<u8>(address).write_volatile(byte) };
        }
        let device = board.bind(0, "pci", vec![grant]);
        let config = device.config_space::<CONVENTIONAL>(0).unwrap();
        assert_eq!(config.typed::<MsiX>(), Err(Error::Invalid));
    });
}
