//! PCI configuration space: what more than one part must agree on. Source: PCI Local Bus Specification 3.0, chapter 6.

/// Bytes of one function: PCI Express Base Specification, 7.2.2.
pub const FUNCTION: usize = 4096;
/// The header that every function has ends here (6.1).
pub const HEADER_END: usize = 0x40;

/// Offset of the identifiers: those of [`FunctionId`](crate::FunctionId).
pub const IDENTIFIERS: usize = 0x00;
/// Offset of the command register; in the upper half of the word is the status register (6.2.2, 6.2.3).
pub const COMMAND: usize = 0x04;
/// Offset of the word with the header's type in [`HEADER_TYPE`].
pub const HEADER: usize = 0x0c;
/// Offset of the pointer to the first capability (6.7).
pub const CAPABILITIES: usize = 0x34;

/// Command: the function answers in I/O space.
pub const IO: u32 = 1;
/// Command: it answers in memory space; a bridge passes such accesses on.
pub const MEMORY: u32 = 1 << 1;
/// Command: it may be a bus master; a bridge passes on what functions behind it send.
pub const BUS_MASTER: u32 = 1 << 2;
/// Command: it asserts no interrupt line.
pub const INTERRUPT_DISABLE: u32 = 1 << 10;
/// Status, in the word at [`COMMAND`]: the function has an interrupt, whether it asserts its line or not.
pub const INTERRUPT_STATUS: u32 = 1 << (16 + 3);
/// Status, in the word at [`COMMAND`]: there are capabilities.
pub const HAS_CAPABILITIES: u32 = 1 << (16 + 4);

/// The header's type, in the word at [`HEADER`].
pub const HEADER_TYPE: u32 = 0x7f << 16;
/// That of a device.
pub const DEVICE: u32 = 0;
/// That of a bridge to another bus: PCI-to-PCI Bridge Architecture 1.2, 3.2.
pub const BRIDGE: u32 = 1 << 16;
