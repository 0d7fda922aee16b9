//! The registers that copying memory takes, on the first channel.
//!
//! Source: Linux `drivers/dma/dw-axi-dmac/dw-axi-dmac.h`. All have 32 bits; some hardware takes no wider access
//! (`dw-axi-dmac-platform.c`, `axi_chan_iowrite64`).

/// Bytes that the registers cover.
pub const WINDOW: usize = 0x200;

/// Offset of what is on: the controller, and its interrupt.
pub const CONFIGURATION: usize = 0x10;
/// Bit of [`CONFIGURATION`]: the controller works.
pub const ON: u32 = 1;

/// Offset of the channels that work. A store changes a channel's bit only together with the one eight places above.
pub const CHANNELS: usize = 0x18;
/// Bit of [`CHANNELS`]: the first channel works. It ends by itself.
pub const WORKS: u32 = 1;
/// Bit of [`CHANNELS`]: a store is about the first channel.
pub const ABOUT: u32 = 1 << 8;

/// Offset of the address that is read; its upper half lies behind it.
pub const SOURCE: usize = 0x100;
/// Offset of the address that is written; its upper half lies behind it.
pub const DESTINATION: usize = 0x108;
/// Offset of the number of items, less one.
pub const BLOCK: usize = 0x110;
/// Offset of the form of items. 0 in both halves: bytes, at addresses that rise, read and written by one master.
pub const FORM: usize = 0x118;
/// Offset of what drives the channel. 0 in both halves: one block, from memory to memory.
pub const FLOW: usize = 0x120;
/// Offset of the events that are kept.
pub const KEPT: usize = 0x180;
/// Offset of the events that came.
pub const EVENTS: usize = 0x188;
/// Offset of where a 1 ends an event.
pub const END: usize = 0x198;

/// Bit of the events: all is copied.
pub const DONE: u32 = 1 << 1;
/// Bits of the events: something is wrong (`DWAXIDMAC_IRQ_ALL_ERR`).
pub const WRONG: u32 = 0x003f_7fe0;

/// Bytes that one block has at most: `snps,block-size` of the TH1520's device tree, in items.
pub const MOST: usize = 65536;
