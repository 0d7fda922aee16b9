//! The supplies of the board's USB hub, which a PCA9557 expander on I2C 3 switches.
//!
//! The crate `port-expander` drives the expander, on a bus on which this task has one address on lease. It knows the
//! PCA9538, which has the same four registers (NXP PCA9557 data sheet, table 4; PCA9538 data sheet, table 5) at another
//! address. It takes all outputs for high at first, as the PCA9538 has them; the PCA9557 has them low.
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

use driver_interfaces::{I2cError, I2cTarget};
use embedded_hal::i2c::{ErrorType, I2c, Operation};
use port_expander::{Pca9538, PinError, write_multiple};
use userlib::ipc::{Answer, Request, interface};
use userlib::runtime::{Core, Device, Driver, StateOf};
use userlib::{Error, ForLt};

/// The task with the bus.
const BUS: &str = "i2c3";
/// The expander's address (revyos/thead-kernel arch/riscv/boot/dts/thead/th1520-lpi4a.dtsi, `pca9557`).
const ADDRESS: u8 = 0x18;
/// The address of a PCA9538 whose address pins are low.
const OTHER: u8 = 0x70;

/// Registers.
const OUTPUT: u8 = 1;
const DIRECTION: u8 = 3;

/// The lines of the hub's supplies: 1.2 V and 5 V (the same file, `vcc_hub` and `vdd_1v2_hub`).
const LINES: [u32; 2] = [2, 3];

/// A bus on which [`OTHER`] is [`ADDRESS`].
struct Moved<B>(B);

impl<B: ErrorType> ErrorType for Moved<B> {
    type Error = B::Error;
}

impl<B: I2c> I2c for Moved<B> {
    fn transaction(
        &mut self,
        address: u8,
        operations: &mut [Operation<'_>],
    ) -> Result<(), B::Error> {
        let address = if address == OTHER { ADDRESS } else { address };
        self.0.transaction(address, operations)
    }
}

/// What this task does for others.
#[interface]
pub trait Rails {
    /// Turns the supply of a line on, or off with 0. `NotFound`: this line is no supply.
    fn switch(&mut self, line: u32, on: u32) -> Result<(), Error>;
    /// The level that the expander sees at the line of a supply: 1 is on.
    fn level(&mut self, line: u32) -> Result<u32, Error>;
}

/// The expander.
struct Expander<B: I2c>(
    Pca9538<core::cell::RefCell<port_expander::dev::pca9538::Driver<Moved<B>>>>,
);

impl<B: I2c<Error = I2cError>> Expander<B> {
    /// Takes the expander over as it is: what was on stays on.
    fn new(bus: B) -> Result<Self, I2cError> {
        let mut bus = Moved(bus);
        let mut register = |register: u8| {
            let mut byte = [0];
            bus.write_read(ADDRESS, &[register], &mut byte)?;
            Ok::<_, I2cError>(byte[0])
        };
        let on = register(OUTPUT)? & !register(DIRECTION)?;
        let mut expander = Pca9538::new(bus, false, false);
        let pins = expander.split();
        // The first two store to the direction alone, as the crate takes outputs for high. Then both levels at once.
        let taken = (|| {
            let mut low = pins.io2.into_output_high().map_err(reason)?;
            let mut high = pins.io3.into_output_high().map_err(reason)?;
            let states = LINES.map(|line| on >> line & 1 != 0);
            write_multiple([&mut low, &mut high], states)
        })();
        taken.map(|()| Self(expander))
    }
}

/// What the bus says.
fn reason(error: PinError<I2cError>) -> I2cError {
    *error.driver_error()
}

/// The same as an error of the system: a transfer that did not take place is one of the device.
fn told(error: I2cError) -> Error {
    match error {
        I2cError::System(error) => error,
        other => {
            userlib::log!("{other}");
            Error::NoDevice
        }
    }
}

impl<B: I2c<Error = I2cError>> RailsServer for Expander<B> {
    fn switch(&mut self, line: u32, on: u32) -> Result<(), Error> {
        let pins = self.0.split();
        let done = match (line, on != 0) {
            (2, true) => pins.io2.into_output_high().map(drop),
            (2, false) => pins.io2.into_output().map(drop),
            (3, true) => pins.io3.into_output_high().map(drop),
            (3, false) => pins.io3.into_output().map(drop),
            _ => return Err(Error::NotFound),
        };
        done.map_err(|error| told(reason(error)))
    }

