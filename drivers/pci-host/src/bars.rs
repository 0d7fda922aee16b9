//! Base address registers: what they are, how large, and where they are put.

use crate::aperture::Aperture;
use crate::config::{
    Address, BASE_ADDRESS, BASE_ADDRESSES, COMMAND, COMMAND_IO, COMMAND_MEMORY, ConfigAccess,
};
use leasehold_abi::Error;

/// A base address register's bit 0: I/O space.
const KIND_IO: u32 = 1;

/// Bits 1 and 2 of a memory register.
const TYPE_MASK: u32 = 0b110;

/// The next register holds the upper half of the address.
const TYPE_64: u32 = 0b100;

/// Bits of a memory register that are not address.
const MEMORY_FLAGS: u32 = 0xf;

/// Where one memory window of a function was put. Size 0: there is none of this index.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bar {
    /// First bus address.
    pub address: u64,
    /// Length in bytes.
    pub size: u64,
}

/// Sizes all base address registers of a function, gives each memory window a place, and turns
/// memory decoding on when all have one. I/O windows stay off: no board of ours has I/O space
/// that a task could hold.
///
/// # Errors
/// `Revoked`; `Exhausted` when the aperture is full; `Protocol` for a register that keeps no size.
/// After an error the function decodes nothing.
pub fn place<C: ConfigAccess>(
    config: &mut C,
    address: Address,
    aperture: &mut Aperture,
) -> Result<[Bar; BASE_ADDRESSES], Error> {
    let command = config.read32(address, COMMAND)? as u16;
    // While a register holds all ones the function must not answer to it.
    let quiet = command & !(COMMAND_IO | COMMAND_MEMORY);
    config.write16(address, COMMAND, quiet)?;
    let mut bars = [Bar::default(); BASE_ADDRESSES];
    let mut index = 0;
    let mut any = false;
    while index < BASE_ADDRESSES {
        let register = BASE_ADDRESS + 4 * index as u16;
        let before = config.read32(address, register)?;
        let low = probe(config, address, register)?;
        if low == 0 {
            index += 1;
            continue;
        }
        if low & KIND_IO != 0 {
            config.write32(address, register, before)?;
            index += 1;
            continue;
        }
        let wide = low & TYPE_MASK == TYPE_64;
        if wide && index + 1 == BASE_ADDRESSES {
            return Err(Error::Protocol);
        }
        let high = if wide {
            probe(config, address, register + 4)?
        } else {
            u32::MAX
        };
        let mask = u64::from(high) << 32 | u64::from(low & !MEMORY_FLAGS);
        let size = mask.wrapping_neg();
        if mask == 0 || !size.is_power_of_two() {
            return Err(Error::Protocol);
        }
        let place = aperture.allocate(size)?;
        if !wide && place.checked_add(size).is_none_or(|end| end > 1 << 32) {
            return Err(Error::Exhausted);
        }
        config.write32(address, register, place as u32)?;
        if wide {
            config.write32(address, register + 4, (place >> 32) as u32)?;
        }
        bars[index] = Bar {
            address: place,
            size,
        };
        any = true;
        index += if wide { 2 } else { 1 };
    }
    if any {
        config.write16(address, COMMAND, quiet | COMMAND_MEMORY)?;
    }
    Ok(bars)
}

/// What a register keeps of all ones.
fn probe<C: ConfigAccess>(config: &mut C, address: Address, register: u16) -> Result<u32, Error> {
    config.write32(address, register, u32::MAX)?;
    let kept = config.read32(address, register)?;
    Ok(kept)
}
