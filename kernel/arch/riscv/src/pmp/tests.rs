//! What an image allows, decided as the hardware decides it.
//!
//! `allows` is written from the Privileged Architecture, section 3.7.1 ("Address Matching", "Priority and Matching
//! Logic"), and shares no code with the encoder. An address is matched byte by byte, by definition.

use super::*;
use crate::random::Random;
use leasehold_abi::GrantKind;
use leasehold_core::{Range, RegionKind};
use std::boxed::Box;
use std::vec::Vec;
use std::{assert, assert_eq, assert_ne, vec};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Access {
    Load,
    Store,
    Fetch,
}

const ACCESSES: [Access; 3] = [Access::Load, Access::Store, Access::Fetch];

/// Whether entry `i` matches the byte at `address` (34 bits).
fn matches(pmpaddr: &[u32], pmpcfg: &[u8], i: usize, address: u64) -> bool {
    let word = address >> 2;
    let this = u64::from(pmpaddr[i]);
    match pmpcfg[i] >> 3 & 3 {
        // Null region (disabled).
        0 => false,
        // Top of range: pmpaddr of i-1 <= y < pmpaddr of i; 0 is the lower bound of entry 0.
        1 => {
            let below = if i == 0 { 0 } else { u64::from(pmpaddr[i - 1]) };
            below <= word && word < this
        }
        // Naturally aligned four-byte region.
        2 => word == this,
        // Naturally aligned power of two: table 3.11. "yyyy...yyy0" is 8 bytes, "yyyy...yy01" 16,
        // and so on up to "0111...1111", the whole space: for each 1 at the bottom twice as much.
        _ => {
            let ones = this.trailing_ones();
            let ignored = ones + 1;
            word >> ignored == this >> ignored
        }
    }
}

/// Whether user mode may do this with `size` bytes from `address` on.
fn allows(pmpaddr: &[u32], pmpcfg: &[u8], address: u64, size: u64, access: Access) -> bool {
    for i in 0..pmpaddr.len() {
        assert_eq!(pmpcfg[i] & 0xe0, 0, "locked, or reserved bits");
        assert_ne!(pmpcfg[i] & 3, 2, "W without R is reserved");
        let bytes = (address..address + size).filter(|byte| matches(pmpaddr, pmpcfg, i, *byte));
        let matched = bytes.count() as u64;
        if matched == 0 {
            continue;
        }
        // "The lowest-numbered PMP entry that matches any byte of an access determines whether that access
        // succeeds or fails. The matching PMP entry must match all bytes of an access, or the access fails".
        let (r, w, x) = (pmpcfg[i] & 1, pmpcfg[i] >> 1 & 1, pmpcfg[i] >> 2 & 1);
        let permission = match access {
            Access::Load => r,
            Access::Store => w,
            Access::Fetch => x,
        };
        return matched == size && permission == 1;
    }
    // "If no PMP entry matches an S-mode or U-mode access, but at least one PMP entry is implemented, the access
    // fails."
    false
}

/// The registers of a hart, as the entry code leaves them.
struct Hart {
    pmpaddr: [u32; 16],
    pmpcfg: [u8; 16],
}

impl Hart {
    /// The registers as an earlier task may have left them: any addresses.
    fn any(random: &mut Random) -> Self {
        Self {
            pmpaddr: core::array::from_fn(|_| random.next() as u32),
            pmpcfg: [0; 16],
        }
    }

    fn enter<const T: usize>(&mut self, pmp: &Pmp<T>, task: usize) {
        let image = &pmp.spaces[task].image;
        for entry in (0..image.loader).rev() {
            self.pmpaddr[entry] = image.address[entry];
        }
        self.pmpcfg = image.configuration;
    }

    fn allows(&self, address: u64, size: u64, access: Access) -> bool {
        allows(&self.pmpaddr, &self.pmpcfg, address, size, access)
    }
}

