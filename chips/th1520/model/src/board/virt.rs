//! A board with the places of QEMU's `virt` (hw/riscv/virt.c, `virt_memmap`), for images of that board: what they do
//! there they must do here, which proves the core. It has no function on its PCI bus.

use super::{Access, Board, Bus, Refused, Stop};
use crate::clock::Alarm;
use crate::cpu::{Rules, interrupt};
use crate::devices::goldfish::Goldfish;
use crate::devices::plic::{Options, Plic};
use crate::devices::uart::{Line, Uart};
use crate::memory::Memory;
use crate::violation::{Rule, Violation};

const FINISHER: u64 = 0x0010_0000;
const RTC: u64 = 0x0010_1000;
const PLIC: u64 = 0x0c00_0000;
const UART: u64 = 0x1000_0000;
const PCI_CONFIGURATION: u64 = 0x3000_0000;
const UART_LINE: usize = 10;
const RTC_LINE: usize = 11;

/// The board.
#[derive(Clone, Debug)]
pub struct Virt {
    plic: Plic,
    uart: Uart,
    rtc: Goldfish,
    timer: Alarm,
    stop: Option<Stop>,
    violations: Vec<Violation>,
}

impl Virt {
    /// First address and bytes of RAM.
    pub const RAM: (u64, u64) = (0x8000_0000, 0x0800_0000);

    /// The board after reset.
    #[must_use]
    pub fn new() -> Self {
        let options = Options {
            lines: 96,
            delegated: true,
            claim_delay: 0,
            for_users: true,
        };
        Self {
            plic: Plic::new(options),
            uart: Uart::new(Line::Instant),
            rtc: Goldfish::default(),
            timer: Alarm::new(Rules::virt().ticks_per_second),
            stop: None,
            violations: Vec::new(),
        }
    }

    fn catch_up(&mut self, now: u64) {
        self.plic.set_level(UART_LINE, self.uart.line(now));
        self.plic.set_level(RTC_LINE, self.rtc.line());
    }

    fn report(&mut self, rule: Rule, access: &Access) {
        let &Access {
            address, pc, now, ..
        } = access;
        self.violations.push(Violation {
            rule,
            address,
            pc,
            now,
        });
    }

    fn reported<T>(
        &mut self,
        result: crate::devices::plic::Reported<T>,
        access: &Access,
    ) -> Result<T, Refused> {
        let (value, rule) = match result {
            Ok((value, rule)) => (Ok(value), rule),
            Err((refused, rule)) => (Err(refused), Some(rule)),
        };
        if let Some(rule) = rule {
            self.report(rule, access);
        }
        value
    }
}

impl Default for Virt {
    fn default() -> Self {
        Self::new()
    }
}

impl Bus for Virt {
    fn read(&mut self, access: &Access) -> Result<u64, Refused> {
        let now = access.now;
        let value = match access.address {
            FINISHER..RTC => 0,
            RTC..0x0010_2000 => self.rtc.read(access.address - RTC, now),
            PLIC..0x0c60_0000 => {
                let result = self.plic.read(access.address - PLIC, access);
                self.reported(result, access)?
            }
            UART..0x1000_0008 if access.width == 1 => {
                u64::from(self.uart.read(access.address - UART, now))
            }
            PCI_CONFIGURATION..0x4000_0000 => u64::MAX,
            _ => {
                self.report(Rule::NothingThere, access);
                return Err(Refused::Error);
            }
        };
        self.catch_up(now);
        Ok(value)
    }

    fn write(&mut self, access: &Access, value: u64) -> Result<(), Refused> {
        let now = access.now;
        match access.address {
            // hw/misc/sifive_test.c: a code in the upper half with "fail", or "pass", or "reset".
            FINISHER => match value & 0xffff {
                0x3333 => self.stop = Some(Stop::Off((value >> 16) as u32 & 0xffff)),
                0x5555 => self.stop = Some(Stop::Off(0)),
                0x7777 => self.stop = Some(Stop::Reset),
                _ => {}
            },
            RTC..0x0010_2000 => self.rtc.write(access.address - RTC, value, now),
            PCI_CONFIGURATION..0x4000_0000 => {}
            PLIC..0x0c60_0000 => {
                let result = self.plic.write(access.address - PLIC, value, access);
                self.reported(result, access)?;
            }
            UART..0x1000_0008 if access.width == 1 => {
                self.uart
                    .write(access.address - UART, value as u8, now, false);
            }
            _ => {
                self.report(Rule::NothingThere, access);
                return Err(Refused::Error);
            }
        }
        self.catch_up(now);
        Ok(())
    }
}

impl Board for Virt {
    fn advance(&mut self, now: u64, _memory: &mut Memory) {
        self.uart.advance(now);
        self.rtc.advance(now);
        self.catch_up(now);
    }

    fn next_event(&self, now: u64) -> Option<u64> {
        [
            self.timer.next_event(now),
            self.uart.next_event(now),
            self.rtc.next_event(now),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    fn lines(&self, now: u64) -> u64 {
        let timer = if self.timer.is_due(now) {
            interrupt::SUPERVISOR_TIMER
        } else {
            0
        };
        let external = if self.plic.output(1) {
            interrupt::SUPERVISOR_EXTERNAL
        } else {
            0
        };
        timer | external
    }

    fn set_timer(&mut self, ticks: u64) {
        self.timer.set(ticks);
    }

    fn serial_in(&mut self, bytes: &[u8], now: u64) {
        self.uart.arrive(bytes, now);
        self.catch_up(now);
    }

    fn serial_room(&self) -> usize {
        self.uart.free()
    }

    fn serial_out(&mut self) -> Vec<u8> {
        self.uart.take_output()
    }

    fn stopped(&self) -> Option<Stop> {
        self.stop
    }

    fn violations(&mut self) -> Vec<Violation> {
        std::mem::take(&mut self.violations)
    }
}
