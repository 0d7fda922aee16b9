//! The registers of QEMU's `edu` device and the rules of its protocol.
//!
//! Source: QEMU documentation, *EDU device* (`docs/specs/edu.rst`).

use leasehold_abi::Error;
use userlib::io::{Readable, Writeable};

/// Bytes that BAR 0 covers.
pub const BAR_SIZE: usize = 0x10_0000;

/// PCI vendor.
pub const VENDOR: u16 = 0x1234;

/// PCI device.
pub const DEVICE: u16 = 0x11e8;

/// What `Identification::MAGIC` reads in this device.
pub const MAGIC: u32 = 0xed;

userlib::register_fields! { u32,
    /// What the device is.
    pub Identification [
        /// Identifies this kind of device.
        MAGIC OFFSET(0) NUMBITS(16) [],
        /// Minor revision.
        MINOR OFFSET(16) NUMBITS(8) [],
        /// Major revision.
        MAJOR OFFSET(24) NUMBITS(8) [],
    ],
    /// Status of the computation.
    pub Status [
        /// A computation is in progress. Cannot be stored to.
        COMPUTING OFFSET(0) NUMBITS(1) [],
        /// Raise an interrupt when the factorial is there.
        INTERRUPT OFFSET(7) NUMBITS(1) [],
    ],
    /// Why the device raised its interrupt.
    pub InterruptCause [
        /// The factorial is there.
        FACTORIAL OFFSET(0) NUMBITS(1) [],
        /// The DMA transfer is over.
        DMA OFFSET(8) NUMBITS(1) [],
    ],
    /// A DMA transfer.
    pub DmaCommand [
        /// Start; reads as 1 while the transfer goes on.
        START OFFSET(0) NUMBITS(1) [],
        /// Which way.
        DIRECTION OFFSET(1) NUMBITS(1) [FromMemory = 0, ToMemory = 1],
        /// Raise an interrupt when done.
        INTERRUPT OFFSET(2) NUMBITS(1) [],
    ],
}

userlib::registers! {
    /// The device.
    pub struct Registers: 0x10_0000 {
        /// What the device is.
        pub identification: ReadOnly<u32, Identification> = 0x00;
        /// Reads back as the complement of what was stored.
        pub liveness: ReadWrite<u32> = 0x04;
        /// Store a number, load the result modulo 2^32 when it is there.
        pub factorial: ReadWrite<u32> = 0x08;
        /// Status of the computation.
        pub status: ReadWrite<u32, Status> = 0x20;
        /// Why the device raised its interrupt.
        pub interrupt_status: ReadOnly<u32, InterruptCause> = 0x24;
        /// Ones clear causes.
        pub interrupt_acknowledge: WriteOnly<u32, InterruptCause> = 0x64;
        /// Source address of a transfer.
        pub dma_source: WriteOnly<u32> = 0x80;
        /// Destination address of a transfer.
        pub dma_destination: WriteOnly<u32> = 0x88;
        /// Length of a transfer in bytes.
        pub dma_count: WriteOnly<u32> = 0x90;
        /// The transfer.
        pub dma_command: ReadWrite<u32, DmaCommand> = 0x98;
    }
}

/// Address of the device's own buffer, as DMA sees it.
pub const BUFFER: u32 = 0x4_0000;

/// Bytes in the device's own buffer.
pub const BUFFER_SIZE: usize = 4096;

/// Most bytes of one transfer. QEMU's `edu_check_range` (hw/misc/edu.c) requires that the address after the last byte
/// is in the buffer too, so the buffer's last byte cannot be used.
pub const MOST: usize = BUFFER_SIZE - 1;

/// One DMA transfer that the device can do without leaving its buffer.
///
/// A transfer past the end of the buffer makes QEMU 7.2 abort, so only this type can program one. The address registers
/// are 64 bits wide. But a store of 32 bits sets a whole register, and a store to its upper half does nothing. So
/// memory must lie below 4 GiB, where the device's address mask also ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transfer {
    source: u32,
    destination: u32,
    count: u32,
    to_memory: bool,
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
            to_memory: false,
        })
    }

    /// From the device's buffer to memory at `address`, `count` bytes.
    ///
    /// # Errors
    /// As [`from_memory`](Self::from_memory).
    pub fn to_memory(address: u64, count: usize) -> Result<Self, Error> {
        let (address, count) = checked(address, count)?;
        Ok(Self {
            source: BUFFER,
            destination: address,
            count,
            to_memory: true,
        })
    }

    /// Starts it.
    ///
    /// # Errors
    /// `Busy` while another goes on.
    pub fn start(self, registers: &Registers<'_>) -> Result<(), Error> {
        if registers.dma_command().is_set(DmaCommand::START) {
            return Err(Error::Busy);
        }
        registers.dma_source().set(self.source);
        registers.dma_destination().set(self.destination);
        registers.dma_count().set(self.count);
        // Last, because it starts the transfer with the values of the other registers.
        registers.dma_command().write(
            DmaCommand::START::SET
                + DmaCommand::INTERRUPT::SET
                + DmaCommand::DIRECTION.val(u32::from(self.to_memory)),
        );
        Ok(())
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
    use driver_testing::{DeviceModel, Offer};
    use std::cell::RefCell;
    use std::rc::Rc;

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

    /// Keeps the stores that came.
    #[derive(Default)]
    struct Recorder {
        stores: Vec<(usize, u64)>,
        busy: bool,
    }

    impl DeviceModel for Recorder {
        fn load(&mut self, _offset: usize, _width: usize) -> u64 {
            u64::from(self.busy)
        }

        fn store(&mut self, offset: usize, width: usize, value: u64) {
            assert_eq!(width, 4);
            self.stores.push((offset, value));
        }
    }

    /// The stores that starting a transfer makes.
    fn stores(transfer: Result<Transfer, Error>, busy: bool) -> Result<Vec<(usize, u64)>, Error> {
        let model = Rc::new(RefCell::new(Recorder {
            busy,
            ..Recorder::default()
        }));
        let offer = Offer::new("pci", 0, 0).with_device("bar0", model.clone(), BAR_SIZE);
        let transfer = transfer?;
        offer.bind(move |device| transfer.start(&Registers::new(&*device.bar::<BAR_SIZE>(0)?)))?;
        Ok(model.take().stores)
    }

    #[test]
    fn the_command_comes_last_and_names_the_direction() {
        let buffer = u64::from(BUFFER);
        let memory = 0x8000_0040;
        assert_eq!(
            stores(Transfer::from_memory(memory, 100), false),
            Ok(vec![
                (0x80, memory),
                (0x88, buffer),
                (0x90, 100),
                (0x98, 0b101)
            ])
        );
        assert_eq!(
            stores(Transfer::to_memory(memory, 100), false),
            Ok(vec![
                (0x80, buffer),
                (0x88, memory),
                (0x90, 100),
                (0x98, 0b111)
            ])
        );
    }

    #[test]
    fn a_transfer_that_goes_on_is_left_alone() {
        let other = stores(Transfer::from_memory(0x8000_0040, 100), true);
        assert_eq!(other, Err(Error::Busy));
    }
}