impl<const T: usize> Pmp<T> {
    /// On a hart where another task ran before, whose addresses lie near.
    fn allows(&self, task: usize, address: u64, size: u64, access: Access) -> bool {
        let mut hart = Hart {
            pmpaddr: [(address >> 2) as u32; 16],
            pmpcfg: [0; 16],
        };
        hart.enter(self, task);
        hart.allows(address, size, access)
    }
}

/// The intended rights: ranges in the order of their priority, with the rights in each.
#[derive(Clone, Copy, Debug)]
struct Meant {
    base: u64,
    end: u64,
    rights: u8,
    /// An address where two entries meet, which a misaligned access must not cross.
    seam: Option<u64>,
}

impl Meant {
    fn window(base: u64, length: u64, rights: u8) -> Self {
        let one_entry =
            length == 4 || length >= 8 && length.is_power_of_two() && base.is_multiple_of(length);
        Self {
            base,
            end: base + length,
            rights,
            seam: (!one_entry).then_some(if base.is_multiple_of(8) {
                base + 8
            } else {
                base + 4
            }),
        }
    }

    fn allows(self, address: u64, size: u64, access: Access) -> bool {
        let right = match access {
            Access::Load => READ,
            Access::Store => WRITE,
            Access::Fetch => EXECUTE,
        };
        let seam = self
            .seam
            .is_some_and(|seam| address < seam && seam < address + size);
        self.base <= address && address + size <= self.end && self.rights & right == right && !seam
    }
}

/// Every access of 1, 2, 4 and 8 bytes in `0..=limit`, at any alignment.
fn check_all(
    limit: u64,
    found: impl Fn(u64, u64, Access) -> bool,
    meant: impl Fn(u64, u64, Access) -> bool,
) {
    for address in 0..=limit {
        for size in [1, 2, 4, 8] {
            for access in ACCESSES {
                assert_eq!(
                    found(address, size, access),
                    meant(address, size, access),
                    "{access:?} of {size} at {address:#x}"
                );
            }
        }
    }
}

#[test]
fn every_window_of_8_bit_addresses_is_what_was_meant() {
    for base in 0..256 {
        for length in 0..=256 - base {
            for rights in [READ, READ | WRITE] {
                let encoded = Encoded::new(base, length, rights);
                if (base | length) % 4 != 0 || length == 0 {
                    assert_eq!(encoded, Err(Error::Exhausted));
                    continue;
                }
                let entries = match encoded.unwrap() {
                    Encoded::One(entry) => vec![entry],
                    Encoded::Two(entries) => entries.to_vec(),
                };
                let pmpaddr: Vec<u32> = entries.iter().map(|entry| entry.address).collect();
                let pmpcfg: Vec<u8> = entries.iter().map(|entry| entry.configuration).collect();
                let meant = Meant::window(base, length, rights);
                assert_eq!(entries.len() == 2, meant.seam.is_some());
                check_all(
                    260,
                    |at, size, access| allows(&pmpaddr, &pmpcfg, at, size, access),
                    |at, size, access| meant.allows(at, size, access),
                );
            }
        }
    }
}

const EMPTY: Region = Region {
    range: Range::new(0, 0),
    kind: RegionKind::Constants,
};

fn regions(text: u64, constants: u64, guard: u64, data: u64, end: u64) -> [Region; 3] {
    let region = |base: u64, end: u64, kind| Region {
        range: Range::new(base as u32, (end - base) as u32),
        kind,
    };
    [
        region(text, constants, RegionKind::Text),
        if constants == guard {
            EMPTY
        } else {
            region(constants, guard, RegionKind::Constants)
        },
        region(data, end, RegionKind::Data),
    ]
}

fn own(text: u64, constants: u64, guard: u64, data: u64, end: u64) -> [Meant; 3] {
    let range = |base, end, rights, seam| Meant {
        base,
        end,
        rights,
        seam,
    };
    [
        range(text, constants, READ | EXECUTE, Some(text + 4)),
        range(constants, guard, READ, None),
        range(data, end, READ | WRITE, None),
    ]
}

