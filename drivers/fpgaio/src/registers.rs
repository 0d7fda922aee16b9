//! The first registers of the FPGAIO block.
//!
//! Source: Arm DAI0385, *Application Note AN385: Arm Cortex-M3 SMM on V2M-MPS2*, "FPGA system control
//! and I/O"; the same in DAI0386 and DAI0505. Only 32-bit accesses.

use userlib::io::Window;

/// Bytes that the registers here cover.
pub const WINDOW: usize = 0x20;

userlib::registers! {
    /// The LEDs. The others are read through a window on lease, by their offsets below.
    pub struct Fpgaio: 0x20 {
        /// A bit for each LED: two on these boards.
        pub leds: ReadWrite<u32> = 0x00;
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

/// Offset of the buttons: a bit for each that is pressed.
pub const BUTTONS: usize = 0x08;

/// Offset of the seconds since reset.
pub const SECONDS: usize = 0x10;

/// Offset of the hundredths of a second since reset.
pub const HUNDREDTHS: usize = 0x14;

/// Offset of the counter of prescaled cycles.
pub const CYCLES: usize = 0x18;
