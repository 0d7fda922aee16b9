//! Enumeration of a model bus.

use super::*;
use std::collections::BTreeMap;

#[derive(Clone, Default)]
struct Model {
    functions: BTreeMap<usize, BTreeMap<u16, u32>>,
    revoked: bool,
}

impl Model {
    /// Adds a function; `what` is vendor, device and class.
    fn add(
        &mut self,
        (device, function): (u8, u8),
        what: (u16, u16, u32),
        header: u8,
        pin: u8,
    ) -> &mut Self {
        let (vendor, id, class) = what;
        let registers = [
            (IDENTIFIERS, u32::from(vendor) | u32::from(id) << 16),
            (CLASS, class << 8),
            (HEADER, u32::from(header) << 16),
            (INTERRUPT, u32::from(pin) << 8),
        ];
        let address = FunctionAddress::new(0, device, function);
        self.functions.insert(address.offset(), registers.into());
        self
    }
}

impl ConfigAccess for Model {
    fn read32(&self, address: FunctionAddress, register: u16) -> Result<u32, Error> {
        if self.revoked {
            return Err(Error::Revoked);
        }
        let Some(registers) = self.functions.get(&address.offset()) else {
            return Ok(u32::MAX);
        };
        Ok(registers.get(&register).copied().unwrap_or(0))
    }
}

#[derive(Default)]
struct Seen {
    found: Vec<Function>,
    refused: Option<Error>,
    bridges: Vec<(FunctionAddress, u32)>,
}

impl Report for Seen {
    fn found(&mut self, function: &Function) -> Result<(), Error> {
        self.found.push(*function);
        self.refused.map_or(Ok(()), Err)
    }

    fn bridge(&mut self, address: FunctionAddress, identifiers: u32) -> Result<(), Error> {
        self.bridges.push((address, identifiers));
        Ok(())
    }
}

fn board() -> Model {
    let mut model = Model::default();
    model.add((0, 0), (0x1b36, 0x0008, 0x06_0000), 0, 0);
    model.add((1, 0), (0x1234, 0x11e8, 0x00_ff00), 0, 1);
    model.add((2, 0), (0x1b36, 0x0005, 0x00_ff00), 0, 0);
    model
}

fn run(model: &Model, seen: &mut Seen) -> Result<usize, Error> {
    enumerate(model, 32, seen)
}

#[test]
fn the_board_is_found() {
    let mut seen = Seen::default();
    assert_eq!(run(&board(), &mut seen), Ok(3));
    let [edu, testdev] = seen.found[..] else {
        panic!("{:?}", seen.found)
    };
    assert_eq!(
        (edu.vendor, edu.device, edu.class, edu.interrupt),
        (0x1234, 0x11e8, 0xff00, Some(33))
    );
    assert_eq!(
        (testdev.vendor, testdev.device, testdev.interrupt),
        (0x1b36, 0x0005, None)
    );
}

#[test]
fn pins_turn_with_the_device() {
    let mut model = Model::default();
    model.add((3, 0), (0x1af4, 0x1041, 0x02_0000), 0, 4);
    let mut seen = Seen::default();
    assert_eq!(run(&model, &mut seen), Ok(1));
    assert_eq!(seen.found[0].interrupt, Some(32 + (3 + 3) % 4));
}

#[test]
fn a_bridge_is_passed_over() {
    let mut model = Model::default();
    model.add((4, 0), (0x1b36, 0x000c, 0x06_0400), 1, 1);
    let mut seen = Seen::default();
    assert_eq!(run(&model, &mut seen), Ok(1));
    assert!(seen.found.is_empty());
    let told: Vec<(u8, u32)> = (seen.bridges.iter())
        .map(|(address, identifiers)| (address.device(), *identifiers))
        .collect();
    assert_eq!(told, [(4, 0x000c_1b36)]);
}

#[test]
fn only_a_device_with_many_functions_is_asked_for_more() {
    let mut model = Model::default();
    model
        .add((5, 0), (1, 1, 0), 0x80, 0)
        .add((5, 3), (1, 2, 0), 0x80, 2);
    model
        .add((6, 0), (1, 3, 0), 0, 0)
        .add((6, 1), (1, 4, 0), 0, 0);
    let mut seen = Seen::default();
    assert_eq!(run(&model, &mut seen), Ok(3));
    let ids: Vec<u16> = seen.found.iter().map(|function| function.device).collect();
    assert_eq!(ids, [1, 2, 3]);
}

#[test]
fn an_empty_bus_a_revoked_window_and_a_report_that_fails_are_errors() {
    let mut seen = Seen::default();
    assert_eq!(run(&Model::default(), &mut seen), Err(Error::NoDevice));
    let revoked = Model {
        revoked: true,
        ..board()
    };
    assert_eq!(run(&revoked, &mut seen), Err(Error::Revoked));
    seen.refused = Some(Error::Denied);
    assert_eq!(run(&board(), &mut seen), Err(Error::Denied));
    assert_eq!(seen.found.len(), 1);
}
