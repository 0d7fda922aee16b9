//! Places each region of each task separately, so that one PMSAv7 region covers it as a run of its eighths.
//!
//! Each item takes the lowest free place. Large ones go first, and small ones fill the gaps.

use super::parts::{Need, Packed, Placed, Starts};
use crate::arch::Arch;
use crate::link::RegionStarts;
use crate::manifest::Range;
use crate::regions::Block;
use std::cmp::Reverse;

/// Something to place.
struct Item {
    block: Block,
    /// A power of two: the alignment of its base.
    alignment: u64,
    /// Bytes below it that must stay free.
    guard: u64,
    /// Bytes below it in which no lent memory may lie.
    reach: u64,
    /// Others may get a part of it.
    lent: bool,
    what: What,
}

/// What it is: a part (0 text, 1 constants, 2 data) of a task, or a pool.
#[derive(Clone, Copy)]
enum What {
    Part(usize, usize),
    Pool(usize),
}

/// An order in which items are placed: the smallest key comes first.
type Order = fn(&Item) -> [Reverse<u64>; 2];

/// No order is always the best, so all are tried.
const ORDERS: [Order; 3] = [
    // The hardest to place first.
    |item| {
        let step = item.block.eighth.max(item.alignment);
        [Reverse(step), Reverse(item.block.count)]
    },
    // The longest first.
    |item| [Reverse(item.length()), Reverse(item.block.eighth)],
    // The same, but those with guards last, when there are gaps for the guards.
    |item| [Reverse(u64::from(item.guard == 0)), Reverse(item.length())],
];

/// Places tasks and pools.
pub(super) fn place(arch: Arch, starts: Starts, needs: &[Need], pools: &[u64]) -> Placed {
    let is_fixed = |item: &Item| matches!(item.what, What::Part(_, 0 | 1));
    let (fixed, others): (Vec<Item>, Vec<Item>) = (items(arch, needs, pools).into_iter())
        .partition(|item| starts.flash.is_some() && is_fixed(item));
    let (mut places, end) = best(others, starts.ram, starts.kernel);
    let flash_end = starts.flash.map(|start| {
        let (in_flash, end) = best(fixed, start, start);
        places.extend(in_flash);
        end
    });

    let mut bases = vec![[0; 3]; needs.len()];
    let mut ranges = vec![Range { base: 0, size: 0 }; pools.len()];
    for (what, base) in places {
        match what {
            What::Part(rank, part) => bases[rank][part] = base,
            What::Pool(index) => {
                ranges[index] = Range {
                    base,
                    size: Block::of(pools[index]).length(),
                };
            }
        }
    }
    let tasks = needs.iter().zip(&bases).map(|(need, bases)| {
        let [text, constants, data] = *bases;
        Packed {
            place: RegionStarts {
                text,
                constants,
                data,
            },
            lengths: need.lengths.map(|length| Block::of(length).length()),
            guard: Range {
                base: data - arch.guard(),
                size: arch.guard(),
            },
            lends: need.lends,
            sizes: need.sizes,
        }
    });
    Placed {
        tasks: tasks.collect(),
        pools: ranges,
        end,
        flash_end,
    }
}

/// The places of all items after `start`, and the end, in the order that needs least. Tasks may be lent what lies
/// before `unlent`, as far as this module knows.
fn best(mut items: Vec<Item>, start: u64, unlent: u64) -> (Vec<(What, u64)>, u64) {
    let tries = ORDERS.map(|order| {
        // The sort is stable, so equal ones stay by rank.
        items.sort_by_key(order);
        let mut free = Free::from(start);
        let mut stacks = Stacks::from(unlent);
        let places: Vec<(What, u64)> = items
            .iter()
            .map(|item| (item.what, free.take(item, &mut stacks)))
            .collect();
        (places, free.end())
    });
    let best = tries.into_iter().min_by_key(|(_, end)| *end);
    best.expect("there are orders")
}

