//! QEMU's `edu` device (docs/specs/edu.rst): the first function on the bus after the host bridge. There are two.

use super::device;
use userlib::sys::{self, GrantKind, LeaseHandle};

/// Bytes of a function's configuration space, and of the part of its registers that the tests map.
pub(crate) const LENGTH: usize = 0x1000;
/// Vendor and device identity.
pub(crate) const IDENTITY: usize = 0x11e8_1234;
/// Identification register and its value.
pub(crate) const IDENTIFICATION: (usize, usize) = (0x00, 0x0100_00ed);
/// Answers the bitwise inverse of what was written.
pub(crate) const LIVENESS: usize = 0x04;
/// Raises the interrupt.
pub(crate) const RAISE: usize = 0x60;
/// Clears the interrupt.
pub(crate) const ACKNOWLEDGE: usize = 0x64;
/// Transfers: source, destination, count, command (bit 0 start, bit 1 from device to memory).
pub(crate) const DMA_SOURCE: usize = 0x80;
/// See [`DMA_SOURCE`].
pub(crate) const DMA_DESTINATION: usize = 0x88;
/// See [`DMA_SOURCE`].
pub(crate) const DMA_COUNT: usize = 0x90;
/// See [`DMA_SOURCE`].
pub(crate) const DMA_COMMAND: usize = 0x98;
/// The device's own buffer, as the device addresses it.
pub(crate) const BUFFER: usize = 0x4_0000;

/// Where it is on this board.
#[derive(Clone, Copy)]
pub(crate) struct EduAddresses {
    /// Its configuration space: bus 0, device 1, function 0 in the PCIe ECAM range.
    pub(crate) configuration: usize,
    /// Where the tests put its registers, in the 32-bit PCI memory range.
    pub(crate) base: usize,
    /// Its interrupt line: INTA of device 1, which is the second of the bus's four.
    pub(crate) line: usize,
}

impl EduAddresses {
    /// Configuration space and registers of one of the two: the second is device 5, whose INTA is wired to the same
    /// line.
    pub(crate) const fn function(self, number: usize) -> (usize, usize) {
        (
            self.configuration + ((number * 4) << 15),
            self.base + (number << 20),
        )
    }

    /// Where it is, by the grants of the PCI bus in the root lease.
    pub(crate) fn find(root: LeaseHandle) -> Option<Self> {
        let first = |kind: GrantKind, nth: usize| {
            let infos = device("pci")?.iter();
            infos
                .filter_map(|index| sys::grant_info(root, usize::from(*index)).ok())
                .filter(|info| info.kind == kind)
                .nth(nth)
                .map(|info| info.base as usize)
        };
        Some(Self {
            configuration: first(GrantKind::Config, 0)? + (1 << 15),
            base: first(GrantKind::Mmio, 0)?,
            line: first(GrantKind::Interrupt, 1)?,
        })
    }
}
