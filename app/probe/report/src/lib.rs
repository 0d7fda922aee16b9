//! What is not known of a TH1520 board by reading, as the board itself tells it.
//!
//! It reads before it writes: first what the firmware left, then a block after its reset, then a rate, and last what
//! may hang. It needs no driver of another task, so it is the first program for a new board.
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

mod board;
mod rate;

use board::{Board, WINDOW};
use core::cell::{Cell, RefCell};
use userlib::io::DevresIoMem;
use userlib::runtime::{Core, Device, Driver};
use userlib::{Error, ForLt};

/// The devices, and their windows.
const WINDOWS: [(&str, &str); 6] = [
    ("control", "clocks"),
    ("control", "resets"),
    ("pads", "group2"),
    ("pads", "group3"),
    ("pwm", "registers"),
    ("gpio1", "registers"),
];

/// The driver: it tells once, when all devices are there.
#[derive(Debug, Default)]
pub struct Report {
    windows: RefCell<[Option<DevresIoMem<WINDOW>>; WINDOWS.len()]>,
    told: Cell<bool>,
}

impl Driver for Report {
    type State = ForLt!(());

    fn probe<'cap>(&self, device: &Device<'cap, Core>) -> Result<(), Error> {
        let mut windows = self.windows.borrow_mut();
        for (place, (name, window)) in windows.iter_mut().zip(WINDOWS) {
            if device.is_named(name) {
                *place = Some(device.io_mem::<WINDOW>(window)?.into_devres()?);
            }
        }
        let guards = windows
            .each_ref()
            .map(|window| window.as_ref()?.try_access());
        let [
            Some(clocks),
            Some(resets),
            Some(group2),
            Some(group3),
            Some(pwm),
            Some(gpio1),
        ] = &guards
        else {
            return Ok(());
        };
        if self.told.replace(true) {
            return Ok(());
        }
        Board {
            clocks: clocks.get(),
            resets: resets.get(),
            group2: group2.get(),
            group3: group3.get(),
            pwm: pwm.get(),
            gpio1: gpio1.get(),
        }
        .tell()
    }
}
