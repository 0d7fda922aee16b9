//! The layout of RAM, for a person: a text and a picture.

mod draw;
mod functions;
mod growth;
mod map;
mod text;

pub(crate) use growth::Growth;
pub(crate) use map::map;
pub(crate) use text::text;

use crate::arch::Arch;
use crate::elf::Elf;
use crate::pack::{Layout, Owner, Packed};
use crate::plan::{Plan, Task};
use crate::stack::Use;

/// What a report is about.
#[derive(Debug)]
pub(crate) struct Facts<'a> {
    /// The plan.
    pub(crate) plan: &'a Plan,
    /// The protection hardware.
    pub(crate) arch: Arch,
    /// The places.
    pub(crate) layout: &'a Layout,
    /// The tasks' use of their stacks, by rank.
    pub(crate) stacks: &'a [Use],
    /// The tasks' programs, by rank.
    pub(crate) programs: &'a [Elf],
    /// The kernel.
    pub(crate) kernel: &'a Elf,
    /// One past the kernel's last physical address.
    pub(crate) kernel_end: u64,
    /// How many bytes of its stack the kernel needs, and how many it has, where that is known.
    pub(crate) kernel_stack: Option<(u64, u64)>,
}

impl Facts<'_> {
    /// Tasks with their places.
    fn tasks(&self) -> impl Iterator<Item = (&Task, &Packed)> {
        self.plan.tasks.iter().zip(&self.layout.tasks)
    }

    /// What a piece of RAM is, in words.
    fn name(&self, owner: Owner) -> String {
        match owner {
            Owner::Task(rank) => format!("task {}", self.plan.tasks[rank].name),
            Owner::Pool(grant) => format!("pool {}", self.plan.grants[grant].name),
        }
    }

    /// Bytes lost to rounding in all tasks.
    fn waste(&self) -> u64 {
        self.tasks()
            .map(|(task, packed)| packed.waste(task.stack, task.arena))
            .sum()
    }
}

/// The parts of a task in the order of addresses: name and bytes. The initial data counts twice, because RAM contains
/// it twice.
fn parts(task: &Task, packed: &Packed) -> [(&'static str, u64); 8] {
    let sizes = packed.sizes;
    [
        ("text", sizes.text),
        ("constants", sizes.constants + sizes.data),
        ("guard", packed.guard.size),
        ("stack", task.stack),
        ("data", sizes.data),
        ("zeroed", sizes.zeroed),
        ("arena", task.arena),
        ("rounding", packed.waste(task.stack, task.arena)),
    ]
}

/// A number of bytes as people write it.
fn bytes(count: u64) -> String {
    match count {
        0..1024 => format!("{count} B"),
        1024..0x10_0000 => format!("{:.1} KiB", count as f64 / 1024.0),
        _ => format!("{:.1} MiB", count as f64 / 1_048_576.0),
    }
}
