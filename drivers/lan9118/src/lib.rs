//! A LAN9118 Ethernet controller, as far as finding out what it is: number, revision, byte order,
//! hardware address.
//!
//! Source: SMSC, *LAN9118 datasheet*, sections 5.3 "System Control and Status Registers" and 5.4
//! "MAC Control and Status Registers". Only 32-bit accesses.
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

use driver_interfaces::{EthernetInfo, EthernetServer};
use userlib::io::IoMem;
use userlib::ipc::{Answer, Request, WriteLoan};
use userlib::runtime::{Core, Device, Driver, StateOf};
use userlib::{Error, ForLt};
use zerocopy::IntoBytes;

userlib::registers! {
    /// The registers that the driver uses.
    struct Registers: 0x100 {
        /// Chip number and revision: upper and lower half.
        identification: ReadOnly<u32> = 0x50;
        /// Always [`BYTE_ORDER`], if bytes arrive in their order.
        byte_test: ReadOnly<u32> = 0x64;
        /// Command to the MAC's own registers: [`BUSY`], [`READ`], their number.
        mac_command: ReadWrite<u32> = 0xa4;
        /// What was read of them.
        mac_data: ReadWrite<u32> = 0xa8;
    }
}

/// Bytes that the registers cover.
const WINDOW: usize = 0x100;

/// What the byte-order test register has.
const BYTE_ORDER: u32 = 0x8765_4321;

/// The MAC has not done the command yet.
const BUSY: u32 = 1 << 31;

/// The command reads.
const READ: u32 = 1 << 30;

/// The MAC's register with the upper two bytes of the hardware address.
const ADDRESS_HIGH: u32 = 2;

/// The MAC's register with the lower four bytes of the hardware address.
const ADDRESS_LOW: u32 = 3;

/// How often the MAC is asked whether it is done.
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
        // The first read may find the chip asleep; the test register wakes it and tells.
        if registers.byte_test().read() != BYTE_ORDER {
            return Err(Error::NoDevice);
        }
        let both = registers.identification().read();
        Ok(((both >> 16) as u16, both as u16))
    }

    fn mac(&self, register: u32) -> Result<u32, Error> {
        let registers = self.registers();
        registers.mac_command().write(BUSY | READ | register);
        let done = (0..LOOKS).any(|_| registers.mac_command().read() & BUSY == 0);
        if done {
            Ok(registers.mac_data().read())
        } else {
            Err(Error::TimedOut)
        }
    }
}

impl EthernetServer for Controller<'_> {
    fn identify(&mut self, into: WriteLoan) -> Result<(), Error> {
        let (chip, revision) = self.chip()?;
        let [a, b, c, d] = self.mac(ADDRESS_LOW)?.to_le_bytes();
        let [e, f, ..] = self.mac(ADDRESS_HIGH)?.to_le_bytes();
        let info = EthernetInfo {
            chip,
            revision,
            byte_test: self.registers().byte_test().read(),
            address: [a, b, c, d, e, f],
            reserved: [0; 2],
        };
        into.write(0, info.as_bytes()).map(|_| ())
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
