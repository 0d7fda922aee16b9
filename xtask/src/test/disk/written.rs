//! What a machine wrote on its disk, as QEMU lists it, and what of it is there after a loss of power.
//!
//! Source: QEMU, *Live Block Device Operations*, `blklogwrites`; Linux, *dm-log-writes*: the format of the list.

use anyhow::{Result, ensure};

/// Bytes of a sector of the list, and of the disk.
const SECTOR: usize = 512;
/// The first word of a list.
const MAGIC: u64 = 0x006a_7366_7773_6872;
/// Kinds of entries; none of them is a write.
const FLUSH: u64 = 1;
const OTHER: u64 = !(1 << 1) & !FLUSH;

/// What came of a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    /// Sectors that were written.
    pub(super) sectors: usize,
    pub(super) flushes: usize,
    /// Sectors that were not flushed, and those of them that are lost.
    pub(super) open: usize,
    pub(super) lost: usize,
}

fn word(bytes: &[u8], at: usize) -> Option<u64> {
    let bytes = bytes.get(at..at + 8)?;
    Some(u64::from_le_bytes(bytes.try_into().ok()?))
}

/// Writes on `image` what was flushed, and of the sectors that were written afterwards those that `stays` says.
///
/// # Errors
/// When it is no list, or one that this image cannot have.
pub(super) fn replay(
    image: &mut [u8],
    list: &[u8],
    mut stays: impl FnMut() -> bool,
) -> Result<Counts> {
    ensure!(word(list, 0) == Some(MAGIC), "no list of writes");
    let mut counts = Counts::default();
    let mut open: Vec<(usize, &[u8])> = Vec::new();
    let mut at = SECTOR;
    // The list ends where the emulator did: the number of entries in its head may be an older one.
    while let (Some(first), Some(sectors), Some(flags)) =
        (word(list, at), word(list, at + 8), word(list, at + 16))
    {
        if (first, sectors, flags) == (0, 0, 0) {
            break;
        }
        ensure!(flags & OTHER == 0, "an entry of kind {flags:#x}");
        at += SECTOR;
        if flags & FLUSH != 0 {
            counts.flushes += 1;
            for (place, bytes) in open.drain(..) {
                image[place..place + SECTOR].copy_from_slice(bytes);
            }
        }
        let Some(data) = list.get(at..at + sectors as usize * SECTOR) else {
            break;
        };
        at += data.len();
        for (number, bytes) in data.chunks(SECTOR).enumerate() {
            let place = (first as usize + number) * SECTOR;
            let is_there = place + SECTOR <= image.len();
            ensure!(is_there, "sector {first} is past the end of the disk");
            counts.sectors += 1;
            open.push((place, bytes));
        }
    }
    counts.open = open.len();
    for (place, bytes) in open {
        if stays() {
            image[place..place + SECTOR].copy_from_slice(bytes);
        } else {
            counts.lost += 1;
        }
    }
    Ok(counts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sector(words: &[u64]) -> Vec<u8> {
        let mut bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        bytes.resize(SECTOR, 0);
        bytes
    }

    fn write(at: u64, byte: u8) -> Vec<u8> {
        [sector(&[at, 1, 0, SECTOR as u64]), vec![byte; SECTOR]].concat()
    }

    #[test]
    fn what_was_flushed_is_there_and_of_the_rest_what_stays() {
        let head = sector(&[MAGIC, 1, 0, SECTOR as u64]);
        let flush = sector(&[0, 0, FLUSH, 0]);
        let list = [
            head,
            write(0, 1),
            write(1, 2),
            flush,
            write(0, 3),
            write(2, 4),
            sector(&[]),
        ];
        let mut image = vec![0; 3 * SECTOR];
        let mut turn = false;
        let counts = replay(&mut image, &list.concat(), || {
            turn = !turn;
            !turn
        });
        let firsts: Vec<u8> = image.iter().step_by(SECTOR).copied().collect();
        assert_eq!(firsts, [1, 2, 4]);
        let wanted = Counts {
            sectors: 4,
            flushes: 1,
            open: 2,
            lost: 1,
        };
        assert_eq!(counts.unwrap(), wanted);
    }

    #[test]
    fn nonsense_is_refused() {
        assert!(replay(&mut [], &[0; 4096], || true).is_err());
        let head = sector(&[MAGIC]);
        let past = [head.clone(), write(9, 1)].concat();
        assert!(replay(&mut [0; SECTOR], &past, || true).is_err());
        let mark = [head, sector(&[0, 0, 8, 0])].concat();
        assert!(replay(&mut [0; SECTOR], &mark, || true).is_err());
    }
}
