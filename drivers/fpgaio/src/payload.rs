//! What the block's parent shares with its two children.

use crate::registers::{Fpgaio, WINDOW};
use driver_interfaces::Inputs;
use driver_sample::payload::Data;
use userlib::auxiliary::{Lendable, Lent, LentMutex, LentWindow};
use userlib::for_lt::{CovariantFamily, Family};
use userlib::io::Window;
use userlib::sys::Notifications;
use userlib::{CovariantForLt, Error, ForLt};

/// Name of the LEDs' auxiliary device, number 0, after the parent's own and a dot.
pub const LEDS: &str = "leds";

/// Name of the buttons' and counters' auxiliary device, number 1, likewise.
pub const BUTTONS_AND_COUNTERS: &str = "buttons";

/// The notification by which the LEDs' child reports a change.
pub const RING: Notifications = Notifications::peer(0);

/// Payload of the LEDs' device: no window, but a word for the wanted LEDs.
#[derive(Clone, Copy, Debug, CovariantFamily, Lendable)]
pub struct Leds<'a> {
    /// Which of the parent's devices this is, and whose.
    pub data: Data<'a>,
    /// The wanted LEDs.
    wanted: LentMutex<'a, u32>,
    /// The lit LEDs: the register's value after the last change.
    lit: Lent<'a, u32>,
}

/// The family of [`Leds`].
pub type LedsFamily = CovariantForLt!(Leds<'_>);

impl<'a> Leds<'a> {
    /// LEDs by these two words.
    pub const fn new(data: Data<'a>, wanted: LentMutex<'a, u32>, lit: Lent<'a, u32>) -> Self {
        Self { data, wanted, lit }
    }

    /// For the child: changes the wanted LEDs. The child must notify the parent after that.
    ///
    /// # Errors
    /// `Busy` while the other side has the word.
    pub fn change(&self, change: impl FnOnce(u32) -> u32) -> Result<(), Error> {
        let mut word = match self.wanted.try_lock() {
            Err(Error::Dead) => self.wanted.recover(0)?,
            word => word?,
        };
        let wanted = word.read()?;
        word.write(change(wanted));
        Ok(())
    }

    /// For the parent: the wanted LEDs. If a child died in the middle of a change, all are off.
    ///
    /// # Errors
    /// `Busy` while the child has the word; then it has not notified yet.
    pub fn wanted(&self) -> Result<u32, Error> {
        match self.wanted.try_lock() {
            Err(Error::Dead) => self.wanted.recover(0)?.read(),
            word => word?.read(),
        }
    }

    /// What is lit.
    ///
    /// # Errors
    /// None with an honest parent: any word is valid.
    pub fn lit(&self) -> Result<u32, Error> {
        self.lit.read()
    }
}

/// Payload of the buttons' and counters' device: a window to read.
#[derive(Debug, Family, Lendable)]
#[offer(ReaderOffer<'a>)]
pub struct Reader<'a> {
    /// Which of the parent's devices this is, and whose.
    pub data: Data<'a>,
    window: Window<'a, WINDOW>,
}

/// What the parent gives for a [`Reader`].
#[derive(Debug)]
pub struct ReaderOffer<'a> {
    /// As in [`Reader`].
    pub data: Data<'a>,
    /// The registers.
    pub window: LentWindow<'a, WINDOW>,
}

/// The family of [`Reader`].
pub type ReaderFamily = ForLt!(Reader<'_>);

impl Reader<'_> {
    /// Reads buttons and counters.
    ///
    /// # Errors
    /// `Revoked` when the window has just gone with the parent.
    pub fn inputs(&self) -> Result<Inputs, Error> {
        let block = Fpgaio::new(&self.window);
        Ok(Inputs {
            buttons: block.buttons().try_get()?,
            seconds: block.seconds().try_get()?,
            hundredths: block.hundredths().try_get()?,
            cycles: block.cycles().try_get()?,
        })
    }
}
