//! Tasks one behind the other, each in one piece: for hardware whose regions begin and end at any granule.
//!
//! The guard reaches from the end of the constants to the data, for PMP has one pair of entries for each
//! border of that piece.

use super::{Need, Packed};
use crate::arch::Arch;
use crate::link::Place;
use crate::manifest::Range;

/// Places tasks, then pools, after `start`. Answers both and the end.
pub(super) fn place(
    arch: Arch,
    start: u64,
    needs: &[Need],
    pools: &[u64],
) -> (Vec<Packed>, Vec<Range>, u64) {
    let mut at = arch.round(start);
    let mut take = |length: u64, alignment: u64| {
        let base = at.next_multiple_of(alignment);
        at = base.saturating_add(arch.round(length));
        base
    };
    let mut tasks = Vec::new();
    for need in needs {
        let mut lengths = need.lengths.map(|length| arch.round(length));
        let [text, constants, data] = need.alignments;
        // So that all but the first granule of the text is in pages of its own.
        let first = arch.border() - arch.granule();
        let text = first + take(lengths[0] + first, text.max(arch.border()));
        let constants = take(lengths[1], constants);
        // What is lost between the two is text's: PMP has one entry for the border.
        lengths[0] = constants - text;
        let guard = take(arch.guard(), arch.granule());
        let data = take(lengths[2], data);
        tasks.push(Packed {
            place: Place {
                text,
                constants,
                data,
            },
            lengths,
            guard: Range {
                base: guard,
                size: data - guard,
            },
            sizes: need.sizes,
        });
    }
    let mut ranges = Vec::new();
    for length in pools {
        let alignment = if arch.has_pages() {
            arch.granule()
        } else {
            length.next_power_of_two()
        };
        ranges.push(Range {
            base: take(*length, alignment),
            size: *length,
        });
    }
    (tasks, ranges, at)
}
