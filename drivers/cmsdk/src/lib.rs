//! Blocks of Arm's Cortex-M System Design Kit: how to identify each.
//!
//! Source: *Arm Cortex-M System Design Kit Technical Reference Manual* (DDI 0479), the tables of
//! registers of the APB UART and the APB timer: peripheral identification 0 to 4, component
//! identification 0 to 3.
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

use leasehold_abi::Error;
use userlib::io::Window;
use userlib::time::TICKS_PER_SECOND;

/// Bytes that the registers of one block cover.
pub const WINDOW: usize = 0x1000;

/// Clock of the peripheral bus in Hz. The kernel's clock is a timer on the same bus, so it ticks
/// at this rate.
pub const CLOCK: u64 = TICKS_PER_SECOND;

/// Part number of the APB UART.
pub const UART: u16 = 0x821;

/// Part number of the APB timer.
pub const TIMER: u16 = 0x822;

/// Peripheral identification 0 to 2: part number, designer, revision; a byte in each word.
const PERIPHERAL: usize = 0xfe0;

/// Component identification 0 to 3.
const COMPONENT: usize = 0xff0;

/// What [`COMPONENT`] has in every such block.
const PREAMBLE: [u32; 4] = [0x0d, 0xf0, 0x05, 0xb1];

/// Arm's designer code, as the blocks give it: bits 3–0, then bits 6–4 below the bit for a JEDEC code.
const DESIGNER: (u32, u32) = (0xb, 0xb);

/// Makes sure that this block answers.
///
/// # Errors
/// `NoDevice` when another block answers, or nothing.
pub fn expect(window: &Window<'_, WINDOW>, part: u16) -> Result<(), Error> {
    let word = |offset| window.try_read32(offset).map_err(|_| Error::NoDevice);
    for (index, byte) in PREAMBLE.into_iter().enumerate() {
        if word(COMPONENT + 4 * index)? != byte {
            return Err(Error::NoDevice);
        }
    }
    let [low, middle, high] = [0, 4, 8].map(|offset| word(PERIPHERAL + offset));
    let (low, middle, high) = (low?, middle?, high?);
    if (middle >> 4, high & 0xf) != DESIGNER || low | (middle & 0xf) << 8 != u32::from(part) {
        return Err(Error::NoDevice);
    }
    Ok(())
}

/// The identification registers of a block, from [`IDENTIFICATION`] on: for tests of its driver.
pub fn identification(part: u16) -> [u32; 8] {
    let [c0, c1, c2, c3] = PREAMBLE;
    let part = u32::from(part);
    [part & 0xff, 0xb0 | part >> 8, 0x1b, 0, c0, c1, c2, c3]
}

/// Where [`identification`] begins in a block.
pub const IDENTIFICATION: usize = PERIPHERAL;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_s_registers_are_those_of_the_manual() {
        // DDI 0479, tables of the UART's and the timer's registers.
        assert_eq!(
            identification(UART),
            [0x21, 0xb8, 0x1b, 0, 0x0d, 0xf0, 0x05, 0xb1]
        );
        assert_eq!(identification(TIMER)[..2], [0x22, 0xb8]);
    }
}
