//! Where every task and every pool lies: in RAM, or text and constants in flash and the rest in RAM.
//!
//! A task has four parts: text, constants with the initial data, the guard, and the data with stack and lend arena.
//! Each is rounded up to a length that the protection hardware can cover; the report shows the bytes that this wastes.
//! The guard is memory that belongs to nobody, so no window can lie there.

mod blocks;
mod parts;
mod sequence;

pub(crate) use self::parts::{Packed, Sizes, Starts};

use self::parts::Need;

use crate::arch::Arch;
use crate::link::RegionStarts;
use crate::manifest::Range;
use crate::plan::{Plan, Task};
use crate::problem::{Problem, Problems};
use crate::regions::Block;

/// Whose a piece of memory is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Owner {
    /// The task of this rank.
    Task(usize),
    /// The pool of this grant.
    Pool(usize),
}

/// Everything's place.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    /// Tasks by rank.
    pub(crate) tasks: Vec<Packed>,
    /// The root lease's grants that are pools, by grant.
    pub(crate) pools: Vec<(usize, Range)>,
    /// One past the last address in use of RAM.
    pub(crate) end: u64,
    /// One past the last address in use of the flash, if there is one.
    pub(crate) flash_end: Option<u64>,
}

impl Layout {
    /// The pieces of memory with their owners, by address. Adjacent parts of one task are one piece.
    pub(crate) fn pieces(&self) -> Vec<(Owner, Range)> {
        let tasks = self.tasks.iter().enumerate();
        let tasks =
            tasks.flat_map(|(rank, packed)| packed.parts().map(|part| (Owner::Task(rank), part)));
        let pools = self.pools.iter();
        let pools = pools.map(|(grant, range)| (Owner::Pool(*grant), *range));
        let mut all: Vec<(Owner, Range)> = tasks.chain(pools).collect();
        all.retain(|(_, range)| range.size > 0);
        all.sort_by_key(|(_, range)| range.base);
        let mut pieces: Vec<(Owner, Range)> = Vec::new();
        for (owner, range) in all {
            match pieces.last_mut() {
                Some((last, piece)) if *last == owner && piece.end() == range.base => {
                    piece.size += range.size;
                }
                _ => pieces.push((owner, range)),
            }
        }
        pieces
    }

    /// Bytes below the stack of the task of this rank, down to the kernel's memory and with it, in which nothing lies
    /// that it could write: no pool, and no other task's data of which a part may be lent to it.
    pub(crate) fn room(&self, rank: usize, starts: Starts) -> u64 {
        let stack = self.tasks[rank].place.data;
        let lenders = self.tasks.iter().filter(|packed| packed.lends);
        let lent = lenders.map(|packed| packed.place.data + packed.lengths[2]);
        let pools = self.pools.iter().map(|(_, range)| range.end());
        let below = lent.chain(pools).filter(|end| *end <= stack);
        stack - below.fold(starts.kernel, u64::max)
    }

    /// Unused bytes between what lies in a memory, because the part that follows must be aligned. Each gap is given
    /// with the owner of that part.
    pub(crate) fn gaps(&self, starts: Starts) -> Vec<(Owner, Range)> {
        let flash = starts.flash.zip(self.flash_end);
        let flash = flash.map_or_else(Vec::new, |(start, end)| self.gaps_between(start, end));
        [flash, self.gaps_between(starts.ram, self.end)].concat()
    }

    fn gaps_between(&self, start: u64, end: u64) -> Vec<(Owner, Range)> {
        let mut at = start;
        let mut gaps = Vec::new();
        let pieces = self.pieces().into_iter();
        for (owner, range) in pieces.filter(|(_, range)| (start..end).contains(&range.base)) {
            if range.base > at {
                gaps.push((
                    owner,
                    Range {
                        base: at,
                        size: range.base - at,
                    },
                ));
            }
            at = range.end();
        }
        gaps
    }
}

