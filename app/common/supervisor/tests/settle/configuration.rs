//! PCI configuration space whose registers keep only the bits that real ones keep.

use std::collections::BTreeMap;

/// Offset of the command register.
pub(crate) const COMMAND: usize = 0x04;
/// Of the first base address register.
pub(crate) const BASE_ADDRESS: usize = 0x10;
/// Of the expansion ROM's.
pub(crate) const ROM: usize = 0x30;
/// Of a bridge: the numbers of its buses, and the first and last address of what it passes on.
pub(crate) const BUSES: usize = 0x18;
pub(crate) const IO: usize = 0x1c;
pub(crate) const MEMORY: usize = 0x20;
pub(crate) const PREFETCHABLE: usize = 0x24;
/// Decodes memory; decodes anything.
const DECODE: (u32, u32) = (2, 3);

/// One register: value and the bits that a write changes.
#[derive(Clone, Copy, Default)]
pub(crate) struct Cell {
    pub(crate) value: u32,
    pub(crate) writable: u32,
}

#[derive(Clone, Default)]
pub(crate) struct Configuration {
    /// By offset in the bus's configuration space.
    pub(crate) cells: BTreeMap<usize, Cell>,
    /// Base addresses that were written while the function decoded them.
    pub(crate) moved_while_decoding: usize,
    pub(crate) writes: usize,
}

impl Configuration {
    /// Adds a function without windows.
    pub(crate) fn add(&mut self, address: u16, vendor: u16, device: u16) {
        let identifiers = u32::from(vendor) | u32::from(device) << 16;
        let fixed = |value| Cell { value, writable: 0 };
        *self.cell(address, 0) = fixed(identifiers);
        // As a firmware may leave it: decoding.
        *self.cell(address, COMMAND) = Cell {
            value: 0x0010_0000 | DECODE.1,
            writable: 0x407,
        };
        *self.cell(address, 0x0c) = fixed(0);
    }

    /// Adds a bridge, as it is after a reset.
    pub(crate) fn bridge(&mut self, address: u16) {
        self.add(address, 0x1b36, 0xc);
        self.cell(address, 0x0c).value = 0x1_0000;
        for (register, writable) in [
            (BUSES, u32::MAX),
            (IO, 0xf0f0),
            (MEMORY, 0xfff0_fff0),
            (PREFETCHABLE, 0xfff0_fff0),
            (0x28, u32::MAX),
            (0x2c, u32::MAX),
        ] {
            *self.cell(address, register) = Cell { value: 0, writable };
        }
    }

    pub(crate) fn cell(&mut self, address: u16, register: usize) -> &mut Cell {
        let at = usize::from(address) << 12 | register;
        self.cells.entry(at).or_default()
    }

    pub(crate) fn memory_bar(&mut self, address: u16, index: usize, size: u32) {
        *self.cell(address, BASE_ADDRESS + 4 * index) = Cell {
            value: 0,
            writable: !(size - 1) & !0xf,
        };
    }

    pub(crate) fn wide_bar(&mut self, address: u16, index: usize, size: u64) {
        let mask = !(size - 1);
        *self.cell(address, BASE_ADDRESS + 4 * index) = Cell {
            value: 0xc,
            writable: mask as u32 & !0xf,
        };
        *self.cell(address, BASE_ADDRESS + 4 * index + 4) = Cell {
            value: 0,
            writable: (mask >> 32) as u32,
        };
    }

    /// Whether a function decodes memory.
    pub(crate) fn decodes(&mut self, address: u16) -> bool {
        self.cell(address, COMMAND).value & DECODE.0 != 0
    }

    pub(crate) fn read(&self, offset: usize) -> u32 {
        let present = self.cells.contains_key(&(offset & !0xfff));
        let value = self.cells.get(&offset).map(|cell| cell.value);
        value.unwrap_or(if present { 0 } else { u32::MAX })
    }

    pub(crate) fn write(&mut self, offset: usize, width: usize, value: u32) {
        self.writes += 1;
        let register = offset & 0xfff;
        let decoding = self.read(offset & !0xfff | COMMAND) & DECODE.1 != 0;
        if decoding && (BASE_ADDRESS..BASE_ADDRESS + 24).contains(&register) {
            self.moved_while_decoding += 1;
        }
        let (shift, lanes) = (offset % 4 * 8, u32::MAX >> (32 - 8 * width));
        if let Some(cell) = self.cells.get_mut(&(offset & !3)) {
            let writable = cell.writable & lanes << shift;
            cell.value = cell.value & !writable | value << shift & writable;
        }
    }
}
