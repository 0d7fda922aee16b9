//! Windows come and go; each task has its own memory and its windows, and nothing else.

use super::*;
use crate::testing::Random;
use crate::{PmsaV7, PmsaV8};
use leasehold_abi::{GrantKind, Rights};
use leasehold_core::{Range, RegionKind};
use std::boxed::Box;
use std::vec::Vec;
use std::{assert, assert_eq};

const TASKS: usize = 3;

/// Whether a task may read and whether it may write at an address. The two units encode this differently.
trait Decode: Encoding + 'static {
    fn allowed(regions: &[Self], address: u32) -> (bool, bool);
}

impl Decode for crate::pmsa_v7::Region {
    fn allowed(regions: &[Self], address: u32) -> (bool, bool) {
        let mut allowed = (false, false);
        for (number, region) in regions.iter().enumerate() {
            let (rbar, rasr) = region.bits();
            assert_eq!(
                rbar & 0x1f,
                0x10 | number as u32,
                "written to another region"
            );
            let bits = (rasr >> 1 & 0x1f) + 1;
            let offset = u64::from(address).wrapping_sub(u64::from(rbar & !0x1f));
            let left_out = rasr >> 8 & 0xff;
            if rasr & 1 == 1 && offset >> bits == 0 && left_out >> (offset >> (bits - 3)) & 1 == 0 {
                allowed = (true, rasr >> 24 & 7 == 3);
            }
        }
        allowed
    }
}

impl Decode for crate::pmsa_v8::Region {
    fn allowed(regions: &[Self], address: u32) -> (bool, bool) {
        let matching = |region: &&Self| {
            let (rbar, rlar) = region.bits();
            rlar & 1 == 1 && (rbar & !0x1f..=rlar | 0x1f).contains(&address)
        };
        let found: Vec<_> = regions.iter().filter(matching).collect();
        assert!(found.len() < 2, "an overlap is a fault");
        match found.first() {
            Some(region) => (true, region.bits().0 >> 1 & 3 == 1),
            None => (false, false),
        }
    }
}

fn own(task: usize) -> [Region; 3] {
    let base = 0x10_0000 * task as u32;
    [
        (Range::new(base, 0x4000), RegionKind::Text),
        (Range::new(base + 0x4000, 0x400), RegionKind::Constants),
        (Range::new(base + 0x8000, 0x6000), RegionKind::Data),
    ]
    .map(|(range, kind)| Region { range, kind })
}

fn contains(base: usize, length: usize, address: u32) -> bool {
    (address as usize).wrapping_sub(base) < length
}

