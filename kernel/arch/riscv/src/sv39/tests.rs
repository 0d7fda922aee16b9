//! The tables, walked as the hardware walks them.
//!
//! `translate` is written from the Privileged Architecture, section 4.3.2 ("Virtual Address
//! Translation Process") with Sv39's parameters from section 4.4.1, and shares no
//! code with the encoder. Memory is what the entries say: a read outside of the pool fails the test.

mod empty;

use super::*;
use crate::random::Random;
use core::cell::Cell;
use std::boxed::Box;
use std::vec::Vec;
use std::{assert, assert_eq, vec};

/// Where the pool pretends to lie.
const BASE: u64 = 0x8030_0000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Access {
    Load,
    Store,
    Fetch,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    User,
    Supervisor,
}

/// The physical address, or None for a page fault. `read` reads the 8 bytes at a physical address.
fn translate(
    read: &dyn Fn(u64) -> u64,
    root_page: u64,
    address: u64,
    access: Access,
    mode: Mode,
) -> Option<u64> {
    // Bits 63 to 39 must all equal bit 38.
    let top = address >> 38;
    if top != 0 && top != (1 << 26) - 1 {
        return None;
    }
    let vpn = [
        address >> 12 & 0x1ff,
        address >> 21 & 0x1ff,
        address >> 30 & 0x1ff,
    ];
    // Step 1.
    let mut a = root_page * 4096;
    let mut i = 2;
    loop {
        // Steps 2 and 3.
        let pte = read(a + vpn[i] * 8);
        let (v, r, w, x) = (pte & 1, pte >> 1 & 1, pte >> 2 & 1, pte >> 3 & 1);
        if v == 0 || (r == 0 && w == 1) || pte >> 54 != 0 {
            return None;
        }
        let ppn = pte >> 10 & ((1 << 44) - 1);
        // Step 4.
        if r == 0 && x == 0 {
            if i == 0 {
                return None;
            }
            // A, D and U are reserved in a pointer.
            assert_eq!(pte & 0b1101_0000, 0, "a pointer with A, D or U");
            i -= 1;
            a = ppn * 4096;
            continue;
        }
        // Step 5, with SUM and MXR clear.
        let u = pte >> 4 & 1;
        let allowed = match access {
            Access::Load => r == 1,
            Access::Store => w == 1,
            Access::Fetch => x == 1,
        };
        if !allowed || (mode == Mode::User) != (u == 1) {
            return None;
        }
        // Step 6.
        if i > 0 && ppn & ((1 << (9 * i)) - 1) != 0 {
            return None;
        }
        // Step 7, for a hart that traps instead of setting A and D.
        if pte >> 6 & 1 == 0 || (access == Access::Store && pte >> 7 & 1 == 0) {
            return None;
        }
        // Step 8.
        let offset = (1_u64 << (12 + 9 * i)) - 1;
        return Some((ppn << 12) & !offset | address & offset);
    }
}

fn spaces(tasks: usize, tables: usize) -> Sv39 {
    let mut spaces = Sv39::<Standard>::new();
    let pool = Box::leak(vec![Table::EMPTY; tables].into_boxed_slice());
    let used = Box::leak(vec![Use::NONE; tables].into_boxed_slice());
    spaces.start(pool, used, BASE, tasks).unwrap();
    spaces
}

impl Sv39 {
    fn read(&self, address: u64) -> u64 {
        let at = address.checked_sub(BASE).expect("a table below the pool");
        let table = self
            .pool
            .tables
            .get(at as usize / 4096)
            .expect("a table past the pool");
        table.0[at as usize % 4096 / 8].bits()
    }

    fn translate(&self, task: usize, address: u64, access: Access, mode: Mode) -> Option<u64> {
        translate(&|at| self.read(at), self.root(task), address, access, mode)
    }

    fn unmap_all(&mut self, task: usize, base: u64, length: u64) {
        let mut done = 0;
        while !self.unmap(task, base, length, &mut done) {}
    }

    /// The pool is in order.
    fn check_pool(&self) {
        self.pool.check();
    }

