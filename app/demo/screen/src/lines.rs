//! What the picture shows: a title, and two columns of short lines.

use heapless::String;

/// Lines of a column.
pub(crate) const LINES: usize = 32;

/// Characters of a line.
pub(crate) const WIDTH: usize = 39;

/// What a line says of its subject.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Tone {
    /// Nothing to see here.
    #[default]
    Quiet,
    /// A heading.
    Title,
    /// It works.
    Good,
    /// It is about to work, or to end.
    Changing,
    /// It does not work.
    Bad,
}

/// A line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) tone: Tone,
    pub(crate) text: String<WIDTH, u8>,
}

impl Line {
    /// A line of this text; what is too long is cut at a character.
    pub(crate) fn new(tone: Tone, text: core::fmt::Arguments<'_>) -> Self {
        let mut line = Cut(String::new());
        // `Cut` takes everything.
        let _ = core::fmt::write(&mut line, text);
        Self { tone, text: line.0 }
    }
}

/// Keeps the beginning of what is written.
struct Cut(String<WIDTH, u8>);

impl core::fmt::Write for Cut {
    fn write_str(&mut self, text: &str) -> core::fmt::Result {
        for character in text.chars() {
            if self.0.push(character).is_err() {
                break;
            }
        }
        Ok(())
    }
}

/// What the picture shows, line by line.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    columns: [[Line; LINES]; 2],
    /// Whether the picture has anything of this at all.
    painted: bool,
}

/// Where lines are painted.
pub(crate) trait Paint {
    /// Why one cannot be painted.
    type Error;

    /// Makes everything empty.
    ///
    /// # Errors
    /// As for a line.
    fn clear(&mut self) -> Result<(), Self::Error>;

    /// Paints a line over what was in its place.
    ///
    /// # Errors
    /// The picture is gone.
    fn line(&mut self, column: usize, number: usize, line: &Line) -> Result<(), Self::Error>;
}

impl Lines {
    /// From now on the picture shows nothing of it.
    pub(crate) fn forget(&mut self) {
        self.painted = false;
    }

    /// Makes everything empty, if nothing was painted yet.
    ///
    /// # Errors
    /// Those of the painting.
    pub(crate) fn begin<P: Paint>(&mut self, on: &mut P) -> Result<(), P::Error> {
        if !self.painted {
            on.clear()?;
            self.columns = Self::default().columns;
            self.painted = true;
        }
        Ok(())
    }

    /// Paints a line if it is not there already. What has no place is left out.
    ///
    /// # Errors
    /// Those of the painting.
    pub(crate) fn set<P: Paint>(
        &mut self,
        on: &mut P,
        (column, number): (usize, usize),
        line: Line,
    ) -> Result<(), P::Error> {
        let shown = self.columns.get_mut(column);
        if let Some(shown) = shown.and_then(|lines| lines.get_mut(number))
            && *shown != line
        {
            on.line(column, number, &line)?;
            *shown = line;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Counts what is painted; fails if it shall.
    #[derive(Default)]
    struct Counts {
        clears: usize,
        lines: usize,
        fails: bool,
    }

    impl Paint for Counts {
        type Error = ();

        fn clear(&mut self) -> Result<(), ()> {
            self.clears += 1;
            Ok(())
        }

        fn line(&mut self, _: usize, _: usize, _: &Line) -> Result<(), ()> {
            self.lines += 1;
            if self.fails { Err(()) } else { Ok(()) }
        }
    }

    fn edu() -> Line {
        Line::new(Tone::Good, format_args!("edu"))
    }

    #[test]
    fn only_what_changed_is_painted_again() {
        let (mut lines, mut on) = (Lines::default(), Counts::default());
        for _ in 0..2 {
            lines.begin(&mut on).unwrap();
            lines.set(&mut on, (1, 3), edu()).unwrap();
            assert_eq!((on.clears, on.lines), (1, 1));
        }
        lines.forget();
        lines.begin(&mut on).unwrap();
        lines.set(&mut on, (1, 3), edu()).unwrap();
        assert_eq!((on.clears, on.lines), (2, 2), "on an empty picture");
    }

    #[test]
    fn what_could_not_be_painted_is_tried_again() {
        let (mut lines, mut on) = (Lines::default(), Counts::default());
        on.fails = true;
        lines.begin(&mut on).unwrap();
        assert!(lines.set(&mut on, (0, 0), edu()).is_err());
        on.fails = false;
        lines.set(&mut on, (0, 0), edu()).unwrap();
        assert_eq!(on.lines, 2);
    }

    #[test]
    fn what_has_no_place_is_left_out() {
        let (mut lines, mut on) = (Lines::default(), Counts::default());
        lines.set(&mut on, (0, LINES), edu()).unwrap();
        lines.set(&mut on, (2, 0), edu()).unwrap();
        assert_eq!(on.lines, 0);
    }

    #[test]
    fn a_long_line_is_cut_at_a_character() {
        let line = Line::new(Tone::Quiet, format_args!("{}ü", "x".repeat(WIDTH - 1)));
        assert_eq!(line.text.len(), WIDTH - 1);
    }
}
