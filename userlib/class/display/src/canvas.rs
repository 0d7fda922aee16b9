//! Drawing on a frame buffer, as a target of `embedded-graphics`.

use crate::Fault;
use crate::mode::{Mode, PIXEL};
use embedded_graphics_core::Pixel;
use embedded_graphics_core::draw_target::DrawTarget;
use embedded_graphics_core::geometry::{Dimensions, OriginDimensions, Size};
use embedded_graphics_core::pixelcolor::{IntoStorage, Rgb888};
use embedded_graphics_core::primitives::Rectangle;
use userlib::Error;
use userlib::io::Window;

/// A frame buffer to draw on. What lies outside the picture is not drawn.
#[derive(Debug)]
pub struct Canvas<'a> {
    mode: Mode,
    pixels: &'a Window<'a>,
}

impl<'a> Canvas<'a> {
    /// The picture at the start of a window.
    ///
    /// # Errors
    /// It is no picture, or one that cannot be drawn there.
    pub(crate) fn new(mode: Mode, pixels: &'a Window<'a>) -> Result<Self, Fault> {
        if mode.length()? > pixels.len() {
            return Err(Fault::Window);
        }
        if !pixels.is_writable() {
            return Err(Fault::ReadOnly);
        }
        Ok(Self { mode, pixels })
    }

    /// Bytes of the picture.
    pub const fn bytes(&self) -> usize {
        self.mode.stride as usize * self.mode.height as usize
    }

    /// Where a pixel of the picture lies in the window.
    fn offset(&self, column: u32, line: u32) -> usize {
        line as usize * self.mode.stride as usize + column as usize * PIXEL
    }
}

impl OriginDimensions for Canvas<'_> {
    fn size(&self) -> Size {
        Size::new(self.mode.width, self.mode.height)
    }
}

impl DrawTarget for Canvas<'_> {
    type Color = Rgb888;
    /// `Revoked`: the driver is gone, and the frame buffer with it.
    type Error = Error;

    fn draw_iter<I>(&mut self, pixels: I) -> Result<(), Error>
    where
        I: IntoIterator<Item = Pixel<Rgb888>>,
    {
        for Pixel(point, colour) in pixels {
            // Coordinates below zero become large, and are outside as well.
            let (column, line) = (point.x as u32, point.y as u32);
            if column < self.mode.width && line < self.mode.height {
                let offset = self.offset(column, line);
                self.pixels.try_write32(offset, colour.into_storage())?;
            }
        }
        Ok(())
    }

    fn fill_solid(&mut self, area: &Rectangle, colour: Rgb888) -> Result<(), Error> {
        let area = area.intersection(&self.bounding_box());
        let (left, top) = (area.top_left.x as u32, area.top_left.y as u32);
        let word = colour.into_storage();
        for line in top..top + area.size.height {
            for column in left..left + area.size.width {
                self.pixels.try_write32(self.offset(column, line), word)?;
            }
        }
        Ok(())
    }
}