    /// Tables that a mapping can have: free ones, and empty ones.
    fn left(&mut self) -> usize {
        self.pool.free_or_empty()
    }
}

const PERMISSIONS: [(Permission, &[Access], Mode); 4] = [
    (Permission::Read, &[Access::Load], Mode::User),
    (
        Permission::ReadWrite,
        &[Access::Load, Access::Store],
        Mode::User,
    ),
    (
        Permission::ReadExecute,
        &[Access::Load, Access::Fetch],
        Mode::User,
    ),
    (
        Permission::Kernel,
        &[Access::Load, Access::Store, Access::Fetch],
        Mode::Supervisor,
    ),
];

/// What an entry does, seen through one walk of a memory with only that entry in it.
fn check_leaf(address: u64, level: u32, permission: Permission) {
    let leaf = Entry::leaf(address, permission);
    let (_, allowed, its_mode) = PERMISSIONS
        .iter()
        .find(|case| case.0 == permission)
        .unwrap();
    let size = 1_u64 << (12 + 9 * level);
    // Tables one page apart: the root at 0x1000, then down to the leaf's level.
    let read = |at: u64| {
        let table = at / 4096;
        if table == 3 - u64::from(level) {
            leaf.bits()
        } else {
            Entry::table((table + 1) * 4096).bits()
        }
    };
    for access in [Access::Load, Access::Store, Access::Fetch] {
        for mode in [Mode::User, Mode::Supervisor] {
            for offset in [0, 1, size / 2, size - 1] {
                let expected = (allowed.contains(&access) && mode == *its_mode)
                    .then_some((address & ((1 << 56) - 1)) + offset);
                let found = translate(
                    &read,
                    1,
                    0x12_3456_7000 & !(size - 1) | offset,
                    access,
                    mode,
                );
                assert_eq!(
                    found, expected,
                    "{address:#x} {level} {permission:?} {access:?} {mode:?}"
                );
            }
        }
    }
}

#[test]
fn leaves_mean_to_the_hardware_what_was_meant() {
    for (permission, _, _) in PERMISSIONS {
        for level in 0..3 {
            // Every page number of 10 bits, at each place in the 44 bits; and all ones.
            let size = 1_u64 << (12 + 9 * level);
            for number in 0..1024_u64 {
                for shift in (0..40).step_by(4) {
                    let address = (number << shift << 12) & ((1 << 56) - 1) & !(size - 1);
                    check_leaf(address, level, permission);
                }
            }
            check_leaf(((1 << 56) - 1) & !(size - 1), level, permission);
        }
    }
}

/// Ten million entries at any place, each walked to once: at every level, with every access, in both modes.
#[test]
fn random_entries_of_full_width_mean_what_was_meant() {
    let mut random = Random(39);
    for _ in 0..10_000_000 {
        let bits = random.next();
        let (permission, allowed, its_mode) = PERMISSIONS[bits as usize & 3];
        let access = [Access::Load, Access::Store, Access::Fetch][(bits >> 2) as usize % 3];
        let mode = [Mode::User, Mode::Supervisor][(bits >> 34) as usize & 1];
        let level = (bits >> 35) % 3;
        let size = 1_u64 << (12 + 9 * level);
        let physical = random.next() & ((1 << 56) - 1) & !(size - 1);
        // Both halves: the upper 25 bits are copies of bit 38.
        let address = ((random.next() as i64) << 25 >> 25) as u64;
        let leaf = Entry::leaf(physical, permission).bits();
        // The tables on the way down, each at any place, are made as they are needed.
        let tables: [u64; 3] = core::array::from_fn(|_| random.below(1 << 44) << 12);
        let reads = Cell::new(0);
        let read = |at: u64| {
            let step = reads.replace(reads.get() + 1);
            let level_here = 2 - step;
            let index = address >> (12 + 9 * level_here) & 511;
            assert_eq!(at, tables[step as usize] + index * 8, "another entry");
            if level_here == level {
                leaf
            } else {
                Entry::table(tables[step as usize + 1]).bits()
            }
        };
        let expected = (allowed.contains(&access) && mode == its_mode)
            .then_some(physical | address & (size - 1));
        let found = translate(&read, tables[0] / 4096, address, access, mode);
        assert_eq!(found, expected, "{address:#x} {physical:#x} {permission:?}");
        assert_eq!(reads.get(), 3 - level);
    }
}

