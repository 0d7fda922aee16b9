//! Arm's MPS2 boards: TIMER1 interrupts, at once or at a given time. What is where comes from the chip file.

use super::drive::drive;
use crate::bench::{Bench, DRIVER};
use crate::types::{Board, Device, Outcome, Words};
use bench_machine as machine;
use bench_protocol::{Command, RING_LINE, timer};
use leasehold_abi::{GrantKind, LeaseHandle};
use userlib::sys;

#[allow(
    unreachable_pub,
    missing_docs,
    reason = "generated, for a supervisor's root"
)]
mod generated {
    include!(env!("LEASEHOLD_POLICY"));
}

/// Runs the timer, which stops at zero.
pub(super) const READY: &[(usize, usize)] = &[
    (timer::RELOAD, 0),
    (timer::INTERRUPT, 1),
    (timer::CONTROL, timer::INTERRUPTING),
];
/// One tick to go, less than an instruction; and the interrupt's end.
pub(super) const RAISE: (usize, usize) = (timer::VALUE, 1);
pub(super) const LOWER: (usize, usize) = (timer::INTERRUPT, 1);

/// Registers and first line of a device of the chip.
fn device(root: LeaseHandle, name: &str) -> Outcome<Device> {
    let mut devices = generated::POLICY.devices.iter();
    let device = devices
        .find(|device| device.name == name)
        .ok_or("the chip lacks a device")?;
    let base = |kind: GrantKind| {
        let grants = device.grants.iter();
        grants
            .filter_map(|index| sys::grant_info(root, usize::from(*index)).ok())
            .find(|info| info.kind == kind)
            .map(|info| info.base as usize)
            .ok_or("a device lacks a resource")
    };
    Ok((base(GrantKind::Mmio)?, base(GrantKind::Interrupt)?))
}

impl Board {
    /// By the chip file.
    pub(crate) fn find(root: LeaseHandle) -> Outcome<Self> {
        let timer = device(root, "timer1")?;
        Ok(Self {
            clock: timer,
            raiser: timer,
            window: device(root, "uart1")?.0,
            wide: None,
        })
    }
}

/// Nothing needs to be set up.
pub(crate) fn start(_: &Bench) -> Outcome {
    Ok(())
}

/// The timer's driver.
pub(crate) struct Alarm {
    pub(crate) lease: usize,
    base: usize,
}

impl Alarm {
    /// Starts the driver.
    pub(crate) fn new(bench: &mut Bench) -> Outcome<Self> {
        bench.start(DRIVER)?;
        let timer = bench.board.clock;
        let lease = drive(bench, DRIVER, timer)?.raw() as usize;
        Ok(Self {
            lease,
            base: timer.0,
        })
    }

    /// Has the driver set the alarm for this moment of the counter, and wait for it.
    pub(crate) fn begin(&self, bench: &mut Bench, moment: usize) -> Outcome {
        bench.begin(DRIVER, Command::Alarm, &[self.base, moment, 0, RING_LINE])
    }

    /// From the driver's report: when the alarm was, and how many instructions later it ran.
    pub(crate) fn outcome(&self, report: Words, _: usize) -> Outcome<(usize, usize)> {
        Ok((report[0], machine::instructions(report[1])))
    }

    /// Lowers the line.
    pub(crate) fn clear(&self, bench: &mut Bench) -> Outcome {
        let register = self.base + timer::INTERRUPT;
        bench
            .command(DRIVER, Command::Raise, &[register, 1])
            .map(drop)
    }
}
