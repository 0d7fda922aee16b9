//! Layouts: nothing overlaps, and the hardware can hold each region.

use super::*;
use crate::common::{CHIP, MANIFEST, Repository, replace};

const SIZES: Sizes = Sizes {
    text: 5000,
    constants: 100,
    data: 48,
    zeroed: 1000,
    alignments: [4, 8, 16],
    reach: 0,
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
        alignments: [1; 3],
        reach: 0,
    };
    let (plan, layout) = packed(&[SIZES, big, SIZES, SIZES]);
    let mut ranges: Vec<Range> = layout.tasks.iter().flat_map(Packed::parts).collect();
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
        let RegionStarts {
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
        assert_eq!(parts + packed.waste(task.stack, task.arena), packed.bytes());
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

/// Numbers that look random, the same each time.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.0 >> 33) % limit
    }

    /// Sizes of all magnitudes up to `limit`.
    pub(crate) fn size(&mut self, limit: u64) -> u64 {
        let limit = 1 + self.below(limit);
        self.below(1 + limit)
    }
}

/// A random image for a protection hardware: tasks with stacks and arenas, and pools. Half of those that can have flash
/// have it, at 256 MiB.
pub(crate) fn random_layout(
    arch: Arch,
    random: &mut Random,
) -> (Starts, Vec<(u64, u64, Need)>, Layout) {
    let ram = random.size(0x10_0000).next_multiple_of(arch.granule());
    let flash = (256 << 20) + random.size(0x10_0000).next_multiple_of(arch.granule());
    let starts = Starts {
        flash: Some(flash).filter(|_| arch.splits() && random.below(2) == 0),
        ram,
        kernel: random.below(ram + 1),
    };
    let tasks: Vec<(u64, u64, Need)> = (0..1 + random.below(24))
        .map(|_| {
            let stack = (16 + random.size(70_000)).next_multiple_of(16);
            let lent = random.below(2) * random.size(20_000);
            let arena = lent.next_multiple_of(arch.lend_granule());
            let sizes = Sizes {
                text: 4 + random.size(100_000),
                constants: random.size(30_000),
                data: random.size(500).next_multiple_of(16),
                zeroed: random.size(5000),
                alignments: [0; 3].map(|_| 1 << random.below(10)),
                reach: random.size(3 * stack),
            };
            (stack, arena, Need::new(arch, stack, arena, sizes))
        })
        .collect();
    let pools: Vec<u64> = (0..random.below(4))
        .map(|_| arch.pool_length(1 + random.size(40_000)))
        .collect();
    let needs: Vec<Need> = tasks.iter().map(|(_, _, need)| *need).collect();
    let grants: Vec<usize> = (0..pools.len()).collect();
    let layout = lay_out(arch, starts, &needs, (&grants, &pools));
    (starts, tasks, layout)
}

#[test]
fn whatever_the_sizes_the_hardware_can_hold_every_region_and_none_overlap() {
    for arch in Arch::ALL {
        let mut random = Random::new(arch as u64);
        for _ in 0..2000 {
            let (starts, tasks, layout) = random_layout(arch, &mut random);
            let mut ranges: Vec<Range> = layout.tasks.iter().flat_map(Packed::parts).collect();
            ranges.extend(layout.pools.iter().map(|(_, range)| *range));
            ranges.sort_by_key(|range| range.base);
            assert!(ranges[0].base >= starts.ram);
            for pair in ranges.windows(2) {
                assert!(pair[0].end() <= pair[1].base, "{arch:?} {pair:x?}");
            }
            check_memories(starts, &layout);
            for ((stack, arena, need), packed) in tasks.iter().zip(&layout.tasks) {
                check_task(arch, packed);
                let [text, constants, guard, data] = packed.parts();
                let lengths = [text.size, constants.size, data.size];
                assert!(
                    lengths
                        .iter()
                        .zip(need.lengths)
                        .all(|(has, need)| *has >= need)
                );
                assert!(guard.size >= arch.guard() && guard.end() == data.base);
                // The arena begins where the link script puts it, and ends in the data.
                let used = stack + need.sizes.data + need.sizes.zeroed;
                let begin = (data.base + used).next_multiple_of(arch.arena_alignment(*arena));
                assert!(*arena == 0 || begin + arena <= data.end(), "{arch:?}");
            }
            for (rank, packed) in layout.tasks.iter().enumerate() {
                let room = layout.room(rank, starts);
                assert!(room >= packed.sizes.reach, "{arch:?} {packed:x?}");
            }
            for (_, pool) in &layout.pools {
                assert!(arch.window_entries(*pool) <= 1, "{arch:?} {pool:x?}");
                assert!(pool.base.is_multiple_of(arch.granule()));
            }
        }
    }
}