#[test]
fn tables_are_found_again_at_any_place() {
    let mut random = Random(1);
    for _ in 0..10_000 {
        let address = random.below(1 << 44) << 12;
        let entry = Entry::table(address);
        assert!(entry.is_table() && entry.is_valid());
        assert_eq!(entry.address(), address);
        assert_eq!(entry.bits() >> 10 << 12, address);
        assert_eq!(entry.bits() & 0x3ff, 1);
    }
}

#[test]
fn links_of_free_tables_are_invalid_to_the_hardware() {
    for number in 0..100_000 {
        assert_eq!(Entry::link(number).bits() & 1, 0);
        assert_eq!(Entry::link(number).linked(), number);
    }
}

/// One mapping of the model: what a task may touch.
#[derive(Clone, Copy)]
struct Mapped {
    task: usize,
    base: u64,
    length: u64,
    permission: Permission,
}

impl Mapped {
    fn end(&self) -> u64 {
        (self.base + self.length).next_multiple_of(4096)
    }
}

/// The walk agrees with the list of mappings, at every edge and at random places.
fn check_against(spaces: &Sv39, model: &[Mapped], tasks: usize, random: &mut Random) {
    let mut places: Vec<u64> = (0..16).map(|_| random.below(1 << 38)).collect();
    for mapped in model {
        places.extend([
            mapped.base,
            mapped.end() - 1,
            mapped.end(),
            mapped.base.wrapping_sub(1),
        ]);
        places.push(mapped.base + random.below(mapped.length));
    }
    for task in 0..tasks {
        for &place in &places {
            let found = model
                .iter()
                .find(|one| one.task == task && (one.base..one.end()).contains(&place));
            for access in [Access::Load, Access::Store, Access::Fetch] {
                let allowed = found.is_some_and(|one| {
                    PERMISSIONS
                        .iter()
                        .any(|case| case.0 == one.permission && case.1.contains(&access))
                });
                let seen = spaces.translate(task, place, access, Mode::User);
                assert_eq!(
                    seen,
                    allowed.then_some(place),
                    "task {task} {place:#x} {access:?}"
                );
                assert_eq!(
                    spaces.translate(task, place, access, Mode::Supervisor),
                    None
                );
            }
        }
    }
}

#[test]
fn a_walk_sees_exactly_the_mapped_regions_whatever_came_and_went() {
    const TASKS: usize = 3;
    const MEBI: u64 = 1 << 20;
    for seed in 0..24 {
        let mut random = Random(seed);
        let mut spaces = spaces(TASKS, 160);
        let before = spaces.left();
        let mut model: Vec<Mapped> = Vec::new();
        for _ in 0..150 {
            if model.is_empty() || random.below(5) < 3 {
                let length = match random.below(8) {
                    0 => 1 + random.below(3 << 30),
                    1 | 2 => 1 + random.below(6 * MEBI),
                    3 => 2 * MEBI,
                    _ => 1 + random.below(8 * 4096),
                };
                let align = [4096, 4096, 2 * MEBI, 1 << 30][random.below(4) as usize];
                let space = if random.below(2) == 0 {
                    1 << 38
                } else {
                    32 * MEBI
                };
                let new = Mapped {
                    task: random.below(TASKS as u64) as usize,
                    base: random.below(space) / align * align,
                    length,
                    permission: PERMISSIONS[random.below(3) as usize].0,
                };
                let apart = |old: &Mapped| {
                    old.task != new.task || old.end() <= new.base || new.end() <= old.base
                };
                if new.end() > 1 << 38 || !model.iter().all(apart) {
                    continue;
                }
                let free = spaces.left();
                match spaces.map(new.task, new.base, new.length, new.permission) {
                    Ok(()) => model.push(new),
                    Err(error) => {
                        assert_eq!(error, Error::Exhausted);
                        assert_eq!(spaces.left(), free, "a refused mapping keeps nothing");
                    }
                }
            } else {
                let old = model.swap_remove(random.below(model.len() as u64) as usize);
                spaces.unmap_all(old.task, old.base, old.length);
            }
            spaces.check_pool();
            check_against(&spaces, &model, TASKS, &mut random);
        }
        for old in model {
            spaces.unmap_all(old.task, old.base, old.length);
        }
        assert_eq!(spaces.left(), before, "no table leaks");
        spaces.check_pool();
    }
}

