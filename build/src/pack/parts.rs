//! What goes into the packer, and what comes out: a task's sizes, what its regions need, and where they lie.

use crate::arch::Arch;
use crate::elf::Elf;
use crate::link::RegionStarts;
use crate::manifest::{Memory, Range};
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
    /// Alignments of text, constants and data, each a power of two. The gaps in front of aligned parts are then the
    /// same wherever the task lies.
    pub(crate) alignments: [u64; 3],
    /// Bytes below the stack in which nothing may lie that the task could write.
    pub(crate) reach: u64,
}

impl Sizes {
    /// The sizes of a linked task that has `stack` bytes of stack, and reaches `reach` bytes below it. Padding for
    /// alignment in the data counts as zeroed data.
    ///
    /// # Errors
    /// When it was not linked by a task's script.
    pub(crate) fn of(elf: &Elf, stack: u64, reach: u64) -> Result<Self> {
        let [text, constants, data] = [".text", ".rodata", ".data"].map(|name| elf.section(name).1);
        let used = elf.symbol("__data_used_end")? - elf.symbol("__stack_start")?;
        Ok(Self {
            text,
            constants,
            data,
            zeroed: used - stack - data,
            alignments: [&[".text"][..], &[".rodata"], &[".data", ".bss"]]
                .map(|names| elf.alignment(names)),
            reach,
        })
    }

    /// The least sizes that a task can have: it has only its stack and its arena.
    pub(super) const NONE: Self = Self {
        text: 0,
        constants: 0,
        data: 0,
        zeroed: 0,
        alignments: [1; 3],
        reach: 0,
    };
}

/// The sizes that a task's regions must hold: bytes of text, constants and data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Need {
    pub(super) lengths: [u64; 3],
    /// Their alignments.
    pub(super) alignments: [u64; 3],
    /// Others may get a part of its data.
    pub(super) lends: bool,
    pub(super) sizes: Sizes,
}

impl Need {
    /// Of a task with so many bytes of stack and arena.
    pub(super) fn new(arch: Arch, stack: u64, arena: u64, sizes: Sizes) -> Self {
        let used = stack + sizes.data + sizes.zeroed;
        let [text, constants, data] = sizes.alignments;
        let page = arch.border();
        let (before_arena, unit) = if arena > 0 {
            let unit = arch.arena_alignment(arena);
            (used.next_multiple_of(unit), unit)
        } else {
            (used, arch.granule())
        };
        Self {
            lengths: [
                sizes.text,
                sizes.constants + sizes.data,
                before_arena + arena,
            ],
            alignments: [text, constants.max(page), data.max(unit).max(page)]
                .map(|alignment| alignment.max(arch.granule())),
            lends: arena > 0,
            sizes,
        }
    }
}

/// Where the packer may put something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Starts {
    /// The first free address of the flash, if there is one: then text and constants lie there.
    pub(crate) flash: Option<u64>,
    /// The first free address of RAM.
    pub(crate) ram: u64,
    /// From here on to `ram` is the kernel's memory, which no task can write.
    pub(crate) kernel: u64,
}

impl Starts {
    /// After the kernel's room.
    pub(crate) fn of(memory: &Memory) -> Self {
        let kernel = memory.kernel_ram().get_ref();
        Self {
            flash: memory.flash.as_ref().map(|_| memory.kernel.get_ref().end()),
            ram: kernel.end(),
            kernel: kernel.base,
        }
    }
}

/// A task's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Packed {
    /// Where its regions begin.
    pub(crate) place: RegionStarts,
    /// Lengths of the regions: text, constants, data.
    pub(crate) lengths: [u64; 3],
    /// The guard below the data.
    pub(crate) guard: Range,
    /// Others may get a part of its data.
    pub(crate) lends: bool,
    /// The sizes of its parts, without rounding.
    pub(crate) sizes: Sizes,
}

impl Packed {
    /// Text, constants, guard, data.
    pub(crate) fn parts(&self) -> [Range; 4] {
        let RegionStarts {
            text,
            constants,
            data,
        } = self.place;
        let [text, constants, data] = [
            (text, self.lengths[0]),
            (constants, self.lengths[1]),
            (data, self.lengths[2]),
        ]
        .map(|(base, size)| Range { base, size });
        [text, constants, self.guard, data]
    }

    /// Bytes of all parts.
    pub(crate) fn bytes(&self) -> u64 {
        self.parts().iter().map(|part| part.size).sum()
    }

    /// Bytes that the regions of text, constants and data waste, because the hardware rounds sizes. `stack` and `arena`
    /// are parts of the data.
    pub(crate) fn rounding(&self, stack: u64, arena: u64) -> [u64; 3] {
        let Sizes {
            text,
            constants,
            data,
            zeroed,
            ..
        } = self.sizes;
        let used = [text, constants + data, stack + data + zeroed + arena];
        std::array::from_fn(|part| self.lengths[part] - used[part])
    }

    /// All of them.
    pub(crate) fn waste(&self, stack: u64, arena: u64) -> u64 {
        self.rounding(stack, arena).iter().sum()
    }
}

/// What a way of packing answers: tasks by rank, pools, and how far both memories are in use.
pub(super) struct Placed {
    pub(super) tasks: Vec<Packed>,
    pub(super) pools: Vec<Range>,
    pub(super) end: u64,
    pub(super) flash_end: Option<u64>,
}
