//! Separates a program's records (`app/common/records`) from the other output on a serial line.

use ::records::{BEGIN, Checksum, END};

/// The UTF-8 of a tag, but for its last byte, which is a continuation byte: U+E0000 to U+E007F.
const LEAD: [u8; 2] = [0xf3, 0xa0];
const HALVES: [u8; 2] = [0x80, 0x81];

/// The incomplete tag and record, and how many records came.
#[derive(Debug, Default)]
pub(crate) struct Records {
    /// The bytes of a tag that is not complete.
    tag: Vec<u8>,
    /// A record that has begun.
    open: Option<String>,
    next: u32,
}

/// A record's text, or what is wrong.
pub(crate) type Record = Result<String, String>;

impl Records {
    /// Takes records out of `bytes`; the others go to `rest`, in their order.
    pub(crate) fn sift(&mut self, bytes: &[u8], rest: &mut Vec<u8>) -> Vec<Record> {
        let mut records = Vec::new();
        for &byte in bytes {
            if byte.is_ascii() {
                // The byte may come in the middle of a tag.
                rest.push(byte);
                continue;
            }
            if !self.continues(byte) {
                rest.append(&mut self.tag);
            }
            if !self.continues(byte) {
                rest.push(byte);
                continue;
            }
            self.tag.push(byte);
            if let [_, _, half, last] = self.tag[..] {
                self.tag.clear();
                records.extend(self.character((half << 6 & 0x40 | last & 0x3f).into()));
            }
        }
        records
    }

    /// Whether the byte is the next one of a tag.
    fn continues(&self, byte: u8) -> bool {
        match self.tag.len() {
            at @ 0..2 => byte == LEAD[at],
            2 => HALVES.contains(&byte),
            _ => byte & 0xc0 == 0x80,
        }
    }

    /// The next character of a record; gives one that is complete.
    fn character(&mut self, character: char) -> Option<Record> {
        match (character, &mut self.open) {
            (BEGIN, open) => {
                let lost = open.replace(String::new());
                return lost.map(|text| Err(format!("the record `{text}` has no end")));
            }
            (END, open) => return open.take().map(|text| self.close(&text)),
            (_, Some(open)) => open.push(character),
            (_, None) => {}
        }
        None
    }

    fn close(&mut self, text: &str) -> Record {
        let broken = || format!("the record `{text}` is broken");
        let at = text.len().checked_sub(4).ok_or_else(broken)?;
        let (text, sum) = text.split_at(at);
        if u16::from_str_radix(sum, 16) != Ok(Checksum::of(text.as_bytes())) {
            return Err(broken());
        }
        let (sequence, text) = text.split_once(' ').ok_or_else(broken)?;
        let sequence: u32 = sequence.parse().map_err(|_| broken())?;
        let expected = std::mem::replace(&mut self.next, sequence + 1);
        if sequence != expected {
            return Err(format!("record {expected} is missing before {sequence}"));
        }
        Ok(text.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(texts: &[&str]) -> Vec<u8> {
        let mut out = String::new();
        for (sequence, text) in texts.iter().enumerate() {
            ::records::write_numbered(&mut out, sequence as u32, format_args!("{text}")).unwrap();
        }
        out.into_bytes()
    }

    fn sifted(bytes: &[u8]) -> (Vec<Record>, String) {
        let mut rest = Vec::new();
        let records = Records::default().sift(bytes, &mut rest);
        (records, String::from_utf8(rest).unwrap())
    }

    #[test]
    fn a_line_of_the_firmware_at_any_place_harms_no_record() {
        let noise = "system_opcode_insn: Failed to access CSR 0x747 from U-mode\n";
        let line = [
            b"test a::b ... ".as_slice(),
            &written(&["passed", "sum 1 0 0"]),
            b"ok\n",
        ]
        .concat();
        let expected = [Ok("passed".to_owned()), Ok("sum 1 0 0".to_owned())];
        for at in 0..=line.len() {
            let bytes = [&line[..at], noise.as_bytes(), &line[at..]].concat();
            let (records, rest) = sifted(&bytes);
            assert_eq!(records, expected, "at {at}");
            assert_eq!(rest.replace(noise, ""), "test a::b ... ok\n", "at {at}");
            // In two pieces it is the same.
            let (mut reader, mut rest) = (Records::default(), Vec::new());
            let mut records = reader.sift(&line[..at], &mut rest);
            records.extend(reader.sift(&line[at..], &mut rest));
            assert_eq!(records, expected, "cut at {at}");
        }
    }

    #[test]
    fn a_byte_that_is_lost_or_changed_is_noticed_and_the_next_record_is_read() {
        let bytes = written(&["passed", "failed", "passed"]);
        let third = bytes.len() / 3;
        for at in third..2 * third {
            let mut lost = bytes.clone();
            lost.remove(at);
            let mut changed = bytes.clone();
            changed[at] ^= 4;
            for bytes in [lost, changed] {
                let mut rest = Vec::new();
                let records = Records::default().sift(&bytes, &mut rest);
                assert_eq!(records[0], Ok("passed".to_owned()), "at {at}");
                assert!(
                    records[1..].iter().any(Result::is_err),
                    "at {at}: {records:?}"
                );
                assert!(!records.contains(&Ok("failed".to_owned())), "at {at}");
            }
        }
    }

    #[test]
    fn a_record_that_is_missing_is_noticed() {
        let bytes = written(&["passed", "failed", "passed"]);
        let third = bytes.len() / 3;
        let (records, _) = sifted(&[&bytes[..third], &bytes[2 * third..]].concat());
        assert_eq!(records[0], Ok("passed".to_owned()));
        assert!(records[1].is_err());
    }

    #[test]
    fn other_characters_stay_where_they_are() {
        let text = "└─ lease 5.1: supervisor 0.1 → console 1.1\n\u{1f980}\u{f3}";
        let (records, rest) = sifted(text.as_bytes());
        assert!(records.is_empty());
        assert_eq!(rest, text);
    }
}