#[test]
fn mapping_for_ever_uses_no_more_than_once() {
    let mut spaces = spaces(1, 4);
    for round in 0..10_000 {
        let base = round % 200 * 0x4000_0000 + round * 4096 % 0x4000_0000;
        spaces.map(0, base, 4096, Permission::ReadWrite).unwrap();
        assert_eq!(spaces.left(), 1);
        spaces.unmap_all(0, base, 4096);
        assert_eq!(spaces.left(), 3);
    }
}

#[test]
fn a_step_is_bounded_and_the_rest_stays_until_its_turn() {
    let mut spaces = spaces(1, 8);
    let (base, length) = (0x4010_0000, 0x10_0000);
    let mut done = 0;
    let mut steps = 0;
    while !spaces
        .map_step(0, base, length, Permission::Read, &mut done)
        .unwrap()
    {
        steps += 1;
        assert_eq!(done, steps * 32 * 4096);
        assert!(
            spaces
                .translate(0, base + done as u64 - 1, Access::Load, Mode::User)
                .is_some()
        );
        assert!(
            spaces
                .translate(0, base + done as u64, Access::Load, Mode::User)
                .is_none()
        );
    }
    assert_eq!(steps, 7);
    (done, steps) = (0, 0);
    while !spaces.unmap(0, base, length, &mut done) {
        steps += 1;
        assert_eq!(done, steps * 6 * 4096);
        assert!(
            spaces
                .translate(0, base + done as u64 - 1, Access::Load, Mode::User)
                .is_none()
        );
        assert!(
            spaces
                .translate(0, base + done as u64, Access::Load, Mode::User)
                .is_some()
        );
    }
    assert_eq!(steps, 42);
}

#[test]
fn what_a_failed_mapping_left_is_unmapped_as_a_whole() {
    // Room for the way to the first 2 MiB only.
    let mut spaces = spaces(1, 3);
    let (base, length) = (0x401f_f000, 0x2000);
    let mut done = 0;
    let mut step = || spaces.map_step(0, base, length, Permission::Read, &mut done);
    assert_eq!(step(), Ok(false));
    assert_eq!(step(), Err(Error::Exhausted));
    spaces.unmap_all(0, base, length);
    assert_eq!(spaces.left(), 2);
    assert_eq!(spaces.translate(0, base, Access::Load, Mode::User), None);
    spaces.check_pool();
}

/// A page needs a table at each of two levels. If only one is free, none is taken. No later unmapping would find an
/// empty one, because it walks down to the page's own table.
#[test]
fn a_page_takes_no_table_when_there_are_not_as_many_as_it_needs() {
    for length in [0x1000, 0x2000, 0x20_0000] {
        let levels = if length == 0x20_0000 { 1 } else { 2 };
        for free in 0..=3 {
            let mut spaces = spaces(1, 1 + free);
            let mapped = spaces.map_step(0, 0x4000_0000, length, Permission::Read, &mut 0);
            if free < levels {
                assert_eq!(mapped, Err(Error::Exhausted));
                assert_eq!(spaces.left(), free);
            } else {
                assert_eq!(mapped, Ok(true));
                assert_eq!(spaces.left(), free - levels);
            }
            spaces.check_pool();
            spaces.unmap_all(0, 0x4000_0000, length);
            assert_eq!(spaces.left(), free);
            spaces.check_pool();
        }
    }
}

