//! What the kernel knows of a PCI function's configuration space.

/// Bytes of one function: PCI Express Base Specification, 7.2.2.
pub(super) const FUNCTION: usize = 4096;
/// Offset of the command register: PCI Local Bus Specification 3.0, 6.2.2.
pub(super) const COMMAND: usize = 4;
/// Command register: the function asserts no line.
pub(super) const INTERRUPT_DISABLE: u32 = 1 << 10;
