//! The registers that copying memory takes, on the first channel.
//!
//! Source: Linux `drivers/dma/dw-axi-dmac/dw-axi-dmac.h`. All have 32 bits; some hardware takes no wider access
//! (`dw-axi-dmac-platform.c`, `axi_chan_iowrite64`).

/// Bytes that the registers cover.
pub const WINDOW: usize = 0x200;

userlib::registers! {
    /// The controller, and its first channel. Of two words the first is the lower half.
    pub struct Registers: 0x200 {
        /// What is on: the controller ([`ON`]), and its interrupt.
        pub configuration: ReadWrite<u32> = 0x10;
        /// The channels that work. A store changes a channel's bit only together with the one eight places above.
        pub channels: ReadWrite<u32> = 0x18;
        /// The address that is read.
        pub source: [ReadWrite<u32>; 2] = 0x100;
        /// The address that is written.
        pub destination: [ReadWrite<u32>; 2] = 0x108;
        /// The number of items, less one.
        pub block: ReadWrite<u32> = 0x110;
        /// The form of items. 0: bytes, at addresses that rise, read and written by one master.
        pub control: [ReadWrite<u32>; 2] = 0x118;
        /// What drives the channel. 0: one block, from memory to memory.
        pub flow: [ReadWrite<u32>; 2] = 0x120;
        /// The events that are kept.
        pub kept: ReadWrite<u32> = 0x180;
        /// The events that came.
        pub events: ReadOnly<u32> = 0x188;
        /// A 1 ends an event.
        pub end: WriteOnly<u32> = 0x198;
    }
}

/// Bit of the configuration: the controller works.
pub const ON: u32 = 1;
/// Bit of the channels: the first channel works. It ends by itself.
pub const WORKS: u32 = 1;
/// Bit of the channels: a store is about the first channel.
pub const ABOUT: u32 = 1 << 8;
/// Bit of the events: all is copied.
pub const DONE: u32 = 1 << 1;
/// Bits of the events: something is wrong (`DWAXIDMAC_IRQ_ALL_ERR`).
pub const WRONG: u32 = 0x003f_7fe0;

/// Bytes that one block has at most: `snps,block-size` of the TH1520's device tree, in items.
pub const MOST: usize = 65536;
