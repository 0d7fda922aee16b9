//! The registers of port A. In each, a bit is a line.
//!
//! Sources: Linux `drivers/gpio/gpio-dwapb.c` (`GPIO_SWPORTA_DR` to `GPIO_EXT_PORTA`); what a bit does: Synopsys
//! DW_apb_gpio databook, chapter "Registers".

/// Bytes that the registers cover.
pub const WINDOW: usize = 0x80;

userlib::registers! {
    /// Port A.
    pub struct Registers: 0x80 {
        /// The levels of outputs.
        pub data: ReadWrite<u32> = 0x00;
        /// The directions; 1 is an output.
        pub direction: ReadWrite<u32> = 0x04;
        /// The lines that interrupt; these are inputs.
        pub interrupts: ReadWrite<u32> = 0x30;
        /// A 1 keeps a line's interrupt back, and an edge is kept for later.
        pub mask: ReadWrite<u32> = 0x34;
        /// What interrupts; 1 is an edge, 0 a level.
        pub edges: ReadWrite<u32> = 0x38;
        /// Which edge or level; 1 is rising or high.
        pub polarity: ReadWrite<u32> = 0x3c;
        /// The lines that interrupt now, those of the mask left out.
        pub status: ReadOnly<u32> = 0x40;
        /// A 1 ends the interrupt of an edge. A level ends by itself.
        pub end: WriteOnly<u32> = 0x4c;
        /// The levels at the lines, outputs too.
        pub levels: ReadOnly<u32> = 0x50;
    }
}
