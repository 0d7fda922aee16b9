//! Lines on a canvas.

use crate::lines::{Line, Paint, Tone, WIDTH};
use class_display::Canvas;
use embedded_graphics::mono_font::MonoTextStyleBuilder;
use embedded_graphics::mono_font::ascii::FONT_8X13;
use embedded_graphics::pixelcolor::Rgb888;
use embedded_graphics::prelude::{DrawTarget, Drawable, Point, Size, WebColors};
use embedded_graphics::primitives::Rectangle;
use embedded_graphics::text::{Baseline, Text};
use userlib::Error;

/// Pixels of a character, and of a line with the gap to the next.
const CHARACTER: u32 = 8;
const LINE: u32 = 15;

/// What is behind everything.
const GROUND: Rgb888 = Rgb888::new(0x10, 0x14, 0x1c);

impl Paint for Canvas<'_> {
    /// `Revoked`: the display is gone.
    type Error = Error;

    fn clear(&mut self) -> Result<(), Error> {
        DrawTarget::clear(self, GROUND)
    }

    fn line(&mut self, column: usize, number: usize, line: &Line) -> Result<(), Error> {
        let left = column as u32 * (WIDTH as u32 + 1) * CHARACTER;
        let place = Point::new(left as i32, (number as u32 * LINE) as i32);
        let size = Size::new(WIDTH as u32 * CHARACTER, LINE);
        self.fill_solid(&Rectangle::new(place, size), GROUND)?;
        let style = MonoTextStyleBuilder::new()
            .font(&FONT_8X13)
            .text_color(colour(line.tone))
            .build();
        Text::with_baseline(&line.text, place, style, Baseline::Top).draw(self)?;
        Ok(())
    }
}

/// Colours that also differ in brightness, so that one who sees no colours can tell them.
const fn colour(tone: Tone) -> Rgb888 {
    match tone {
        Tone::Quiet => Rgb888::CSS_GRAY,
        Tone::Title => Rgb888::CSS_WHITE,
        Tone::Good => Rgb888::CSS_LIGHT_GREEN,
        Tone::Changing => Rgb888::CSS_GOLD,
        Tone::Bad => Rgb888::CSS_TOMATO,
    }
}
