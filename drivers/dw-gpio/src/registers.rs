//! The registers of port A. In each, a bit is a line.
//!
//! Sources: Linux `drivers/gpio/gpio-dwapb.c` (`GPIO_SWPORTA_DR` to `GPIO_EXT_PORTA`); what a bit does: Synopsys
//! DW_apb_gpio databook, chapter "Registers".

/// Bytes that the registers cover.
pub const WINDOW: usize = 0x80;

/// Offset of the levels of outputs.
pub const DATA: usize = 0x00;
/// Offset of the directions; 1 is an output.
pub const DIRECTION: usize = 0x04;
/// Offset of the lines that interrupt; these are inputs.
pub const INTERRUPTS: usize = 0x30;
/// Offset of the mask; a 1 keeps a line's interrupt back, and an edge is kept for later.
pub const MASK: usize = 0x34;
/// Offset of what interrupts; 1 is an edge, 0 a level.
pub const EDGES: usize = 0x38;
/// Offset of which edge or level; 1 is rising or high.
pub const POLARITY: usize = 0x3c;
/// Offset of the lines that interrupt now, those of the mask left out.
pub const STATUS: usize = 0x40;
/// Offset of where a 1 ends the interrupt of an edge. A level ends by itself.
pub const END: usize = 0x4c;
/// Offset of the levels at the lines, outputs too.
pub const LEVELS: usize = 0x50;
