//! Rows that need a device: QEMU's `edu` (docs/specs/edu.rst) and its clock.

use crate::bench::{Bench, CLIENT, DRIVER, Outcome, READER, most, row};
use bench_protocol::{Command, READING};
use leasehold_abi::{GrantKind, LeaseHandle};
use userlib::sys;

/// Registers and line of the clock.
pub(crate) const RTC: usize = 0x10_1000;
/// Length of a window that the bench maps.
pub(crate) const WINDOW: usize = 0x1000;
/// The clock's line.
pub(crate) const RTC_LINE: usize = 11;
/// Where the bench puts edu's registers.
pub(crate) const EDU: usize = 0x4000_0000;
/// Its configuration space: bus 0, device 1, function 0.
const CONFIGURATION: usize = 0x3000_0000 + (1 << 15);
/// Its line: INTA of device 1.
const EDU_LINE: usize = 33;
/// Raises edu's interrupt.
const RAISE: usize = 0x60;
/// Lowers it.
const LOWER: usize = 0x64;
/// The notification that lines are routed to.
pub(crate) const BIT: usize = 1 << 4;
const ROUNDS: usize = 32;

/// Gives edu its registers' address and lets it decode it.
pub(crate) fn start_edu(bench: &Bench) -> Outcome {
    let (index, base) = bench.grant(GrantKind::Config, CONFIGURATION)?;
    for (register, width, value) in [(0x10, 4, EDU as u32), (0x04, 2, 0x0002)] {
        let offset = CONFIGURATION - base + register;
        sys::config_write(bench.root, index, offset, width, value)
            .map_err(|_| "edu cannot be configured")?;
    }
    Ok(())
}

/// Lends registers and a line to a helper, which claims both.
pub(crate) fn drive(
    bench: &mut Bench,
    task: usize,
    registers: usize,
    line: usize,
) -> Outcome<LeaseHandle> {
    let parts = [
        (GrantKind::Mmio, registers, WINDOW),
        (GrantKind::Interrupt, line, 0),
    ];
    let lease = bench.lend(task, &parts)?;
    let handle = lease.raw() as usize;
    bench.succeed(task, Command::Claim, &[handle, 0, 0])?;
    bench.succeed(task, Command::Claim, &[handle, 1, BIT])?;
    Ok(lease)
}

/// From the store that raises a line to the first instruction of the driver that waits for it.
pub(crate) fn interrupt(bench: &mut Bench) -> Outcome {
    start_edu(bench)?;
    bench.start(DRIVER)?;
    bench.start(CLIENT)?;
    let lease = drive(bench, DRIVER, EDU, EDU_LINE)?.raw() as usize;
    let other = bench.lend(CLIENT, &[(GrantKind::Mmio, EDU, WINDOW)])?.raw() as usize;
    bench.succeed(CLIENT, Command::Claim, &[other, 0, 0])?;
    let instructions = most(ROUNDS, || {
        bench.begin(DRIVER, Command::Await, &[BIT])?;
        bench.settle()?;
        let [raised, ..] = bench.command(CLIENT, Command::Raise, &[EDU + RAISE, 1])?;
        let [ran, ..] = bench.finish(DRIVER)?;
        bench.command(DRIVER, Command::Raise, &[EDU + LOWER, 1])?;
        bench.succeed(DRIVER, Command::Acknowledge, &[lease, 1])?;
        Ok(ran - raised - READING)
    })?;
    row("interrupt", instructions);
    bench.stop(CLIENT)?;
    bench.stop(DRIVER)
}

/// One read of a register by a driver in safe code.
pub(crate) fn read(bench: &mut Bench) -> Outcome {
    bench
        .begin_start(READER)
        .map_err(|_| "the reader cannot be started")?;
    bench.lend(READER, &[(GrantKind::Mmio, RTC, WINDOW)])?;
    let read = bench.read()?;
    row("mmio-read", read);
    bench.stop(READER)
}
