//! The editor against a small terminal that knows the sequences it uses.

use super::*;
use crate::line::LINE_LENGTH;
use heapless::Vec;

/// One line of a terminal.
#[derive(Default)]
struct Terminal {
    cells: Vec<char, 256>,
    cursor: usize,
    pending: String,
    bells: usize,
    lines: std::vec::Vec<String>,
}

impl Terminal {
    fn text(&self) -> String {
        self.cells.iter().collect::<String>().trim_end().to_string()
    }

    fn put(&mut self, character: char) {
        while self.cells.len() <= self.cursor {
            self.cells.push(' ').expect("a line of the test is short");
        }
        self.cells[self.cursor] = character;
        self.cursor += 1;
    }

    fn sequence(&mut self) {
        let sequence = core::mem::take(&mut self.pending);
        let body = &sequence[2..];
        match body.chars().last() {
            Some('K') => self.cells.truncate(self.cursor),
            Some('D') => self.cursor -= body[..body.len() - 1].parse::<usize>().expect("a count"),
            Some('H') => self.cursor = 0,
            Some('J') => self.cells.clear(),
            Some('m') => {}
            other => panic!("the terminal does not know {other:?}"),
        }
    }
}

impl Write for Terminal {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for character in text.chars() {
            if !self.pending.is_empty() {
                self.pending.push(character);
                if character.is_ascii_alphabetic() {
                    self.sequence();
                }
                continue;
            }
            match character {
                '\x1b' => self.pending.push(character),
                '\r' => self.cursor = 0,
                '\n' => {
                    let line = self.text();
                    self.lines.push(line);
                    self.cells.clear();
                }
                '\x08' => self.cursor -= 1,
                '\x07' => self.bells += 1,
                _ => self.put(character),
            }
        }
        Ok(())
    }
}

/// Types `bytes` on a fresh terminal and checks after each that it shows what the editor holds.
fn typed(editor: &mut Editor, bytes: &[u8]) -> (Terminal, std::vec::Vec<String>) {
    let mut terminal = Terminal::default();
    let mut lines = std::vec::Vec::new();
    editor.show("> ", &mut terminal).expect("it always writes");
    for &byte in bytes {
        match editor.feed(byte, &mut terminal).expect("it always writes") {
            Event::None => {
                let line = String::from_utf8(editor.line.to_vec()).expect("ASCII");
                assert_eq!(
                    terminal.text(),
                    format!("> {line}").trim_end(),
                    "after {byte:?}"
                );
                assert_eq!(terminal.cursor, 2 + editor.cursor, "after {byte:?}");
            }
            Event::Line => {
                lines.push(String::from_utf8(editor.take().to_vec()).expect("ASCII"));
                editor.show("> ", &mut terminal).expect("it always writes");
            }
            Event::Cancelled | Event::TooLong => {
                editor.show("> ", &mut terminal).expect("it always writes");
            }
        }
    }
    (terminal, lines)
}

fn line_of(bytes: &[u8]) -> String {
    let (_, lines) = typed(&mut Editor::new(), bytes);
    lines.last().cloned().expect("one line at least")
}

#[test]
fn editing_in_the_middle() {
    assert_eq!(line_of(b"leses\x1b[D\x1b[D\x1b[Da\r"), "leases");
    assert_eq!(line_of(b"eases\x01l\x05!\r"), "leases!");
    assert_eq!(line_of(b"\x1b[Hx\x1b[Fy\x1b[1~z\r"), "zxy");
    assert_eq!(line_of(b"psx\x7f\r"), "ps");
    assert_eq!(line_of(b"pxs\x1b[D\x08\r"), "ps");
    assert_eq!(line_of(b"xps\x01\x1b[3~\r"), "ps");
    assert_eq!(line_of(b"abc\x1b[D\x15\r"), "c");
    assert_eq!(line_of(b"abc\x1b[D\x0b\r"), "ab");
}

#[test]
fn words_are_removed_with_the_blanks_after_them() {
    assert_eq!(line_of(b"crash aux-parent\x17edu\r"), "crash edu");
    assert_eq!(line_of(b"crash edu   \x17\x17ps\r"), "ps");
    assert_eq!(line_of(b"  \x17ps\r"), "ps");
    assert_eq!(line_of(b"a b c\x1b[D\x17\r"), "a c");
}

#[test]
fn what_cannot_be_done_rings_the_bell_and_changes_nothing() {
    let mut editor = Editor::new();
    let (terminal, _) = typed(&mut editor, b"\x7f\x1b[D\x1b[C\x1b[A\x1b[B\x1b[3~\x00\xff");
    assert_eq!(terminal.bells, 8);
    assert_eq!(editor.line, b"");
    let (terminal, lines) = typed(&mut Editor::new(), &[b'x'; LINE_LENGTH + 3]);
    assert_eq!((terminal.bells, lines.len()), (3, 0));
}

#[test]
fn a_line_that_did_not_fit_is_not_run_but_can_be_mended() {
    let mut editor = Editor::new();
    let mut long = [b'x'; LINE_LENGTH + 2];
    long[LINE_LENGTH + 1] = b'\r';
    let (_, lines) = typed(&mut editor, &long);
    assert_eq!((lines.len(), editor.line.len()), (0, 0));
    let (_, lines) = typed(&mut editor, b"\x1b[A\x7fy\r");
    assert_eq!(lines, ["x".repeat(LINE_LENGTH - 1) + "y"]);
    let (_, lines) = typed(&mut editor, &long[1..]);
    assert_eq!(lines, ["x".repeat(LINE_LENGTH)]);
}

#[test]
fn history_goes_back_and_forth_and_keeps_what_was_typed() {
    let mut editor = Editor::new();
    let (_, lines) = typed(&mut editor, b"ps\rleases\rfac\x1b[A\x1b[A\x1b[B\x1b[Bt 5\r");
    assert_eq!(lines, ["ps", "leases", "fact 5"]);
    let (_, lines) = typed(&mut editor, b"\x10\x10\x10\r");
    assert_eq!(lines, ["ps"]);
    let (_, lines) = typed(&mut editor, b"\x1b[A\x1b[A x\r\x1b[A\r");
    assert_eq!(lines, ["fact 5 x", "fact 5 x"]);
}

#[test]
fn cancel_starts_afresh() {
    let (terminal, lines) = typed(&mut Editor::new(), b"crash all\x03ps\r");
    assert_eq!(lines, ["ps"]);
    assert_eq!(terminal.lines, ["> crash all^C", "> ps"]);
}

#[test]
fn a_line_hidden_for_other_output_comes_back_as_it_was() {
    let mut editor = Editor::new();
    let (mut terminal, _) = typed(&mut editor, b"leses\x1b[D\x1b[D\x1b[D");
    editor.hide(&mut terminal).expect("it always writes");
    assert_eq!(terminal.text(), "");
    terminal
        .write_str("[    1.000] edu: bound\r\n")
        .expect("it always writes");
    editor.redraw(&mut terminal).expect("it always writes");
    assert_eq!(terminal.text(), "> leses");
    assert_eq!(terminal.cursor, 4);
    editor.feed(b'a', &mut terminal).expect("it always writes");
    assert_eq!(terminal.text(), "> leases");
}

#[test]
fn screen_is_cleared_on_request() {
    let (terminal, _) = typed(&mut Editor::new(), b"ps\x0c");
    assert_eq!(terminal.text(), "> ps");
}
