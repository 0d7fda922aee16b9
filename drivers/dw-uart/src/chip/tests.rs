//! The UART over the chip, against a model of its registers that loses bytes as the real one does.

use super::*;
use core::cell::RefCell;
use driver_serial::uart::Uart;
use driver_serial_testing::ChipModel;
use driver_testing::{DeviceModel, Offer};
use std::collections::VecDeque;
use std::rc::Rc;

/// The chip.
#[derive(Default)]
struct Model {
    /// Bytes waiting in the receiver's FIFO.
    received: VecDeque<u8>,
    /// Bytes in the transmitter's FIFO.
    holding: VecDeque<u8>,
    /// What went out on the wire.
    wire: Vec<u8>,
    interrupt_enable: u32,
    line_control: u32,
    scratch: u32,
    /// Something wrote the divisor.
    rate_changed: bool,
    /// A store to `LINE_CONTROL` was ignored; a load of `USR` ends it.
    ignored: bool,
    /// A character-timeout interrupt, which a load of the data ends.
    timeout: bool,
    /// A load ended the interrupt of the empty transmitter.
    told_empty: bool,
    /// Loads of `USR` for which it stays busy.
    busy: u32,
    /// Set when a byte was written to a full FIFO or read from an empty one.
    misused: bool,
    overrun: bool,
    unplugged: bool,
}

impl Model {
    fn cause(&self) -> u32 {
        if self.interrupt_enable & 1 != 0 && !self.received.is_empty() {
            4
        } else if self.interrupt_enable & 1 != 0 && self.timeout {
            12
        } else if self.interrupt_enable & 2 != 0 && self.holding.is_empty() && !self.told_empty {
            2
        } else if self.ignored {
            7
        } else {
            1
        }
    }

    fn is_busy(&self) -> bool {
        self.busy > 0 || !self.received.is_empty() || !self.holding.is_empty()
    }
}

impl ChipModel for Model {
    const KEPT: usize = FIFO_DEPTH;

    /// A byte from the line; lost with an overrun when the FIFO is full.
    fn arrive(&mut self, byte: u8) {
        if self.received.len() < FIFO_DEPTH {
            self.received.push_back(byte);
        } else {
            self.overrun = true;
        }
    }

    fn transmit(&mut self, count: usize) {
        for _ in 0..count {
            if let Some(byte) = self.holding.pop_front() {
                self.wire.push(byte);
                self.told_empty = false;
            }
        }
    }

    fn interrupt(&self) -> bool {
        self.cause() != 1
    }

    fn wire(&self) -> &[u8] {
        &self.wire
    }

    fn misused(&self) -> bool {
        self.misused
    }

    fn unplug(&mut self) {
        self.unplugged = true;
    }
}

impl DeviceModel for Model {
    fn load(&mut self, offset: usize, width: usize) -> u64 {
        assert_eq!(width, 4, "registers have 32 bits");
        if self.unplugged {
            return 0xffff_ffff;
        }
        u64::from(match offset {
            0x00 => {
                let timed_out = std::mem::take(&mut self.timeout);
                u32::from(self.received.pop_front().unwrap_or_else(|| {
                    self.misused |= !timed_out;
                    0
                }))
            }
            0x08 => {
                let cause = self.cause();
                self.told_empty |= cause == 2;
                cause | 0xc0
            }
            0x0c => self.line_control,
            0x14 => {
                let empty = u32::from(self.holding.is_empty());
                (LineStatus::DATA_READY.val(u32::from(!self.received.is_empty()))
                    + LineStatus::OVERRUN.val(u32::from(std::mem::take(&mut self.overrun)))
                    + LineStatus::HOLDING_EMPTY.val(empty)
                    + LineStatus::TRANSMITTER_IDLE.val(empty))
                .value
            }
            0x1c => self.scratch,
            0x7c => {
                self.ignored = false;
                let busy = self.is_busy();
                self.busy = self.busy.saturating_sub(1);
                self.transmit(1);
                u32::from(busy)
            }
            _ => 0,
        })
    }

