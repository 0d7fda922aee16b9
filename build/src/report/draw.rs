//! Pieces of a picture in SVG: boxes, words, legends, strips of addresses.

use super::bytes;
use std::fmt::Write;

/// Width of a picture and of its margins, in pixels.
pub(super) const WIDTH: f64 = 1200.0;
pub(super) const MARGIN: f64 = 40.0;
/// Height of a strip.
pub(super) const STRIP: f64 = 32.0;

/// A range of addresses with a name and a colour.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    pub(super) name: String,
    pub(super) base: u64,
    pub(super) size: u64,
    pub(super) colour: String,
}

/// A picture in the making.
#[derive(Debug)]
pub(super) struct Picture(String);

impl Picture {
    /// An empty one.
    pub(super) fn new(height: f64) -> Self {
        Self(format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" \
             viewBox=\"0 0 {WIDTH} {height}\" font-family=\"sans-serif\" font-size=\"13\">\n\
             <rect width=\"{WIDTH}\" height=\"{height}\" fill=\"#ffffff\"/>\n"
        ))
    }

    /// The file.
    pub(super) fn finish(mut self) -> String {
        self.0.push_str("</svg>\n");
        self.0
    }

    /// Words at a place, with attributes.
    pub(super) fn text(&mut self, (left, base): (f64, f64), attributes: &str, words: &str) {
        self.line(format_args!(
            "<text x=\"{left:.1}\" y=\"{base:.1}\" {attributes}>{}</text>",
            escape(words)
        ));
    }

    /// A heading.
    pub(super) fn heading(&mut self, base: f64, words: &str) {
        self.text(
            (MARGIN, base),
            "font-size=\"15\" font-weight=\"bold\"",
            words,
        );
    }

    /// A box (left, top, width, height) with a note that shows under the pointer.
    pub(super) fn rectangle(&mut self, place: (f64, f64, f64, f64), colour: &str, note: &str) {
        let (left, top, wide, high) = place;
        self.line(format_args!(
            "<rect x=\"{left:.2}\" y=\"{top:.1}\" width=\"{wide:.2}\" height=\"{high}\" fill=\"{colour}\" \
             stroke=\"#666\" stroke-width=\"0.5\"><title>{}</title></rect>",
            escape(note)
        ));
    }

    /// What colours mean, in a row.
    pub(super) fn legend<'a>(
        &mut self,
        base: f64,
        entries: impl Iterator<Item = (&'a str, &'a str)>,
    ) {
        let mut left = MARGIN;
        for (name, colour) in entries {
            self.rectangle((left, base - 11.0, 14.0, 14.0), colour, name);
            self.text((left + 20.0, base), "", name);
            left += 44.0 + 7.5 * name.len() as f64;
        }
    }

    /// A bar over a range of addresses, which stand above its ends. With `named`, each piece's
    /// name stands in it, or slanted below it where it does not fit.
    pub(super) fn strip(
        &mut self,
        top: f64,
        (first, end): (u64, u64),
        pieces: &[Piece],
        named: bool,
    ) {
        let width = WIDTH - 2.0 * MARGIN;
        let scale = width / (end - first).max(1) as f64;
        self.rectangle((MARGIN, top, width, STRIP), "#f4f4f4", "free");
        // From right to left: a slanted name must begin left of the one before.
        let mut free_until = WIDTH;
        for piece in pieces.iter().rev().filter(|piece| piece.size > 0) {
            let Piece {
                name,
                base,
                size,
                colour,
            } = piece;
            let (left, wide) = (MARGIN + (base - first) as f64 * scale, *size as f64 * scale);
            let note = format!("{name}: {base:#x}..{:#x}, {}", base + size, bytes(*size));
            self.rectangle((left, top, wide, STRIP), colour, &note);
            let middle = left + wide / 2.0;
            if !named {
                continue;
            }
            if wide > 7.0 * name.len() as f64 + 6.0 {
                self.text((middle, top + 21.0), "text-anchor=\"middle\"", name);
            } else {
                let at = middle.min(free_until - 15.0);
                free_until = at;
                let base = top + STRIP + 14.0;
                let turn = format!(
                    "text-anchor=\"end\" font-size=\"12\" transform=\"rotate(-40 {at:.1} {base:.1})\""
                );
                self.text((at + 4.0, base), &turn, name);
            }
        }
        let style = "font-size=\"11\" font-family=\"monospace\" fill=\"#555\"";
        self.text((MARGIN, top - 5.0), style, &format!("{first:#x}"));
        let style = format!("{style} text-anchor=\"end\"");
        self.text((WIDTH - MARGIN, top - 5.0), &style, &format!("{end:#x}"));
    }

    fn line(&mut self, text: std::fmt::Arguments<'_>) {
        // Writing to a string does not fail.
        let _ = writeln!(self.0, "{text}");
    }
}

fn escape(words: &str) -> String {
    words
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
