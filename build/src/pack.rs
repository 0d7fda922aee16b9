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
            base: take(arch.granule()),
            size: arch.granule(),
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
