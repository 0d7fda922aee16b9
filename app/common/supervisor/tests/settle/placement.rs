//! Where the supervisor puts the windows of PCI functions, and that nobody moves them.

use crate::configuration::{BASE_ADDRESS, COMMAND, Cell, ROM};
use crate::kernel::Kernel;
use crate::{EDU, HOST, PARENT, booted, function, report};
use leasehold_abi::{Error, GrantKind};
use supervisor::state::Supervisor;
use userlib::supervisor::{BarInfo, FunctionAddress, FunctionInfo};

/// The functions on the bus, and one more for the test.
const DEVICE: u16 = 8;
const NEIGHBOUR: u16 = 16;
const OTHER: u16 = 24;

/// The bridge's driver reports the one more.
fn other(supervisor: &mut Supervisor, kernel: &Kernel) -> Option<Error> {
    report(supervisor, kernel, HOST, &function(OTHER, 0x1af4, 0x1041))
}

/// Register windows that a task holds: first address and length.
fn windows(kernel: &Kernel, task: usize) -> Vec<(u64, u64)> {
    let board = kernel.0.borrow();
    let held = board.held(task);
    let grants = held.iter().flat_map(|lease| lease.grants.clone());
    grants
        .filter(|grant| grant.kind == GrantKind::Mmio)
        .map(|grant| (grant.base, grant.length))
        .collect()
}

#[test]
fn windows_are_sized_placed_apart_and_then_decode() {
    booted(|supervisor, kernel| {
        {
            let configuration = &mut kernel.0.borrow_mut().configuration;
            // An I/O window, and a ROM that a firmware has left on.
            *configuration.cell(NEIGHBOUR, BASE_ADDRESS + 4) = Cell {
                value: 1,
                writable: 0xffff_ff00,
            };
            *configuration.cell(NEIGHBOUR, ROM) = Cell {
                value: 0x4000_0001,
                writable: 0xffff_f801,
            };
        }
        let edu = function(DEVICE, 0x1234, 0x11e8);
        assert_eq!(report(supervisor, kernel, HOST, &edu), None);
        // What the reporter says of the windows does not count.
        let mut lies = function(NEIGHBOUR, 0x1b36, 5);
        lies.bars[0] = BarInfo {
            base: 0x4000_0000,
            length: 4096,
        };
        assert_eq!(report(supervisor, kernel, HOST, &lies), None);
        assert_eq!(windows(kernel, EDU), [(0x4000_0000, 0x10_0000)]);
        assert_eq!(windows(kernel, PARENT), [(0x4010_0000, 4096)]);
        let configuration = &mut kernel.0.borrow_mut().configuration;
        assert_eq!(configuration.cell(DEVICE, BASE_ADDRESS).value, 0x4000_0000);
        assert_eq!(
            configuration.cell(NEIGHBOUR, BASE_ADDRESS).value,
            0x4010_0000
        );
        assert_eq!(configuration.cell(NEIGHBOUR, BASE_ADDRESS + 4).value, 1);
        assert_eq!(
            configuration.cell(NEIGHBOUR, ROM).value,
            0,
            "the ROM is off"
        );
        for address in [DEVICE, NEIGHBOUR] {
            let command = configuration.cell(address, COMMAND).value as u16;
            assert_eq!(command & 3, 2, "memory, no I/O");
            assert_ne!(
                command & 0x400,
                0,
                "it asserts its line only when its driver has claimed that"
            );
        }
        assert_eq!(configuration.moved_while_decoding, 0);
    });
}

#[test]
fn what_is_known_stays_where_and_what_it_is() {
    booted(|supervisor, kernel| {
        let edu = function(DEVICE, 0x1234, 0x11e8);
        assert_eq!(report(supervisor, kernel, HOST, &edu), None);
        let writes = kernel.0.borrow().configuration.writes;
        // The bridge's driver has a new life.
        assert_eq!(report(supervisor, kernel, HOST, &edu), None);
        let posing = function(DEVICE, 0x1b36, 5);
        assert_eq!(report(supervisor, kernel, HOST, &posing), Some(Error::Busy));
        assert!(windows(kernel, PARENT).is_empty());
        assert_eq!(windows(kernel, EDU), [(0x4000_0000, 0x10_0000)]);
        assert_eq!(kernel.0.borrow().configuration.writes, writes);
    });
}

