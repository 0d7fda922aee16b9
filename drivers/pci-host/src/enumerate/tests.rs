//! Enumeration of a model bus whose registers keep only the bits that real ones keep.

use super::*;
use crate::config::{BASE_ADDRESS, COMMAND, COMMAND_MEMORY};
use std::collections::BTreeMap;

/// One register: value and the bits that a write changes.
#[derive(Clone, Copy, Default)]
struct Cell {
    value: u32,
    writable: u32,
}

#[derive(Clone, Default)]
struct Model {
    functions: BTreeMap<usize, BTreeMap<u16, Cell>>,
    /// Functions whose window was changed while they decoded memory.
    moved_while_decoding: usize,
    writes: usize,
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
        let mut cells = BTreeMap::new();
        let fixed = |value| Cell { value, writable: 0 };
        cells.insert(IDENTIFIERS, fixed(u32::from(vendor) | u32::from(id) << 16));
        cells.insert(
            COMMAND,
            Cell {
                value: 0x0010_0000,
                writable: 0x0007,
            },
        );
        cells.insert(CLASS, fixed(class << 8));
        cells.insert(HEADER, fixed(u32::from(header) << 16));
        cells.insert(INTERRUPT, fixed(u32::from(pin) << 8));
        let address = Address {
            bus: 0,
            device,
            function,
        };
        self.functions.insert(address.offset(), cells);
        self
    }

    fn cell(&mut self, device: u8, register: u16) -> &mut Cell {
        let at = Address {
            bus: 0,
            device,
            function: 0,
        }
        .offset();
        self.functions
            .get_mut(&at)
            .expect("a function")
            .entry(register)
            .or_default()
    }

    fn memory_bar(&mut self, device: u8, index: u16, size: u32) {
        *self.cell(device, BASE_ADDRESS + 4 * index) = Cell {
            value: 0,
            writable: !(size - 1) & !0xf,
        };
    }

    fn wide_bar(&mut self, device: u8, index: u16, size: u64) {
        let mask = !(size - 1);
        *self.cell(device, BASE_ADDRESS + 4 * index) = Cell {
            value: 0xc,
            writable: mask as u32 & !0xf,
        };
        *self.cell(device, BASE_ADDRESS + 4 * index + 4) = Cell {
            value: 0,
            writable: (mask >> 32) as u32,
        };
    }
}

impl ConfigAccess for Model {
    fn read32(&self, address: Address, register: u16) -> Result<u32, Error> {
        if self.revoked {
            return Err(Error::Revoked);
        }
        let Some(cells) = self.functions.get(&address.offset()) else {
            return Ok(u32::MAX);
        };
        Ok(cells.get(&register).map_or(0, |cell| cell.value))
    }

    fn write32(&mut self, address: Address, register: u16, value: u32) -> Result<(), Error> {
        self.writes += 1;
        let Some(cells) = self.functions.get_mut(&address.offset()) else {
            return Ok(());
        };
        let decoding = cells[&COMMAND].value & u32::from(COMMAND_MEMORY) != 0;
        if decoding && (BASE_ADDRESS..BASE_ADDRESS + 24).contains(&register) {
            self.moved_while_decoding += 1;
        }
        if let Some(cell) = cells.get_mut(&register) {
            cell.value = cell.value & !cell.writable | value & cell.writable;
        }
        Ok(())
    }

    fn write16(&mut self, address: Address, register: u16, value: u16) -> Result<(), Error> {
        let old = self.read32(address, register & !3)?;
        let shift = u32::from(register & 2) * 8;
        let new = old & !(0xffff << shift) | u32::from(value) << shift;
        self.write32(address, register & !3, new)
    }
}

#[derive(Default)]
struct Seen {
    known: Vec<Function>,
    found: Vec<Function>,
    failed: Vec<(Address, Error)>,
}

impl Report for Seen {
    fn known(&mut self, address: Address) -> Result<Option<Function>, Error> {
        Ok(self
            .known
            .iter()
            .find(|function| function.address == address)
            .copied())
    }

    fn found(&mut self, function: &Function) -> Result<(), Error> {
        self.found.push(*function);
        Ok(())
    }

    fn failed(&mut self, address: Address, _: u32, why: Error) -> Result<(), Error> {
        self.failed.push((address, why));
        Ok(())
    }
}

fn board() -> Model {
    let mut model = Model::default();
    model.add((0, 0), (0x1b36, 0x0008, 0x06_0000), 0, 0);
    model.add((1, 0), (0x1234, 0x11e8, 0x00_ff00), 0, 1);
    model.memory_bar(1, 0, 0x10_0000);
    model.add((2, 0), (0x1b36, 0x0005, 0x00_ff00), 0, 0);
    model.memory_bar(2, 0, 4096);
    *model.cell(2, BASE_ADDRESS + 4) = Cell {
        value: 1,
        writable: 0xffff_ff00,
    };
    model
}

fn run(model: &mut Model, seen: &mut Seen) -> Result<usize, Error> {
    let mut aperture = Aperture::new(0x4000_0000, 0x4000_0000).expect("a window");
    enumerate(model, &mut aperture, 32, seen)
}

