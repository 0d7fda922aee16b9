//! The first registers of the FPGAIO block.
//!
//! Source: Arm DAI0385, *Application Note AN385: Arm Cortex-M3 SMM on V2M-MPS2*, "FPGA system control
//! and I/O"; the same in DAI0386 and DAI0505. Only 32-bit accesses.

use userlib::io::Window;

/// Bytes that the registers here cover.
pub const WINDOW: usize = 0x20;

userlib::registers! {
    /// LEDs, buttons and counters.
    pub struct Fpgaio: 0x20 {
        /// A bit for each LED: two on these boards.
        pub leds: ReadWrite<u32> = 0x00;
        /// A bit for each button that is pressed.
        pub buttons: ReadOnly<u32> = 0x08;
        /// Seconds since reset.
        pub seconds: ReadOnly<u32> = 0x10;
        /// Hundredths of a second since reset.
        pub hundredths: ReadOnly<u32> = 0x14;
        /// The counter of prescaled cycles.
        pub cycles: ReadOnly<u32> = 0x18;
    }
}

/// Whether the block answers. It has no number to know it by, but it keeps the LEDs' bits and no
/// others. All LEDs have been lit then, and are off.
pub fn answers(window: &Window<'_, WINDOW>) -> bool {
    let leds = Fpgaio::new(window).leds();
    [0b01, u32::MAX, 0].into_iter().all(|pattern| {
        leds.write(pattern);
        leds.read() == pattern & LEDS
    })
}

/// LEDs that the boards have, as bits.
pub const LEDS: u32 = 0b11;

/// Offset of the buttons, for checked reads.
pub const BUTTONS: usize = 0x08;

/// Offset of the seconds.
pub const SECONDS: usize = 0x10;

/// Offset of the hundredths of a second.
pub const HUNDREDTHS: usize = 0x14;

/// Offset of the counter of cycles.
pub const CYCLES: usize = 0x18;