/// All items to place.
fn items(arch: Arch, needs: &[Need], pools: &[u64]) -> Vec<Item> {
    let mut items = Vec::new();
    for (rank, need) in needs.iter().enumerate() {
        for (part, length) in need.lengths.into_iter().enumerate() {
            let is_data = part == 2;
            items.push(Item {
                block: Block::of(length),
                alignment: need.alignments[part],
                guard: if is_data { arch.guard() } else { 0 },
                reach: if is_data { need.sizes.reach } else { 0 },
                lent: is_data && need.lends,
                what: What::Part(rank, part),
            });
        }
    }
    for (index, length) in pools.iter().enumerate() {
        items.push(Item {
            block: Block::of(*length),
            alignment: length.next_power_of_two(),
            guard: 0,
            reach: 0,
            lent: true,
            what: What::Pool(index),
        });
    }
    items
}

impl Item {
    fn length(&self) -> u64 {
        self.block.length() + self.guard
    }
}

/// Free memory: gaps by address, and everything from the last one's base on.
struct Free(Vec<Range>);

impl Free {
    fn from(start: u64) -> Self {
        Self(vec![Range {
            base: start,
            size: u64::MAX - start,
        }])
    }

    /// The lowest base at which an item fits, with its guard; both are taken.
    fn take(&mut self, item: &Item, stacks: &mut Stacks) -> u64 {
        let found = self.0.iter().enumerate().find_map(|(index, gap)| {
            let mut from = gap.base + item.guard;
            // A manifest's sizes are limited, so this cannot overflow.
            loop {
                let base = item.block.base_from(from, item.alignment);
                if base + item.block.length() > gap.end() {
                    return None;
                }
                match stacks.next_beside(item, base) {
                    Some(next) => from = next,
                    None => return Some((index, base)),
                }
            }
        });
        let (index, base) = found.expect("the last gap has no end");
        let gap = self.0[index];
        let (first, last) = (base - item.guard, base + item.block.length());
        let rest = [(gap.base, first), (last, gap.end())];
        let rest = rest.into_iter().filter(|(base, end)| base < end);
        let rest = rest.map(|(base, end)| Range {
            base,
            size: end - base,
        });
        self.0.splice(index..=index, rest);
        stacks.add(item, base);
        base
    }

    /// One past the last address that is taken.
    fn end(&self) -> u64 {
        self.0.last().map_or(u64::MAX, |gap| gap.base)
    }
}

/// Two kinds of ranges that must not overlap: memory that is lent, and memory so close below a stack that its task
/// could reach it.
struct Stacks {
    lent: Vec<Range>,
    reached: Vec<Range>,
}

impl Stacks {
    /// Everything before `start` counts as lent.
    fn from(start: u64) -> Self {
        Self {
            lent: vec![Range {
                base: 0,
                size: start,
            }],
            reached: Vec::new(),
        }
    }

    /// Where to try next, when an item cannot be at this base.
    fn next_beside(&self, item: &Item, base: u64) -> Option<u64> {
        let reached = reached(item, base);
        let range = Range {
            base,
            size: item.block.length(),
        };
        let below = self.lent.iter().filter(|lent| lent.overlaps(&reached));
        let below = below.map(|lent| lent.end() + item.reach).max();
        let above = self.reached.iter().filter(|_| item.lent);
        let above = above.filter(|reached| reached.overlaps(&range));
        below.max(above.map(Range::end).max())
    }

    fn add(&mut self, item: &Item, base: u64) {
        self.reached.push(reached(item, base));
        if item.lent {
            self.lent.push(Range {
                base,
                size: item.block.length(),
            });
        }
    }
}

/// The range that a task reaches below a stack that begins at `base`.
fn reached(item: &Item, base: u64) -> Range {
    let first = base.saturating_sub(item.reach);
    Range {
        base: first,
        size: base - first,
    }
}
