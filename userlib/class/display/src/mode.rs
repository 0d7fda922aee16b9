//! The shape of a picture.

use userlib::Error;
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
    /// `Protocol`: this can be no picture.
    pub fn length(self) -> Result<usize, Error> {
        let sides = [self.width, self.height];
        let is_side = |side: u32| side != 0 && side <= MOST_SIDE;
        let wide = self.width as usize * PIXEL;
        let stride = self.stride as usize;
        if !sides.into_iter().all(is_side) || stride < wide || !stride.is_multiple_of(PIXEL) {
            return Err(Error::Protocol);
        }
        stride
            .checked_mul(self.height as usize)
            .ok_or(Error::Protocol)
    }
}
