//! Each strict rule of the board, and that what breaks it is caught.

mod blocks;
mod core;
mod interrupts;
mod pins;
mod serial;
mod time;

use super::*;
use crate::cpu::Mode;

/// A board, and the time, for accesses as supervisor mode makes them.
struct Bench {
    board: Th1520,
    now: u64,
}

const PLIC: u64 = 0xff_d800_0000;
const UART: u64 = 0xff_e701_4000;
const GPIO2: u64 = 0xff_e7f3_4000;
const GPIO3: u64 = 0xff_e7f3_8000;
const I2C3: u64 = 0xff_ec01_4000;
const PWM: u64 = 0xff_ec01_c000;
const PADS: u64 = 0xff_ec00_7000;
const GROUP_2: u64 = 0xff_e7f3_c000;
const WATCHDOG: u64 = 0xff_efc3_0000;
const CLOCKS: u64 = 0xff_ef01_0000;
const RESETS: u64 = 0xff_ef01_4000;

impl Bench {
    fn new(options: Options) -> Self {
        Self {
            board: Th1520::new(options),
            now: 1000,
        }
    }

    /// A board on which everything answers.
    fn open() -> Self {
        Self::new(Options {
            open: true,
            claim_delay: 0,
            ..Options::default()
        })
    }

    fn access(&self, address: u64, width: u8) -> Access {
        Access {
            address,
            width,
            pc: 0x1234,
            mode: Mode::Supervisor,
            now: self.now,
        }
    }

    fn try_read(&mut self, address: u64) -> Result<u32, Refused> {
        let access = self.access(address, 4);
        self.board.read(&access).map(|value| value as u32)
    }

    fn try_write(&mut self, address: u64, value: u32) -> Result<(), Refused> {
        let access = self.access(address, 4);
        self.board.write(&access, value.into())
    }

    #[track_caller]
    fn read(&mut self, address: u64) -> u32 {
        self.try_read(address).unwrap()
    }

    #[track_caller]
    fn write(&mut self, address: u64, value: u32) {
        self.try_write(address, value).unwrap();
    }

    /// Lets time pass, with all events in it.
    fn pass(&mut self, nanoseconds: u64) {
        let end = self.now + nanoseconds;
        let mut memory = Memory::new(0, 0, false);
        while let Some(at) = self.board.next_event(self.now).filter(|at| *at <= end) {
            self.now = at.max(self.now + 1);
            self.board.advance(self.now, &mut memory);
        }
        self.now = end;
        self.board.advance(end, &mut memory);
    }

    /// The rules that were broken since the last time.
    fn rules(&mut self) -> Vec<Rule> {
        self.board
            .violations()
            .into_iter()
            .map(|violation| violation.rule)
            .collect()
    }
}
