//! Which bytes of the machine a binding has in use, or had when a guard was kept past its end.
//!
//! An address says nothing of the lease that it came by. So what one binding can still reach, no
//! other binding of the task may bring into reach again.

use crate::lend::WINDOW_GRANULE;
use crate::sys::{GrantInfo, GrantKind};
use core::cell::Cell;

/// Ranges that are told apart; the last one grows over what is more.
const APART: usize = 8;

/// From the first byte to the first byte after: of physical memory, and whole granules, because that is
/// what a claim maps.
pub(super) type Range = (u64, u64);

/// Some ranges.
pub(crate) struct Ranges([Cell<Range>; APART]);

impl Ranges {
    /// None.
    pub(super) const fn new() -> Self {
        Self([const { Cell::new((0, 0)) }; APART])
    }

    /// Adds the window of a grant, if it has one.
    pub(super) fn add(&self, grant: &GrantInfo) {
        let Some(new) = range(grant) else { return };
        let free = self.0.iter().find(|range| range.get() == (0, 0));
        let place = free.unwrap_or(&self.0[APART - 1]);
        let (start, end) = place.get();
        place.set(if free.is_some() {
            new
        } else {
            (start.min(new.0), end.max(new.1))
        });
    }

    /// Whether some of `range` is in one of these.
    pub(super) fn meets(&self, range: Range) -> bool {
        self.0.iter().any(|own| meet(own.get(), range))
    }
}

/// What is mapped for a grant that is a window.
pub(super) fn range(grant: &GrantInfo) -> Option<Range> {
    let window = matches!(
        grant.kind,
        GrantKind::Mmio | GrantKind::Memory | GrantKind::Config
    );
    let granule = WINDOW_GRANULE as u64;
    let end = grant.base.saturating_add(grant.length);
    let end = end.checked_next_multiple_of(granule).unwrap_or(u64::MAX);
    (window && grant.length != 0).then_some((grant.base / granule * granule, end))
}

/// Whether both have a byte in common.
pub(super) const fn meet(one: Range, other: Range) -> bool {
    one.0 < other.1 && other.0 < one.1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::{Claim, Rights};

    fn window(base: u64, length: u64) -> GrantInfo {
        GrantInfo {
            base,
            length,
            label: 0,
            rights: Rights::empty(),
            kind: GrantKind::Mmio,
            claim: Claim::None,
            reserved: [0; 6],
        }
    }

    #[test]
    fn ranges_are_whole_granules_and_the_last_takes_what_is_more() {
        let granule = WINDOW_GRANULE as u64;
        let ranges = Ranges::new();
        assert!(!ranges.meets((0, u64::MAX)));
        for at in 1..=10 {
            ranges.add(&window(4 * at * granule + 8, 8));
        }
        for at in 1..=7 {
            assert!(ranges.meets((4 * at * granule, 4 * at * granule + 1)));
            assert!(ranges.meets(((4 * at + 1) * granule - 1, (4 * at + 1) * granule)));
            assert!(!ranges.meets(((4 * at + 1) * granule, (4 * at + 4) * granule)));
        }
        assert!(ranges.meets((32 * granule, 32 * granule + 1)));
        assert!(
            ranges.meets((38 * granule, 38 * granule + 1)),
            "between two that are merged"
        );
        assert!(ranges.meets((41 * granule - 1, u64::MAX)));
        assert!(!ranges.meets((41 * granule, u64::MAX)));
        assert!(!ranges.meets((0, 4 * granule)));
    }

    #[test]
    fn what_is_no_window_has_no_range_and_the_end_of_the_address_space_is_one() {
        let line = GrantInfo {
            kind: GrantKind::Interrupt,
            ..window(10, 1)
        };
        assert_eq!(range(&line), None);
        assert_eq!(range(&window(4096, 0)), None);
        assert_eq!(
            range(&window(u64::MAX - 1, 8)).map(|range| range.1),
            Some(u64::MAX)
        );
    }
}
