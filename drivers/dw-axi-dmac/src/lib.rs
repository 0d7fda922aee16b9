//! DesignWare's AXI DMA controller: copies a pattern from one buffer to another, and compares.
//!
//! On the TH1520 the controller sees memory beside the processor's caches, so a copy that arrives shows that buffers
//! change hands as they must. Registers and clock are two leases.
//!
//! Sources: Linux `drivers/dma/dw-axi-dmac/dw-axi-dmac.h` and `dw-axi-dmac-platform.c`; a single block without a list:
//! kendryte-standalone-sdk `lib/drivers/dmac.c`, `dmac_set_single_mode`.
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

mod controller;
mod driver;
pub mod registers;

pub use driver::DmacDriver;
