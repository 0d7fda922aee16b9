//! The kernel's initial data as flash holds it: shorter, because tables repeat themselves.
//!
//! It is a sequence of records. Each begins with two numbers of 16 bits, and one of 32: how many words follow, how many
//! words are copied after these, and from how many bytes back. The boot code (`kernel/arch/arm/src/boot.s`) undoes it.

/// Bytes of a word.
const WORD: usize = 4;
/// A copy of fewer words would take more than the words themselves.
const SHORTEST: usize = 3;
/// How many words back a copy may begin. No entry of the kernel's tables is longer.
const FARTHEST: usize = 256;
/// Most words that a record can count.
const MOST: usize = u16::MAX as usize;

/// The records for these bytes, whole words.
pub(crate) fn shorten(bytes: &[u8]) -> Vec<u8> {
    let words: Vec<&[u8]> = bytes.chunks(WORD).collect();
    let mut records = Vec::new();
    let (mut first, mut at) = (0, 0);
    while at < words.len() {
        let (length, distance) = longest(&words, at);
        if length >= SHORTEST {
            record(&mut records, &words[first..at], length, distance);
            at += length;
            first = at;
        } else {
            at += 1;
            if at - first == MOST {
                record(&mut records, &words[first..at], 0, 0);
                first = at;
            }
        }
    }
    if first < at {
        record(&mut records, &words[first..at], 0, 0);
    }
    records
}

/// The longest copy that can be made at a word, and from how many words back.
fn longest(words: &[&[u8]], at: usize) -> (usize, usize) {
    let distances = 1..=at.min(FARTHEST);
    let length = |distance: usize| {
        let pairs = words[at..].iter().zip(&words[at - distance..]);
        pairs.take(MOST).take_while(|(new, old)| new == old).count()
    };
    let found = distances.map(|distance| (length(distance), distance));
    // Of equally long ones, any will do.
    found.max_by_key(|(length, _)| *length).unwrap_or((0, 0))
}

fn record(records: &mut Vec<u8>, literal: &[&[u8]], copied: usize, distance: usize) {
    records.extend((literal.len() as u16).to_le_bytes());
    records.extend((copied as u16).to_le_bytes());
    records.extend(((distance * WORD) as u32).to_le_bytes());
    records.extend(literal.concat());
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the boot code makes of it.
    fn lengthen(records: &[u8]) -> Vec<u8> {
        let number = |bytes: &[u8]| {
            let bytes = bytes.iter().rev();
            bytes.fold(0, |number, byte| number << 8 | usize::from(*byte))
        };
        let (mut bytes, mut at) = (Vec::new(), 0);
        while at < records.len() {
            let literal = WORD * number(&records[at..at + 2]);
            let copied = WORD * number(&records[at + 2..at + 4]);
            let distance = number(&records[at + 4..at + 8]);
            at += 8;
            bytes.extend(&records[at..at + literal]);
            at += literal;
            for _ in 0..copied {
                bytes.push(bytes[bytes.len() - distance]);
            }
        }
        bytes
    }

    #[test]
    fn what_is_shortened_comes_back_whatever_it_is() {
        let mut state = 1_u64;
        for length in 0..600 {
            let mut random = || {
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1);
                (state >> 33) as usize
            };
            let period = 1 + random() % 300;
            let mut bytes: Vec<u8> = (0..WORD * length)
                .map(|at| (at % (WORD * period)) as u8)
                .collect();
            for _ in 0..random() % 20 {
                if let Some(byte) = bytes.get_mut(random() % (1 + WORD * length)) {
                    *byte = random() as u8;
                }
            }
            assert_eq!(lengthen(&shorten(&bytes)), bytes, "{length} words");
        }
    }

    #[test]
    fn more_words_than_a_record_counts_take_several() {
        let all_different: Vec<u8> = (0..70_000_u32).flat_map(u32::to_le_bytes).collect();
        assert_eq!(lengthen(&shorten(&all_different)), all_different);
        let zeros = vec![0; WORD * 200_000];
        let records = shorten(&zeros);
        assert_eq!(lengthen(&records), zeros);
        assert!(records.len() < 60, "{}", records.len());
    }

    #[test]
    fn a_table_of_equal_entries_takes_little_more_than_one() {
        let entry: Vec<u8> = (0..56).collect();
        let records = shorten(&entry.repeat(100));
        assert!(records.len() <= entry.len() + 8, "{}", records.len());
    }
}
