//! Bridges: what the supervisor writes to them, and where it puts what is behind them.

use crate::configuration::{BASE_ADDRESS, BUSES, COMMAND, IO, MEMORY, PREFETCHABLE};
use crate::kernel::Kernel;
use crate::{CONSOLE, HOST, REPORT_BRIDGE, ask, booted, function, report};
use leasehold_abi::Error;
use supervisor::state::Supervisor;
use userlib::supervisor::{ClassCode, FunctionInfo};
use zerocopy::IntoBytes;

/// Places: on bus 0, behind the first bridge, behind the second.
const FIRST: u16 = 24;
const OTHER: u16 = 32;
const BEHIND: u16 = 0x100;
const SECOND: u16 = 0x108;
const DEEP: u16 = 0x200;

/// The bus's driver reports a bridge; the bus behind it, or why there is none.
fn connect(supervisor: &mut Supervisor, kernel: &Kernel, address: u16) -> Result<usize, Error> {
    let info = function(address, 0x1b36, 0xc);
    let status = ask(
        supervisor,
        kernel,
        HOST,
        REPORT_BRIDGE,
        &[],
        info.as_bytes(),
    );
    status.map_or(Ok(kernel.0.borrow().reply[0]), Err)
}

fn value(kernel: &Kernel, address: u16, register: usize) -> u32 {
    kernel
        .0
        .borrow_mut()
        .configuration
        .cell(address, register)
        .value
}

/// Adds a function with one window, and has it reported; where the window is.
fn found(supervisor: &mut Supervisor, kernel: &Kernel, address: u16) -> Result<u32, Error> {
    {
        let configuration = &mut kernel.0.borrow_mut().configuration;
        configuration.add(address, 0x8086, address);
        configuration.memory_bar(address, 0, 0x10_0000);
    }
    let refused = report(
        supervisor,
        kernel,
        HOST,
        &function(address, 0x8086, address),
    );
    refused.map_or(Ok(value(kernel, address, BASE_ADDRESS)), Err)
}

#[test]
fn a_bridge_has_a_bus_and_a_window_for_what_is_behind_it() {
    booted(|supervisor, kernel| {
        for address in [FIRST, SECOND, OTHER] {
            kernel.0.borrow_mut().configuration.bridge(address);
        }
        // A window of the bridge itself.
        kernel
            .0
            .borrow_mut()
            .configuration
            .memory_bar(FIRST, 0, 4096);
        assert_eq!(connect(supervisor, kernel, FIRST), Ok(1));
        assert_eq!(value(kernel, FIRST, BASE_ADDRESS), 0x4000_0000);
        assert_eq!(value(kernel, FIRST, BUSES), 0x0001_0100);
        assert_eq!(value(kernel, FIRST, MEMORY), 0x47f0_4400);
        assert_eq!(value(kernel, FIRST, PREFETCHABLE), 0x0000_fff0);
        assert_eq!(value(kernel, FIRST, IO), 0x00f0);
        let command = value(kernel, FIRST, COMMAND) & 0xffff;
        assert_eq!(command, 0x406, "memory, bus master, no interrupt, no I/O");
        assert_eq!(found(supervisor, kernel, BEHIND), Ok(0x4400_0000));
        // One behind the bridge behind it.
        assert_eq!(connect(supervisor, kernel, SECOND), Ok(2));
        assert_eq!(value(kernel, SECOND, BUSES), 0x0002_0201);
        assert_eq!(
            value(kernel, FIRST, BUSES),
            0x0002_0100,
            "both are behind it"
        );
        assert_eq!(value(kernel, SECOND, MEMORY), 0x45f0_4500);
        assert_eq!(found(supervisor, kernel, DEEP), Ok(0x4500_0000));
        assert_eq!(found(supervisor, kernel, BEHIND + 16), Ok(0x4410_0000));
        // And beside it.
        assert_eq!(connect(supervisor, kernel, OTHER), Ok(3));
        assert_eq!(value(kernel, OTHER, BUSES), 0x0003_0300);
        assert_eq!(value(kernel, FIRST, BUSES), 0x0002_0100);
        assert_eq!(value(kernel, OTHER, MEMORY), 0x4bf0_4800);
        assert_eq!(
            found(supervisor, kernel, 40),
            Ok(0x4010_0000),
            "none is in a bridge's window"
        );
        assert_eq!(found(supervisor, kernel, 0x300), Ok(0x4800_0000));
        // The driver of the buses has a new life: nothing moves.
        let writes = kernel.0.borrow().configuration.writes;
        for (bridge, bus) in [(FIRST, 1), (SECOND, 2), (OTHER, 3)] {
            assert_eq!(connect(supervisor, kernel, bridge), Ok(bus));
        }
        assert_eq!(kernel.0.borrow().configuration.writes, writes);
    });
}

