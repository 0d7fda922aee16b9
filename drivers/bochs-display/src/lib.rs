//! QEMU's `bochs-display`: the driver owns the device and its mode, and lends the frame buffer to the task that draws.
//!
//! It is the parent of one auxiliary device, see the crate `class-display`.
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

mod registers;

use class_display::{DISPLAY, DisplayFamily, DisplayOffer, Mode};
use registers::{CONTROL, Dispi, Enable, IDENTIFICATION, VERSION};
use userlib::auxiliary::Registration;
use userlib::io::{Bar, Readable, Writeable};
use userlib::runtime::{Core, Device, Driver};
use userlib::sys::Rights;
use userlib::{Error, ForLt};

/// The picture.
pub const MODE: Mode = Mode::packed(640, 480);

/// Bytes that are lent: the picture, and what makes of it a power of two. Every protection unit can cover that with one
/// entry.
pub const LENT: usize = 2 << 20;

/// Bytes of a pixel of memory that [`Dispi::memory`] counts by.
const UNIT: usize = 64 << 10;

/// The device while it is bound. The registration goes first: its child before the windows.
#[derive(Debug)]
pub struct State<'cap> {
    _display: Registration<'cap, DisplayFamily>,
    _pixels: Bar<'cap, LENT>,
    control: Bar<'cap, CONTROL>,
}

impl Drop for State<'_> {
    /// Nobody draws any more, so nothing is shown.
    fn drop(&mut self) {
        Dispi::new(&self.control).enable().set(0);
    }
}

/// The driver.
#[derive(Debug, Default)]
pub struct DisplayDriver;

impl Driver for DisplayDriver {
    type State = ForLt!(State<'_>);

    fn probe<'cap>(&self, device: &Device<'cap, Core>) -> Result<State<'cap>, Error> {
        let control = device.bar::<CONTROL>(2)?;
        let pixels = device.bar::<LENT>(0)?;
        let dispi = Dispi::new(&control);
        let has = usize::from(dispi.memory().get()) * UNIT;
        if dispi.identification().get() & !VERSION != IDENTIFICATION || has < LENT {
            return Err(Error::NoDevice);
        }
        // What the driver or its child of an earlier life left.
        for offset in (0..MODE.length()?).step_by(size_of::<u32>()) {
            pixels.try_write32(offset, 0)?;
        }
        show(&dispi);
        let region = device.lend_region(0, 0)?;
        let offer = DisplayOffer {
            mode: MODE,
            pixels: pixels.lend(0, LENT, Rights::READ | Rights::WRITE)?,
        };
        let display = Registration::new(device, &region, DISPLAY, 0, offer)?;
        userlib::log!("bound, {} by {}", MODE.width, MODE.height);
        Ok(State {
            _display: display,
            _pixels: pixels,
            control,
        })
    }
}

/// Sets the mode and shows the picture.
fn show(dispi: &Dispi<'_>) {
    // A side has at most 8192 pixels.
    let (width, height) = (MODE.width as u16, MODE.height as u16);
    dispi.enable().set(0);
    dispi.width().set(width);
    dispi.height().set(height);
    dispi.depth().set(32);
    dispi.virtual_width().set(width);
    dispi.left().set(0);
    dispi.top().set(0);
    let enable = Enable::SHOWN::SET + Enable::LINEAR::SET;
    dispi.enable().write(enable);
}
