//! A device with registers and an interrupt line that the tests can raise at will: the real-time clock of
//! QEMU's `virt` machines, or a timer of the MPS2 boards.

use super::{TICKS_PER_MS, device, seen};
use crate::outcome::Outcome;
use crate::suite::Suite;
use leasehold_abi::{GrantKind, LeaseHandle};
use userlib::sys;

/// Which device it is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Goldfish real-time clock (hw/rtc/goldfish_rtc.c of QEMU 7.2).
    Goldfish,
    /// Timer of the Cortex-M System Design Kit (Arm DDI 0479, "APB timer"), which counts down. With
    /// 0 in `RELOAD` it stops at zero. It runs by the same clock as the kernel's own.
    Cmsdk,
    /// A timer of Synopsys's, on the TH1520.
    DesignWare,
}

/// DesignWare registers (U-Boot drivers/timer/dw-apb-timer.c).
mod designware {
    /// Where the count begins when the timer is enabled.
    pub(super) const LOAD: usize = 0x0;
    /// Present value.
    pub(super) const CURRENT: usize = 0x4;
    /// Bit 0 enables it, bit 1 lets it begin again from the load value, bit 2 masks the interrupt.
    pub(super) const CONTROL: usize = 0x8;
    /// A load ends the interrupt.
    pub(super) const END: usize = 0xc;
    /// Counts in a millisecond on the TH1520, by its chip file.
    pub(super) const PER_MS: u64 = 24_000;
}

/// Goldfish registers.
mod goldfish {
    /// Low half of the time in nanoseconds; reading it latches the high half.
    pub(super) const TIME_LOW: usize = 0x00;
    /// High half of the time.
    pub(super) const TIME_HIGH: usize = 0x04;
    /// Low half of the alarm; writing it arms.
    pub(super) const ALARM_LOW: usize = 0x08;
    /// High half of the alarm.
    pub(super) const ALARM_HIGH: usize = 0x0c;
    /// Bit 0: the interrupt is on.
    pub(super) const INTERRUPT_ENABLE: usize = 0x10;
    /// Any write clears the interrupt.
    pub(super) const CLEAR_INTERRUPT: usize = 0x1c;
}

/// CMSDK registers.
mod cmsdk {
    /// Bit 0 runs it, bit 3 lets it interrupt at zero.
    pub(super) const CONTROL: usize = 0x0;
    /// Present value.
    pub(super) const VALUE: usize = 0x4;
    /// Value after zero; writing it sets the present one too.
    pub(super) const RELOAD: usize = 0x8;
    /// Bit 0: it interrupts; writing 1 clears.
    pub(super) const INTERRUPT: usize = 0xc;
}

/// The device.
#[derive(Clone, Copy)]
pub(crate) struct Clock {
    kind: Kind,
    /// Its registers.
    pub(crate) base: usize,
    /// Length of them in bytes.
    pub(crate) length: usize,
    /// Its interrupt line.
    pub(crate) line: usize,
}

impl Clock {
    /// The one of this board, by its grants in the root lease.
    pub(crate) fn find(root: LeaseHandle) -> Option<Self> {
        let kinds = [
            ("rtc", Kind::Goldfish),
            ("timer1", Kind::Cmsdk),
            ("timer0", Kind::DesignWare),
        ];
        let mut found = kinds
            .iter()
            .filter_map(|(name, kind)| Some((*kind, device(name)?)));
        let (kind, grants) = found.next()?;
        let first = |kind: GrantKind| {
            let mut infos = grants
                .iter()
                .filter_map(|index| sys::grant_info(root, usize::from(*index)).ok());
            infos.find(|info| info.kind == kind)
        };
        let registers = first(GrantKind::Mmio)?;
        Some(Self {
            kind,
            base: seen(registers.base),
            length: registers.length as usize,
            line: first(GrantKind::Interrupt)?.base as usize,
        })
    }

    /// A register that may be read and written at any time; by itself it does nothing.
    pub(crate) const fn harmless(&self) -> usize {
        self.base
            + match self.kind {
                Kind::Goldfish => goldfish::ALARM_HIGH,
                Kind::Cmsdk => cmsdk::RELOAD,
                Kind::DesignWare => designware::LOAD,
            }
    }

    /// The store that raises the line once the device is [ready](Suite::ready): address and value.
    pub(crate) const fn fire(&self) -> (usize, usize) {
        match self.kind {
            // An alarm in the past.
            Kind::Goldfish => (self.base + goldfish::ALARM_LOW, 1),
            // One tick to go.
            Kind::Cmsdk => (self.base + cmsdk::VALUE, 1),
            Kind::DesignWare => (self.base + designware::CONTROL, 3),
        }
    }
}