fn windows_come_and_go<E: Decode, const R: usize, const W: usize>(seed: u64) {
    let mut tables = Box::new(Tables::<E, TASKS, R, W>::NEW);
    tables.start(Box::leak(Box::new(())), TASKS).unwrap();
    for task in 0..TASKS {
        tables.map_own(task, &own(task)).unwrap();
    }
    let mut random = Random(seed);
    let mut held: [Vec<Window>; TASKS] = Default::default();
    let mut places: [Vec<usize>; TASKS] = Default::default();
    let (mut mapped, mut refused) = (0, 0);
    for _ in 0..3000 {
        let task = random.below(TASKS as u64) as usize;
        let windows = &mut held[task];
        if random.below(3) == 0 && !windows.is_empty() {
            let which = random.below(windows.len() as u64) as usize;
            let window = windows.swap_remove(which);
            let mut place = places[task].swap_remove(which);
            assert!(tables.unmap(task, (window.base, window.length), &mut place));
        } else {
            let base =
                0x2000_0000 + random.below(64) as usize * 0x1000 + random.below(4) as usize * 0x100;
            let length = (1 + random.below(12) as usize) * 0x100;
            if windows
                .iter()
                .any(|other| base < other.base + other.length && other.base < base + length)
            {
                continue;
            }
            let write = random.below(2) == 0;
            let rights = if write {
                Rights::READ | Rights::WRITE
            } else {
                Rights::READ
            };
            let window = Window {
                base,
                length,
                kind: GrantKind::Memory,
                rights,
            };
            let mut place = 0;
            match tables.map_step(task, window, &mut place) {
                Ok(all) => {
                    assert!(all);
                    windows.push(window);
                    places[task].push(place);
                    mapped += 1;
                }
                Err(error) => {
                    assert_eq!(error, Error::Exhausted);
                    refused += 1;
                    // As the kernel does after an error.
                    assert!(tables.unmap(task, (window.base, window.length), &mut 0));
                }
            }
        }
        for (task, windows) in held.iter().enumerate() {
            let regions = tables.regions(task).unwrap();
            let mut places: Vec<u32> = (0..8)
                .map(|_| 0x2000_0000 + random.below(0x5_0000) as u32)
                .collect();
            let ranges = windows.iter().map(|window| (window.base, window.length));
            let owned = (0..TASKS).flat_map(own);
            let owned = owned.map(|region| (region.range.base(), region.range.length()));
            for (base, length) in ranges.chain(owned) {
                places
                    .extend([base, base + length - 1, base + length].map(|address| address as u32));
                places.extend((base as u32).checked_sub(1));
            }
            for address in places {
                let window = windows
                    .iter()
                    .find(|window| contains(window.base, window.length, address));
                let region = own(task)
                    .into_iter()
                    .find(|region| region.range.contains(address as usize));
                let expected = match (window, region) {
                    (Some(window), None) => (true, window.rights.contains(Rights::WRITE)),
                    (None, Some(region)) => (true, region.kind == RegionKind::Data),
                    _ => (false, false),
                };
                assert_eq!(
                    E::allowed(regions, address),
                    expected,
                    "task {task} at {address:#x}"
                );
            }
        }
    }
    assert!(mapped > 500 && refused > 20, "{mapped} {refused}");
}

#[test]
fn a_task_has_its_windows_and_no_others_on_armv7() {
    for seed in 0..8 {
        windows_come_and_go::<crate::pmsa_v7::Region, 8, 5>(seed);
    }
}

#[test]
fn a_task_has_its_windows_and_no_others_on_armv8() {
    for seed in 0..8 {
        windows_come_and_go::<crate::pmsa_v8::Region, 8, 5>(seed);
    }
}

#[test]
fn own_memory_that_takes_more_than_a_region_is_refused() {
    let mut tables = PmsaV7::<1>::NEW;
    // Nine units of 32 bytes: no run of eighths.
    let crooked = Region {
        range: Range::new(0x20, 0x120),
        kind: RegionKind::Data,
    };
    assert_eq!(tables.map_own(0, &[crooked]), Err(Error::Exhausted));
    let off = Region {
        range: Range::new(0x10, 0x20),
        kind: RegionKind::Data,
    };
    assert_eq!(tables.map_own(0, &[off]), Err(Error::Exhausted));
    let mut tables = PmsaV8::<1>::NEW;
    assert_eq!(tables.map_own(0, &[crooked]), Ok(()));
    assert_eq!(tables.map_own(0, &[off]), Err(Error::Exhausted));
}

#[test]
fn what_there_is_no_room_for_is_refused() {
    let mut tables = PmsaV7::<1>::NEW;
    assert_eq!(
        tables.start(Box::leak(Box::new(())), 2),
        Err(Error::Exhausted)
    );
    let window = |base, length| Window {
        base,
        length,
        kind: GrantKind::Mmio,
        rights: Rights::READ,
    };
    let mut done = 0;
    // A byte past 4 GiB; none at all; half a unit.
    for (base, length) in [(0xffff_ffe0, 0x40), (0, 0), (0, 16), (!31, 32)] {
        assert_eq!(
            tables.map_step(0, window(base, length), &mut done),
            Err(Error::Exhausted)
        );
    }
    for place in 0..5 {
        assert_eq!(
            tables.map_step(0, window(place << 20, 0x1000), &mut done),
            Ok(true)
        );
    }
    assert_eq!(
        tables.map_step(0, window(5 << 20, 0x1000), &mut done),
        Err(Error::Exhausted)
    );
}
