//! The blocks behind gates and resets.
//!
//! Sources: Linux `drivers/clk/thead/clk-th1520-ap.c` and revyos/thead-kernel `drivers/clk/thead/clk-light-fm.c`
//! (gates; one bit gates a block's bus and its own clock), Linux `drivers/reset/reset-th1520.c` (resets: a 1 lets the
//! block run). Nothing says which gates are open after a reset of the chip.

/// Bits of one register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bits {
    /// Offset of the register in bytes.
    pub offset: usize,
    /// The bits.
    pub mask: u32,
}

/// A block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    /// Name of its auxiliary device.
    pub name: &'static str,
    /// Its bits in the block of clocks; 1 lets a clock run.
    pub gate: Bits,
    /// Its bits in the block of resets; 1 lets the block run.
    pub reset: Bits,
    /// The rate with which it counts, in Hz. 0 if no source says it.
    pub rate: u32,
    /// Once it is open, it stays so. A watchdog that its driver's end would stop is none.
    pub stays: bool,
}

/// Offset of the gates of most blocks.
const PERIPHERALS: usize = 0x204;
/// Offset of the gates of the blocks near the processor.
const PROCESSOR: usize = 0x208;

const fn block(name: &'static str, bits: u32, reset: usize, rate: u32) -> Block {
    Block {
        name,
        gate: Bits {
            offset: PERIPHERALS,
            mask: bits,
        },
        reset: Bits {
            offset: reset,
            mask: 0b11,
        },
        rate,
        stays: false,
    }
}

/// The vendor's clock driver gives the I2C controllers a clock of 50 MHz (`clk-light-fm.c`, `i2c_ic_clk`).
const I2C: u32 = 50_000_000;

/// All of them.
pub const BLOCKS: &[Block] = &[
    // 24 MHz, the oscillator: `pwm_cclk` in the vendor's clock driver; Jisheng Zhang, "pwm: add T-HEAD PWM driver",
    // version 2, says the same. Linux has the bus clock instead. Nobody measured it.
    block("pwm", 1 << 18, 0xc0, 24_000_000),
    block("gpio0", 1 << 8, 0xb0, 0),
    block("gpio1", 1 << 7, 0xb4, 0),
    block("gpio2", 1 << 6, 0xb8, 0),
    // Bit 20 is the clock of its debouncer alone. Its bus clock has the gate of its neighbour (the vendor's driver).
    block("gpio3", 1 << 20 | 1 << 6, 0x1a8, 0),
    block("i2c0", 1 << 5, 0x98, I2C),
    block("i2c1", 1 << 4, 0x9c, I2C),
    block("i2c2", 1 << 3, 0xa0, I2C),
    block("i2c3", 1 << 2, 0xa4, I2C),
    block("i2c4", 1 << 1, 0xa8, I2C),
    // The bus clock near the processor, 125 MHz by the vendor's boot loader (revyos/thead-u-boot
    // board/thead/light-c910/sys_clk.c). Watchdog 0 is the kernel's way to reset the chip.
    Block {
        name: "watchdog1",
        gate: Bits {
            offset: PROCESSOR,
            mask: 1 << 2,
        },
        reset: Bits {
            offset: 0x38,
            mask: 1,
        },
        rate: 125_000_000,
        stays: true,
    },
    // The copying DMA controller (resets `DMAC_CPUSYS_AXI` and `DMAC_CPUSYS_AHB`).
    Block {
        name: "dmac0",
        gate: Bits {
            offset: PROCESSOR,
            mask: 1 << 8,
        },
        reset: Bits {
            offset: 0x14c,
            mask: 0b11,
        },
        rate: 0,
        stays: false,
    },
];
