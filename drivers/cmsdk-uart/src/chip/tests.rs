//! The UART over the chip, against a model of its registers: one byte in each direction, interrupts that are requested
//! once, a line that is not always ready.

use super::*;
use driver_serial::uart::{RECEIVE_RING, Uart};
use driver_serial_testing::ChipModel;
use driver_testing::{DeviceModel, Offer};
use leasehold_abi::Error;
use std::cell::RefCell;
use std::rc::Rc;

/// The chip.
#[derive(Default)]
struct Model {
    received: Option<u8>,
    holding: Option<u8>,
    /// What went out on the wire.
    wire: Vec<u8>,
    /// The line takes a byte as soon as it is written, as QEMU's mostly does.
    eager: bool,
    control: u32,
    pending: u32,
    divider: u32,
    receive_overrun: bool,
    transmit_overrun: bool,
    /// Set when a byte was read that was not there.
    misused: bool,
    unplugged: bool,
}

impl Model {
    fn ask(&mut self, enabled: bool, event: u32) {
        if enabled {
            self.pending |= event;
        }
    }

    fn send(&mut self) {
        if let Some(byte) = self.holding.take() {
            self.wire.push(byte);
            let enabled = Control::TRANSMIT_INTERRUPT.is_set(self.control);
            self.ask(enabled, Pending::TRANSMIT::SET.value);
        }
    }
}

impl ChipModel for Model {
    const KEPT: usize = 1;

    /// A byte from the line. It replaces one that was not read.
    fn arrive(&mut self, byte: u8) {
        self.receive_overrun |= self.received.is_some();
        self.received = Some(byte);
        let enabled = Control::RECEIVE_INTERRUPT.is_set(self.control);
        self.ask(enabled, Pending::RECEIVE::SET.value);
    }

    fn transmit(&mut self, count: usize) {
        if count > 0 {
            self.send();
        }
    }

    fn interrupt(&self) -> bool {
        self.pending != 0
    }

    fn wire(&self) -> &[u8] {
        &self.wire
    }

    fn misused(&self) -> bool {
        self.misused || self.transmit_overrun
    }

    fn unplug(&mut self) {
        self.unplugged = true;
    }
}

impl DeviceModel for Model {
    fn load(&mut self, offset: usize, width: usize) -> u64 {
        assert_eq!(width, 4, "registers are words");
        u64::from(match offset {
            _ if self.unplugged => u32::MAX,
            0x0 => {
                self.misused |= self.received.is_none();
                u32::from(self.received.take().unwrap_or(0))
            }
            0x4 => {
                (State::TRANSMIT_FULL.val(self.holding.is_some().into())
                    + State::RECEIVE_FULL.val(self.received.is_some().into())
                    + State::TRANSMIT_OVERRUN.val(self.transmit_overrun.into())
                    + State::RECEIVE_OVERRUN.val(self.receive_overrun.into()))
                .value
            }
            0x8 => self.control,
            0xc => self.pending,
            0x10 => self.divider,
            _ => panic!("no register at {offset:#x}"),
        })
    }

    fn store(&mut self, offset: usize, width: usize, value: u64) {
        assert_eq!(width, 4, "registers are words");
        let value = value as u32;
        match offset {
            0x0 => {
                self.transmit_overrun |= self.holding.is_some();
                self.holding = Some(value as u8);
                if self.eager {
                    self.send();
                }
            }
            0x4 => {
                self.transmit_overrun &= !State::TRANSMIT_OVERRUN.is_set(value);
                self.receive_overrun &= !State::RECEIVE_OVERRUN.is_set(value);
            }
            0x8 => self.control = value,
            0xc => self.pending &= !value,
            0x10 => self.divider = value,
            _ => panic!("no register at {offset:#x}"),
        }
    }
}

/// Both events.
const BOTH: u32 = Pending::TRANSMIT::SET.value | Pending::RECEIVE::SET.value;

/// Gives `body` a model and its registers on lease.
fn claimed(
    body: impl for<'cap> FnOnce(&Rc<RefCell<Model>>, ExclusiveIoMem<'cap, WINDOW>) + 'static,
) {
    let model = Rc::new(RefCell::new(Model::default()));
    let offer = Offer::new("uart0", 0, 0).with_device("registers", model.clone(), WINDOW);
    let done: Result<(), Error> = offer.bind(move |device| {
        body(&model, device.exclusive_io_mem(0)?);
        Ok(())
    });
    assert_eq!(done, Ok(()));
}

/// Sets a UART up over a model, and lets `body` use both.
fn with(body: impl for<'cap> FnOnce(&Rc<RefCell<Model>>, &mut Uart<CmsdkUart<'cap>>) + 'static) {
    claimed(|model, window| {
        let mut uart = Uart::new(CmsdkUart::new(window));
        uart.service();
        body(model, &mut uart);
    });
}

driver_serial_testing::tests!(with);

#[test]
fn every_accepted_byte_goes_out_also_on_an_eager_line() {
    with(|model, uart| {
        model.borrow_mut().eager = true;
        driver_serial_testing::every_accepted_byte_goes_out_once_and_in_order(model, uart);
    });
}

#[test]
fn set_up_leaves_the_rate_both_directions_and_the_receive_interrupt() {
    with(|model, _| {
        let inside = model.borrow();
        // 10 MHz, as tests have it: 86.8 cycles.
        assert_eq!(inside.divider, 87);
        let on = Control::TRANSMIT::SET + Control::RECEIVE::SET + Control::RECEIVE_INTERRUPT::SET;
        assert_eq!(inside.control, on.value);
    });
}

/// The chip keeps a requested event, whether its interrupt is enabled or not. Otherwise its line would stay high for
/// ever.
#[test]
fn an_interrupt_that_is_turned_off_is_taken_back() {
    claimed(|model, window| {
        let mut chip = CmsdkUart::new(window);
        chip.enable(Interrupts::all());
        chip.transmit(1);
        model.borrow_mut().send();
        model.borrow_mut().arrive(2);
        assert_eq!(model.borrow().pending, BOTH);
        chip.enable(Interrupts::RECEIVED);
        assert_eq!(model.borrow().pending, Pending::RECEIVE::SET.value);
        chip.enable(Interrupts::empty());
        assert!(!model.borrow().interrupt());
    });
}

/// A byte that comes between the last read of the state and enabling the interrupt requests nothing.
#[test]
fn a_byte_that_comes_while_its_interrupt_is_off_is_found() {
    with(|model, uart| {
        for index in 0..RECEIVE_RING {
            model.borrow_mut().arrive(index as u8);
            uart.service();
        }
        assert_eq!(Control::RECEIVE_INTERRUPT.read(model.borrow().control), 0);
        model.borrow_mut().arrive(1);
        assert!(!model.borrow().interrupt());
        let mut out = [0; 8];
        assert_eq!(uart.receive(&mut out), 8);
        assert_eq!(uart.available(), RECEIVE_RING - 7);
    });
}