#[test]
fn every_task_of_8_bit_addresses_reaches_its_own_memory_alone() {
    let mut tasks = 0;
    let unit = GRANULE as u64;
    let places = |from: u64, to: u64| (from..=to).step_by(GRANULE);
    for text in places(0, 256 - 2 * unit) {
        for constants in places(text + unit, 256 - unit) {
            for guard in places(constants, 256 - unit) {
                for data in places(guard, 256 - unit) {
                    for end in places(data, 256) {
                        let mut pmp = Pmp::<1>::NEW;
                        pmp.map_own(0, &regions(text, constants, guard, data, end))
                            .unwrap();
                        let meant = own(text, constants, guard, data, end);
                        check_all(
                            260,
                            |at, size, access| pmp.allows(0, at, size, access),
                            |at, size, access| meant.iter().any(|one| one.allows(at, size, access)),
                        );
                        tasks += 1;
                    }
                }
            }
        }
    }
    assert_eq!(tasks, 672);
}

fn window(base: u64, length: u64, rights: u8) -> Window {
    Window {
        base: base as usize,
        length: length as usize,
        kind: GrantKind::Memory,
        rights: if rights & WRITE == 0 {
            Rights::READ
        } else {
            Rights::READ | Rights::WRITE
        },
    }
}

/// A window somewhere in 4 GiB, as likely small as large, as likely a power of two as not.
fn anywhere(random: &mut Random) -> (u64, u64, u8) {
    let width = 2 + random.below(30);
    let length = if random.below(2) == 0 {
        1 << width
    } else {
        4 + (random.below(1 << width) & !3)
    };
    let aligned = random.below(2) == 0;
    let base = random.below((1 << 32) - length + 1);
    let base = if aligned && length.is_power_of_two() {
        base & !(length - 1)
    } else {
        base & !3
    };
    let rights = [READ, READ | WRITE][random.below(2) as usize];
    (base, length, rights)
}

/// Ten million steps of a task whose windows come and go anywhere in 4 GiB. After each, accesses at the edges of one of
/// its ranges and at random addresses.
#[test]
fn windows_of_full_width_are_what_was_meant_whatever_came_and_went() {
    let mut random = Random(32);
    let mut refused = 0;
    let mut acts = 0;
    while acts < 10_000_000 {
        let mut pmp = Pmp::<2>::NEW;
        let mut ends: [u64; 5] =
            core::array::from_fn(|_| random.below(1 << 32) & !(GRANULE as u64 - 1));
        ends.sort_unstable();
        let [text, constants, guard, data, end] = ends;
        if text == constants {
            continue;
        }
        pmp.map_own(1, &regions(text, constants, guard, data, end))
            .unwrap();
        let owned = own(text, constants, guard, data, end);
        let mut windows: Vec<Meant> = Vec::new();
        let mut hart = Hart::any(&mut random);
        for _ in 0..1000 {
            acts += 1;
            if windows.is_empty() || random.below(5) < 3 {
                let (base, length, rights) = anywhere(&mut random);
                let new = Meant::window(base, length, rights);
                let apart = |old: &Meant| old.end <= new.base || new.end <= old.base;
                if !windows.iter().chain(&owned).all(apart) || (guard..data).contains(&base) {
                    continue;
                }
                match pmp.map_step(1, window(base, length, rights), &mut 0) {
                    Ok(all) => {
                        assert!(all);
                        windows.push(new);
                    }
                    Err(error) => {
                        assert_eq!(error, Error::Exhausted);
                        let used: usize = windows
                            .iter()
                            .map(|one| 1 + usize::from(one.seam.is_some()))
                            .sum();
                        let needed = 1 + usize::from(new.seam.is_some());
                        assert!(used + needed > WINDOWS, "{used} are in use");
                        refused += 1;
                    }
                }
            } else {
                let old = windows.swap_remove(random.below(windows.len() as u64) as usize);
                let gone = window(old.base, old.end - old.base, old.rights);
                assert!(pmp.unmap(1, (gone.base, gone.length), &mut 0));
            }
            let used = pmp.spaces[1].image.loader;
            assert!(windows.len() + OWN <= used && used <= ENTRIES);
            assert!(!windows.is_empty() || used == OWN, "{used} are loaded");
            hart.enter(&pmp, 1);
            let all = || windows.iter().chain(&owned);
            let one = all()
                .nth(random.below(windows.len() as u64 + 3) as usize)
                .unwrap();
            let edge = [one.base, one.end, one.base + 8][random.below(3) as usize];
            for place in [
                (edge + random.below(16)).wrapping_sub(8),
                random.below(1 << 32),
            ] {
                let place = place % (1 << 32);
                let size = [1, 2, 4, 8][random.below(4) as usize];
                let access = ACCESSES[random.below(3) as usize];
                let meant = all().any(|one| one.allows(place, size, access));
                assert_eq!(
                    hart.allows(place, size, access),
                    meant,
                    "{access:?} of {size} at {place:#x}: {windows:x?} {owned:x?}"
                );
                assert!(!pmp.allows(0, place, size, access), "another task");
            }
        }
    }
    assert!(refused > 1000, "the entries run out now and then");
}

