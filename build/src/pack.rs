//! Where every task and every pool lies in RAM.
//!
//! A task's regions follow each other: text, constants with the initial data, the guard, then
//! stack, data and lend arena. Each begins on a granule, so the rest of its last granule is waste,
//! which the report shows. The guard is memory that nobody has, so no window can ever lie there.

use crate::arch::Arch;
use crate::elf::Elf;
use crate::link::Place;
use crate::manifest::Range;
use crate::plan::Plan;
use crate::problem::{Problem, Problems};
use anyhow::Result;

/// Sizes of a task's parts in bytes, as the linker made them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sizes {
    /// Instructions.
    pub(crate) text: u64,
    /// Constants, without the initial data.
    pub(crate) constants: u64,
    /// Initialised data.
    pub(crate) data: u64,
    /// Zeroed data.
    pub(crate) zeroed: u64,
}

impl Sizes {
    /// Of a linked task with `stack` bytes of stack. What alignment adds to the data counts as zeroed.
    ///
    /// # Errors
    /// When it was not linked by a task's script.
    pub(crate) fn of(elf: &Elf, stack: u64) -> Result<Self> {
        let [text, constants, data] = [".text", ".rodata", ".data"].map(|name| elf.section(name).1);
        let used = elf.symbol("__data_used_end")? - elf.symbol("__stack_start")?;
        Ok(Self {
            text,
            constants,
            data,
            zeroed: used - stack - data,
        })
    }
}

/// A task's place in RAM.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Packed {
    /// Where its regions begin.
    pub(crate) place: Place,
    /// Lengths of the regions: text, constants, data.
    pub(crate) lengths: [u64; 3],
    /// The guard below the data.
    pub(crate) guard: Range,
    /// What its parts really take.
    pub(crate) sizes: Sizes,
}

impl Packed {
    /// All of it, guard included.
    pub(crate) fn range(&self) -> Range {
        Range {
            base: self.place.text,
            size: self.place.data + self.lengths[2] - self.place.text,
        }
    }

    /// Bytes lost to rounding, with `stack` and `arena` bytes of those.
    pub(crate) fn waste(&self, stack: u64, arena: u64) -> u64 {
        let Sizes {
            text,
            constants,
            data,
            zeroed,
        } = self.sizes;
        self.lengths.iter().sum::<u64>()
            - (text + constants + data)
            - (stack + data + zeroed + arena)
    }
}

/// Everything's place in RAM.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    /// Tasks by rank.
    pub(crate) tasks: Vec<Packed>,
    /// First addresses of the root lease's grants that are pools, by grant.
    pub(crate) pools: Vec<(usize, Range)>,
    /// One past the last address in use.
    pub(crate) end: u64,
}

/// Packs tasks of these sizes, by rank, after the kernel's room.
///
/// # Errors
/// When RAM is too small: which task takes most.
pub(crate) fn pack(
    plan: &Plan,
    arch: Arch,
    sizes: &[Sizes],
) -> std::result::Result<Layout, Problems> {
    let mut at = arch.round(plan.chip.memory.kernel.get_ref().end());
    let mut take = |length: u64| {
        let base = at;
        at = at.saturating_add(arch.round(length));
        base
    };
    let mut tasks = Vec::new();
    for (task, sizes) in plan.tasks.iter().zip(sizes) {
        let lengths = [
            sizes.text,
            sizes.constants + sizes.data,
            task.stack + sizes.data + sizes.zeroed,
        ];
        let [text_length, constants_length, data_length] = lengths.map(|length| arch.round(length));
        let text = take(text_length);
        let constants = take(constants_length);
        let guard = Range {
            base: take(arch.guard()),
            size: arch.guard(),
        };
        let data = take(data_length + task.arena);
        tasks.push(Packed {
            place: Place {
                text,
                constants,
                data,
            },
            lengths: [text_length, constants_length, data_length + task.arena],
            guard,
            sizes: *sizes,
        });
    }
    let pools = plan
        .grants
        .iter()
        .enumerate()
        .filter(|(_, grant)| grant.pool.is_some())
        .map(|(index, grant)| {
            (
                index,
                Range {
                    base: take(grant.length),
                    size: grant.length,
                },
            )
        })
        .collect();
    let layout = Layout {
        tasks,
        pools,
        end: at,
    };
    let ram = &plan.chip.memory.ram;
    if layout.end > ram.get_ref().end() {
        return Err(overflow(plan, &layout).into());
    }
    Ok(layout)
}

