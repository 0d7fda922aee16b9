//! The chip's PHY: whether there is a link, and of which kind.
//!
//! Sources: IEEE 802.3, 22.2.4 and 28.2.4 (registers 0 to 5); *LAN9118 datasheet*, 5.5 (registers 29 and 30).

use crate::chip::{Chip, MacRegister, looked};
use crate::registers::PhyCommand;
use userlib::Error;

/// Registers.
mod register {
    pub(super) const CONTROL: u32 = 0;
    pub(super) const STATUS: u32 = 1;
    pub(super) const IDENTITY: u32 = 2;
    pub(super) const OFFER: u32 = 4;
    pub(super) const PARTNER: u32 = 5;
    /// Events that came; a read clears them.
    pub(super) const EVENTS: u32 = 29;
    /// Events that interrupt.
    pub(super) const INTERRUPTS: u32 = 30;
}

/// The PHY and its partner find out what both can.
const NEGOTIATES: u16 = 1 << 12;
/// They do so now.
const NEGOTIATE: u16 = 1 << 9;
/// It is not connected with itself, off, or cut off from the MAC.
const AWAY: u16 = 1 << 14 | 1 << 11 | 1 << 10;
/// There is a link. The bit stays 0 until it was read.
const LINK: u16 = 1 << 2;
/// What is offered: 10 and 100 Mbit/s, each in both kinds.
const OFFERS: u16 = FULL_100 | HALF_100 | FULL_10 | 1 << 5 | 1;
const FULL_100: u16 = 1 << 8;
const HALF_100: u16 = 1 << 7;
const FULL_10: u16 = 1 << 6;
/// Events: both sides have agreed, the link is down.
const CHANGES: u16 = 1 << 6 | 1 << 4;

/// What is connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Link {
    /// Something.
    pub(crate) is_up: bool,
    /// Both sides may send at the same time.
    pub(crate) is_full: bool,
}

/// The PHY in the chip.
pub(crate) struct Phy<'c, 'cap>(pub(crate) &'c Chip<'cap>);

impl Phy<'_, '_> {
    fn command(&self, number: u32, is_write: bool) -> Result<(), Error> {
        let direction = match is_write {
            true => PhyCommand::DIRECTION::Write,
            false => PhyCommand::DIRECTION::Read,
        };
        let command = PhyCommand::PHY::Internal
            + PhyCommand::REGISTER.val(number)
            + direction
            + PhyCommand::BUSY::SET;
        self.0.set_mac(MacRegister::PhyCommand, command.value)?;
        let mut last = Ok(());
        looked(|| match self.0.mac(MacRegister::PhyCommand) {
            Ok(command) => !PhyCommand::BUSY.is_set(command),
            Err(error) => {
                last = Err(error);
                true
            }
        })?;
        last
    }

    fn read(&self, number: u32) -> Result<u16, Error> {
        self.command(number, false)?;
        Ok(self.0.mac(MacRegister::PhyData)? as u16)
    }

    fn write(&self, number: u32, value: u16) -> Result<(), Error> {
        self.0.set_mac(MacRegister::PhyData, value.into())?;
        self.command(number, true)
    }

    /// Has it look for a partner, unless it does so already: a link stays up when the driver starts again.
    ///
    /// # Errors
    /// `NoDevice` when no PHY answers, `TimedOut` when the MAC is never done.
    pub(crate) fn start(&self) -> Result<(), Error> {
        if matches!(self.read(register::IDENTITY)?, 0 | u16::MAX) {
            return Err(Error::NoDevice);
        }
        let control = self.read(register::CONTROL)?;
        if control & NEGOTIATES == 0 || control & AWAY != 0 {
            self.write(register::OFFER, OFFERS)?;
            self.write(register::CONTROL, NEGOTIATES | NEGOTIATE)?;
        }
        self.write(register::INTERRUPTS, CHANGES)?;
        self.take_events()
    }

    /// Takes events out, so that it can interrupt again.
    ///
    /// # Errors
    /// `TimedOut` when the MAC is never done.
    pub(crate) fn take_events(&self) -> Result<(), Error> {
        self.read(register::EVENTS).map(drop)
    }

    /// What is connected now.
    ///
    /// # Errors
    /// `TimedOut` when the MAC is never done.
    pub(crate) fn link(&self) -> Result<Link, Error> {
        // The first read tells what was.
        self.read(register::STATUS)?;
        let is_up = self.read(register::STATUS)? & LINK != 0;
        let both = self.read(register::OFFER)? & self.read(register::PARTNER)?;
        // The best that both can (28B.3).
        let is_full = both & FULL_100 != 0 || both & HALF_100 == 0 && both & FULL_10 != 0;
        Ok(Link { is_up, is_full })
    }
}
