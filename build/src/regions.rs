//! How many entries of a memory protection unit hold a range, and the blocks of PMSAv7.
//!
//! The kernel computes this itself when it maps a window. The build must know it before anything is built.

use crate::arch::Arch;
use crate::manifest::Range;

/// Entries of a memory protection unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unit {
    /// All that it has.
    pub(crate) entries: u32,
    /// Those that hold the task's own memory.
    pub(crate) own: u32,
}

/// The smallest PMSAv7 region that has eighths, in bytes (Armv7-M ARM, B3.5.9, `SRD`).
const EIGHTHS_FROM: u64 = 256;
const LEAST_EIGHTH: u64 = EIGHTHS_FROM / 8;
/// The smallest PMSAv7 region, and the smallest eighth, in bytes.
const LEAST_REGION: u64 = 32;

impl Arch {
    /// Its protection unit; none with page tables, which hold any number of ranges.
    pub(crate) const fn unit(self) -> Option<Unit> {
        match self {
            Self::Sv39 => None,
            // The guard is the end of one pair of entries, so it takes one more.
            Self::Pmp => Some(Unit {
                entries: 16,
                own: 5,
            }),
            Self::PmsaV7 | Self::PmsaV8 => Some(Unit { entries: 8, own: 3 }),
        }
    }

    /// Entries that a window takes; 0 where there is no unit.
    pub(crate) fn window_entries(self, window: Range) -> u32 {
        match self {
            Self::Sv39 => 0,
            // A naturally aligned power of two takes one entry; anything else takes a pair, for its base and its end.
            Self::Pmp if is_aligned_power(window) => 1,
            Self::Pmp => 2,
            Self::PmsaV7 => blocks(window),
            Self::PmsaV8 => 1,
        }
    }

    /// The length of a DMA pool of at least `bytes` that one entry can cover. Its base must be a multiple of the next
    /// power of two.
    pub(crate) fn pool_length(self, bytes: u64) -> u64 {
        match self {
            Self::Sv39 => self.round(bytes),
            Self::Pmp => bytes.max(self.lend_granule()).next_power_of_two(),
            Self::PmsaV7 => Block::of(bytes.next_multiple_of(self.lend_granule())).length(),
            Self::PmsaV8 => bytes.next_multiple_of(self.lend_granule()),
        }
    }
}

fn is_aligned_power(range: Range) -> bool {
    range.size.is_power_of_two() && range.size >= 8 && range.base.is_multiple_of(range.size)
}

/// A run of eighths of one PMSAv7 region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Block {
    /// Bytes of an eighth.
    pub(crate) eighth: u64,
    /// How many of them.
    pub(crate) count: u64,
}

impl Block {
    /// The smallest one that holds so many bytes, at least one.
    pub(crate) fn of(bytes: u64) -> Self {
        let bytes = bytes.max(1);
        let eighth = bytes.div_ceil(8).next_power_of_two().max(LEAST_EIGHTH);
        Self {
            eighth,
            count: bytes.div_ceil(eighth),
        }
    }

    /// Its bytes.
    pub(crate) const fn length(self) -> u64 {
        self.eighth * self.count
    }

    /// Bytes of its region, which is aligned to its size.
    pub(crate) const fn region(self) -> u64 {
        self.eighth * 8
    }

    /// The lowest base from `from` on that is a multiple of `alignment` too, a power of two.
    pub(crate) fn base_from(self, from: u64, alignment: u64) -> u64 {
        let base = from.next_multiple_of(self.eighth.max(alignment));
        let last = base + self.length() - 1;
        if base / self.region() == last / self.region() {
            base
        } else {
            // The start of the next region, or the next such multiple in it.
            base.next_multiple_of(self.region().max(alignment))
        }
    }
}

/// The number of PMSAv7 regions that a range takes: from its base on, each time the largest that is possible.
fn blocks(range: Range) -> u32 {
    let (mut base, end) = (range.base, range.end());
    let mut count = 0;
    while base < end {
        base += first_block(base, end);
        count += 1;
    }
    count
}

