//! A helper that drives a device.

use crate::bench::Bench;
use crate::types::{Device, Outcome};
use bench_protocol::{Command, RING_LINE};
use leasehold_abi::{GrantKind, LeaseHandle};

/// Length of a window that the bench maps.
pub(crate) const WINDOW: usize = 0x1000;

/// Lends registers and a line to a helper, which claims both.
pub(crate) fn drive(
    bench: &mut Bench,
    task: usize,
    (registers, line): Device,
) -> Outcome<LeaseHandle> {
    let parts = [
        (GrantKind::Mmio, registers, WINDOW),
        (GrantKind::Interrupt, line, 1),
    ];
    let lease = bench.lend(task, &parts)?;
    let handle = lease.raw() as usize;
    bench.succeed(task, Command::Claim, &[handle, 0, 0])?;
    bench.succeed(task, Command::Claim, &[handle, 1, RING_LINE])?;
    Ok(lease)
}