#[test]
fn the_board_is_found_sized_and_placed() {
    let (mut model, mut seen) = (board(), Seen::default());
    assert_eq!(run(&mut model, &mut seen), Ok(3));
    assert_eq!(seen.failed, []);
    let [edu, testdev] = seen.found[..] else {
        panic!("{:?}", seen.found)
    };
    assert_eq!(
        (edu.vendor, edu.device, edu.interrupt),
        (0x1234, 0x11e8, Some(33))
    );
    assert_eq!(
        edu.bars[0],
        Bar {
            address: 0x4000_0000,
            size: 0x10_0000
        }
    );
    assert_eq!(
        (testdev.vendor, testdev.device, testdev.interrupt),
        (0x1b36, 0x0005, None)
    );
    assert_eq!(
        testdev.bars[0],
        Bar {
            address: 0x4010_0000,
            size: 4096
        }
    );
    assert_eq!(
        testdev.bars[1],
        Bar::default(),
        "an I/O window is no memory window"
    );
    assert_eq!(model.cell(1, COMMAND).value as u16, COMMAND_MEMORY);
    assert_eq!(model.cell(2, BASE_ADDRESS).value, 0x4010_0000);
    assert_eq!(
        model.cell(2, BASE_ADDRESS + 4).value,
        1,
        "the I/O register has its old value"
    );
    assert_eq!(model.moved_while_decoding, 0);
}

#[test]
fn wide_windows_take_two_registers() {
    let mut model = Model::default();
    model.add((3, 0), (0x1af4, 0x1041, 0x02_0000), 0, 4);
    model.memory_bar(3, 0, 4096);
    model.wide_bar(3, 1, 0x4000);
    model.wide_bar(3, 4, 1 << 33);
    let mut seen = Seen::default();
    let mut aperture = Aperture::new(0x4_0000_0000, 0x4_0000_0000).expect("a window");
    assert_eq!(enumerate(&mut model, &mut aperture, 32, &mut seen), Ok(1));
    let address = Address {
        bus: 0,
        device: 3,
        function: 0,
    };
    assert_eq!(
        seen.failed,
        [(address, Error::Exhausted)],
        "a narrow window cannot lie above 4 GiB"
    );
    assert_eq!(model.cell(3, COMMAND).value as u16, 0, "what failed is off");

    let mut model = Model::default();
    model.add((3, 0), (0x1af4, 0x1041, 0x02_0000), 0, 4);
    model.wide_bar(3, 0, 0x4000);
    model.wide_bar(3, 4, 1 << 33);
    let mut seen = Seen::default();
    let mut aperture = Aperture::new(0x4_0000_0000, 0x4_0000_0000).expect("a window");
    assert_eq!(enumerate(&mut model, &mut aperture, 32, &mut seen), Ok(1));
    let [function] = seen.found[..] else {
        panic!("{:?}", seen.failed)
    };
    assert_eq!(
        function.bars[0],
        Bar {
            address: 0x4_0000_0000,
            size: 0x4000
        }
    );
    assert_eq!(
        function.bars[4],
        Bar {
            address: 0x6_0000_0000,
            size: 1 << 33
        }
    );
    assert_eq!(model.cell(3, BASE_ADDRESS + 20).value, 6);
    assert_eq!(function.interrupt, Some(32 + (3 + 3) % 4));
}

#[test]
fn a_bridge_is_passed_over_and_not_touched() {
    let mut model = Model::default();
    model.add((4, 0), (0x1b36, 0x000c, 0x06_0400), 1, 1);
    let mut seen = Seen::default();
    assert_eq!(run(&mut model, &mut seen), Ok(1));
    assert!(seen.found.is_empty() && seen.failed.is_empty());
    assert_eq!(model.writes, 0);
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
    assert_eq!(run(&mut model, &mut seen), Ok(3));
    let ids: Vec<u16> = seen.found.iter().map(|function| function.device).collect();
    assert_eq!(ids, [1, 2, 3]);
}

#[test]
fn an_empty_bus_and_a_revoked_window_are_errors() {
    let mut seen = Seen::default();
    assert_eq!(run(&mut Model::default(), &mut seen), Err(Error::NoDevice));
    let mut model = board();
    model.revoked = true;
    assert_eq!(run(&mut model, &mut seen), Err(Error::Revoked));
}

#[test]
fn a_function_that_answers_ones_once_it_is_written_is_reported_and_passed_over() {
    let mut model = board();
    // Sizing reads back all ones: bit 0 says I/O, so nothing is placed.
    *model.cell(1, BASE_ADDRESS) = Cell {
        value: u32::MAX,
        writable: 0,
    };
    // A mask with a hole in it is no size.
    *model.cell(2, BASE_ADDRESS) = Cell {
        value: 0,
        writable: 0xf0f0_0000,
    };
    let mut seen = Seen::default();
    assert_eq!(run(&mut model, &mut seen), Ok(3));
    assert_eq!(seen.found.len(), 1);
    assert_eq!(seen.found[0].bars, [Bar::default(); BASE_ADDRESSES]);
    assert_eq!(
        seen.failed,
        [(
            Address {
                bus: 0,
                device: 2,
                function: 0
            },
            Error::Protocol
        )]
    );
}

#[test]
fn what_is_known_stays_where_it_is() {
    let (mut model, mut seen) = (board(), Seen::default());
    run(&mut model, &mut seen).expect("a board");
    let writes = model.writes;
    let mut again = Seen {
        known: vec![seen.found[0]],
        ..Seen::default()
    };
    // The other one has lost its place, as after a hot reset.
    model.cell(2, BASE_ADDRESS).value = 0;
    assert_eq!(run(&mut model, &mut again), Ok(3));
    assert_eq!(model.cell(1, BASE_ADDRESS).value, 0x4000_0000);
    assert_eq!(again.found.len(), 1);
    assert_eq!(again.found[0].bars[0].address, 0x4010_0000);
    assert!(model.writes > writes);
    assert_eq!(model.moved_while_decoding, 0);
}
