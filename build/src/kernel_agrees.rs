//! The kernel's own code for protection units agrees with what the build counts and packs.

use crate::arch::Arch;
use crate::manifest::Range;
use crate::pack::tests::{Random, random_layout};
use leasehold_abi::{GrantKind, Rights};
use leasehold_arch_arm::{PmsaV7, PmsaV8};
use leasehold_arch_common::Protection;
use leasehold_arch_riscv::Pmp;
use leasehold_core::{Region, RegionKind, Window};

/// Most tasks of a random layout.
const TASKS: usize = 24;

fn window(range: Range) -> Window {
    Window {
        base: range.base as usize,
        length: range.size as usize,
        kind: GrantKind::Mmio,
        rights: Rights::READ | Rights::WRITE,
    }
}

fn start<P: Protection<Store = ()>>() -> P {
    let mut protection = P::NEW;
    protection.start(Box::leak(Box::new(())), 1).unwrap();
    protection
}

/// Entries that the kernel gives a window: how many fewer small windows fit beside it. `None` when
/// it cannot be mapped at all.
fn entries<P: Protection<Store = ()>>(arch: Arch, range: Range) -> Option<u32> {
    let mut protection: P = start();
    let free = arch.unit().map_or(0, |unit| unit.entries - unit.own);
    protection.map_step(0, window(range), &mut 0).ok()?;
    let small = (0..).map(|index| Range {
        base: 0xe000_0000 + index * 0x1000,
        size: 0x1000,
    });
    let fit = small
        .take_while(|range| protection.map_step(0, window(*range), &mut 0).is_ok())
        .count();
    Some(free - fit as u32)
}

/// The build never counts fewer entries than the kernel needs, and on average not many more.
fn counts<P: Protection<Store = ()>>(arch: Arch, most_entries: u32) {
    let mut random = Random::new(11);
    let (mut counted, mut given) = (0, 0);
    for _ in 0..3000 {
        let range = Range {
            base: 0x4000_0000 + 32 * random.size(1 << 12),
            size: 32 * (1 + random.size(1 << 8)),
        };
        let count = arch.window_entries(range);
        let found = entries::<P>(arch, range).unwrap_or(most_entries + 1);
        let unit = arch.unit().unwrap();
        assert!(
            found <= most_entries || count > unit.entries - unit.own,
            "{arch:?}: {range:x?}: the build accepts {count}"
        );
        assert!(found <= count, "{arch:?}: {range:x?}: {count}, but {found}");
        counted += count;
        given += found;
    }
    assert!(counted * 4 <= given * 5, "{counted} for {given}");
}

#[test]
fn the_build_counts_at_least_the_entries_that_the_kernel_gives_a_window() {
    counts::<Pmp<1>>(Arch::Pmp, 2);
    counts::<PmsaV7<1>>(Arch::PmsaV7, 5);
    counts::<PmsaV8<1>>(Arch::PmsaV8, 1);
}

fn maps_own<P: Protection<Store = ()>>(arch: Arch) {
    let mut random = Random::new(13);
    for _ in 0..500 {
        let (_, _, layout) = random_layout(arch, &mut random);
        let mut protection: P = start();
        for (rank, packed) in layout.tasks.iter().enumerate() {
            let [text, constants, _, data] = packed.parts();
            let regions = [
                (text, RegionKind::Text),
                (constants, RegionKind::Constants),
                (data, RegionKind::Data),
            ]
            .map(|(range, kind)| Region {
                range: leasehold_core::Range::new(range.base as u32, range.size as u32),
                kind,
            });
            protection.map_own(rank, &regions).unwrap();
        }
        let unit = arch.unit().unwrap();
        for (_, pool) in &layout.pools {
            let kernel = entries::<P>(arch, *pool);
            assert_eq!(kernel, Some(1), "{arch:?} of {unit:?}: {pool:x?}");
        }
    }
}

#[test]
fn the_kernel_can_map_every_layout() {
    maps_own::<Pmp<TASKS>>(Arch::Pmp);
    maps_own::<PmsaV7<TASKS>>(Arch::PmsaV7);
    maps_own::<PmsaV8<TASKS>>(Arch::PmsaV8);
}
