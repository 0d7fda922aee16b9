//! A LAN9118 Ethernet controller. The driver only identifies it: number, revision, byte order, hardware address.
//!
//! Source: SMSC, *LAN9118 datasheet*, sections 5.3 "System Control and Status Registers" and 5.4
//! "MAC Control and Status Registers". Only 32-bit accesses.
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

use driver_interfaces::{EthernetInfo, EthernetServer};
use userlib::io::{IoMem, Readable, Writeable};
use userlib::ipc::{Answer, Request};
use userlib::runtime::{Core, Device, Driver, StateOf};
use userlib::{Error, ForLt};

userlib::register_fields! { u32,
    /// What the chip is.
    Identification [
        /// Chip number.
        CHIP OFFSET(16) NUMBITS(16) [],
        /// Its revision.
        REVISION OFFSET(0) NUMBITS(16) [],
    ],
    /// A command to the MAC's own registers.
    MacCommand [
        /// Writing 1 starts the command; 1 until the MAC has done it.
        BUSY OFFSET(31) NUMBITS(1) [],
        /// Which way.
        DIRECTION OFFSET(30) NUMBITS(1) [Write = 0, Read = 1],
        /// Number of the MAC's register.
        REGISTER OFFSET(0) NUMBITS(8) [
            /// Upper two bytes of the hardware address.
            AddressHigh = 2,
            /// Lower four bytes of the hardware address.
            AddressLow = 3,
        ],
    ],
}

userlib::registers! {
    /// The registers that the driver uses.
    struct Registers: 0x100 {
        /// What the chip is.
        identification: ReadOnly<u32, Identification> = 0x50;
        /// Always [`BYTE_ORDER`], if the bytes arrive in the right order.
        byte_test: ReadOnly<u32> = 0x64;
        /// Command to the MAC's own registers.
        mac_command: ReadWrite<u32, MacCommand> = 0xa4;
        /// The value that was read from the MAC's register.
        mac_data: ReadWrite<u32> = 0xa8;
    }
}

/// Bytes that the registers cover.
const WINDOW: usize = 0x100;

/// The value of the byte-order test register.
const BYTE_ORDER: u32 = 0x8765_4321;

/// How often to check whether the MAC is done.
const LOOKS: usize = 1000;

/// The controller while it is bound.
#[derive(Debug)]
pub struct Controller<'cap> {
    window: IoMem<'cap, WINDOW>,
}

impl Controller<'_> {
    fn registers(&self) -> Registers<'_> {
        Registers::new(&self.window)
    }

    /// Chip number and revision.
    fn chip(&self) -> Result<(u16, u16), Error> {
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

    fn mac(&self, register: MacCommand::REGISTER::Value) -> Result<u32, Error> {
        let registers = self.registers();
        registers.mac_command().write(
            MacCommand::BUSY::SET
                + MacCommand::DIRECTION::Read
                + MacCommand::REGISTER.val(register as u32),
        );
        let done = (0..LOOKS).any(|_| !registers.mac_command().is_set(MacCommand::BUSY));
        if done {
            Ok(registers.mac_data().get())
        } else {
            Err(Error::TimedOut)
        }
    }
}

impl EthernetServer for Controller<'_> {
    fn identify(&mut self) -> Result<EthernetInfo, Error> {
        let (chip, revision) = self.chip()?;
        let [a, b, c, d] = self
            .mac(MacCommand::REGISTER::Value::AddressLow)?
            .to_le_bytes();
        let [e, f, ..] = self
            .mac(MacCommand::REGISTER::Value::AddressHigh)?
            .to_le_bytes();
        Ok(EthernetInfo {
            chip,
            revision,
            byte_test: self.registers().byte_test().get(),
            address: [a, b, c, d, e, f],
            reserved: [0; 2],
        })
    }
}

/// The driver.
#[derive(Debug, Default)]
pub struct EthernetDriver;

impl Driver for EthernetDriver {
    type State = ForLt!(Controller<'_>);

    fn probe<'cap>(&self, device: &Device<'cap, Core>) -> Result<Controller<'cap>, Error> {
        let controller = Controller {
            window: device.io_mem(0)?,
        };
        let (chip, revision) = controller.chip()?;
        userlib::log!("bound LAN9118: chip {chip:04x}, revision {revision}");
        Ok(controller)
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
