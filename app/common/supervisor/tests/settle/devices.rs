//! Which task gets which device at boot and when discovery finds one, and with which grants.

use crate::kernel::Board;
use crate::{CONSOLE, EDU, HOST, PARENT, SHELL, booted, function, report};
use leasehold_abi::{Error, GrantKind, Optional, Rights, label};
use supervisor::device;
use supervisor::state::Supervisor;
use userlib::supervisor::FunctionInfo;

/// Kind and name of each grant of the one lease that a task holds.
fn grants(board: &Board, task: usize) -> Vec<(GrantKind, u32)> {
    let held = board.held(task);
    assert_eq!(held.len(), 1, "task {task}");
    held[0]
        .grants
        .iter()
        .map(|grant| (grant.kind, grant.label))
        .collect()
}

#[test]
fn at_boot_devices_go_to_their_drivers_and_discovery_owns_no_windows() {
    booted(|_, kernel| {
        let board = kernel.0.borrow();
        let (mmio, irq) = (GrantKind::Mmio, GrantKind::Interrupt);
        assert_eq!(
            grants(&board, CONSOLE),
            [
                (mmio, label("registers")),
                (irq, label("irq0")),
                (GrantKind::Memory, label("dma"))
            ]
        );
        assert_eq!(grants(&board, HOST), [(GrantKind::Config, label("config"))]);
        let rights = board.held(HOST)[0].grants[0].rights;
        assert!(!rights.contains(Rights::WRITE), "nor writes any");
        assert!(board.is_running(SHELL), "it waits for no device");
        assert!(!board.is_running(EDU), "its device is not there");
        assert_eq!(board.deadline(), None);
    });
}

#[test]
fn a_function_goes_to_its_driver_with_what_the_manifest_allows() {
    booted(|supervisor, kernel| {
        assert_eq!(
            report(supervisor, kernel, HOST, &function(8, 0x1234, 0x11e8)),
            None
        );
        assert_eq!(
            report(supervisor, kernel, HOST, &function(16, 0x1b36, 5)),
            None
        );
        let board = kernel.0.borrow();
        let labels = |task| {
            grants(&board, task)
                .iter()
                .map(|grant| grant.1)
                .collect::<Vec<_>>()
        };
        assert_eq!(
            labels(EDU),
            ["config", "bar0", "intx", "bus-master", "dma", "dma"].map(label)
        );
        assert_eq!(labels(PARENT), ["config", "bar0", "intx"].map(label));
        let pools = [4, 5].map(|index| board.held(EDU)[0].grants[index].base);
        assert_eq!(pools, [0x8800_0000, 0x8800_2000], "in the manifest's order");
        let config = board.held(EDU)[0].grants[0];
        assert_eq!((config.base, config.length), (0x3000_8000, 4096));
        assert!(
            !config.rights.contains(Rights::WRITE),
            "it could move its window"
        );
    });
}

#[test]
fn a_driver_may_write_what_is_its_function_s_own_if_the_manifest_allows_it() {
    booted(|supervisor, kernel| {
        let found = |supervisor: &mut _, address| {
            let add = |board: &mut Board| {
                board.configuration.add(address, 0x1234, 0x11e8);
                // A vendor's capability, one for messages, a vendor's.
                board.configuration.cell(address, 4).value |= 0x10_0000;
                board.configuration.cell(address, 0x34).value = 0x40;
                board.configuration.cell(address, 0x40).value = 0x0014_5009;
                board.configuration.cell(address, 0x50).value = 0x0000_6005;
                board.configuration.cell(address, 0x60).value = 0x0014_0009;
            };
            add(&mut kernel.0.borrow_mut());
            let edu = function(address, 0x1234, 0x11e8);
            assert_eq!(report(supervisor, kernel, HOST, &edu), None);
        };
        found(supervisor, 8);
        found(supervisor, 40);
        let board = kernel.0.borrow();
        let own = |lease: usize| -> Vec<(u64, u64, Rights)> {
            let grants = board.held(EDU)[lease].grants.clone();
            grants
                .iter()
                .filter(|grant| grant.label == label("own"))
                .map(|grant| (grant.base, grant.length, grant.rights))
                .collect()
        };
        assert_eq!(own(0), []);
        let wanted = [(0x3002_8040, 0x10), (0x3002_8060, 0xa0)];
        assert_eq!(
            own(1),
            wanted.map(|(base, length)| (base, length, Rights::WRITE))
        );
    });
}

