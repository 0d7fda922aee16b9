//! A test card: eight bars of different colours.

use class_display::Canvas;
use embedded_graphics::pixelcolor::Rgb888;
use embedded_graphics::prelude::{DrawTarget, OriginDimensions, Point, RgbColor, Size};
use embedded_graphics::primitives::Rectangle;
use userlib::Error;

/// From left to right, by falling brightness.
const BARS: [Rgb888; 8] = [
    Rgb888::WHITE,
    Rgb888::YELLOW,
    Rgb888::CYAN,
    Rgb888::GREEN,
    Rgb888::MAGENTA,
    Rgb888::RED,
    Rgb888::BLUE,
    Rgb888::BLACK,
];

/// Paints it over everything.
///
/// # Errors
/// `Revoked`.
pub(crate) fn paint(canvas: &mut Canvas<'_>) -> Result<(), Error> {
    let size = canvas.size();
    let wide = size.width / BARS.len() as u32;
    for (number, colour) in (0..).zip(BARS) {
        let place = Point::new((number * wide) as i32, 0);
        canvas.fill_solid(&Rectangle::new(place, Size::new(wide, size.height)), colour)?;
    }
    Ok(())
}
