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
        self.add_at(FunctionAddress::new(0, device, function), what, header, pin)
    }

    /// The same on any bus.
    fn add_at(
        &mut self,
        address: FunctionAddress,
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
    bridges: Vec<FunctionAddress>,
    /// The numbers that buses behind bridges get, the next one last.
    buses: Vec<u8>,
}

impl Report for Seen {
    fn found(&mut self, function: &Function) -> Result<(), Error> {
        self.found.push(*function);
        self.refused.map_or(Ok(()), Err)
    }

    fn bridge(&mut self, bridge: &Function) -> Result<Option<u8>, Error> {
        self.bridges.push(bridge.address);
        Ok(self.buses.pop())
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
        (edu.id, edu.class, edu.interrupt),
        (FunctionId::new(0x1234, 0x11e8), ClassCode(0xff00), Some(33))
    );
    assert_eq!(
        (testdev.id, testdev.interrupt),
        (FunctionId::new(0x1b36, 5), None)
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

const BRIDGE: (u16, u16, u32) = (0x1b36, 0x000c, 0x06_0400);

#[test]
fn a_bus_that_cannot_be_reached_is_not_looked_at() {
    let mut model = Model::default();
    model.add((4, 0), BRIDGE, 1, 1);
    let behind = FunctionAddress::new(1, 0, 0);
    model.add_at(behind, (0x1234, 0x11e8, 0xff00), 0, 1);
    // None, and numbers that would have it go round for ever.
    for buses in [vec![], vec![0]] {
        let mut seen = Seen {
            buses,
            ..Seen::default()
        };
        assert_eq!(run(&model, &mut seen), Ok(1));
        assert!(seen.found.is_empty());
        assert_eq!(seen.bridges, [FunctionAddress::new(0, 4, 0)]);
    }
}

/// Each bridge on the way turns the pins by its device's number, and what is behind it comes before what is beside it.
#[test]
fn buses_behind_bridges_are_walked_depth_first() {
    let mut model = board();
    let at = FunctionAddress::new;
    let device = (0x1234, 0x11e8, 0xff00);
    model.add((4, 0), BRIDGE, 0x81, 1).add((4, 2), BRIDGE, 1, 1);
    model.add((5, 0), device, 0, 1);
    model
        .add_at(at(1, 2, 0), BRIDGE, 1, 0)
        .add_at(at(1, 3, 0), device, 0, 2)
        .add_at(at(2, 1, 0), device, 0, 4)
        .add_at(at(3, 0, 0), device, 0, 1);
    let mut seen = Seen {
        buses: vec![3, 2, 1],
        ..Seen::default()
    };
    assert_eq!(run(&model, &mut seen), Ok(10));
    assert_eq!(seen.bridges, [at(0, 4, 0), at(1, 2, 0), at(0, 4, 2)]);
    let found: Vec<_> = (seen.found.iter().skip(2))
        .map(|function| (function.address, function.interrupt))
        .collect();
    let wanted = [
        (at(2, 1, 0), 4 + 2 + 1 + 3),
        (at(1, 3, 0), 4 + 3 + 1),
        (at(3, 0, 0), 4),
        (at(0, 5, 0), 5),
    ];
    assert_eq!(found, wanted.map(|(at, turns)| (at, Some(32 + turns % 4))));
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
    let ids: Vec<u16> = seen
        .found
        .iter()
        .map(|function| function.id.device)
        .collect();
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