/// A million steps: windows of several tasks come and go, and the hart switches to another task, or enters the same one
/// again. Each time its registers agree with the task's image, whatever an earlier task left.
#[test]
fn the_hart_has_what_the_image_says_after_any_sequence_of_switches() {
    const TASKS: usize = 4;
    let mut random = Random(33);
    let mut hart = Hart::any(&mut random);
    let mut switches = 0;
    for _ in 0..1000 {
        let mut pmp = Pmp::<TASKS>::NEW;
        let mut windows: [Vec<Window>; TASKS] = Default::default();
        for task in 0..TASKS {
            let base = 0x8000_0000 + task as u64 * 0x1_0000;
            let [text, constants, guard, data, end] =
                [0, 0x1000, 0x2000, 0x3000, 0x5000].map(|offset| base + offset);
            pmp.map_own(task, &regions(text, constants, guard, data, end))
                .unwrap();
        }
        for _ in 0..1000 {
            let task = random.below(TASKS as u64) as usize;
            let own = &mut windows[task];
            if own.is_empty() || random.below(5) < 3 {
                let base = random.below(1 << 20) * 64;
                let length = [32, 64, 96][random.below(3) as usize];
                let window = window(base, length, [READ, READ | WRITE][random.below(2) as usize]);
                let apart = |old: &Window| {
                    old.base + old.length <= window.base || window.base + window.length <= old.base
                };
                if own.iter().all(apart) && pmp.map_step(task, window, &mut 0).is_ok() {
                    own.push(window);
                }
            } else {
                let old = own.swap_remove(random.below(own.len() as u64) as usize);
                assert!(pmp.unmap(task, (old.base, old.length), &mut 0));
            }
            let entered = random.below(TASKS as u64) as usize;
            hart.enter(&pmp, entered);
            switches += 1;
            let image = &pmp.spaces[entered].image;
            assert_eq!(hart.pmpcfg, image.configuration);
            assert_eq!(hart.pmpaddr[..image.loader], image.address[..image.loader]);
            // Entries that are not loaded have no rights, whatever their addresses are.
            assert!(hart.pmpcfg[image.loader..].iter().all(|byte| byte & 7 == 0));
            for owner in [entered, task] {
                let Some(window) = windows[owner].first() else {
                    continue;
                };
                let found = hart.allows(window.base as u64, 4, Access::Load);
                let inside = |own: &Window| {
                    own.base <= window.base && window.base + 4 <= own.base + own.length
                };
                assert_eq!(found, windows[entered].iter().any(inside));
            }
        }
    }
    assert_eq!(switches, 1_000_000);
}

