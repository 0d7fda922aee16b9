//! Compares the table with a list of windows, after any sequence of changes.

use super::*;
use std::vec::Vec;
use std::{assert, assert_eq};

const N: usize = 7;

/// The table, what the hardware would hold, and what is meant to be there: windows with their entries.
struct World {
    slots: Slots<N>,
    hardware: [Option<u32>; N],
    windows: Vec<(u32, Vec<u32>)>,
}

impl World {
    const fn new() -> Self {
        Self {
            slots: Slots::EMPTY,
            hardware: [None; N],
            windows: Vec::new(),
        }
    }

    fn put(&mut self, base: u32, entries: &[u32], adjacent: bool) -> bool {
        let before = self.hardware;
        let mut set = Vec::new();
        let write = |index: usize, entry| set.push((index, entry));
        let outcome = if adjacent {
            self.slots.put_adjacent(base, entries, write)
        } else {
            self.slots.put(base, entries, write)
        };
        for window in set.windows(2) {
            assert!(window[0].0 < window[1].0, "by rising index");
            assert!(!adjacent || window[0].0 + 1 == window[1].0);
        }
        for &(index, entry) in &set {
            assert_eq!(self.hardware[index], None, "an entry of another window");
            self.hardware[index] = Some(entry);
        }
        match outcome {
            Ok(()) => {
                assert!(set.iter().map(|(_, entry)| entry).eq(entries));
                self.windows.push((base, entries.to_vec()));
                true
            }
            Err(error) => {
                assert_eq!(error, Error::Exhausted);
                assert_eq!(before, self.hardware, "a refused window sets nothing");
                false
            }
        }
    }

    fn remove(&mut self, base: u32) {
        let hardware = &mut self.hardware;
        self.slots.remove(base, |index| {
            assert!(hardware[index].take().is_some(), "an entry cleared twice");
        });
        self.windows.retain(|window| window.0 != base);
    }

    fn compact(&mut self) {
        let hardware = &mut self.hardware;
        let before: Vec<u32> = hardware.iter().flatten().copied().collect();
        self.slots.compact(|from, to| {
            assert_eq!(hardware[to], None, "an entry of another window");
            hardware[to] = hardware[from].take();
            assert!(hardware[to].is_some(), "a free entry moved");
        });
        let after: Vec<u32> = hardware.iter().flatten().copied().collect();
        assert_eq!(before, after, "the order stays");
        assert_eq!(self.longest_run(), self.slots.free());
    }

    fn check(&self) {
        let mut there: Vec<u32> = self.hardware.iter().flatten().copied().collect();
        let mut meant: Vec<u32> = self
            .windows
            .iter()
            .flat_map(|window| &window.1)
            .copied()
            .collect();
        there.sort_unstable();
        meant.sort_unstable();
        assert_eq!(there, meant);
        assert_eq!(self.slots.free(), N - there.len());
        let last = self.hardware.iter().rposition(|entry| entry.is_some());
        assert_eq!(self.slots.used(), last.map_or(0, |last| last + 1));
    }

    /// The longest run of entries that the hardware has free.
    fn longest_run(&self) -> usize {
        let runs = self.hardware.split(|entry| entry.is_some());
        runs.map(<[_]>::len).max().unwrap_or(0)
    }
}

/// Every sequence of eight steps. Each step puts one of three windows (`shape` fixes its size and whether its entries
/// are adjacent), or removes it if it is there.
fn every_sequence(shape: [(usize, bool); 3]) {
    for sequence in 0..3_u32.pow(8) {
        let mut world = World::new();
        for act in 0..8 {
            let which = (sequence / 3_u32.pow(act) % 3) as usize;
            // One of them at address 0, which must not count as free.
            let base = which as u32 * 0x2000_0000;
            if world.windows.iter().any(|window| window.0 == base) {
                world.remove(base);
            } else {
                let (count, adjacent) = shape[which];
                let entries: Vec<u32> = (0..count).map(|at| base + 100 + at as u32).collect();
                let room = if adjacent {
                    world.longest_run()
                } else {
                    world.slots.free()
                };
                assert_eq!(world.put(base, &entries, adjacent), count <= room);
            }
            world.check();
        }
        world.compact();
        world.check();
        for (base, _) in world.windows.clone() {
            world.remove(base);
            world.check();
        }
    }
}

#[test]
fn a_window_has_its_entries_until_it_is_removed_whatever_came_and_went() {
    for first in 1..=4 {
        for second in 1..=4 {
            every_sequence([(first, true), (second, false), (2, true)]);
            every_sequence([(first, false), (second, true), (1, false)]);
        }
    }
}

#[test]
fn removing_what_is_not_there_clears_nothing() {
    let mut world = World::new();
    assert!(world.put(0x100, &[1, 2], true));
    world.remove(0);
    world.remove(0x200);
    world.check();
    assert_eq!(world.slots.free(), N - 2);
}

#[test]
fn a_full_table_refuses_and_keeps_what_it_has() {
    let mut world = World::new();
    assert!(world.put(0, &[1, 2, 3, 4], false));
    assert!(!world.put(0x100, &[5, 6, 7, 8], false));
    assert!(world.put(0x100, &[5, 6, 7], true));
    assert!(!world.put(0x200, &[8], false));
    assert!(!world.put(0x200, &[8], true));
    world.check();
}