/// Bytes from `base` on, at most to `end`, that one region holds.
fn first_block(base: u64, end: u64) -> u64 {
    let mut most = 0;
    for bits in LEAST_REGION.trailing_zeros()..=32 {
        let region = 1 << bits;
        if region < EIGHTHS_FROM {
            if base.is_multiple_of(region) && end - base >= region {
                most = most.max(region);
            }
            continue;
        }
        let eighth = region / 8;
        if base.is_multiple_of(eighth) {
            let last = (base / region + 1) * region;
            most = most.max((end.min(last) - base) / eighth * eighth);
        }
    }
    // A part smaller than the smallest region cannot be separated from its neighbours.
    if most == 0 { end - base } else { most }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(base: u64, size: u64) -> Range {
        Range { base, size }
    }

    #[test]
    fn a_pmp_window_is_one_entry_or_a_pair() {
        for (base, size, entries) in [
            (0x1000_0000, 0x1000, 1),
            (0x4000_0000, 0x4000_0000, 1),
            (0x1000_0800, 0x1000, 2),
            (0x1000_0000, 0x1800, 2),
            (0x1000_0000, 8, 1),
            (0x1000_0000, 4, 2),
        ] {
            assert_eq!(Arch::Pmp.window_entries(range(base, size)), entries);
        }
    }

    #[test]
    fn a_pmsav7_window_is_as_many_regions_as_its_eighths_ask_for() {
        for (base, size, entries) in [
            (0x4000_4000, 0x1000, 1),
            (0x4020_0000, 0x100, 1),
            (0x4000_0020, 0x20, 1),
            (0x4000_0020, 0x40, 1),
            // Seven eighths of a block, then half of the next one's.
            (0x4000_0200, 0x1e00, 2),
            (0x4000_0200, 0x1000, 2),
            (0x4000_0800, 0x1000, 1),
            (0x4000_0e00, 0x400, 2),
            // Across the middle of a large block, in units too small for it.
            (0x4000_0fe0, 0x60, 2),
        ] {
            let found = Arch::PmsaV7.window_entries(range(base, size));
            assert_eq!(found, entries, "{base:#x} {size:#x}");
        }
    }

    #[test]
    fn a_pmsav8_window_is_one_region() {
        assert_eq!(Arch::PmsaV8.window_entries(range(0x5020_0020, 0x60)), 1);
    }

    /// By the manual alone: a region of 2^n bytes lies at a multiple of its size, and covers
    /// those of its eighths whose bits in `SRD` are clear.
    fn is_one_region(range: Range) -> bool {
        (8..=32).any(|bits| {
            let region = 1_u64 << bits;
            let start = range.base / region * region;
            let eighths = (0..8).map(|index| start + index * (region / 8));
            let covered: Vec<u64> = eighths
                .filter(|eighth| (range.base..range.end()).contains(eighth))
                .collect();
            covered.first() == Some(&range.base)
                && covered.len() as u64 * (region / 8) == range.size
        })
    }

    #[test]
    fn every_length_and_place_of_a_block_is_one_region() {
        let mut state = 1_u64;
        for _ in 0..100_000 {
            let mut random = || {
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1);
                state >> 33
            };
            let bytes = 1 + random() % (1 << (random() % 22));
            let block = Block::of(bytes);
            assert!(block.length() >= bytes && block.length() - bytes < block.eighth);
            assert!(block.eighth == 32 || block.count >= 5, "{bytes}");
            let from = random() % (1 << 24);
            let alignment = 1 << (random() % 12);
            let base = block.base_from(from, alignment);
            let place = range(base, block.length());
            assert!(is_one_region(place), "{place:x?}");
            assert!(base >= from && base.is_multiple_of(alignment));
            assert!(base - from < 2 * block.region().max(alignment));
            assert_eq!(Arch::PmsaV7.window_entries(place), 1, "{place:x?}");
        }
    }

    #[test]
    fn a_pool_is_one_entry_on_every_arch() {
        for arch in Arch::ALL {
            for bytes in [1, 256, 4096, 5000, 12288, 100_000] {
                let size = arch.pool_length(bytes);
                let place = range(size.next_power_of_two() * 3, size);
                assert!(size >= bytes);
                assert!(arch.window_entries(place) <= 1, "{arch:?} {bytes}");
            }
        }
    }
}
