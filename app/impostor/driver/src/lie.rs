//! What a hostile driver of a display can say through the class's own payload.

use class_display::{DISPLAY, DisplayFamily, DisplayOffer, Mode};
use driver_bochs_display::{LENT, MODE};
use userlib::auxiliary::{LendRegion, Registration};
use userlib::io::Bar;
use userlib::runtime::{Core, Device, Events};
use userlib::sys::Rights;
use userlib::timer::Timer;
use userlib::{Error, ForLt, time};

/// When the driver ends, or takes the display back: while the task above paints, in milliseconds.
const SOON: u64 = 3;
/// How often it offers the display again.
const TIMES: u32 = 5;

/// Not what the class has for a payload.
type Other = ForLt!(Mode);

/// A lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lie {
    /// The picture has this shape.
    Mode(Mode),
    /// The window is half of what is lent otherwise, and too small.
    Half,
    /// The window can only be read.
    ReadOnly,
    /// What it registers under the name is of another type.
    Other,
    /// It registers nothing.
    Nothing,
    /// It ends while the task above paints, by itself.
    Brief,
    /// It ends the registration while the task above paints, and registers again.
    Again,
}

/// What a liar has: the device's memory, with a picture in it that nobody has switched on.
#[derive(Debug)]
pub struct Forged<'cap> {
    lie: Lie,
    display: Option<Registration<'cap, DisplayFamily>>,
    other: Option<Registration<'cap, Other>>,
    region: LendRegion<'cap>,
    pixels: Bar<'cap, LENT>,
    timer: Timer<'cap>,
    times: u32,
}

impl<'cap> Forged<'cap> {
    /// Offers a display that is none.
    ///
    /// # Errors
    /// Those of a registration.
    pub fn new(device: &Device<'cap, Core>, lie: Lie) -> Result<Self, Error> {
        let mut forged = Self {
            lie,
            display: None,
            other: None,
            region: device.lend_region(0, 0)?,
            pixels: device.bar(0)?,
            timer: device.timer()?,
            times: 0,
        };
        match lie {
            Lie::Nothing => {}
            Lie::Other => {
                let other = Registration::new(device, &forged.region, DISPLAY, 0, MODE)?;
                forged.other = Some(other);
            }
            _ => forged.offer(device)?,
        }
        if matches!(lie, Lie::Brief | Lie::Again) {
            forged.timer.set(time::after(SOON));
        }
        Ok(forged)
    }

    /// Registers what the lie is about.
    fn offer(&mut self, device: &Device<'cap, Core>) -> Result<(), Error> {
        let mode = match self.lie {
            Lie::Mode(mode) => mode,
            _ => MODE,
        };
        let (length, rights) = match self.lie {
            Lie::Half => (LENT / 2, Rights::READ | Rights::WRITE),
            Lie::ReadOnly => (LENT, Rights::READ),
            _ => (LENT, Rights::READ | Rights::WRITE),
        };
        let pixels = self.pixels.lend(0, length, rights)?;
        let offer = DisplayOffer { mode, pixels };
        self.display = Some(Registration::new(device, &self.region, DISPLAY, 0, offer)?);
        Ok(())
    }

    /// The time has come.
    pub(crate) fn notified(&mut self, device: &Device<'cap, Core>, events: Events) {
        if !events.contains(&self.timer) {
            return;
        }
        assert!(self.lie == Lie::Again, "the lie is told");
        self.display = None;
        if self.times < TIMES {
            self.times += 1;
            userlib::log!("offers it again, {} times", self.times);
            // What cannot be registered was reported.
            let _ = self.offer(device);
            self.timer.set(time::after(SOON));
        }
    }
}
