//! The registers of QEMU's `edu` device and the rules of its protocol.
//!
//! Source: QEMU documentation, *EDU device* (`docs/specs/edu.rst`).

use leasehold_abi::Error;

/// Bytes that BAR 0 covers.
pub const BAR_SIZE: usize = 0x10_0000;

/// PCI vendor.
pub const VENDOR: u16 = 0x1234;

/// PCI device.
pub const DEVICE: u16 = 0x11e8;

/// Identification, read-only: `0xRRrr00ed`, major and minor revision.
pub const IDENTIFICATION: usize = 0x00;

/// What [`IDENTIFICATION`] says in its low half.
pub const IDENTIFICATION_MAGIC: u32 = 0x00ed;

/// Liveness check: reads back as the complement of what was written.
pub const LIVENESS: usize = 0x04;

/// Factorial: write a number, read the result modulo 2^32 when it is there.
pub const FACTORIAL: usize = 0x08;

/// Status of the computation.
pub const STATUS: usize = 0x20;

/// [`STATUS`]: a computation goes on (read-only).
pub const STATUS_COMPUTING: u32 = 1;

/// [`STATUS`]: raise an interrupt when the factorial is there.
pub const STATUS_INTERRUPT: u32 = 1 << 7;

/// Why the device raised its interrupt (read-only).
pub const INTERRUPT_STATUS: usize = 0x24;

/// Write the bits of [`INTERRUPT_STATUS`] to clear.
pub const INTERRUPT_ACKNOWLEDGE: usize = 0x64;

/// [`INTERRUPT_STATUS`]: the factorial is there.
pub const INTERRUPT_FACTORIAL: u32 = 1;

/// [`INTERRUPT_STATUS`]: the DMA transfer is over.
pub const INTERRUPT_DMA: u32 = 0x100;

/// DMA source address.
pub const DMA_SOURCE: usize = 0x80;

/// DMA destination address.
pub const DMA_DESTINATION: usize = 0x88;

/// DMA length in bytes.
pub const DMA_COUNT: usize = 0x90;

/// DMA command; bit 0 reads as 1 while a transfer goes on.
pub const DMA_COMMAND: usize = 0x98;

/// [`DMA_COMMAND`]: start.
pub const DMA_START: u32 = 1;

/// [`DMA_COMMAND`]: from the device's buffer to memory; otherwise from memory to it.
pub const DMA_TO_MEMORY: u32 = 1 << 1;

/// [`DMA_COMMAND`]: raise an interrupt when done.
pub const DMA_INTERRUPT: u32 = 1 << 2;

/// Address of the device's own buffer, as DMA sees it.
pub const BUFFER: u32 = 0x4_0000;

/// Bytes in the device's own buffer.
pub const BUFFER_SIZE: usize = 4096;

/// Most bytes of one transfer. QEMU's `edu_check_range` (hw/misc/edu.c) wants the address after
/// the last byte to lie in the buffer too, so the buffer's last byte is out of reach.
pub const MOST: usize = BUFFER_SIZE - 1;

/// One DMA transfer that the device can do without leaving its buffer.
///
/// A transfer past the end of the buffer makes QEMU 7.2 abort, so there is no other way to
/// program one than through this type. The address registers are 64 bits wide, but a store of
/// 32 bits sets all of one and a store to its upper half sets nothing; so memory must lie below
/// 4 GiB, where the device's address mask ends too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transfer {
    source: u32,
    destination: u32,
    count: u32,
    command: u32,
}

impl Transfer {
    /// From memory at `address` into the device's buffer, `count` bytes.
    ///
    /// # Errors
    /// `Invalid` unless 1 ≤ `count` ≤ [`MOST`]; `BadAddress` where memory is out of reach.
    pub fn from_memory(address: u64, count: usize) -> Result<Self, Error> {
        let (address, count) = checked(address, count)?;
        Ok(Self {
            source: address,
            destination: BUFFER,
            count,
            command: DMA_START | DMA_INTERRUPT,
        })
    }

    /// From the device's buffer to memory at `address`, `count` bytes.
    ///
    /// # Errors
    /// As [`from_memory`](Self::from_memory).
    pub fn to_memory(address: u64, count: usize) -> Result<Self, Error> {
        let (address, count) = checked(address, count)?;
        let command = DMA_START | DMA_TO_MEMORY | DMA_INTERRUPT;
        Ok(Self {
            source: BUFFER,
            destination: address,
            count,
            command,
        })
    }

    /// What to write where, in this order: 32-bit values by register offset. The command is last.
    pub const fn writes(self) -> [(usize, u32); 4] {
        [
            (DMA_SOURCE, self.source),
            (DMA_DESTINATION, self.destination),
            (DMA_COUNT, self.count),
            (DMA_COMMAND, self.command),
        ]
    }
}

fn checked(address: u64, count: usize) -> Result<(u32, u32), Error> {
    if count == 0 || count > MOST {
        return Err(Error::Invalid);
    }
    let last = address
        .checked_add(count as u64 - 1)
        .ok_or(Error::BadAddress)?;
    if last > u64::from(u32::MAX) {
        return Err(Error::BadAddress);
    }
    Ok((address as u32, count as u32))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_transfer_leaves_the_buffer() {
        for make in [Transfer::from_memory, Transfer::to_memory] {
            for count in [0, MOST + 1, usize::MAX, 1 << 32] {
                assert_eq!(make(0x8000_0000, count), Err(Error::Invalid), "{count}");
            }
            assert!(make(0x8000_0000, 1).is_ok());
            assert!(make(0x8000_0000, MOST).is_ok());
        }
    }

    #[test]
    fn memory_out_of_reach_is_refused() {
        assert!(Transfer::to_memory(0xffff_f001, MOST).is_ok());
        assert_eq!(
            Transfer::to_memory(0xffff_f002, MOST),
            Err(Error::BadAddress)
        );
        assert_eq!(Transfer::from_memory(1 << 32, 1), Err(Error::BadAddress));
        assert_eq!(Transfer::from_memory(u64::MAX, 2), Err(Error::BadAddress));
    }

    #[test]
    fn the_command_comes_last_and_names_the_direction() {
        let out = Transfer::from_memory(0x8000_0040, 100)
            .expect("in range")
            .writes();
        let expected = [
            (DMA_SOURCE, 0x8000_0040),
            (DMA_DESTINATION, BUFFER),
            (DMA_COUNT, 100),
            (DMA_COMMAND, 0b101),
        ];
        assert_eq!(out, expected);
        let back = Transfer::to_memory(0x8000_0040, 100)
            .expect("in range")
            .writes();
        assert_eq!(back[0], (DMA_SOURCE, BUFFER));
        assert_eq!(back[1], (DMA_DESTINATION, 0x8000_0040));
        assert_eq!(back[3], (DMA_COMMAND, 0b111));
    }
}
