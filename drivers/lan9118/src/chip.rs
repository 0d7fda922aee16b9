//! The chip but for its frames: what it is, its reset, and the registers of its MAC.

use crate::registers::{
    BYTE_ORDER, Hardware, Identification, Levels, MacCommand, Memory, Pin, Power, Registers,
    TransmitConfiguration, WINDOW,
};
use driver_interfaces::EthernetInfo;
use userlib::Error;
use userlib::future::sleep;
use userlib::io::{IoMem, Readable, Writeable};

/// How often to look whether the MAC is done. It needs a few of its clocks.
const LOOKS: usize = 1000;
/// How long the chip may take to wake, to reset, and to load its address, in milliseconds: far longer than it says
/// (3.11, 5.3.9).
const TIME: u64 = 100;
/// KiB of the FIFOs for sending (5.3.9): the value after a reset, which the chip advises.
const TRANSMIT_FIFO: u32 = 5;
/// The room for frames to send that interrupts, in units of 64 bytes: the longest frame with its commands fits.
const ROOM: u32 = 24;

/// A register of the MAC.
pub(crate) type MacRegister = MacCommand::REGISTER::Value;

/// The chip.
#[derive(Debug)]
pub(crate) struct Chip<'cap>(IoMem<'cap, WINDOW>);

impl<'cap> Chip<'cap> {
    /// The chip behind a window.
    pub(crate) const fn new(window: IoMem<'cap, WINDOW>) -> Self {
        Self(window)
    }

    pub(crate) fn registers(&self) -> Registers<'_> {
        Registers::new(&self.0)
    }

    /// Chip number and revision.
    ///
    /// # Errors
    /// `NoDevice` when no chip answers, or bytes arrive in another order.
    pub(crate) fn number(&self) -> Result<(u16, u16), Error> {
        let registers = self.registers();
        // The first read may find the chip asleep. Reading the test register wakes it.
        if registers.byte_test().get() != BYTE_ORDER {
            return Err(Error::NoDevice);
        }
        let chip = registers.identification().extract();
        Ok((
            chip.read(Identification::CHIP) as u16,
            chip.read(Identification::REVISION) as u16,
        ))
    }

    /// All that identifies it.
    ///
    /// # Errors
    /// As [`Chip::number`], and `TimedOut` when the MAC is never done.
    pub(crate) fn identify(&self) -> Result<EthernetInfo, Error> {
        let (chip, revision) = self.number()?;
        Ok(EthernetInfo {
            chip,
            revision,
            byte_test: self.registers().byte_test().get(),
            address: self.address()?,
            reserved: [0; 2],
        })
    }

    /// The hardware address.
    ///
    /// # Errors
    /// `TimedOut` when the MAC is never done.
    pub(crate) fn address(&self) -> Result<[u8; 6], Error> {
        let [a, b, c, d] = self.mac(MacRegister::AddressLow)?.to_le_bytes();
        let [e, f, ..] = self.mac(MacRegister::AddressHigh)?.to_le_bytes();
        Ok([a, b, c, d, e, f])
    }

    /// Gives it another hardware address.
    ///
    /// # Errors
    /// `TimedOut` when the MAC is never done.
    pub(crate) fn set_address(&self, [a, b, c, d, e, f]: [u8; 6]) -> Result<(), Error> {
        self.set_mac(MacRegister::AddressLow, u32::from_le_bytes([a, b, c, d]))?;
        self.set_mac(MacRegister::AddressHigh, u32::from_le_bytes([e, f, 0, 0]))
    }

    /// Reads a register of the MAC.
    ///
    /// # Errors
    /// `TimedOut` when the MAC is never done.
    pub(crate) fn mac(&self, register: MacRegister) -> Result<u32, Error> {
        let registers = self.registers();
        registers.mac_command().write(
            MacCommand::BUSY::SET
                + MacCommand::DIRECTION::Read
                + MacCommand::REGISTER.val(register as u32),
        );
        self.mac_is_done()?;
        Ok(registers.mac_data().get())
    }

    /// Writes a register of the MAC.
    ///
    /// # Errors
    /// `TimedOut` when the MAC is never done.
    pub(crate) fn set_mac(&self, register: MacRegister, value: u32) -> Result<(), Error> {
        let registers = self.registers();
        registers.mac_data().set(value);
        registers.mac_command().write(
            MacCommand::BUSY::SET
                + MacCommand::DIRECTION::Write
                + MacCommand::REGISTER.val(register as u32),
        );
        self.mac_is_done()
    }

    fn mac_is_done(&self) -> Result<(), Error> {
        let command = self.registers();
        looked(|| !command.mac_command().is_set(MacCommand::BUSY))
    }

    /// Wakes and resets it: no frame is in it then, and nothing interrupts.
    ///
    /// # Errors
    /// `NoDevice` when no chip answers, `TimedOut` when it does not come to an end.
    pub(crate) async fn reset(&self) -> Result<(), Error> {
        let registers = self.registers();
        self.number()?;
        within(|| registers.power().is_set(Power::READY)).await?;
        registers.enabled().set(0);
        registers.hardware().write(Hardware::RESET::SET);
        within(|| !registers.hardware().is_set(Hardware::RESET)).await?;
        if registers.hardware().is_set(Hardware::RESET_FAILED) {
            return Err(Error::TimedOut);
        }
        within(|| registers.power().is_set(Power::READY)).await?;
        // It loads its address then, where it has one.
        within(|| !registers.memory().is_set(Memory::BUSY)).await?;
        // Before anybody listens to the line: until now the pin has had another level.
        registers
            .pin()
            .write(Pin::ENABLE::SET + Pin::POLARITY::High + Pin::TYPE::PushPull);
        registers
            .hardware()
            .write(Hardware::ONE::SET + Hardware::TRANSMIT_FIFO.val(TRANSMIT_FIFO));
        registers.levels().write(Levels::TRANSMIT_ROOM.val(ROOM));
        registers.transmit().write(TransmitConfiguration::ON::SET);
        registers.causes().clear_bits(u32::MAX);
        Ok(())
    }
}

/// Whether it is so, at one of several looks.
///
/// # Errors
/// `TimedOut`.
pub(crate) fn looked(mut is_so: impl FnMut() -> bool) -> Result<(), Error> {
    if (0..LOOKS).any(|_| is_so()) {
        Ok(())
    } else {
        Err(Error::TimedOut)
    }
}

/// Waits until it is so.
async fn within(mut is_so: impl FnMut() -> bool) -> Result<(), Error> {
    for _ in 0..TIME {
        if is_so() {
            return Ok(());
        }
        sleep(1).await;
    }
    Err(Error::TimedOut)
}