#[test]
fn a_bridge_that_cannot_be_reached_passes_nothing_on() {
    booted(|supervisor, kernel| {
        for address in [FIRST, OTHER, SECOND, 40, 48] {
            kernel.0.borrow_mut().configuration.bridge(address);
        }
        assert_eq!(connect(supervisor, kernel, FIRST), Ok(1));
        assert_eq!(connect(supervisor, kernel, OTHER), Ok(2));
        // Its number would be behind the other's.
        assert_eq!(connect(supervisor, kernel, SECOND), Err(Error::Busy));
        assert_eq!(connect(supervisor, kernel, 40), Ok(3));
        // Configuration space has four buses.
        assert_eq!(connect(supervisor, kernel, 48), Err(Error::Exhausted));
        for address in [SECOND, 48] {
            assert_eq!(value(kernel, address, BUSES), 0);
            assert_eq!(value(kernel, address, COMMAND) & 4, 0);
        }
        // Behind none of them.
        assert_eq!(found(supervisor, kernel, 0x500), Err(Error::NotFound));
    });
    // The windows of those above get smaller and smaller.
    booted(|supervisor, kernel| {
        for (bus, address) in (1..).zip([FIRST, 0x100, 0x200]) {
            kernel.0.borrow_mut().configuration.bridge(address);
            assert_eq!(connect(supervisor, kernel, address), Ok(bus));
        }
        assert_eq!(value(kernel, 0x200, MEMORY), 0x4030_4000);
        assert_eq!(found(supervisor, kernel, 0x300), Ok(0x4000_0000));
        assert_eq!(found(supervisor, kernel, 0x308), Ok(0x4010_0000));
        assert_eq!(found(supervisor, kernel, 0x310), Ok(0x4020_0000));
        assert_eq!(found(supervisor, kernel, 0x318), Ok(0x4030_0000));
        assert_eq!(found(supervisor, kernel, 0x320), Err(Error::Exhausted));
    });
}

#[test]
fn a_device_is_no_bridge_whatever_is_said_of_it() {
    booted(|supervisor, kernel| {
        {
            let configuration = &mut kernel.0.borrow_mut().configuration;
            configuration.add(FIRST, 0x1b36, 0xc);
            // Its third window would be the numbers, its last one the window behind it.
            configuration.memory_bar(FIRST, 5, 0x20_0000);
            configuration.cell(FIRST, BUSES).value = 0x0001_0100;
        }
        let writes = kernel.0.borrow().configuration.writes;
        assert_eq!(connect(supervisor, kernel, FIRST), Err(Error::NoDevice));
        assert_eq!(kernel.0.borrow().configuration.writes, writes);
        let lies = FunctionInfo {
            class: ClassCode(0x06_0400),
            ..function(FIRST, 0x1b36, 0xc)
        };
        kernel.0.borrow_mut().configuration.cell(FIRST, BUSES).value = 0;
        assert_eq!(report(supervisor, kernel, HOST, &lies), None);
        kernel.0.borrow_mut().configuration.cell(FIRST, BUSES).value = 0x0001_0100;
        assert_eq!(connect(supervisor, kernel, FIRST), Err(Error::NoDevice));
        assert_eq!(found(supervisor, kernel, BEHIND), Err(Error::NotFound));
        let denied = ask(
            supervisor,
            kernel,
            CONSOLE,
            REPORT_BRIDGE,
            &[],
            lies.as_bytes(),
        );
        assert_eq!(denied, Some(Error::Denied));
    });
}
