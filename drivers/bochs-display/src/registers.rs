//! The device's registers, in BAR 2.
//!
//! Source: QEMU documentation, *Standard VGA*, section *Memory regions and layout*: the DISPI interface of Bochs, whose
//! registers lie from 0x500 on, 16 bits each, in the order of their numbers.

/// Bytes of BAR 2.
pub(crate) const CONTROL: usize = 4096;

userlib::register_fields! { u16,
    /// Whether the picture is shown.
    pub(crate) Enable [
        /// It is.
        SHOWN OFFSET(0) NUMBITS(1) [],
        /// The frame buffer is one piece of memory, not a bank of it.
        LINEAR OFFSET(6) NUMBITS(1) [],
    ],
}

userlib::registers! {
    /// The DISPI interface.
    pub(crate) struct Dispi: 4096 {
        /// Who it is: 0xb0c0 and the version.
        pub(crate) identification: ReadOnly<u16> = 0x500;
        /// Pixels of a line.
        pub(crate) width: ReadWrite<u16> = 0x502;
        /// Lines.
        pub(crate) height: ReadWrite<u16> = 0x504;
        /// Bits of a pixel. The device knows 32 only.
        pub(crate) depth: ReadWrite<u16> = 0x506;
        /// Whether the picture is shown.
        pub(crate) enable: ReadWrite<u16, Enable> = 0x508;
        /// Pixels of a line in memory.
        pub(crate) virtual_width: ReadWrite<u16> = 0x50c;
        /// The first pixel of memory that is shown, in its line.
        pub(crate) left: ReadWrite<u16> = 0x510;
        /// The first line of memory that is shown.
        pub(crate) top: ReadWrite<u16> = 0x512;
        /// Memory for pixels, in units of 64 KiB.
        pub(crate) memory: ReadOnly<u16> = 0x514;
    }
}

/// What [`Dispi::identification`] reads as, without the version.
pub(crate) const IDENTIFICATION: u16 = 0xb0c0;

/// The version in it.
pub(crate) const VERSION: u16 = 0x000f;
