//! Clients that wait, against a chip that sends when told to.

use super::*;
use crate::chip::{Interrupts, Status};
use crate::uart::TRANSMIT_RING;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

#[derive(Default)]
struct Line {
    holding: VecDeque<u8>,
    wire: Vec<u8>,
    input: VecDeque<u8>,
}

#[derive(Clone, Default)]
struct Model(Rc<RefCell<Line>>);

impl Model {
    fn send(&self) {
        let mut line = self.0.borrow_mut();
        let sent: Vec<u8> = line.holding.drain(..).collect();
        line.wire.extend(sent);
    }
}

impl Chip for Model {
    const LOAD: usize = 16;

    fn status(&mut self) -> Status {
        let line = self.0.borrow();
        let mut status = Status::empty();
        status.set(Status::RECEIVED, !line.input.is_empty());
        status.set(Status::ROOM, line.holding.is_empty());
        status
    }

    fn receive(&mut self) -> u8 {
        let mut line = self.0.borrow_mut();
        line.input.pop_front().expect("only read when ready")
    }

    fn transmit(&mut self, byte: u8) {
        let mut line = self.0.borrow_mut();
        line.holding.push_back(byte);
        assert!(line.holding.len() <= Self::LOAD);
    }

    fn clear(&mut self) {}

    fn enable(&mut self, _: Interrupts) {}

    fn is_idle(&self) -> bool {
        self.0.borrow().holding.is_empty()
    }
}

/// The result of a client's call, seen from outside.
#[derive(Default)]
struct Outcome {
    buffer: Vec<u8>,
    result: Option<Result<usize, Error>>,
    dead: bool,
}

#[derive(Clone, Default)]
struct Client(Rc<RefCell<Outcome>>);

impl Client {
    fn with(bytes: &[u8]) -> Self {
        let client = Self::default();
        client.0.borrow_mut().buffer = bytes.to_vec();
        client
    }

    fn result(&self) -> Option<Result<usize, Error>> {
        self.0.borrow().result
    }
}

impl Caller for Client {
    fn copy_in(&self, offset: usize, into: &mut [u8]) -> Result<usize, Error> {
        let outcome = self.0.borrow();
        if outcome.dead {
            return Err(Error::Dead);
        }
        let count = into.len().min(outcome.buffer.len() - offset);
        into[..count].copy_from_slice(&outcome.buffer[offset..offset + count]);
        Ok(count)
    }

    fn copy_out(&self, from: &[u8]) -> Result<usize, Error> {
        self.0.borrow_mut().buffer[..from.len()].copy_from_slice(from);
        Ok(from.len())
    }

    fn length(&self) -> Result<usize, Error> {
        Ok(self.0.borrow().buffer.len())
    }

    fn reply(self, result: Result<usize, Error>) {
        let before = self.0.borrow_mut().result.replace(result);
        assert_eq!(before, None, "a call has one reply");
    }
}

fn pair() -> (Model, Port<Model, Client>) {
    let model = Model::default();
    let port = Port::new(Uart::new(model.clone()));
    (model, port)
}

#[test]
fn a_long_write_is_answered_when_all_is_accepted_and_order_is_kept() {
    let (model, mut port) = pair();
    let long: Vec<u8> = (0..3 * TRANSMIT_RING).map(|index| index as u8).collect();
    let first = Client::with(&long);
    let second = Client::with(b"second");
    port.write(first.clone());
    port.write(second.clone());
    assert_eq!((first.result(), second.result()), (None, None));
    while second.result().is_none() {
        model.send();
        port.pump();
    }
    assert_eq!(first.result(), Some(Ok(long.len())));
    assert_eq!(second.result(), Some(Ok(6)));
    let flush = Client::default();
    port.flush(flush.clone());
    assert_eq!(flush.result(), None);
    while flush.result().is_none() {
        model.send();
        port.pump();
    }
    assert_eq!(model.0.borrow().wire, [&long[..], b"second"].concat());
}

#[test]
fn a_writer_that_dies_lets_the_next_one_through() {
    let (model, mut port) = pair();
    let first = Client::with(&[1; 2 * TRANSMIT_RING]);
    let second = Client::with(b"next");
    port.write(first.clone());
    port.write(second.clone());
    first.0.borrow_mut().dead = true;
    for _ in 0..TRANSMIT_RING {
        model.send();
        port.pump();
    }
    assert_eq!(first.result(), Some(Err(Error::Dead)));
    assert_eq!(second.result(), Some(Ok(4)));
    assert!(model.0.borrow().wire.ends_with(b"next"));
}

#[test]
fn a_read_waits_for_input_and_takes_no_more_than_fits() {
    let (model, mut port) = pair();
    let reader = Client::with(&[0; 3]);
    port.read(reader.clone());
    assert_eq!(reader.result(), None);
    model.0.borrow_mut().input.extend(b"hello");
    port.pump();
    assert_eq!(reader.result(), Some(Ok(3)));
    assert_eq!(reader.0.borrow().buffer, b"hel");
    let ready = Client::with(&[0; 8]);
    port.read_ready(ready.clone());
    assert_eq!(ready.result(), Some(Ok(2)));
    let none = Client::with(&[0; 8]);
    port.read_ready(none.clone());
    assert_eq!(none.result(), Some(Ok(0)));
}

#[test]
fn too_many_who_wait_are_told_so() {
    let (_model, mut port) = pair();
    let waiting: Vec<Client> = (0..WAITING).map(|_| Client::with(&[0; 1])).collect();
    waiting.iter().for_each(|client| port.read(client.clone()));
    let late = Client::with(&[0; 1]);
    port.read(late.clone());
    assert_eq!(late.result(), Some(Err(Error::Busy)));
    assert!(waiting.iter().all(|client| client.result().is_none()));
}

#[test]
fn an_empty_write_is_done_at_once() {
    let (_model, mut port) = pair();
    let empty = Client::default();
    port.write(empty.clone());
    assert_eq!(empty.result(), Some(Ok(0)));
}