/// Text and constants are in flash if there is one, and everything else is in RAM; gaps and pieces are all there is.
fn check_memories(starts: Starts, layout: &Layout) {
    let ram = starts.ram..layout.end;
    let flash = match (starts.flash, layout.flash_end) {
        (Some(start), Some(end)) => start..end,
        (None, None) => ram.clone(),
        other => panic!("{other:x?}"),
    };
    let holds = |memory: &std::ops::Range<u64>, range: &Range| {
        memory.start <= range.base && range.end() <= memory.end
    };
    for packed in &layout.tasks {
        let [text, constants, guard, data] = packed.parts();
        assert!([text, constants].iter().all(|part| holds(&flash, part)));
        assert!([guard, data].iter().all(|part| holds(&ram, part)));
    }
    assert!(layout.pools.iter().all(|(_, pool)| holds(&ram, pool)));
    let in_flash = if starts.flash.is_some() {
        flash.end - flash.start
    } else {
        0
    };
    let pieces = layout.pieces().into_iter().chain(layout.gaps(starts));
    let sum: u64 = pieces.map(|(_, range)| range.size).sum();
    assert_eq!(sum, ram.end - ram.start + in_flash);
}

/// The hardware's requirements for a task's regions.
fn check_task(arch: Arch, packed: &Packed) {
    // QEMU's pages.
    let page = match arch {
        Arch::Pmp => Some(4096),
        Arch::PmsaV8 => Some(1024),
        Arch::Sv39 | Arch::PmsaV7 => None,
    };
    if let Some(page) = page {
        // All text except its first granule is in pages that belong to one entry only.
        let RegionStarts {
            text,
            constants,
            data,
        } = packed.place;
        for border in [text + arch.granule(), constants, data] {
            assert!(border.is_multiple_of(page), "{border:#x}");
        }
    }

    let [text, constants, guard, data] = packed.parts();
    for part in [text, constants, data] {
        let whole = part.base.is_multiple_of(arch.granule());
        assert!(
            whole && part.size.is_multiple_of(arch.granule()),
            "{part:x?}"
        );
        if arch == Arch::PmsaV7 && part.size > 0 {
            assert_eq!(arch.window_entries(part), 1, "{part:x?}");
        }
    }
    // PMP: one border after the other, each the end of one entry and the base of the next.
    if arch == Arch::Pmp {
        assert_eq!(text.end(), constants.base);
        assert_eq!(constants.end(), guard.base);
        assert_eq!(guard.end(), data.base);
    }
}

#[test]
fn blocks_lose_less_than_a_quarter_to_rounding_and_little_between() {
    let mut random = Random::new(7);
    let (mut used, mut lost, mut between) = (0, 0, 0);
    for _ in 0..500 {
        let (starts, tasks, layout) = random_layout(Arch::PmsaV7, &mut random);
        for ((stack, arena, _), packed) in tasks.iter().zip(&layout.tasks) {
            used += packed.bytes();
            lost += packed.waste(*stack, *arena);
        }
        between += layout
            .gaps(starts)
            .iter()
            .map(|(_, gap)| gap.size)
            .sum::<u64>();
    }
    assert!(lost * 4 < used, "{lost} of {used}");
    assert!(between * 9 < used, "{between} of {used}");
}