#[test]
fn only_the_bridge_reports_and_lines_are_the_bridges() {
    booted(|supervisor, kernel| {
        let edu = function(8, 0x1234, 0x11e8);
        for client in [CONSOLE, SHELL] {
            let denied = report(supervisor, kernel, client, &edu);
            assert_eq!(denied, Some(Error::Denied));
        }
        assert_eq!(kernel.0.borrow().configuration.writes, 0);
        assert_eq!(report(supervisor, kernel, HOST, &edu), None);
        // The console's line, which the supervisor holds as well.
        let line = FunctionInfo {
            interrupt: Optional::some(10),
            ..function(16, 0x1b36, 5)
        };
        assert_eq!(report(supervisor, kernel, HOST, &line), None);
        assert!(kernel.0.borrow().held(PARENT).is_empty());
    });
}

#[test]
fn a_binding_is_of_one_function_by_its_number() {
    booted(|supervisor, kernel| {
        let said = |part: &str| kernel.0.borrow().said.contains(part);
        let found = |supervisor: &mut _, address, vendor, device| {
            let function = function(address, vendor, device);
            let add = |board: &mut Board| board.configuration.add(address, vendor, device);
            add(&mut kernel.0.borrow_mut());
            assert_eq!(report(supervisor, kernel, HOST, &function), None);
        };
        found(supervisor, 8, 0x1234, 0x11e8);
        assert!(!said("left off"));
        assert_eq!(kernel.0.borrow().held(EDU).len(), 1);
        found(supervisor, 16, 0x1234, 0x11e8);
        assert!(!said("left off"));
        let masters = |lease: &Vec<(GrantKind, u32)>| {
            let master = |(kind, _): &&(GrantKind, u32)| *kind == GrantKind::BusMaster;
            lease.iter().filter(master).count()
        };
        let held: Vec<Vec<_>> = (kernel.0.borrow().held(EDU).iter())
            .map(|lease| {
                lease
                    .grants
                    .iter()
                    .map(|grant| (grant.kind, grant.label))
                    .collect()
            })
            .collect();
        let held: Vec<_> = held.iter().map(masters).collect();
        assert_eq!(held, [1, 0], "the first and the second binding");
        kernel.0.borrow_mut().said.clear();
        found(supervisor, 40, 0x1234, 0x11e8);
        assert!(said(
            "1234:11e8 at 00:05.0 is left off: it is number 2 of its kind, and the binding is of number 0"
        ));
        assert_eq!(kernel.0.borrow().held(EDU).len(), 2, "each has one");
        // All functions of this test have one line, which is no matter: they share it.
        kernel.0.borrow_mut().said.clear();
        found(supervisor, 24, 0x1b36, 5);
        assert!(!said("1b36:0005"));
        // What nobody binds is no matter.
        kernel.0.borrow_mut().said.clear();
        found(supervisor, 32, 0x8086, 0x100e);
        assert!(!said("8086"));
    });
}

#[test]
fn functions_take_no_place_of_auxiliary_devices() {
    booted(|supervisor, kernel| {
        let found = |supervisor: &mut Supervisor<'_>, number: u16| {
            let address = 24 + number;
            kernel.0.borrow_mut().configuration.add(address, 0x8086, 1);
            report(supervisor, kernel, HOST, &function(address, 0x8086, 1))
        };
        for number in 0..device::FUNCTIONS as u16 {
            assert_eq!(found(supervisor, number), None);
        }
        let last = device::FUNCTIONS as u16;
        assert_eq!(found(supervisor, last), Some(Error::Exhausted));
    });
}