#[test]
fn a_window_past_4_gib_or_of_no_length_is_refused() {
    let mut pmp = Pmp::<1>::NEW;
    pmp.map_own(0, &regions(0x100, 0x140, 0x180, 0x1c0, 0x200))
        .unwrap();
    for (base, length) in [
        (1 << 32, 4096),
        (0xffff_f000, 0x2000),
        (0, 0),
        (0x1000, 6),
        (0x1002, 4),
        (0x3_0000_0000, 4096),
        (u64::MAX - 3, 4),
        (4, u64::MAX - 3),
    ] {
        let window = window(base, length, READ);
        assert_eq!(pmp.map_step(0, window, &mut 0), Err(Error::Exhausted));
        assert!(pmp.unmap(0, (window.base, window.length), &mut 0));
    }
    assert_eq!(pmp.spaces[0].windows.free(), WINDOWS);
    for base in [0, 0x8000_0000] {
        let half = window(base, 1 << 31, READ);
        assert_eq!(pmp.map_step(0, half, &mut 0), Ok(true));
    }
    for address in [0, 0x7fff_ffff, 0x8000_0000, 0xffff_fffc] {
        assert!(pmp.allows(0, address, 1, Access::Load));
    }
}

#[test]
fn a_task_that_five_entries_cannot_hold_is_refused() {
    let refused = |regions: [Region; 3]| {
        let mut pmp = Pmp::<1>::NEW;
        assert_eq!(
            pmp.map_own(0, &regions),
            Err(Error::Exhausted),
            "{regions:?}"
        );
    };
    let region = |base, length, kind| Region {
        range: Range::new(base, length),
        kind,
    };
    let text = region(0x1000, 0x100, RegionKind::Text);
    let data = region(0x1300, 0x100, RegionKind::Data);
    // Constants apart from the text, or in it, or behind the data; no text.
    for base in [0x1120, 0x10e0, 0x1400] {
        refused([text, region(base, 0x20, RegionKind::Constants), data]);
    }
    refused([text, region(0x1100, 0x220, RegionKind::Constants), data]);
    refused([region(0x1000, 0, RegionKind::Text), EMPTY, data]);
    let mut pmp = Pmp::<1>::NEW;
    assert_eq!(pmp.map_own(1, &[text, EMPTY, data]), Err(Error::Exhausted));
    let store = Box::leak(Box::new(()));
    assert_eq!(pmp.start(store, 2), Err(Error::Exhausted));
}

#[test]
fn what_a_task_may_do_and_faults_is_a_bus_error_all_else_is_refused() {
    let mut pmp = Pmp::<1>::NEW;
    pmp.map_own(0, &regions(0x100, 0x140, 0x180, 0x1c0, 0x200))
        .unwrap();
    pmp.map_step(0, window(0x80, 0x20, READ), &mut 0).unwrap();
    for address in 0..0x240_u64 {
        for (kind, access) in [
            (FaultKind::Read, Access::Load),
            (FaultKind::Write, Access::Store),
        ] {
            // Also at the border inside the text: no single byte is refused.
            let bytes = [0, 3].map(|at| pmp.allows(0, address + at, 1, access));
            let expected = if bytes == [true; 2] {
                FaultKind::Bus
            } else {
                kind
            };
            assert_eq!(pmp.fault_kind(0, kind, address as usize), expected);
        }
        let execute = pmp.fault_kind(0, FaultKind::Execute, address as usize);
        assert_eq!(execute, FaultKind::Execute);
    }
    assert_eq!(pmp.fault_kind(0, FaultKind::Read, 0x9c), FaultKind::Bus);
    assert_eq!(pmp.fault_kind(0, FaultKind::Read, 0x9d), FaultKind::Read);
    assert_eq!(pmp.fault_kind(0, FaultKind::Write, 0x90), FaultKind::Write);
    assert_eq!(pmp.fault_kind(1, FaultKind::Read, 0x9c), FaultKind::Read);
}