/// If only the lowest table is missing, one is enough.
#[test]
fn a_page_beside_others_takes_one_table() {
    for length in [0x1000, 0x2000] {
        let mut spaces = spaces(1, 4);
        let near = 0x4000_0000;
        spaces.map(0, near, 0x1000, Permission::Read).unwrap();
        spaces
            .map(0, near + 0x20_0000, length, Permission::Read)
            .unwrap();
        assert_eq!(spaces.left(), 0);
        assert_eq!(
            spaces.map(0, near + 0x40_0000, length, Permission::Read),
            Err(Error::Exhausted)
        );
        spaces.check_pool();
        spaces.unmap_all(0, near, 0x1000);
        spaces.unmap_all(0, near + 0x20_0000, length);
        assert_eq!(spaces.left(), 3);
    }
}

#[test]
fn the_very_same_again_changes_nothing() {
    let mut spaces = spaces(1, 8);
    for _ in 0..3 {
        spaces
            .map(0, 0x1000_0000, 0x3000, Permission::ReadWrite)
            .unwrap();
        spaces.check_pool();
        assert_eq!(spaces.left(), 5);
    }
    spaces.unmap_all(0, 0x1000_0000, 0x3000);
    assert_eq!(spaces.left(), 7);
}

#[test]
fn a_page_in_a_large_page_is_refused_not_torn() {
    let mut spaces = spaces(1, 8);
    spaces
        .map(0, 0x4000_0000, 0x4000_0000, Permission::Read)
        .unwrap();
    assert_eq!(
        spaces.map(0, 0x4000_1000, 0x1000, Permission::ReadWrite),
        Err(Error::Exhausted)
    );
    assert_eq!(
        spaces.translate(0, 0x4000_1000, Access::Load, Mode::User),
        Some(0x4000_1000)
    );
    assert_eq!(
        spaces.translate(0, 0x4000_1000, Access::Store, Mode::User),
        None
    );
}

#[test]
fn the_kernel_is_in_every_space_and_no_task_reaches_it() {
    let mut spaces = spaces(2, 8);
    // One within the lower half of physical memory, and one above what Sv39 can name.
    for (physical, seen) in [
        (0x8020_0000, 0xffff_ffc0_8020_0000_u64),
        (0xff_d800_0000, 0xffff_ffff_d800_0000),
    ] {
        spaces.map_kernel(physical);
        for task in 0..2 {
            for access in [Access::Load, Access::Store, Access::Fetch] {
                assert_eq!(
                    spaces.translate(task, seen, access, Mode::Supervisor),
                    Some(physical)
                );
                assert_eq!(spaces.translate(task, seen, access, Mode::User), None);
                assert_eq!(spaces.translate(task, physical, access, Mode::User), None);
            }
        }
    }
}

#[test]
fn a_device_above_the_range_appears_at_its_low_bits() {
    let mut spaces = spaces(1, 8);
    let device = 0xff_e701_4000;
    spaces
        .map(0, device, 0x1000, Permission::ReadWrite)
        .unwrap();
    let seen = device & WINDOW_MASK;
    assert_eq!(seen, 0x3f_e701_4000);
    assert_eq!(
        spaces.translate(0, seen, Access::Store, Mode::User),
        Some(device)
    );
    spaces.unmap_all(0, device, 0x1000);
    assert_eq!(spaces.translate(0, seen, Access::Load, Mode::User), None);
    assert_eq!(spaces.left(), 7);
}

#[test]
fn a_pool_without_a_root_for_each_task_is_refused() {
    let mut spaces = Sv39::<Standard>::new();
    let pool = Box::leak(vec![Table::EMPTY; 2].into_boxed_slice());
    let used = Box::leak(vec![Use::NONE; 2].into_boxed_slice());
    assert_eq!(spaces.start(pool, used, BASE, 3), Err(Error::Exhausted));
    assert_eq!(
        spaces.map(0, 0, 4096, Permission::Read),
        Err(Error::Exhausted)
    );
}
