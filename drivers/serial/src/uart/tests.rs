//! The rings over a plain chip, whose interrupts are levels or events.

use super::*;
use core::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

/// A chip that does what a test says.
#[derive(Default)]
struct Inside {
    input: VecDeque<u8>,
    holding: Vec<u8>,
    enabled: Option<Interrupts>,
    cleared: usize,
    /// A byte that arrives when the receive interrupt is enabled: too late to request it.
    late: Option<u8>,
}

#[derive(Clone, Default)]
struct Plain(Rc<RefCell<Inside>>);

const LOAD: usize = 4;

impl Chip for Plain {
    const LOAD: usize = LOAD;

    fn status(&mut self) -> Status {
        let inside = self.0.borrow();
        let mut status = Status::empty();
        status.set(Status::RECEIVED, !inside.input.is_empty());
        status.set(Status::ROOM, inside.holding.is_empty());
        status
    }

    fn receive(&mut self) -> u8 {
        self.0
            .borrow_mut()
            .input
            .pop_front()
            .expect("only read when there")
    }

    fn transmit(&mut self, byte: u8) {
        let mut inside = self.0.borrow_mut();
        inside.holding.push(byte);
        assert!(inside.holding.len() <= LOAD);
    }

    fn clear(&mut self) {
        self.0.borrow_mut().cleared += 1;
    }

    fn enable(&mut self, interrupts: Interrupts) {
        let mut inside = self.0.borrow_mut();
        inside.enabled = Some(interrupts);
        if interrupts.contains(Interrupts::RECEIVED) {
            let late = inside.late.take();
            inside.input.extend(late);
        }
    }

    fn is_idle(&self) -> bool {
        self.0.borrow().holding.is_empty()
    }
}

fn pair() -> (Plain, Uart<Plain>) {
    let plain = Plain::default();
    let mut uart = Uart::new(plain.clone());
    uart.service();
    (plain, uart)
}

fn enabled(plain: &Plain) -> Option<Interrupts> {
    plain.0.borrow().enabled
}

#[test]
fn the_transmit_interrupt_is_on_only_while_bytes_wait() {
    let (plain, mut uart) = pair();
    uart.send(&[1; LOAD]);
    assert_eq!(enabled(&plain), Some(Interrupts::RECEIVED));
    uart.send(&[2]);
    assert_eq!(enabled(&plain), Some(Interrupts::all()));
    assert_eq!(plain.0.borrow_mut().holding.drain(..).count(), LOAD);
    uart.service();
    assert_eq!(enabled(&plain), Some(Interrupts::RECEIVED));
    assert_eq!(plain.0.borrow().holding, [2]);
    uart.quiet();
    assert_eq!(enabled(&plain), Some(Interrupts::empty()));
}

#[test]
fn a_byte_that_comes_as_its_interrupt_is_turned_on_is_found() {
    let plain = Plain::default();
    plain.0.borrow_mut().late = Some(9);
    let mut uart = Uart::new(plain);
    uart.service();
    assert_eq!(uart.available(), 1);
}

#[test]
fn events_are_taken_back_before_the_look_that_serves_them() {
    let (plain, mut uart) = pair();
    let before = plain.0.borrow().cleared;
    uart.service();
    assert_eq!(plain.0.borrow().cleared, before + 1);
}

#[test]
fn one_call_serves_a_bounded_number_of_bytes() {
    let (plain, mut uart) = pair();
    plain.0.borrow_mut().input.extend(0..=255);
    plain.0.borrow_mut().input.extend(0..=255);
    uart.service();
    assert_eq!(uart.available(), ROUNDS);
}
