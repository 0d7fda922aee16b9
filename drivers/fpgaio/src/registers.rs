//! The first registers of the FPGAIO block.
//!
//! Source: Arm DAI0385, *Application Note AN385: Arm Cortex-M3 SMM on V2M-MPS2*, "FPGA system control
//! and I/O"; the same in DAI0386 and DAI0505. Only 32-bit accesses.

use userlib::io::{Readable, Window, Writeable};

/// Bytes that the registers here cover.
pub const WINDOW: usize = 0x20;

userlib::registers! {
    /// The block.
    pub struct Fpgaio: 0x20 {
        /// A bit for each LED: two on these boards.
        pub leds: ReadWrite<u32> = 0x00;
        /// A bit for each button that is pressed.
        pub buttons: ReadOnly<u32> = 0x08;
        /// Seconds since reset.
        pub seconds: ReadOnly<u32> = 0x10;
        /// Hundredths of a second since reset.
        pub hundredths: ReadOnly<u32> = 0x14;
        /// Prescaled cycles.
        pub cycles: ReadOnly<u32> = 0x18;
    }
}

/// Whether the block answers. It has no identification register, but it keeps the LEDs' bits and no others. The test
/// lights all LEDs and switches them off again.
pub fn answers(window: &Window<'_, WINDOW>) -> bool {
    let leds = Fpgaio::new(window).leds();
    [0b01, u32::MAX, 0].into_iter().all(|pattern| {
        leds.set(pattern);
        leds.get() == pattern & LEDS
    })
}

/// LEDs that the boards have, as bits.
pub const LEDS: u32 = 0b11;