    fn store(&mut self, offset: usize, width: usize, value: u64) {
        assert_eq!(width, 4, "registers have 32 bits");
        let value = value as u32;
        let divisor = LineControl::DIVISOR_ACCESS.is_set(self.line_control);
        match offset {
            0x00 | 0x04 if divisor => self.rate_changed = true,
            0x00 if self.holding.len() == FIFO_DEPTH => self.misused = true,
            0x00 => {
                self.holding.push_back(value as u8);
                self.told_empty = false;
            }
            0x04 => {
                if value & !self.interrupt_enable & 2 != 0 {
                    self.told_empty = false;
                }
                self.interrupt_enable = value;
            }
            0x08 => {
                if value & 2 != 0 {
                    self.received.clear();
                }
                if value & 4 != 0 {
                    self.holding.clear();
                }
            }
            0x0c if self.is_busy() => self.ignored = true,
            0x0c => self.line_control = value,
            0x1c => self.scratch = value,
            _ => {}
        }
    }
}

/// The interrupts that are enabled when nothing is sent.
const RECEIVING: u32 = InterruptEnable::RECEIVED::SET.value;
/// What the firmware leaves: eight data bits.
const EIGHT: u32 = 3;

/// Sets a UART up over a model, and lets `body` use both.
fn with_model(
    model: Model,
    body: impl for<'cap> FnOnce(&Rc<RefCell<Model>>, &mut Uart<DwUart<'cap>>) + 'static,
) {
    let model = Rc::new(RefCell::new(model));
    let offer = Offer::new("uart0", 0, 0).with_device("registers", model.clone(), WINDOW);
    let done = offer.bind(move |device| {
        let mut uart = Uart::new(DwUart::new(device.exclusive_io_mem(0)?)?);
        uart.service();
        body(&model, &mut uart);
        Ok(())
    });
    assert_eq!(done, Ok(()));
}

/// Over a model as the firmware leaves it.
fn with(body: impl for<'cap> FnOnce(&Rc<RefCell<Model>>, &mut Uart<DwUart<'cap>>) + 'static) {
    let model = Model {
        line_control: EIGHT,
        ..Model::default()
    };
    with_model(model, body);
}

/// What opening a model comes to.
fn open(model: Model) -> Result<(), Error> {
    let model = Rc::new(RefCell::new(model));
    let offer = Offer::new("uart0", 0, 0).with_device("registers", model, WINDOW);
    offer.bind(|device| DwUart::new(device.exclusive_io_mem(0)?).map(|_| ()))
}

driver_serial_testing::tests!(with);

#[test]
fn nothing_there_is_an_error() {
    let opened = open(Model {
        unplugged: true,
        ..Model::default()
    });
    assert_eq!(opened, Err(Error::NoDevice));
}

#[test]
fn what_the_firmware_set_up_stays() {
    with(|model, _| {
        let inside = model.borrow();
        assert!(!inside.rate_changed);
        assert_eq!(inside.line_control, EIGHT);
        assert_eq!(inside.interrupt_enable, RECEIVING);
    });
}

/// A life that ended in the middle of something, with bytes on their way both ways.
#[test]
fn the_form_is_set_only_while_the_uart_is_idle() {
    let mut model = Model {
        line_control: 0x80,
        busy: 5,
        ..Model::default()
    };
    model.holding.extend([1, 2, 3]);
    model.received.extend([4, 5]);
    with_model(model, |model, uart| {
        assert_eq!(model.borrow().line_control, EIGHT);
        assert!(!model.borrow().ignored && !model.borrow().rate_changed);
        assert_eq!(model.borrow().wire, [1, 2, 3]);
        assert_eq!(uart.send(&[7]), 1);
        model.borrow_mut().transmit(1);
        assert_eq!(model.borrow().wire, [1, 2, 3, 7]);
    });
}

#[test]
fn a_uart_that_is_never_idle_is_an_error() {
    let opened = open(Model {
        line_control: 0x80,
        busy: u32::MAX,
        ..Model::default()
    });
    assert_eq!(opened, Err(Error::Busy));
}

/// Neither ends by moving bytes: without an end the level would interrupt for ever.
#[test]
fn an_interrupt_without_a_byte_is_ended() {
    with(|model, uart| {
        model.borrow_mut().ignored = true;
        assert!(model.borrow().interrupt());
        uart.service();
        assert!(!model.borrow().interrupt());
        model.borrow_mut().timeout = true;
        assert!(model.borrow().interrupt());
        uart.service();
        assert!(!model.borrow().interrupt());
        assert_eq!(uart.available(), 0);
        assert!(!model.borrow().misused);
    });
}