fn overflow(plan: &Plan, layout: &Layout) -> Problem {
    let ram = &plan.chip.memory.ram;
    let over = layout.end - ram.get_ref().end();
    let size = |packed: &Packed| packed.range().size;
    let largest = layout
        .tasks
        .iter()
        .zip(&plan.tasks)
        .max_by_key(|(packed, _)| size(packed));
    let (span, label) = largest.map_or((0..0, String::new()), |(packed, task)| {
        (
            task.span.clone(),
            format!(
                "the largest is `{}`, with {} KiB",
                task.name,
                size(packed) / 1024
            ),
        )
    });
    Problem::new(&plan.source, span, "the tasks do not fit into RAM")
        .label(label)
        .related(
            &plan.chip_source,
            ram.span(),
            format!("{} KiB in all", ram.get_ref().size / 1024),
        )
        .hint(format!(
            "{} KiB too much: make stacks, arenas or pools smaller",
            over.div_ceil(1024)
        ))
}

/// Places far from each other, to measure at: nothing overlaps whatever the sizes are.
pub(crate) fn provisional(plan: &Plan) -> Place {
    let base = plan.chip.memory.kernel.get_ref().end();
    Place {
        text: base,
        constants: base + (256 << 20),
        data: base + (512 << 20),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::common::{CHIP, MANIFEST, Repository, replace};

    const SIZES: Sizes = Sizes {
        text: 5000,
        constants: 100,
        data: 48,
        zeroed: 1000,
    };

    fn packed(sizes: &[Sizes]) -> (Plan, Layout) {
        let repository = Repository::new(MANIFEST, CHIP);
        let plan = crate::check(repository.root(), "demo", "board").unwrap();
        let layout = pack(&plan, Arch::Sv39, sizes).unwrap();
        (plan, layout)
    }

    #[test]
    fn nothing_overlaps_and_all_is_in_ram_after_the_kernel() {
        let big = Sizes {
            text: 1 << 20,
            constants: 0,
            data: 0,
            zeroed: 0,
        };
        let (plan, layout) = packed(&[SIZES, big, SIZES, SIZES]);
        let mut ranges: Vec<Range> = layout.tasks.iter().map(Packed::range).collect();
        ranges.extend(layout.pools.iter().map(|(_, range)| *range));
        let memory = &plan.chip.memory;
        for (index, range) in ranges.iter().enumerate() {
            assert!(memory.ram.get_ref().contains(range));
            assert!(range.base >= memory.kernel.get_ref().end());
            assert!(ranges[..index].iter().all(|other| !other.overlaps(range)));
            assert!(range.end() <= layout.end);
        }
    }

    #[test]
    fn a_task_s_regions_are_whole_granules_with_the_guard_below_the_stack() {
        let (_, layout) = packed(&[SIZES; 4]);
        for task in &layout.tasks {
            let Place {
                text,
                constants,
                data,
            } = task.place;
            assert!([text, constants, data].iter().all(|base| base % 4096 == 0));
            assert_eq!(text + task.lengths[0], constants);
            assert_eq!(constants + task.lengths[1], task.guard.base);
            assert_eq!(task.guard.end(), data);
            assert_eq!(task.guard.size, 4096);
        }
    }

    #[test]
    fn every_byte_of_a_task_is_a_part_a_guard_or_waste() {
        let (plan, layout) = packed(&[SIZES; 4]);
        for (task, packed) in plan.tasks.iter().zip(&layout.tasks) {
            let parts = 5000 + (100 + 48) + 4096 + task.stack + 48 + 1000 + task.arena;
            assert_eq!(
                parts + packed.waste(task.stack, task.arena),
                packed.range().size
            );
            assert!(packed.waste(task.stack, task.arena) < 3 * 4096);
        }
    }

    #[test]
    fn a_pool_is_as_long_as_its_grant() {
        let (plan, layout) = packed(&[SIZES; 4]);
        let [(grant, range)] = layout.pools[..] else {
            panic!("one pool")
        };
        assert_eq!(plan.grants[grant].name, "edu.dma");
        assert_eq!((range.size, range.base % 4096), (8192, 0));
    }

    #[test]
    fn too_much_code_for_ram_names_the_largest_task() {
        let manifest = replace(MANIFEST, "stack = 8192", "stack = 4096");
        let repository = Repository::new(&manifest, CHIP);
        let plan = crate::check(repository.root(), "demo", "board").unwrap();
        let huge = Sizes {
            text: 13 << 20,
            ..SIZES
        };
        let shown = pack(&plan, Arch::Sv39, &[SIZES, SIZES, huge, SIZES])
            .unwrap_err()
            .to_string();
        for part in [
            "do not fit into RAM",
            "app/demo/board.toml:18:8",
            "the largest is `edu`",
            "KiB too much",
        ] {
            assert!(shown.contains(part), "no `{part}` in:\n{shown}");
        }
    }
}