impl Suite {
    fn stores(&mut self, task: usize, stores: &[(usize, usize)]) -> Outcome {
        let base = self.clock().base;
        stores
            .iter()
            .try_for_each(|(register, value)| self.store(task, base + register, 4, *value))
    }

    /// A worker that has the clock's registers puts it into a known state, interrupt enabled.
    pub(crate) fn ready(&mut self, task: usize) -> Outcome {
        let stores: &[(usize, usize)] = match self.clock().kind {
            Kind::Goldfish => &[
                (goldfish::CLEAR_INTERRUPT, 1),
                (goldfish::INTERRUPT_ENABLE, 1),
                (goldfish::ALARM_HIGH, 0),
            ],
            Kind::Cmsdk => &[
                (cmsdk::CONTROL, 0),
                (cmsdk::RELOAD, 0),
                (cmsdk::VALUE, u32::MAX as usize),
                (cmsdk::INTERRUPT, 1),
                (cmsdk::CONTROL, 9),
            ],
            Kind::DesignWare => return self.clear(task),
        };
        self.stores(task, stores)
    }

    /// Raises the line at once.
    pub(crate) fn fire(&mut self, task: usize) -> Outcome {
        if self.clock().kind == Kind::Goldfish {
            self.stores(task, &[(goldfish::ALARM_HIGH, 0)])?;
        }
        let (address, value) = self.clock().fire();
        self.store(task, address, 4, value)
    }

    /// Lowers the line.
    pub(crate) fn clear(&mut self, task: usize) -> Outcome {
        let register = match self.clock().kind {
            Kind::Goldfish => goldfish::CLEAR_INTERRUPT,
            Kind::Cmsdk => cmsdk::INTERRUPT,
            Kind::DesignWare => {
                self.stores(task, &[(designware::CONTROL, 0), (designware::LOAD, 1)])?;
                let end = self.clock().base + designware::END;
                return self.load(task, end, 4).map(|_| ());
            }
        };
        self.stores(task, &[(register, 1)])
    }

    /// Raises the line after some milliseconds.
    pub(crate) fn fire_in(&mut self, task: usize, milliseconds: u64) -> Outcome {
        match self.clock().kind {
            Kind::Goldfish => {
                let alarm = self.nanoseconds(task)? + milliseconds * 1_000_000;
                let stores = [
                    (goldfish::ALARM_HIGH, (alarm >> 32) as usize),
                    (goldfish::ALARM_LOW, alarm as u32 as usize),
                ];
                self.stores(task, &stores)
            }
            Kind::Cmsdk => {
                let ticks = (milliseconds * TICKS_PER_MS) as usize;
                self.stores(task, &[(cmsdk::VALUE, ticks)])
            }
            Kind::DesignWare => {
                let counts = (milliseconds * designware::PER_MS) as usize;
                self.stores(
                    task,
                    &[(designware::LOAD, counts), (designware::CONTROL, 3)],
                )
            }
        }
    }

    /// Lets the clock run, where it does not always.
    pub(crate) fn run_clock(&mut self, task: usize) -> Outcome {
        match self.clock().kind {
            Kind::Goldfish => Ok(()),
            Kind::Cmsdk => {
                let stores = [(cmsdk::RELOAD, u32::MAX as usize), (cmsdk::CONTROL, 1)];
                self.stores(task, &stores)
            }
            Kind::DesignWare => {
                let stores = [
                    (designware::CONTROL, 0),
                    (designware::LOAD, u32::MAX as usize),
                    (designware::CONTROL, 5),
                ];
                self.stores(task, &stores)
            }
        }
    }

    /// What the clock says in nanoseconds, from any beginning.
    pub(crate) fn nanoseconds(&mut self, task: usize) -> Outcome<u64> {
        let clock = self.clock();
        match clock.kind {
            Kind::Goldfish => {
                let low = self.load(task, clock.base + goldfish::TIME_LOW, 4)?;
                let high = self.load(task, clock.base + goldfish::TIME_HIGH, 4)?;
                Ok((high as u64) << 32 | low as u64)
            }
            Kind::Cmsdk => {
                let value = self.load(task, clock.base + cmsdk::VALUE, 4)?;
                let ticks = u64::from(u32::MAX - value as u32);
                Ok(ticks * 1_000_000 / TICKS_PER_MS)
            }
            Kind::DesignWare => {
                let value = self.load(task, clock.base + designware::CURRENT, 4)?;
                let counts = u64::from(u32::MAX - value as u32);
                Ok(counts * 1_000_000 / designware::PER_MS)
            }
        }
    }
}
