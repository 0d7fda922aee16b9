//! QEMU's `virt` machines for RISC-V (hw/riscv/virt.c of QEMU 7.2): `edu` (docs/specs/edu.rst) interrupts at
//! once, the goldfish real-time clock at a given time.
//!
//! Under `-icount shift=0` with `-rtc clock=vm`, a nanosecond of the clock is an instruction.

use super::drive::drive;
use crate::bench::{Bench, DRIVER};
use crate::types::{Board, Outcome, Words};
use bench_protocol::{Command, RING_LINE, edu, rtc};
use leasehold_abi::{GrantKind, LeaseHandle};
use userlib::sys;

/// Where the bench puts edu's registers.
const EDU: usize = 0x4000_0000;
/// How long they are: 256 pages.
const EDU_LENGTH: usize = 0x10_0000;
/// Its configuration space: bus 0, device 1, function 0.
const CONFIGURATION: usize = 0x3000_0000 + (1 << 15);

/// What is to be stored before edu can interrupt.
pub(super) const READY: &[(usize, usize)] = &[];
/// Raises edu's interrupt, and lowers it.
pub(super) const RAISE: (usize, usize) = (edu::RAISE, 1);
pub(super) const LOWER: (usize, usize) = (edu::ACKNOWLEDGE, 1);

impl Board {
    /// The clock with line 11, and edu with INTA of device 1.
    pub(crate) fn find(_: LeaseHandle) -> Outcome<Self> {
        Ok(Self {
            clock: (0x10_1000, 11),
            raiser: (EDU, 33),
            window: EDU,
            wide: cfg!(target_arch = "riscv64").then_some((EDU, EDU_LENGTH)),
        })
    }
}

/// Gives edu its registers' address and lets it decode it.
pub(crate) fn start(bench: &Bench) -> Outcome {
    let (index, base) = bench.grant(GrantKind::Config, CONFIGURATION)?;
    for (register, width, value) in [(0x10, 4, EDU as u32), (0x04, 2, 0x0002)] {
        let offset = CONFIGURATION - base + register;
        sys::config_write(bench.root, index, offset, width, value)
            .map_err(|_| "edu cannot be configured")?;
    }
    Ok(())
}

/// The clock's driver.
pub(crate) struct Alarm {
    pub(crate) lease: usize,
    base: usize,
}

impl Alarm {
    /// Starts the driver.
    pub(crate) fn new(bench: &mut Bench) -> Outcome<Self> {
        bench.start(DRIVER)?;
        let clock = bench.board.clock;
        let (base, lease) = (clock.0, drive(bench, DRIVER, clock)?.raw() as usize);
        bench.command(DRIVER, Command::Raise, &[base + rtc::CLEAR_INTERRUPT, 1])?;
        bench.command(DRIVER, Command::Raise, &[base + rtc::INTERRUPT_ENABLE, 1])?;
        Ok(Self { lease, base })
    }

    /// Has the driver set the alarm for this moment of the counter, and wait for it.
    pub(crate) fn begin(&self, bench: &mut Bench, moment: usize) -> Outcome {
        let [counter, low, high, ..] = bench.command(DRIVER, Command::Clock, &[self.base])?;
        // The load is one instruction after the counter's reading. QEMU 10 does not count what passes while all tasks
        // wait, so this holds only as long as one runs.
        let offset = ((high as u64) << 32 | low as u64) - (counter as u64 + 1);
        let alarm = moment as u64 + offset;
        let (high, low) = ((alarm >> 32) as usize, alarm as u32 as usize);
        bench.begin(DRIVER, Command::Alarm, &[self.base, high, low, RING_LINE])
    }

    /// From the driver's report: when the alarm was, and how many instructions later it ran.
    pub(crate) fn outcome(&self, report: Words, moment: usize) -> Outcome<(usize, usize)> {
        let latency = report[0].checked_sub(moment);
        Ok((moment, latency.ok_or("the alarm came early")?))
    }

    /// Lowers the line.
    pub(crate) fn clear(&self, bench: &mut Bench) -> Outcome {
        let register = self.base + rtc::CLEAR_INTERRUPT;
        bench
            .command(DRIVER, Command::Raise, &[register, 1])
            .map(drop)
    }
}
