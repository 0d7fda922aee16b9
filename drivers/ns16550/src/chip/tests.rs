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
    interrupt_enable: u8,
    line_control: u8,
    scratch: u8,
    divisor: [u8; 2],
    /// Set when a byte was written to a full FIFO or read from an empty one.
    misused: bool,
    overrun: bool,
    unplugged: bool,
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
            self.wire.extend(self.holding.pop_front());
        }
    }

    fn interrupt(&self) -> bool {
        (self.interrupt_enable & 1 != 0 && !self.received.is_empty())
            || (self.interrupt_enable & 2 != 0 && self.holding.is_empty())
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
        assert_eq!(width, 1, "registers are bytes");
        if self.unplugged {
            return 0xff;
        }
        u64::from(match offset {
            0 => self.received.pop_front().unwrap_or_else(|| {
                self.misused = true;
                0
            }),
            5 => {
                let empty = u8::from(self.holding.is_empty());
                (LineStatus::DATA_READY.val(u8::from(!self.received.is_empty()))
                    + LineStatus::OVERRUN.val(u8::from(core::mem::take(&mut self.overrun)))
                    + LineStatus::HOLDING_EMPTY.val(empty)
                    + LineStatus::TRANSMITTER_IDLE.val(empty))
                .value
            }
            7 => self.scratch,
            _ => 0,
        })
    }

    fn store(&mut self, offset: usize, width: usize, value: u64) {
        assert_eq!(width, 1, "registers are bytes");
        let value = value as u8;
        let divisor = LineControl::DIVISOR_ACCESS.is_set(self.line_control);
        match offset {
            0 | 1 if divisor => self.divisor[offset] = value,
            0 if self.holding.len() == FIFO_DEPTH => self.misused = true,
            0 => self.holding.push_back(value),
            1 => self.interrupt_enable = value,
            2 if value & 0b110 != 0 => self.received.clear(),
            3 => self.line_control = value,
            7 => self.scratch = value,
            _ => {}
        }
    }
}

/// The interrupts that are enabled when nothing is sent.
const RECEIVING: u8 = InterruptEnable::RECEIVED::SET.value;

/// Sets a UART up over a model, and lets `body` use both.
fn with(body: impl for<'cap> FnOnce(&Rc<RefCell<Model>>, &mut Uart<Ns16550<'cap>>) + 'static) {
    let model = Rc::new(RefCell::new(Model::default()));
    let offer = Offer::new("uart0", 0, 0).with_device("registers", model.clone(), WINDOW);
    let done = offer.bind(move |device| {
        let mut uart = Uart::new(Ns16550::new(device.exclusive_io_mem(0)?)?);
        uart.service();
        body(&model, &mut uart);
        Ok(())
    });
    assert_eq!(done, Ok(()));
}

driver_serial_testing::tests!(with);

#[test]
fn nothing_there_is_an_error() {
    let model = Rc::new(RefCell::new(Model {
        unplugged: true,
        ..Model::default()
    }));
    let offer = Offer::new("uart0", 0, 0).with_device("registers", model, WINDOW);
    let opened = offer.bind(|device| Ns16550::new(device.exclusive_io_mem(0)?).map(|_| ()));
    assert_eq!(opened, Err(Error::NoDevice));
}

#[test]
fn set_up_leaves_the_divisor_and_the_receive_interrupt() {
    with(|model, _| {
        let inside = model.borrow();
        assert_eq!(inside.divisor, [2, 0]);
        assert_eq!(inside.line_control, LineControl::WORD::Eight.value);
        assert_eq!(inside.interrupt_enable, RECEIVING);
    });
}
