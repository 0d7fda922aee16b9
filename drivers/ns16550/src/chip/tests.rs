//! The UART over the chip, against a model of its registers that loses bytes as the real one does.

use super::*;
use core::cell::RefCell;
use driver_serial::uart::{RECEIVE_RING, Uart};
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

impl Model {
    /// A byte from the line; lost with an overrun when the FIFO is full.
    fn arrive(&mut self, byte: u8) {
        if self.received.len() < FIFO_DEPTH {
            self.received.push_back(byte);
        } else {
            self.overrun = true;
        }
    }

    /// Lets up to `count` bytes leave on the wire.
    fn transmit(&mut self, count: usize) {
        for _ in 0..count {
            self.wire.extend(self.holding.pop_front());
        }
    }

    fn interrupt(&self) -> bool {
        (self.interrupt_enable & 1 != 0 && !self.received.is_empty())
            || (self.interrupt_enable & 2 != 0 && self.holding.is_empty())
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

#[test]
fn every_accepted_byte_goes_out_once_and_in_order() {
    with(|model, uart| {
        let message: Vec<u8> = (0..10_000_u32)
            .map(|index| (index * 7 % 251) as u8)
            .collect();
        let mut accepted = 0;
        let mut step = 0;
        while model.borrow().wire.len() < message.len() {
            step += 1;
            accepted += uart.send(&message[accepted..message.len().min(accepted + step % 97)]);
            model.borrow_mut().transmit(step % 23);
            if model.borrow().interrupt() {
                uart.service();
            }
            assert!(
                step < 100_000,
                "stuck after {} bytes",
                model.borrow().wire.len()
            );
        }
        assert_eq!(model.borrow().wire, message);
        assert!(!model.borrow().misused);
        assert!(uart.is_drained());
    });
}

#[test]
fn the_transmit_interrupt_is_on_only_while_bytes_wait() {
    with(|model, uart| {
        uart.send(&[1; FIFO_DEPTH]);
        assert_eq!(model.borrow().interrupt_enable, RECEIVING);
        uart.send(&[2]);
        assert_eq!(
            model.borrow().interrupt_enable,
            RECEIVING | InterruptEnable::TRANSMITTER_EMPTY::SET.value
        );
        model.borrow_mut().transmit(FIFO_DEPTH);
        assert!(model.borrow().interrupt());
        uart.service();
        assert_eq!(model.borrow().interrupt_enable, RECEIVING);
    });
}

#[test]
fn a_full_ring_leaves_input_in_the_chip() {
    with(|model, uart| {
        for index in 0..RECEIVE_RING + FIFO_DEPTH {
            model.borrow_mut().arrive(index as u8);
            if model.borrow().interrupt() {
                uart.service();
            }
        }
        assert_eq!(uart.available(), RECEIVE_RING);
        assert!(
            !model.borrow().interrupt(),
            "the receive interrupt must be off while the ring is full"
        );
        let mut all = Vec::new();
        let mut out = [0; 100];
        loop {
            let count = uart.receive(&mut out);
            if count == 0 {
                break;
            }
            all.extend_from_slice(&out[..count]);
        }
        let sent: Vec<u8> = (0..RECEIVE_RING + FIFO_DEPTH)
            .map(|index| index as u8)
            .collect();
        assert_eq!(all, sent);
        assert_eq!(uart.overruns(), 0);
        assert!(!model.borrow().misused);
    });
}

#[test]
fn an_overrun_is_counted() {
    with(|model, uart| {
        for byte in 0..20 {
            model.borrow_mut().arrive(byte);
        }
        uart.service();
        assert_eq!(uart.overruns(), 1);
        assert_eq!(uart.available(), FIFO_DEPTH);
    });
}

#[test]
fn a_device_that_goes_away_does_not_hang_the_driver() {
    with(|model, uart| {
        uart.send(&[3; 100]);
        model.borrow_mut().unplugged = true;
        uart.service();
        assert_eq!(uart.available(), 0);
        assert!(!uart.is_drained());
    });
}