/// Packs tasks of these sizes, by rank, after the kernel's room.
///
/// # Errors
/// When RAM is too small; the error says which task takes most.
pub(crate) fn pack(
    plan: &Plan,
    arch: Arch,
    sizes: &[Sizes],
) -> std::result::Result<Layout, Problems> {
    let needs: Vec<Need> = plan
        .tasks
        .iter()
        .zip(sizes)
        .map(|(task, sizes)| Need::new(arch, task.stack, task.arena, *sizes))
        .collect();
    let (pools, lengths): (Vec<usize>, Vec<u64>) = plan
        .grants
        .iter()
        .enumerate()
        .filter(|(_, grant)| grant.pool.is_some())
        .map(|(index, grant)| (index, grant.length))
        .unzip();
    let memory = &plan.chip.memory;
    let layout = lay_out(arch, Starts::of(memory), &needs, (&pools, &lengths));
    if layout.end > memory.for_image().end() {
        return Err(overflow(plan, arch, &layout).into());
    }
    if let (Some(end), Some(flash)) = (layout.flash_end, memory.flash_for_image())
        && end > flash.end()
    {
        return Err(flash_overflow(plan, &layout, end - flash.end()).into());
    }
    Ok(layout)
}

/// The end of the parts whose sizes are known before anything is compiled: stacks, arenas and pools.
pub(crate) fn least_end(arch: Arch, starts: Starts, tasks: &[Task], pools: &[u64]) -> u64 {
    let needs: Vec<Need> = tasks
        .iter()
        .map(|task| Need::new(arch, task.stack, task.arena, Sizes::NONE))
        .collect();
    let grants: Vec<usize> = (0..pools.len()).collect();
    lay_out(arch, starts, &needs, (&grants, pools)).end
}

fn lay_out(arch: Arch, starts: Starts, needs: &[Need], pools: (&[usize], &[u64])) -> Layout {
    let placed = match arch {
        Arch::PmsaV7 => blocks::place(arch, starts, needs, pools.1),
        Arch::Sv39 | Arch::Pmp | Arch::PmsaV8 => sequence::place(arch, starts, needs, pools.1),
    };
    Layout {
        tasks: placed.tasks,
        pools: pools.0.iter().copied().zip(placed.pools).collect(),
        end: placed.end,
        flash_end: placed.flash_end,
    }
}

fn flash_overflow(plan: &Plan, layout: &Layout, over: u64) -> Problem {
    let fixed = |packed: &Packed| packed.lengths[0] + packed.lengths[1];
    let tasks = layout.tasks.iter().zip(&plan.tasks);
    let largest = tasks.max_by_key(|(packed, _)| fixed(packed));
    let (span, label) = largest.map_or((0..0, String::new()), |(packed, task)| {
        let kib = fixed(packed) / 1024;
        (
            task.span.clone(),
            format!("the largest is `{}`, with {kib} KiB", task.name),
        )
    });
    Problem::new(
        &plan.source,
        span,
        "text and constants of the tasks do not fit into flash",
    )
    .label(label)
    .hint(format!(
        "{} KiB too much: leave a task out",
        over.div_ceil(1024)
    ))
}

fn overflow(plan: &Plan, arch: Arch, layout: &Layout) -> Problem {
    let memory = &plan.chip.memory;
    let (ram, for_image) = (&memory.ram, memory.for_image());
    let over = layout.end - for_image.end();
    let largest = layout
        .tasks
        .iter()
        .zip(&plan.tasks)
        .max_by_key(|(packed, _)| packed.bytes());
    let (span, label) = largest.map_or((0..0, String::new()), |(packed, task)| {
        (
            task.span.clone(),
            format!(
                "the largest is `{}`, with {} KiB{}",
                task.name,
                packed.bytes() / 1024,
                in_regions(arch, packed.lengths[2])
            ),
        )
    });
    Problem::new(&plan.source, span, "the tasks do not fit into RAM")
        .label(label)
        .related(
            &plan.chip_source,
            ram.span(),
            format!("{} KiB in all", for_image.size / 1024),
        )
        .hint(format!(
            "{} KiB too much: make stacks, arenas or pools smaller",
            over.div_ceil(1024)
        ))
}

/// For hardware with restrictions on addresses: how many bytes data of this size really needs.
pub(crate) fn in_regions(arch: Arch, data: u64) -> String {
    if arch != Arch::PmsaV7 {
        return String::new();
    }
    let block = Block::of(data);
    format!(
        "; its data is {} eighths of a region of {} KiB",
        block.count,
        block.region().div_ceil(1024)
    )
}

/// Places far from each other, for the first measurement: nothing overlaps, whatever the sizes are.
pub(crate) fn provisional(plan: &Plan) -> RegionStarts {
    let base = plan.chip.memory.kernel_ram().get_ref().end();
    RegionStarts {
        text: base,
        constants: base + (256 << 20),
        data: base + (512 << 20),
    }
}

#[cfg(test)]
pub(crate) mod tests;