#[test]
fn a_function_that_is_not_there_or_another_is_refused_and_not_touched() {
    booted(|supervisor, kernel| {
        kernel.0.borrow_mut().configuration.add(OTHER, 0x1b36, 0xc);
        // A bridge.
        kernel.0.borrow_mut().configuration.cell(OTHER, 0x0c).value = 0x81_0000;
        for reported in [
            function(DEVICE, 0x1b36, 5),
            function(32, 0xffff, 0xffff),
            function(32, 0x1b36, 5),
            function(OTHER, 0x1b36, 0xc),
        ] {
            let refused = report(supervisor, kernel, HOST, &reported);
            assert_eq!(refused, Some(Error::NoDevice), "{reported:?}");
        }
        // Behind the end of configuration space.
        let far = FunctionInfo {
            address: FunctionAddress(u16::MAX),
            ..function(0, 0x1b36, 5)
        };
        assert_eq!(
            report(supervisor, kernel, HOST, &far),
            Some(Error::NotFound)
        );
        assert_eq!(kernel.0.borrow().configuration.writes, 0);
        assert!(windows(kernel, PARENT).is_empty());
    });
}

#[test]
fn wide_windows_take_two_registers() {
    booted(|supervisor, kernel| {
        {
            let configuration = &mut kernel.0.borrow_mut().configuration;
            configuration.add(OTHER, 0x1af4, 0x1041);
            configuration.wide_bar(OTHER, 0, 0x4000);
            configuration.wide_bar(OTHER, 4, 1 << 29);
        }
        assert_eq!(other(supervisor, kernel), None);
        let configuration = &mut kernel.0.borrow_mut().configuration;
        let registers =
            [0, 1, 4, 5].map(|index| configuration.cell(OTHER, BASE_ADDRESS + 4 * index).value);
        assert_eq!(registers, [0x4000_000c, 0, 0x6000_000c, 0]);
        assert!(configuration.decodes(OTHER));
    });
}

/// One that is larger than all the room below 4 GiB.
#[test]
fn wide_windows_may_lie_above_4_gib() {
    booted(|supervisor, kernel| {
        {
            let configuration = &mut kernel.0.borrow_mut().configuration;
            configuration.add(OTHER, 0x1af4, 0x1041);
            configuration.wide_bar(OTHER, 0, 0x4000);
            configuration.wide_bar(OTHER, 2, 1 << 31);
            configuration.memory_bar(OTHER, 4, 0x1000);
        }
        assert_eq!(other(supervisor, kernel), None);
        let configuration = &mut kernel.0.borrow_mut().configuration;
        let registers =
            [0, 1, 2, 3, 4].map(|index| configuration.cell(OTHER, BASE_ADDRESS + 4 * index).value);
        assert_eq!(registers, [0x4000_000c, 0, 0xc, 4, 0x4000_4000]);
        assert!(configuration.decodes(OTHER));
    });
}

#[test]
fn what_cannot_be_placed_decodes_nothing() {
    for (value, writable, why) in [
        // A mask with a hole in it is no size.
        (0, 0xf0f0_0000, Error::Protocol),
        // More than the whole aperture.
        (0, 0x8000_0000, Error::Exhausted),
    ] {
        booted(|supervisor, kernel| {
            {
                let configuration = &mut kernel.0.borrow_mut().configuration;
                configuration.add(OTHER, 0x1af4, 0x1041);
                *configuration.cell(OTHER, BASE_ADDRESS) = Cell { value, writable };
            }
            assert_eq!(other(supervisor, kernel), Some(why));
            assert!(!kernel.0.borrow_mut().configuration.decodes(OTHER));
        });
    }
    booted(|supervisor, kernel| {
        {
            let configuration = &mut kernel.0.borrow_mut().configuration;
            configuration.add(OTHER, 0x1af4, 0x1041);
            // The upper half would be behind the last register.
            configuration.wide_bar(OTHER, 5, 0x4000);
        }
        assert_eq!(other(supervisor, kernel), Some(Error::Protocol));
        assert!(!kernel.0.borrow_mut().configuration.decodes(OTHER));
    });
}
