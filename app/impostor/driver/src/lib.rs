//! A hostile driver in place of a display's: each of its lives tells another lie, or it is `bochs-display`. A life ends
//! when the supervisor is asked to crash it, or by itself.
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

pub mod lie;

use class_display::Mode;
use driver_bochs_display::{DisplayDriver, MODE};
use lie::{Forged, Lie};
use userlib::runtime::{Core, Device, Driver, Events};
use userlib::{Error, ForLt};

/// What it is in each life, and how that is logged. Later lives are honest.
pub const LIVES: [(Lie, &str); 13] = [
    (Lie::Mode(Mode::packed(0, 480)), "lines without pixels"),
    (
        Lie::Mode(Mode::packed(640, u32::MAX)),
        "more lines than there can be",
    ),
    (Lie::Mode(Mode { stride: 4, ..MODE }), "lines that overlap"),
    (
        Lie::Mode(Mode {
            stride: MODE.stride + 2,
            ..MODE
        }),
        "lines that begin in the middle of a pixel",
    ),
    (
        Lie::Mode(Mode {
            stride: u32::MAX - 3,
            ..MODE
        }),
        "lines that are longer than memory",
    ),
    (
        Lie::Mode(Mode::packed(8192, 8192)),
        "a picture that is larger than its window",
    ),
    (Lie::Half, "a window that is smaller than the picture"),
    (Lie::ReadOnly, "a window that can only be read"),
    (Lie::Other, "a payload that is none of a display"),
    (Lie::Nothing, "it offers nothing"),
    (Lie::Brief, "it ends at once, and comes back"),
    (Lie::Brief, "it ends at once, and comes back"),
    (Lie::Again, "it takes the display back, and offers it again"),
];

/// What it is in this life.
#[derive(Debug)]
pub enum State<'cap> {
    /// A liar.
    Lies(Forged<'cap>),
    /// A driver.
    Honest(driver_bochs_display::State<'cap>),
}

/// The driver.
#[derive(Debug, Default)]
pub struct ImpostorDriver(DisplayDriver);

impl Driver for ImpostorDriver {
    type State = ForLt!(State<'_>);

    fn probe<'cap>(&self, device: &Device<'cap, Core>) -> Result<State<'cap>, Error> {
        match lives::lie("lie", &LIVES) {
            Some(lie) => Ok(State::Lies(Forged::new(device, lie)?)),
            None => Ok(State::Honest(self.0.probe(device)?)),
        }
    }

    fn notified<'cap>(&self, state: &mut State<'cap>, device: &Device<'cap, Core>, events: Events) {
        if let State::Lies(forged) = state {
            forged.notified(device, events);
        }
    }
}
