//! The shape of a picture.

use crate::Fault;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// Bytes of a pixel: blue, green, red, and one that is not shown.
pub const PIXEL: usize = 4;

/// Most pixels of a side.
const MOST_SIDE: u32 = 8192;

/// The shape of the picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct Mode {
    /// Pixels of a line.
    pub width: u32,
    /// Lines.
    pub height: u32,
    /// Bytes from the start of a line to the start of the next, a multiple of [`PIXEL`].
    pub stride: u32,
}

impl Mode {
    /// A picture whose lines follow each other without gaps.
    pub const fn packed(width: u32, height: u32) -> Self {
        Self {
            width,
            height,
            stride: width.wrapping_mul(PIXEL as u32),
        }
    }

    /// Bytes of the picture.
    ///
    /// # Errors
    /// `Side` or `Stride`: this can be no picture.
    pub fn length(self) -> Result<usize, Fault> {
        let sides = [self.width, self.height];
        if sides.iter().any(|side| *side == 0 || *side > MOST_SIDE) {
            return Err(Fault::Side);
        }
        // No overflow: a side is short.
        let wide = self.width * PIXEL as u32;
        if self.stride < wide || !self.stride.is_multiple_of(PIXEL as u32) {
            return Err(Fault::Stride);
        }
        let length = self.stride.checked_mul(self.height);
        Ok(length.ok_or(Fault::Stride)? as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_no_picture_is_named() {
        let mode = Mode::packed(640, 480);
        assert_eq!(mode.length(), Ok(640 * 480 * PIXEL));
        for (width, height) in [(0, 480), (640, 0), (MOST_SIDE + 1, 1), (1, u32::MAX)] {
            assert_eq!(Mode::packed(width, height).length(), Err(Fault::Side));
        }
        for stride in [0, 640 * 4 - 4, 640 * 4 + 1, u32::MAX - 3, u32::MAX] {
            assert_eq!(Mode { stride, ..mode }.length(), Err(Fault::Stride));
        }
        let largest = Mode::packed(MOST_SIDE, MOST_SIDE);
        assert_eq!(largest.length(), Ok(256 << 20));
    }
}
