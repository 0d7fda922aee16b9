//! The encoder against a decoder written from the manual, section B3.5.3 ("Memory access control": region lookup) and
//! tables B3-13 to B3-15, which shares no code with it.

use super::*;
use crate::testing::Random;
use std::vec::Vec;
use std::{assert, assert_eq};

/// The unit's decision about an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Verdict {
    privileged_write: bool,
    read: bool,
    write: bool,
    execute: bool,
    device: bool,
}

/// The region with the highest number that matches `address`, if any: `regions` holds pairs of `RBAR` and `RASR`.
fn lookup(regions: &[(u32, u32)], address: u32) -> Option<Verdict> {
    let mut found = None;
    for &(rbar, rasr) in regions {
        if rasr & 1 == 0 {
            continue;
        }
        let size_field = rasr >> 1 & 0x1f;
        assert!(size_field >= 4, "SIZE below 4 is unpredictable");
        let bits = size_field + 1;
        let subregions = rasr >> 8 & 0xff;
        assert!(
            bits >= 8 || subregions == 0,
            "SRD of a small region is unpredictable"
        );
        let size = 1_u64 << bits;
        let base = u64::from(rbar & !0x1f);
        assert_eq!(base % size, 0, "a base off its size is unpredictable");
        let offset = u64::from(address).wrapping_sub(base);
        if offset >= size {
            continue;
        }
        if bits >= 8 && subregions >> (offset >> (bits - 3)) & 1 == 1 {
            continue;
        }
        found = Some(verdict(rasr));
    }
    found
}

fn verdict(rasr: u32) -> Verdict {
    assert_eq!(rasr >> 29, 0, "reserved");
    let access = rasr >> 24 & 7;
    // Table B3-15: privileged write, unprivileged read and write.
    let (privileged_write, read, write) = match access {
        0b000 => (false, false, false),
        0b001 => (true, false, false),
        0b010 => (true, true, false),
        0b011 => (true, true, true),
        0b101 => (false, false, false),
        0b110 | 0b111 => (false, true, false),
        _ => panic!("AP 0b100 is reserved"),
    };
    // Table B3-13.
    let (tex, s, c, b) = (
        rasr >> 19 & 7,
        rasr >> 18 & 1,
        rasr >> 17 & 1,
        rasr >> 16 & 1,
    );
    let device = match (tex, c, b) {
        (0b000, 0, 1) => {
            assert_eq!(s, 1);
            true
        }
        (0b001, 1, 1) => false,
        other => panic!("neither device nor write-back memory: {other:?}"),
    };
    let execute = read && rasr >> 28 & 1 == 0;
    Verdict {
        privileged_write,
        read,
        write,
        execute,
        device,
    }
}

fn bits(cover: &Cover<Region>) -> Vec<(u32, u32)> {
    cover.regions().iter().map(|region| region.bits()).collect()
}

fn cover(base: u64, length: u64) -> Option<Cover<Region>> {
    let span = Span::new(base, length).unwrap();
    Region::cover(span, Permission::ReadWrite, Memory::Normal)
}

/// Units of the small space: each 32 bytes.
const UNITS: u64 = 96;
/// Where it lies; the second ends at 4 GiB.
const PLACES: [u64; 3] = [0, (1 << 32) - UNITS * 32, 0x2000_0400];

/// For every begin, and every end behind it, how many runs of eighths of one block it takes at least.
fn fewest(place: u64) -> Vec<Vec<usize>> {
    let units = UNITS as usize;
    let mut runs = Vec::new();
    for bits in 8..=32_u32 {
        let (size, eighth) = (1_u64 << bits, 1_u64 << (bits - 3));
        for first in 0..units {
            for last in first..units {
                let (base, end) = (place + first as u64 * 32, place + last as u64 * 32 + 32);
                let same_block = base / size == (end - 1) / size;
                if same_block && base % eighth == 0 && end % eighth == 0 {
                    runs.push((first, last + 1));
                }
            }
        }
    }
    let steps = |begin: usize, end: usize| {
        let mut steps = 0;
        let mut covered = begin;
        while covered < end {
            // Runs within the span may overlap: a step goes from any point that is covered.
            let within = runs
                .iter()
                .filter(|(first, last)| (begin..=covered).contains(first) && *last <= end);
            let next = within.map(|(_, last)| *last).max().unwrap();
            assert!(next > covered);
            covered = next;
            steps += 1;
        }
        steps
    };
    (0..units)
        .map(|begin| (begin + 1..=units).map(|end| steps(begin, end)).collect())
        .collect()
}

