//! The UART over the chip, against a model of its registers that loses bytes as the real one does.

use super::*;
use core::cell::RefCell;
use driver_serial::uart::{RECEIVE_RING, Uart};
use std::collections::VecDeque;
use std::rc::Rc;

/// What is inside the model.
#[derive(Default)]
struct Inside {
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

#[derive(Clone, Default)]
struct Model(Rc<RefCell<Inside>>);

impl Model {
    /// A byte from the line; lost with an overrun when the FIFO is full.
    fn arrive(&self, byte: u8) {
        let mut inside = self.0.borrow_mut();
        if inside.received.len() < FIFO_DEPTH {
            inside.received.push_back(byte);
        } else {
            inside.overrun = true;
        }
    }

    /// Lets up to `count` bytes leave on the wire.
    fn transmit(&self, count: usize) {
        let mut inside = self.0.borrow_mut();
        for _ in 0..count {
            if let Some(byte) = inside.holding.pop_front() {
                inside.wire.push(byte);
            }
        }
    }

    fn interrupt(&self) -> bool {
        let inside = self.0.borrow();
        (inside.interrupt_enable & 1 != 0 && !inside.received.is_empty())
            || (inside.interrupt_enable & 2 != 0 && inside.holding.is_empty())
    }
}

impl Registers for Model {
    fn read(&self, register: Register) -> u8 {
        let mut inside = self.0.borrow_mut();
        if inside.unplugged {
            return 0xff;
        }
        match register {
            Register::Data => inside.received.pop_front().unwrap_or_else(|| {
                inside.misused = true;
                0
            }),
            Register::LineStatus => {
                let mut status = LineStatus::empty();
                status.set(LineStatus::DATA_READY, !inside.received.is_empty());
                status.set(LineStatus::OVERRUN, core::mem::take(&mut inside.overrun));
                let empty = inside.holding.is_empty();
                status.set(
                    LineStatus::HOLDING_EMPTY | LineStatus::TRANSMITTER_IDLE,
                    empty,
                );
                status.bits()
            }
            Register::Scratch => inside.scratch,
            _ => 0,
        }
    }

    fn write(&mut self, register: Register, value: u8) {
        let mut inside = self.0.borrow_mut();
        let divisor = inside.line_control & LINE_DIVISOR_ACCESS != 0;
        match register {
            Register::Data if divisor => inside.divisor[0] = value,
            Register::InterruptEnable if divisor => inside.divisor[1] = value,
            Register::Data if inside.holding.len() == FIFO_DEPTH => inside.misused = true,
            Register::Data => inside.holding.push_back(value),
            Register::InterruptEnable => inside.interrupt_enable = value,
            Register::LineControl => inside.line_control = value,
            Register::Scratch => inside.scratch = value,
            Register::FifoControl if value & 0b110 != 0 => inside.received.clear(),
            _ => {}
        }
    }
}

fn pair() -> (Model, Uart<Ns16550<Model>>) {
    let model = Model::default();
    let mut uart = Uart::new(Ns16550::new(model.clone()).expect("the model answers"));
    uart.service();
    (model, uart)
}

#[test]
fn nothing_there_is_an_error() {
    let model = Model::default();
    model.0.borrow_mut().unplugged = true;
    assert_eq!(Ns16550::new(model).err(), Some(Error::NoDevice));
}

#[test]
fn set_up_leaves_the_divisor_and_the_receive_interrupt() {
    let (model, _uart) = pair();
    let inside = model.0.borrow();
    assert_eq!(inside.divisor, [2, 0]);
    assert_eq!(inside.line_control, LINE_8N1);
    assert_eq!(inside.interrupt_enable, InterruptEnable::RECEIVED.bits());
}

#[test]
fn every_accepted_byte_goes_out_once_and_in_order() {
    let (model, mut uart) = pair();
    let message: Vec<u8> = (0..10_000_u32)
        .map(|index| (index * 7 % 251) as u8)
        .collect();
    let mut accepted = 0;
    let mut step = 0;
    while model.0.borrow().wire.len() < message.len() {
        step += 1;
        accepted += uart.send(&message[accepted..message.len().min(accepted + step % 97)]);
        model.transmit(step % 23);
        if model.interrupt() {
            uart.service();
        }
        assert!(
            step < 100_000,
            "stuck after {} bytes",
            model.0.borrow().wire.len()
        );
    }
    assert_eq!(model.0.borrow().wire, message);
    assert!(!model.0.borrow().misused);
    assert!(uart.is_drained());
}

#[test]
fn the_transmit_interrupt_is_on_only_while_bytes_wait() {
    let (model, mut uart) = pair();
    uart.send(&[1; FIFO_DEPTH]);
    assert_eq!(
        model.0.borrow().interrupt_enable,
        InterruptEnable::RECEIVED.bits()
    );
    uart.send(&[2]);
    assert_eq!(
        model.0.borrow().interrupt_enable,
        InterruptEnable::all().bits()
    );
    model.transmit(FIFO_DEPTH);
    assert!(model.interrupt());
    uart.service();
    assert_eq!(
        model.0.borrow().interrupt_enable,
        InterruptEnable::RECEIVED.bits()
    );
}

#[test]
fn a_full_ring_leaves_input_in_the_chip() {
    let (model, mut uart) = pair();
    for index in 0..RECEIVE_RING + FIFO_DEPTH {
        model.arrive(index as u8);
        if model.interrupt() {
            uart.service();
        }
    }
    assert_eq!(uart.available(), RECEIVE_RING);
    assert!(
        !model.interrupt(),
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
    assert!(!model.0.borrow().misused);
}

#[test]
fn an_overrun_is_counted() {
    let (model, mut uart) = pair();
    for byte in 0..20 {
        model.arrive(byte);
    }
    uart.service();
    assert_eq!(uart.overruns(), 1);
    assert_eq!(uart.available(), FIFO_DEPTH);
}

#[test]
fn a_device_that_goes_away_does_not_hang_the_driver() {
    let (model, mut uart) = pair();
    uart.send(&[3; 100]);
    model.0.borrow_mut().unplugged = true;
    uart.service();
    assert_eq!(uart.available(), 0);
    assert!(!uart.is_drained());
}
