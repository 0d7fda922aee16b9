//! The UART over the chip, against a model of its registers: one byte each way, interrupts that
//! are asked for once, a line that is not always ready.

use super::*;
use driver_serial::uart::{RECEIVE_RING, Uart};
use std::cell::RefCell;
use std::rc::Rc;

/// What is inside the model.
#[derive(Default)]
struct Inside {
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

impl Inside {
    fn ask(&mut self, control: Control, event: Pending) {
        if self.control & control.bits() != 0 {
            self.pending |= event.bits();
        }
    }

    fn send(&mut self) {
        if let Some(byte) = self.holding.take() {
            self.wire.push(byte);
            self.ask(Control::TRANSMIT_INTERRUPT, Pending::TRANSMIT);
        }
    }
}

#[derive(Clone, Default)]
struct Model(Rc<RefCell<Inside>>);

impl Model {
    /// A byte from the line; it takes the place of one that was not read.
    fn arrive(&self, byte: u8) {
        let mut inside = self.0.borrow_mut();
        inside.receive_overrun |= inside.received.is_some();
        inside.received = Some(byte);
        inside.ask(Control::RECEIVE_INTERRUPT, Pending::RECEIVE);
    }

    /// Lets the byte that waits leave on the wire.
    fn transmit(&self) {
        self.0.borrow_mut().send();
    }

    fn interrupt(&self) -> bool {
        self.0.borrow().pending != 0
    }
}

impl Registers for Model {
    fn read(&self, register: Register) -> u32 {
        let mut inside = self.0.borrow_mut();
        if inside.unplugged {
            return u32::MAX;
        }
        match register {
            Register::Data => {
                inside.misused |= inside.received.is_none();
                u32::from(inside.received.take().unwrap_or(0))
            }
            Register::State => {
                let mut state = State::empty();
                state.set(State::TRANSMIT_FULL, inside.holding.is_some());
                state.set(State::RECEIVE_FULL, inside.received.is_some());
                state.set(State::TRANSMIT_OVERRUN, inside.transmit_overrun);
                state.set(State::RECEIVE_OVERRUN, inside.receive_overrun);
                state.bits()
            }
            Register::Control => inside.control,
            Register::Interrupts => inside.pending,
            Register::Divider => inside.divider,
        }
    }