#[test]
fn every_span_of_a_small_space_is_covered_exactly_and_with_as_few_regions_as_can_be() {
    for place in PLACES {
        let fewest = fewest(place);
        for begin in 0..UNITS {
            for end in begin + 1..=UNITS {
                let found = cover(place + begin * 32, (end - begin) * 32);
                let needed = fewest[begin as usize][(end - begin - 1) as usize];
                let Some(found) = found else {
                    assert!(
                        needed > crate::region::MOST,
                        "{begin}..{end}: {needed} would do"
                    );
                    continue;
                };
                assert_eq!(found.regions().len(), needed, "{begin}..{end}");
                let regions = bits(&found);
                for unit in 0..UNITS {
                    let inside = (begin..end).contains(&unit);
                    for address in [place + unit * 32, place + unit * 32 + 31] {
                        let verdict = lookup(&regions, address as u32);
                        assert_eq!(verdict.is_some(), inside, "{begin}..{end} at {unit}");
                    }
                }
            }
        }
    }
}

#[test]
fn ten_million_spans_of_any_size_are_covered_exactly() {
    let mut random = Random(7);
    let mut covered = 0;
    for _ in 0..10_000_000 {
        let (base, length) = random.span(Span::UNIT.into());
        let Some(found) = cover(base, length) else {
            continue;
        };
        covered += 1;
        let regions = bits(&found);
        let (first, last) = (base as u32, (base + length - 1) as u32);
        let within = base + random.below(length);
        assert!(lookup(&regions, first).is_some(), "{base:#x}+{length:#x}");
        assert!(lookup(&regions, last).is_some(), "{base:#x}+{length:#x}");
        assert!(
            lookup(&regions, within as u32).is_some(),
            "{base:#x}+{length:#x}: {within:#x}"
        );
        let elsewhere = random.next() as u32;
        let outside = [first.checked_sub(1), last.checked_add(1), Some(elsewhere)];
        for address in outside.into_iter().flatten() {
            let inside = (first..=last).contains(&address);
            assert_eq!(
                lookup(&regions, address).is_some(),
                inside,
                "{base:#x}+{length:#x}: {address:#x}"
            );
        }
    }
    assert!(covered > 3_000_000, "{covered}");
}

#[test]
fn rights_and_kinds_of_memory_are_as_the_tables_have_them() {
    let span = Span::new(0x2000_0000, 0x100).unwrap();
    for (permission, write, execute) in [
        (Permission::Read, false, false),
        (Permission::ReadWrite, true, false),
        (Permission::ReadExecute, false, true),
    ] {
        for (memory, device) in [(Memory::Normal, false), (Memory::Device, true)] {
            let regions = bits(&Region::cover(span, permission, memory).unwrap());
            let verdict = lookup(&regions, 0x2000_0080).unwrap();
            // The kernel may write to a task's memory whatever rights the task has there.
            let expected = Verdict {
                privileged_write: true,
                read: true,
                write,
                execute,
                device,
            };
            assert_eq!(verdict, expected);
        }
    }
}

#[test]
fn a_number_goes_into_the_base_register_alone() {
    for number in 0..8 {
        let region = Region {
            rbar: 0x2000_0020,
            rasr: 0x1234_5678,
        };
        let (rbar, rasr) = region.numbered(number).bits();
        // B3.5.8: ADDR, VALID, REGION.
        assert_eq!(
            (rbar >> 5, rbar >> 4 & 1, rbar & 0xf),
            (0x2000_0020 >> 5, 1, number as u32)
        );
        assert_eq!(rasr, 0x1234_5678);
    }
}
