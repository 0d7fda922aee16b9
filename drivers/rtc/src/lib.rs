//! The goldfish real-time clock.
//!
//! Source: Android, *Goldfish virtual hardware*, section "Goldfish real-time clock" (the
//! registers that QEMU's `hw/rtc/goldfish_rtc.c` has). Only 32-bit accesses.
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

use driver_interfaces::{ClockServer, DateTime};
use userlib::io::{IoMem, Readable};
use userlib::ipc::{Answer, Request};
use userlib::log::Words;
use userlib::runtime::{Core, Device, Driver, StateOf};
use userlib::text::{Padded, Text};
use userlib::{Error, ForLt};

/// Nanoseconds in a second.
const SECOND: u64 = 1_000_000_000;

/// Bytes that the registers cover.
const WINDOW: usize = 0x20;

userlib::registers! {
    /// The clock.
    struct Registers: 0x20 {
        /// Low half of the time in nanoseconds since 1970; reading it latches the high half.
        time_low: ReadOnly<u32> = 0x00;
        /// High half of the time, as of the last read of the low half.
        time_high: ReadOnly<u32> = 0x04;
    }
}

/// The clock while it is bound.
#[derive(Debug)]
pub struct Clock<'cap> {
    window: IoMem<'cap, WINDOW>,
}

impl Clock<'_> {
    fn nanoseconds(&self) -> Result<u64, Error> {
        let registers = Registers::new(&self.window);
        let low = registers.time_low().get();
        let high = registers.time_high().get();
        // All ones would be the year 2554: no device answers.
        match (low, high) {
            (u32::MAX, u32::MAX) => Err(Error::NoDevice),
            _ => Ok(u64::from(high) << 32 | u64::from(low)),
        }
    }
}

impl ClockServer for Clock<'_> {
    fn now(&mut self) -> Result<u64, Error> {
        self.nanoseconds()
    }

    fn date(&mut self) -> Result<Padded<24>, Error> {
        let mut text = Text::new();
        DateTime::from_unix(self.nanoseconds()? / SECOND).add_to(&mut text);
        Ok(Padded::new(text.as_str()))
    }
}

/// The driver.
#[derive(Debug, Default)]
pub struct RtcDriver;

impl Driver for RtcDriver {
    type State = ForLt!(Clock<'_>);

    fn probe<'cap>(&self, device: &Device<'cap, Core>) -> Result<Clock<'cap>, Error> {
        let clock = Clock {
            window: device.io_mem(0)?,
        };
        let seconds = clock.nanoseconds()? / SECOND;
        userlib::log!("goldfish clock, {}", DateTime::from_unix(seconds));
        Ok(clock)
    }

    fn request<'cap>(
        &self,
        state: &mut StateOf<'cap, Self>,
        _: &Device<'cap, Core>,
        request: &Request<'_>,
    ) -> Answer {
        state.dispatch(request)
    }
}
