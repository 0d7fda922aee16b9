//! The core-local interruptor of T-Head's C900 cores: no counter, and compare registers for supervisor mode.
//! Source: openC910 RTL, ct_clint_func.v; OpenSBI lib/utils/timer/fdt_timer_mtimer.c (`clint_without_mtime`).

use crate::board::{Access, Refused};
use crate::clock::reaches;
use crate::cpu::Mode;
use crate::violation::Rule;

/// The interruptor, for one hart.
#[derive(Clone, Debug)]
pub struct Clint {
    rate: u64,
    machine_software: bool,
    supervisor_software: bool,
    machine_compare: u64,
    supervisor_compare: u64,
}

impl Clint {
    /// After reset; the `time` counter runs at so many Hz.
    #[must_use]
    pub fn new(rate: u64) -> Self {
        Self {
            rate,
            machine_software: false,
            supervisor_software: false,
            machine_compare: u64::MAX,
            supervisor_compare: u64::MAX,
        }
    }

    /// Whether supervisor mode's timer is due.
    #[must_use]
    pub fn is_due(&self, now: u64) -> bool {
        reaches(self.supervisor_compare, self.rate).is_some_and(|at| at <= now)
    }

    /// Whether machine mode's timer is due.
    #[must_use]
    pub fn machine_is_due(&self, now: u64) -> bool {
        reaches(self.machine_compare, self.rate).is_some_and(|at| at <= now)
    }

    /// When the next of them will be.
    #[must_use]
    pub fn next_event(&self, now: u64) -> Option<u64> {
        [self.supervisor_compare, self.machine_compare]
            .into_iter()
            .filter_map(|compare| reaches(compare, self.rate))
            .filter(|at| *at > now)
            .min()
    }

    /// Whether machine mode has a software interrupt.
    #[must_use]
    pub fn machine_software(&self) -> bool {
        self.machine_software
    }

    /// Whether supervisor mode has a software interrupt.
    #[must_use]
    pub fn software(&self) -> bool {
        self.supervisor_software
    }

    fn check(&self, offset: u64, access: &Access) -> Result<(), (Refused, Rule)> {
        if access.width != 4 {
            return Err((Refused::Error, Rule::Width));
        }
        // Banks of machine mode refuse the others, those of supervisor mode refuse user mode.
        let least = if offset < 0xc000 {
            Mode::Machine
        } else {
            Mode::Supervisor
        };
        if access.mode < least {
            Err((Refused::Error, Rule::Privilege))
        } else {
            Ok(())
        }
    }

    /// Reads a register.
    ///
    /// # Errors
    /// What the bus answers with an error, and the rule that was broken.
    pub fn read(&self, offset: u64, access: &Access) -> Result<u32, (Refused, Rule)> {
        self.check(offset, access)?;
        Ok(match offset {
            0x0000 => u32::from(self.machine_software),
            0x4000 => self.machine_compare as u32,
            0x4004 => (self.machine_compare >> 32) as u32,
            0xc000 => u32::from(self.supervisor_software),
            0xd000 => self.supervisor_compare as u32,
            0xd004 => (self.supervisor_compare >> 32) as u32,
            _ => return Err((Refused::Error, Rule::NothingThere)),
        })
    }

    /// Writes a register.
    ///
    /// # Errors
    /// What the bus answers with an error, and the rule that was broken.
    pub fn write(
        &mut self,
        offset: u64,
        value: u32,
        access: &Access,
    ) -> Result<(), (Refused, Rule)> {
        self.check(offset, access)?;
        let low = |old: u64| old & !0xffff_ffff | u64::from(value);
        let high = |old: u64| old & 0xffff_ffff | u64::from(value) << 32;
        match offset {
            0x0000 => self.machine_software = value & 1 != 0,
            0x4000 => self.machine_compare = low(self.machine_compare),
            0x4004 => self.machine_compare = high(self.machine_compare),
            0xc000 => self.supervisor_software = value & 1 != 0,
            0xd000 => self.supervisor_compare = low(self.supervisor_compare),
            0xd004 => self.supervisor_compare = high(self.supervisor_compare),
            _ => return Err((Refused::Error, Rule::NothingThere)),
        }
        Ok(())
    }
}
