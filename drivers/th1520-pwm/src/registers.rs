//! The registers of a channel.
//!
//! Sources: Linux `drivers/pwm/pwm_th1520.rs` (offsets, `START`, `CFG_UPDATE`, `CONTINUOUS_MODE`, `FPOUT`);
//! `pwm-thead.c` (the rest, and that `START` and `CFG_UPDATE` act when they change from 0 to 1).

/// Bytes that the registers of all channels cover.
pub const WINDOW: usize = 0xc0;

/// Bytes from one channel's registers to the next's.
pub const STRIDE: usize = 0x20;

/// Offset of [`Control`] in a channel.
pub const CONTROL: usize = 0x00;
/// Offset of the period, in counts.
pub const PERIOD: usize = 0x08;
/// Offset of the length of a period's first phase, in counts.
pub const FIRST_PHASE: usize = 0x0c;

userlib::register_fields! { u32,
    /// What a channel does.
    pub Control [
        /// A change from 0 to 1 starts the counter. Reads as 0; no store stops it.
        START OFFSET(0) NUMBITS(1) [],
        /// A change from 0 to 1 has the counter take period and first phase over, together, when the period ends.
        UPDATE OFFSET(2) NUMBITS(1) [],
        /// How many periods there are.
        MODE OFFSET(4) NUMBITS(2) [OneShot = 1, Continuous = 2],
        /// The level of a period's first phase. Cannot be changed once the counter has started.
        FIRST OFFSET(8) NUMBITS(1) [Low = 0, High = 1],
    ],
}
