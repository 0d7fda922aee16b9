//! The encoder against a decoder written from the manual, chapter B10 ("PMSAv8") and the registers
//! in section D1.2, which shares no code with it.

use super::*;
use crate::testing::Random;
use std::vec::Vec;
use std::{assert, assert_eq};

/// The unit's decision about an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    /// No region: for a task, a fault.
    None,
    /// More than one: a fault, for the kernel too.
    Overlap,
    One {
        read: bool,
        write: bool,
        execute: bool,
        device: bool,
    },
}

/// Looks `address` up in pairs of `RBAR` and `RLAR`.
fn lookup(regions: &[(u32, u32)], address: u32) -> Answer {
    let mut answer = Answer::None;
    for &(rbar, rlar) in regions {
        let enabled = rlar & 1 == 1;
        let (base, limit) = (rbar & 0xffff_ffe0, rlar & 0xffff_ffe0 | 0x1f);
        if !enabled || address < base || address > limit {
            continue;
        }
        if answer != Answer::None {
            return Answer::Overlap;
        }
        // RBAR.AP: bit 0 lets unprivileged code in, bit 1 takes the right to store away.
        let (unprivileged, read_only) = (rbar >> 1 & 1 == 1, rbar >> 2 & 1 == 1);
        let attributes = ATTRIBUTES >> (8 * (rlar >> 1 & 7)) & 0xff;
        assert!(rlar >> 1 & 7 < 2, "an attribute that is not set");
        answer = Answer::One {
            read: unprivileged,
            write: unprivileged && !read_only,
            execute: unprivileged && rbar & 1 == 0,
            // MAIR: an upper half of 0 is device memory.
            device: attributes >> 4 == 0,
        };
    }
    answer
}

fn bits(cover: &Cover<Region>) -> Vec<(u32, u32)> {
    cover.regions().iter().map(|region| region.bits()).collect()
}

fn cover(base: u64, length: u64) -> Vec<(u32, u32)> {
    let span = Span::new(base, length).unwrap();
    bits(&Region::cover(span, Permission::ReadWrite, Memory::Normal).unwrap())
}

/// Units of the small space: each 32 bytes.
const UNITS: u64 = 96;

#[test]
fn every_span_of_a_small_space_is_one_region_and_exact() {
    for place in [0, (1 << 32) - UNITS * 32, 0x2000_0400] {
        for begin in 0..UNITS {
            for end in begin + 1..=UNITS {
                let regions = cover(place + begin * 32, (end - begin) * 32);
                assert_eq!(regions.len(), 1);
                for unit in 0..UNITS {
                    let inside = (begin..end).contains(&unit);
                    for address in [place + unit * 32, place + unit * 32 + 31] {
                        let answer = lookup(&regions, address as u32);
                        assert_eq!(answer != Answer::None, inside, "{begin}..{end} at {unit}");
                    }
                }
            }
        }
    }
}

#[test]
fn neighbours_never_overlap() {
    for begin in 0..UNITS {
        for middle in begin + 1..UNITS {
            for end in middle + 1..=UNITS {
                let mut regions = cover(begin * 32, (middle - begin) * 32);
                regions.extend(cover(middle * 32, (end - middle) * 32));
                for address in [middle * 32 - 1, middle * 32] {
                    assert!(matches!(
                        lookup(&regions, address as u32),
                        Answer::One { .. }
                    ));
                }
            }
        }
    }
    // The decoder does see an overlap.
    let mut regions = cover(0, 64);
    regions.extend(cover(32, 64));
    assert_eq!(lookup(&regions, 32), Answer::Overlap);
}

#[test]
fn ten_million_spans_of_any_size_are_exact() {
    let mut random = Random(8);
    for _ in 0..10_000_000 {
        let (base, length) = random.span(Span::UNIT.into());
        let regions = cover(base, length);
        let (first, last) = (base as u32, (base + length - 1) as u32);
        let within = (base + random.below(length)) as u32;
        let elsewhere = random.next() as u32;
        let places = [
            Some(first),
            Some(last),
            Some(within),
            first.checked_sub(1),
            last.checked_add(1),
            Some(elsewhere),
        ];
        for address in places.into_iter().flatten() {
            let inside = (first..=last).contains(&address);
            let answer = lookup(&regions, address);
            assert_eq!(
                answer != Answer::None,
                inside,
                "{base:#x}+{length:#x}: {address:#x}"
            );
        }
    }
}

#[test]
fn rights_and_kinds_of_memory_are_as_the_registers_have_them() {
    let span = Span::new(0x2000_0000, 0x100).unwrap();
    for (permission, write, execute) in [
        (Permission::Read, false, false),
        (Permission::ReadWrite, true, false),
        (Permission::ReadExecute, false, true),
    ] {
        for (memory, device) in [(Memory::Normal, false), (Memory::Device, true)] {
            let regions = bits(&Region::cover(span, permission, memory).unwrap());
            let expected = Answer::One {
                read: true,
                write,
                execute,
                device,
            };
            assert_eq!(lookup(&regions, 0x2000_0080), expected);
        }
    }
}