    fn level(&mut self, line: u32) -> Result<u32, Error> {
        let pins = self.0.split();
        let high = match line {
            2 => pins.io2.is_high(),
            3 => pins.io3.is_high(),
            _ => return Err(Error::NotFound),
        };
        high.map(u32::from).map_err(|error| told(reason(error)))
    }
}

/// The supplies while their expander is on lease.
pub struct Rails(Expander<I2cTarget>);

/// The driver.
#[derive(Debug, Default)]
pub struct RailsDriver;

impl Driver for RailsDriver {
    type State = ForLt!(Rails);

    fn probe<'cap>(&self, device: &Device<'cap, Core>) -> Result<Rails, Error> {
        let bus = I2cTarget::new(device, BUS, ADDRESS)?;
        let mut rails = Rails(Expander::new(bus).map_err(told)?);
        for line in LINES {
            let on = rails.0.level(line)?;
            userlib::log!("line {line} is {on}");
        }
        Ok(rails)
    }

    fn request<'cap>(
        &self,
        rails: &mut StateOf<'cap, Self>,
        _: &Device<'cap, Core>,
        request: &Request<'_>,
    ) -> Answer {
        rails.0.dispatch(request)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An expander on a bus, and what was stored to its outputs.
    struct Bus {
        registers: [u8; 4],
        outputs: Vec<u8>,
    }

    impl ErrorType for Bus {
        type Error = I2cError;
    }

    impl I2c for Bus {
        fn transaction(
            &mut self,
            address: u8,
            operations: &mut [Operation<'_>],
        ) -> Result<(), I2cError> {
            assert_eq!(address, ADDRESS);
            match operations {
                [Operation::Write([register]), Operation::Read([byte])] => {
                    let [_, outputs, _, inputs] = self.registers;
                    self.registers[0] = outputs & !inputs;
                    *byte = self.registers[usize::from(*register)];
                }
                [Operation::Write([register, byte])] => {
                    self.registers[usize::from(*register)] = *byte;
                    if *register == OUTPUT {
                        self.outputs.push(*byte);
                    }
                }
                other => panic!("{other:?}"),
            }
            Ok(())
        }
    }

    impl Bus {
        fn new(outputs: u8, direction: u8) -> Self {
            Self {
                registers: [0, outputs, 0, direction],
                outputs: Vec::new(),
            }
        }
    }

    #[test]
    fn whatever_is_on_stays_so_without_a_change_in_between() {
        for on in 0..4_u8 {
            let mut bus = Bus::new(on << 2, 0xf3);
            Expander::new(&mut bus).unwrap();
            assert_eq!(bus.registers[3] & 0xc, 0, "outputs");
            for byte in bus.outputs {
                assert_eq!(byte & 0xc, on << 2);
            }
        }
        // As after power-on.
        let mut bus = Bus::new(0, 0xff);
        Expander::new(&mut bus).unwrap();
        assert_eq!((bus.registers[1] & 0xc, bus.registers[3]), (0, 0xf3));
    }

    #[test]
    fn a_supply_is_switched_and_the_others_stay() {
        let mut bus = Bus::new(0, 0xff);
        let mut expander = Expander::new(&mut bus).unwrap();
        assert_eq!(expander.switch(3, 1), Ok(()));
        assert_eq!((expander.level(2), expander.level(3)), (Ok(0), Ok(1)));
        assert_eq!(expander.switch(2, 1), Ok(()));
        assert_eq!(expander.switch(3, 0), Ok(()));
        assert_eq!((expander.level(2), expander.level(3)), (Ok(1), Ok(0)));
        assert_eq!(expander.switch(4, 1), Err(Error::NotFound));
        assert_eq!(bus.registers[3], 0xf3, "no other line is driven");
    }
}
