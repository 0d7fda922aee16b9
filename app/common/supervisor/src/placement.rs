//! Where a PCI function's windows are: how large they are, where they are put, and when they decode.
//!
//! The supervisor alone does this, and once for each function. A driver that could do it could put its device's
//! registers over those of another device. Source: *PCI Local Bus Specification 3.0*, section 6.

use crate::aperture::{self, Apertures};
use crate::root::Root;
use leasehold_abi::configuration::{
    BRIDGE, BUS_MASTER, COMMAND, DEVICE, HEADER, HEADER_TYPE, IDENTIFIERS, INTERRUPT_DISABLE, IO,
    MEMORY,
};
use leasehold_abi::{Error, LeaseHandle};
use userlib::supervisor::{BarInfo, FunctionInfo};
use userlib::sys;

/// First of the base address registers, and how many the header has at most.
const BASE_ADDRESS: usize = 0x10;
const BASE_ADDRESSES: usize = 6;

/// A base address register's bit 0: I/O space.
const KIND_IO: u32 = 1;
/// Bits 1 and 2 of a memory register.
const TYPE_MASK: u32 = 0b110;
/// The next register holds the upper half of the address.
const TYPE_64: u32 = 0b100;
/// Bits of a memory register that are not address.
const MEMORY_FLAGS: u32 = 0xf;

/// What a function's header is like.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Header {
    /// Its type, in the word at [`HEADER`].
    kind: u32,
    /// How many base address registers it has.
    base_addresses: usize,
    /// Base address of the expansion ROM, whose bit 0 lets it decode.
    rom: usize,
}

impl Header {
    /// Of a device: type 0.
    pub(crate) const DEVICE: Self = Self {
        kind: DEVICE,
        base_addresses: BASE_ADDRESSES,
        rom: 0x30,
    };
    /// Of a bridge to another bus: type 1.
    pub(crate) const BRIDGE: Self = Self {
        kind: BRIDGE,
        base_addresses: 2,
        rom: 0x38,
    };
}

/// The configuration space of one function, through the root lease.
pub(crate) struct Function {
    root: LeaseHandle,
    grant: usize,
    offset: usize,
}

impl Function {
    /// The one at this offset of a grant of the root lease.
    pub(crate) fn new(root: &Root, (grant, offset): (usize, u64)) -> Self {
        Self {
            root: root.handle(),
            grant,
            offset: offset as usize,
        }
    }

    pub(crate) fn read32(&self, register: usize) -> Result<u32, Error> {
        sys::config_read(self.root, self.grant, self.offset + register)
    }

    pub(crate) fn write(&self, register: usize, width: usize, value: u32) -> Result<(), Error> {
        let offset = self.offset + register;
        sys::config_write(self.root, self.grant, offset, width, value)
    }

    fn write32(&self, register: usize, value: u32) -> Result<(), Error> {
        self.write(register, 4, value)
    }

    /// 16 bits alone: the other half is the status, and a write of ones there would clear bits.
    fn write_command(&self, value: u32) -> Result<(), Error> {
        self.write(COMMAND, 2, value & 0xffff)
    }

    /// Lets a bridge pass on what goes to its window, and what the functions behind it send.
    pub(crate) fn pass_on(&self) -> Result<(), Error> {
        let command = self.read32(COMMAND)?;
        // Of a bridge the bus-master bit is the supervisor's; the kernel keeps it of all others.
        self.write_command(command | MEMORY | BUS_MASTER)
    }

    /// Writes all ones to a register and reads what it keeps of them.
    fn probe(&self, register: usize) -> Result<u32, Error> {
        self.write32(register, u32::MAX)?;
        self.read32(register)
    }
}

/// Sizes all base address registers of a function, whose configuration space is at `configuration`, gives each memory
/// window a place, and turns memory decoding on when all have one. I/O windows stay off: no board of ours has I/O
/// space that a task could hold. The expansion ROM stays off too.
///
/// # Errors
/// `NoDevice` when what is there is not what was reported; `Exhausted` when the aperture is full; `Protocol` for a
/// register that keeps no size. After an error the function decodes nothing.
pub(crate) fn place(
    function: &Function,
    header: Header,
    reported: &FunctionInfo,
    apertures: &mut Apertures,
) -> Result<[BarInfo; BASE_ADDRESSES], Error> {
    let kind = function.read32(HEADER)? & HEADER_TYPE;
    if function.read32(IDENTIFIERS)? != reported.id.register() || kind != header.kind {
        return Err(Error::NoDevice);
    }
    let command = function.read32(COMMAND)?;
    // While a register holds all ones the function must not answer to it. It asserts its line when its driver claims
    // that.
    let quiet = command & !(IO | MEMORY) | INTERRUPT_DISABLE;
    function.write_command(quiet)?;
    function.write32(header.rom, 0)?;
    let mut bars = [BarInfo::default(); BASE_ADDRESSES];
    let mut index = 0;
    let mut any = false;
    while index < header.base_addresses {
        let register = BASE_ADDRESS + 4 * index;
        let before = function.read32(register)?;
        let low = function.probe(register)?;
        if low == 0 {
            index += 1;
            continue;
        }
        if low & KIND_IO != 0 {
            function.write32(register, before)?;
            index += 1;
            continue;
        }
        let wide = low & TYPE_MASK == TYPE_64;
        if wide && index + 1 == header.base_addresses {
            return Err(Error::Protocol);
        }
        let high = if wide {
            function.probe(register + 4)?
        } else {
            u32::MAX
        };
        let mask = u64::from(high) << 32 | u64::from(low & !MEMORY_FLAGS);
        let size = mask.wrapping_neg();
        if mask == 0 || !size.is_power_of_two() {
            return Err(Error::Protocol);
        }
        let place = aperture::allocate(apertures, size, wide)?;
        function.write32(register, place as u32)?;
        if wide {
            function.write32(register + 4, (place >> 32) as u32)?;
        }
        bars[index] = BarInfo {
            base: place,
            length: size,
        };
        any = true;
        index += if wide { 2 } else { 1 };
    }
    if any {
        function.write_command(quiet | MEMORY)?;
    }
    Ok(bars)
}
