//! The layout of memory, for a person: a text and a picture.

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
use crate::manifest::Range;
use crate::pack::{Layout, Owner, Packed, Starts};
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
    /// One past the kernel's last physical address in flash, or in RAM if there is no flash; the same in RAM.
    pub(crate) kernel_ends: (u64, u64),
    /// How many bytes of its stack the kernel needs, and how many it has, where that is known.
    pub(crate) kernel_stack: Option<(u64, u64)>,
}

impl Facts<'_> {
    /// Tasks with their places.
    fn tasks(&self) -> impl Iterator<Item = (&Task, &Packed)> {
        self.plan.tasks.iter().zip(&self.layout.tasks)
    }

    /// Where tasks could begin.
    fn starts(&self) -> Starts {
        Starts::of(&self.plan.chip.memory)
    }

    /// The memories, flash first.
    fn memories(&self) -> Vec<Memory> {
        let memory = &self.plan.chip.memory;
        let flash = memory.flash.as_ref().zip(self.layout.flash_end);
        let flash = flash.map(|(flash, end)| Memory {
            name: "Flash",
            all: *flash.get_ref(),
            room: *memory.kernel.get_ref(),
            kernel_end: self.kernel_ends.0,
            end,
        });
        let ram = Memory {
            name: "RAM",
            all: *memory.ram.get_ref(),
            room: *memory.kernel_ram().get_ref(),
            kernel_end: self.kernel_ends.1,
            end: self.layout.end,
        };
        flash.into_iter().chain([ram]).collect()
    }

    /// What a piece of memory is, in words.
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

/// One of the memories that an image lies in.
struct Memory {
    name: &'static str,
    all: Range,
    /// The room for the kernel.
    room: Range,
    /// One past the kernel's last address.
    kernel_end: u64,
    /// One past the last address in use.
    end: u64,
}

impl Memory {
    /// Bytes in use by the kernel, by tasks and pools, and between these.
    fn used(&self) -> u64 {
        self.kernel_end - self.room.base + (self.end - self.room.end())
    }
}

/// The parts of a task in the order of addresses: name and bytes. The initial data counts twice, because memory
/// contains it twice.
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