    fn write(&mut self, register: Register, value: u32) {
        let mut inside = self.0.borrow_mut();
        match register {
            Register::Data => {
                inside.transmit_overrun |= inside.holding.is_some();
                inside.holding = Some(value as u8);
                if inside.eager {
                    inside.send();
                }
            }
            Register::State => {
                inside.transmit_overrun &= value & State::TRANSMIT_OVERRUN.bits() == 0;
                inside.receive_overrun &= value & State::RECEIVE_OVERRUN.bits() == 0;
            }
            Register::Control => inside.control = value,
            Register::Interrupts => inside.pending &= !value,
            Register::Divider => inside.divider = value,
        }
    }
}

fn pair() -> (Model, Uart<CmsdkUart<Model>>) {
    let model = Model::default();
    let mut uart = Uart::new(CmsdkUart::new(model.clone()));
    uart.service();
    (model, uart)
}

#[test]
fn set_up_leaves_the_rate_both_directions_and_the_receive_interrupt() {
    let (model, _uart) = pair();
    let inside = model.0.borrow();
    // 10 MHz, as tests have it: 86.8 cycles.
    assert_eq!(inside.divider, 87);
    let on = Control::TRANSMIT | Control::RECEIVE | Control::RECEIVE_INTERRUPT;
    assert_eq!(inside.control, on.bits());
}

/// The chip keeps an event that it has asked for, on or off: its line would stay up for ever.
#[test]
fn an_interrupt_that_is_turned_off_is_taken_back() {
    let model = Model::default();
    let mut chip = CmsdkUart::new(model.clone());
    chip.enable(Interrupts::all());
    chip.transmit(1);
    model.transmit();
    model.arrive(2);
    assert_eq!(model.0.borrow().pending, Pending::all().bits());
    chip.enable(Interrupts::RECEIVED);
    assert_eq!(model.0.borrow().pending, Pending::RECEIVE.bits());
    chip.enable(Interrupts::empty());
    assert!(!model.interrupt());
}

#[test]
fn every_accepted_byte_goes_out_once_and_in_order_by_interrupts_alone() {
    for eager in [false, true] {
        let (model, mut uart) = pair();
        model.0.borrow_mut().eager = eager;
        let message: Vec<u8> = (0..5_000_u32)
            .map(|index| (index * 7 % 251) as u8)
            .collect();
        let mut accepted = 0;
        let mut step = 0;
        while model.0.borrow().wire.len() < message.len() {
            step += 1;
            if step % 50 == 1 {
                accepted += uart.send(&message[accepted..message.len().min(accepted + step % 97)]);
            }
            model.transmit();
            if model.interrupt() {
                uart.service();
            }
            let sent = model.0.borrow().wire.len();
            assert!(step < 400_000, "stuck after {sent} bytes, eager {eager}");
        }
        assert_eq!(model.0.borrow().wire, message);
        assert!(!model.0.borrow().transmit_overrun, "written while full");
        assert!(uart.is_drained());
        if model.interrupt() {
            uart.service();
        }
        assert!(!model.interrupt(), "an idle transmitter asks for nothing");
    }
}

#[test]
fn the_end_of_the_last_byte_is_told_to_who_waits_for_it() {
    let (model, mut uart) = pair();
    uart.send(b"x");
    assert!(!uart.is_drained());
    uart.await_drained(true);
    assert!(!uart.is_drained());
    assert!(!model.interrupt());
    model.transmit();
    assert!(model.interrupt(), "nobody would look again");
    assert!(uart.is_drained());
    uart.await_drained(false);
    assert!(!model.interrupt());
}

#[test]
fn a_full_ring_leaves_the_byte_in_the_chip_and_loses_none() {
    let (model, mut uart) = pair();
    for index in 0..=RECEIVE_RING {
        model.arrive(index as u8);
        if model.interrupt() {
            uart.service();
        }
    }
    assert_eq!(uart.available(), RECEIVE_RING);
    assert!(!model.interrupt(), "nothing can be done for it");
    assert!(model.0.borrow().received.is_some());
    let mut all = Vec::new();
    let mut out = [0; 100];
    loop {
        let count = uart.receive(&mut out);
        if count == 0 {
            break;
        }
        all.extend_from_slice(&out[..count]);
    }
    let sent: Vec<u8> = (0..=RECEIVE_RING).map(|index| index as u8).collect();
    assert_eq!(all, sent);
    assert_eq!(uart.overruns(), 0);
    model.arrive(7);
    assert!(model.interrupt(), "the receive interrupt is on again");
    uart.service();
    assert_eq!(uart.available(), 1);
    assert!(!model.0.borrow().misused);
}

/// A byte that comes between the last look and turning its interrupt on asks for nothing.
#[test]
fn a_byte_that_comes_while_its_interrupt_is_off_is_found() {
    let (model, mut uart) = pair();
    for index in 0..RECEIVE_RING {
        model.arrive(index as u8);
        uart.service();
    }
    assert_eq!(
        model.0.borrow().control & Control::RECEIVE_INTERRUPT.bits(),
        0
    );
    model.arrive(1);
    assert!(!model.interrupt());
    let mut out = [0; 8];
    assert_eq!(uart.receive(&mut out), 8);
    assert_eq!(uart.available(), RECEIVE_RING - 7);
}

#[test]
fn an_overrun_is_counted_once() {
    let (model, mut uart) = pair();
    model.arrive(1);
    model.arrive(2);
    uart.service();
    uart.service();
    assert_eq!((uart.overruns(), uart.available()), (1, 1));
    model.arrive(3);
    model.arrive(4);
    uart.service();
    assert_eq!(uart.overruns(), 2);
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
