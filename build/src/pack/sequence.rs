//! Tasks one behind the other, each in one piece: for hardware whose regions begin and end at any granule.
//!
//! The guard reaches from the end of the constants to the data, because PMP has one pair of entries for each border of
//! that piece. It is longer than the minimum if the task could otherwise reach memory below it that others lend. With
//! flash, each task is in two pieces, and the guard is in front of the second one.

use super::parts::{Need, Packed, Placed, Starts};
use crate::arch::Arch;
use crate::link::RegionStarts;
use crate::manifest::Range;

/// Places tasks, then pools.
pub(super) fn place(arch: Arch, starts: Starts, needs: &[Need], pools: &[u64]) -> Placed {
    // The ends of what is in use: of the flash, or of RAM if there is none; of RAM.
    let mut ends = [starts.flash.unwrap_or(starts.ram), starts.ram].map(|start| arch.round(start));
    let ram = usize::from(starts.flash.is_some());
    let mut take_from = |memory: usize, least: u64, length: u64, alignment: u64| {
        let base = ends[memory].max(least).next_multiple_of(alignment);
        ends[memory] = base.saturating_add(arch.round(length));
        base
    };
    // The end of memory that the tasks above must not reach.
    let mut lent = starts.kernel;
    let mut tasks = Vec::new();
    for need in needs {
        let mut lengths = need.lengths.map(|length| arch.round(length));
        let [text, constants, data] = need.alignments;
        // So all of the text except its first granule is in pages of its own.
        let first = arch.border() - arch.granule();
        let text = first + take_from(0, 0, lengths[0] + first, text.max(arch.border()));
        let constants = take_from(0, 0, lengths[1], constants);
        // The padding between text and constants counts as text, because PMP has one entry for the border.
        lengths[0] = constants - text;
        let guard = take_from(ram, 0, arch.guard(), arch.granule());
        let least = lent.saturating_add(need.sizes.reach);
        let data = take_from(ram, least, lengths[2], data);
        if need.lends {
            lent = data + lengths[2];
        }
        tasks.push(Packed {
            place: RegionStarts {
                text,
                constants,
                data,
            },
            lengths,
            guard: Range {
                base: guard,
                size: data - guard,
            },
            lends: need.lends,
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
            base: take_from(ram, 0, *length, alignment),
            size: *length,
        });
    }
    Placed {
        tasks,
        pools: ranges,
        end: ends[ram],
        flash_end: starts.flash.map(|_| ends[0]),
    }
}
