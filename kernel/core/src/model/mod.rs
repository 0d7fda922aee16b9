//! The machine that the tests run on: memory, protection, lines, alarm and bus mastering
//! kept as plain sets, so that what the kernel did can be looked up.

mod board;
pub(crate) mod calls;
mod lending;
mod world;

pub(crate) use board::{CONFIG, FLOATING, RAM, Shares, TASKS, arena, data, root};
pub(crate) use lending::{description, own, part, whole};
pub(crate) use world::{PARK, World};

use crate::{Context, Fault, Hardware, NEVER, Region, TaskConfig, Window};
use core::cell::Cell;
use leasehold_abi::{Error, FaultKind, GrantKind, MESSAGE_WORDS, Rights};
use std::collections::{BTreeMap, BTreeSet};
use std::vec::Vec;

/// Registers of a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Registers {
    pub(crate) pc: usize,
    pub(crate) stack: usize,
    pub(crate) results: [usize; 3],
    pub(crate) words: [usize; MESSAGE_WORDS],
    pub(crate) tag: usize,
}

impl Context for Registers {
    const EMPTY: Self = Self {
        pc: 0,
        stack: 0,
        results: [0; 3],
        words: [0; MESSAGE_WORDS],
        tag: 0,
    };

    fn start(&mut self, entry: usize, stack: usize) {
        *self = Self {
            pc: entry,
            stack,
            ..Self::EMPTY
        };
    }
    fn place(&self) -> (usize, usize) {
        (self.pc, self.stack)
    }
    fn set_results(&mut self, results: [usize; 3]) {
        self.results = results;
    }
    fn message(&self) -> ([usize; MESSAGE_WORDS], usize) {
        (self.words, self.tag)
    }
    fn set_message(&mut self, words: [usize; MESSAGE_WORDS], tag: usize) {
        self.words = words;
        self.tag = tag;
    }
    fn skip(&mut self, bytes: usize) {
        self.pc += bytes;
        self.results[1] = 1;
    }
}

/// A granule that a task can reach beside its own memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mapping {
    pub(crate) kind: GrantKind,
    pub(crate) rights: Rights,
}

/// The machine.
pub(crate) struct Model {
    pub(crate) now: u64,
    pub(crate) alarm: Option<u64>,
    pub(crate) pending: BTreeSet<u32>,
    /// Lines of PCI functions, by the function's configuration space. Such a line is a level: a function asserts it
    /// while its status says so and its command does not disable it.
    pub(crate) functions: BTreeMap<u64, u32>,
    /// Lines that are high whatever the kernel does.
    pub(crate) stuck: BTreeSet<u32>,
    pub(crate) unmasked: BTreeSet<u32>,
    /// What is mapped, by task and the address at which it sees the granule.
    pub(crate) mapped: BTreeMap<(usize, u64), Mapping>,
    /// Own regions, by task.
    pub(crate) own: Vec<Vec<Region>>,
    pub(crate) masters: BTreeSet<u64>,
    pub(crate) configuration: BTreeMap<u64, u32>,
    pub(crate) memory: Vec<u8>,
    pub(crate) printed: Vec<u8>,
    /// How many granules can be mapped in all.
    pub(crate) room: usize,
    /// How often a task's memory was made fresh.
    pub(crate) freshened: Vec<usize>,
    /// Raise a line when the kernel has looked for interrupts this many times more.
    pub(crate) raise: Cell<Option<(usize, u32)>>,
    raised: Cell<Option<u32>>,
    /// Let this many ticks pass when the kernel has looked for interrupts this many times more.
    pub(crate) delay: Cell<Option<(usize, u64)>>,
    /// What has passed so, to be added to `now`.
    delayed: Cell<u64>,
    /// Costly operations since the kernel last looked for interrupts or was entered, and the
    /// most there ever were.
    pub(crate) work: Cell<usize>,
    pub(crate) most_work: Cell<usize>,
    /// How often the kernel looked.
    pub(crate) looks: Cell<usize>,
}

/// Granules that one step maps or unmaps.
const STEP: u64 = 8;

impl Model {
    pub(crate) fn new() -> Self {
        Self {
            now: 1000,
            alarm: None,
            pending: BTreeSet::new(),
            functions: BTreeMap::new(),
            stuck: BTreeSet::new(),
            unmasked: BTreeSet::new(),
            mapped: BTreeMap::new(),
            own: Vec::new(),
            masters: BTreeSet::new(),
            configuration: BTreeMap::new(),
            memory: std::vec![0; RAM.1],
            printed: Vec::new(),
            room: usize::MAX,
            freshened: std::vec![0; TASKS],
            raise: Cell::new(None),
            raised: Cell::new(None),
            delay: Cell::new(None),
            delayed: Cell::new(0),
            work: Cell::new(0),
            most_work: Cell::new(0),
            looks: Cell::new(0),
        }
    }

    /// A device raises its line.
    pub(crate) fn raise_line(&mut self, line: u32) {
        self.pending.insert(line);
    }

    /// The lines that can be taken now.
    fn deliverable(&self) -> Option<u32> {
        let late = self
            .raised
            .get()
            .filter(|line| self.unmasked.contains(line));
        let asserted = self
            .functions
            .iter()
            .filter(|&(&function, _)| self.asserts(function))
            .map(|(_, &line)| line);
        self.pending
            .iter()
            .copied()
            .chain(asserted)
            .chain(self.stuck.iter().copied())
            .find(|line| self.unmasked.contains(line))
            .or(late)
    }

    /// Whether a PCI function asserts its line.
    pub(crate) fn asserts(&self, function: u64) -> bool {
        let word = self.read_configuration(function as usize + 4);
        word & Self::ASSERTS != 0 && word & Self::DISABLED == 0
    }

    /// A PCI function has, or has no more, an interrupt.
    pub(crate) fn set_interrupt(&mut self, function: u64, there: bool) {
        let word = self.configuration.entry(function + 4).or_default();
        *word &= !Self::ASSERTS;
        if there {
            *word |= Self::ASSERTS;
        }
    }

    /// In the status register, the upper half of the word: the function has an interrupt.
    const ASSERTS: u32 = 0x0008_0000;
    /// In the command register: it does not assert its line.
    pub(crate) const DISABLED: u32 = 0x400;

    fn worked(&self) {
        self.work.set(self.work.get() + 1);
        self.most_work
            .set(self.most_work.get().max(self.work.get()));
    }

    fn range(&self, at: usize, length: usize) -> core::ops::Range<usize> {
        let start = at.checked_sub(RAM.0).expect("below RAM");
        assert!(start + length <= RAM.1, "past RAM");
        start..start + length
    }

    /// Bytes of memory, for a test to look at or change.
    pub(crate) fn bytes(&mut self, at: usize, length: usize) -> &mut [u8] {
        let range = self.range(at, length);
        &mut self.memory[range]
    }

    /// Whether a task can read, or write, an address.
    pub(crate) fn reaches(&self, task: usize, at: u64, write: bool) -> bool {
        let granule = at & !(Self::GRANULE as u64 - 1);
        self.mapped.get(&(task, granule)).is_some_and(|mapping| {
            mapping
                .rights
                .contains(if write { Rights::WRITE } else { Rights::READ })
        })
    }
}

/// Marks what the model notes of a mapped window.
const NOTED: usize = 1 << 63;

/// Marks that of a window that one step unmaps: no window begins at an odd address.
const SHORT: usize = 1;

/// What the model notes of a mapped window.
fn note(task: usize, base: usize) -> usize {
    NOTED | task << 48 | base
}

impl Model {
    /// A step of unmapping.
    fn take_away(
        &mut self,
        task: usize,
        (base, length): (usize, usize),
        progress: &mut usize,
    ) -> bool {
        self.worked();
        if *progress & NOTED != 0 {
            assert_eq!(
                *progress & !SHORT,
                note(task, base),
                "the note of another window"
            );
            *progress = 0;
        } else if *progress == 0 {
            let place = |at| (task, Self::window_address(base + at) as u64);
            let mut granules = (0..length).step_by(Self::GRANULE);
            let whole = granules.all(|at| self.mapped.contains_key(&place(at)));
            assert!(!whole, "all of a window is mapped, and its note is lost");
        }
        for _ in 0..STEP {
            if *progress == length {
                return true;
            }
            let seen = Self::window_address(base + *progress) as u64;
            self.mapped.remove(&(task, seen));
            *progress += Self::GRANULE;
        }
        *progress == length
    }
}

impl Hardware for Model {
    type Context = Registers;
    type Routes = [u16; 12];

    const GRANULE: usize = 64;
    const GUARD: usize = 64;
    const CHECKED_STRIDE: usize = 8;
    const WINDOW_MASK: usize = u32::MAX as usize;
    const PCI: bool = true;

    fn now(&self) -> u64 {
        self.now + self.delayed.get()
    }
    fn set_alarm(&mut self, at: u64) {
        self.alarm = (at != NEVER).then_some(at);
    }
    fn interrupt_pending(&self) -> bool {
        self.work.set(0);
        self.looks.set(self.looks.get() + 1);
        match self.raise.get() {
            Some((0, line)) => {
                self.raise.set(None);
                self.raised.set(Some(line));
            }
            Some((steps, line)) => self.raise.set(Some((steps - 1, line))),
            None => {}
        }
        match self.delay.get() {
            Some((0, ticks)) => {
                self.delay.set(None);
                self.delayed.set(self.delayed.get() + ticks);
            }
            Some((looks, ticks)) => self.delay.set(Some((looks - 1, ticks))),
            None => {}
        }
        self.deliverable().is_some() || self.alarm.is_some_and(|at| at <= self.now())
    }

    fn take_line(&mut self) -> Option<u32> {
        let line = self.deliverable()?;
        self.pending.remove(&line);
        if self.raised.get() == Some(line) {
            self.raised.set(None);
        }
        self.unmasked.remove(&line);
        Some(line)
    }
    fn unmask_line(&mut self, line: u32) {
        self.unmasked.insert(line);
    }
    fn mask_line(&mut self, line: u32) {
        self.unmasked.remove(&line);
        self.pending.remove(&line);
    }

    fn map_own(&mut self, task: usize, regions: &[Region]) -> Result<(), Error> {
        assert_eq!(self.own.len(), task, "once each, in order");
        self.own.push(regions.to_vec());
        Ok(())
    }
    fn map_step(
        &mut self,
        task: usize,
        window: Window,
        progress: &mut usize,
    ) -> Result<bool, Error> {
        self.worked();
        assert!(window.length > 0 && window.base.is_multiple_of(Self::GRANULE));
        for _ in 0..STEP {
            if *progress == window.length {
                break;
            }
            if self.mapped.len() >= self.room {
                return Err(Error::Exhausted);
            }
            let mapping = Mapping {
                kind: window.kind,
                rights: window.rights,
            };
            let seen = Self::window_address(window.base + *progress) as u64;
            let before = self.mapped.insert((task, seen), mapping);
            assert_eq!(before, None, "mapped twice");
            *progress += Self::GRANULE;
        }
        let done = *progress == window.length;
        if done {
            let short = window.length <= STEP as usize * Self::GRANULE;
            *progress = note(task, window.base) | if short { SHORT } else { 0 };
        }
        Ok(done)
    }
    fn unmap(&mut self, task: usize, window: (usize, usize), progress: &mut usize) -> bool {
        assert!(!Self::unmapped_at_once(*progress));
        self.take_away(task, window, progress)
    }
    fn unmapped_at_once(progress: usize) -> bool {
        progress & SHORT != 0
    }
    fn unmap_at_once(&mut self, task: usize, window: (usize, usize), mut progress: usize) {
        assert!(Self::unmapped_at_once(progress));
        assert!(self.take_away(task, window, &mut progress));
    }

    fn fault_kind(&self, task: usize, kind: FaultKind, address: usize) -> FaultKind {
        // As a hart with PMP, the model reports a device's error as a refused access.
        let refused = match kind {
            FaultKind::Read => !self.reaches(task, address as u64, false),
            FaultKind::Write => !self.reaches(task, address as u64, true),
            _ => true,
        };
        if refused { kind } else { FaultKind::Bus }
    }

    fn set_bus_master(&mut self, configuration: usize, on: bool) {
        self.worked();
        let configuration = configuration as u64;
        let command = self.configuration.entry(configuration + 4).or_default();
        if on {
            assert!(self.masters.insert(configuration), "on twice");
            *command |= 4;
        } else {
            assert!(self.masters.remove(&configuration), "off twice");
            *command &= !4;
        }
    }
    fn write_configuration(&mut self, address: usize, width: usize, value: u32) {
        let address = address as u64;
        let mask = if width == 4 {
            u32::MAX
        } else {
            (1 << (8 * width)) - 1
        };
        let shift = 8 * (address % 4) as u32;
        let word = self.configuration.entry(address & !3).or_default();
        *word = *word & !(mask << shift) | (value & mask) << shift;
    }
    fn read_configuration(&self, address: usize) -> u32 {
        self.configuration
            .get(&(address as u64))
            .copied()
            .unwrap_or(0)
    }

    fn copy(&mut self, from: usize, to: usize, length: usize) {
        self.worked();
        let most = if (from | to).is_multiple_of(8) {
            leasehold_abi::COPY_STEP
        } else {
            leasehold_abi::UNALIGNED_STEP
        };
        assert!(length <= most, "a copy of {length} bytes at once");
        let from = self.range(from, length);
        let to = self.range(to, length);
        self.memory.copy_within(from, to.start);
    }
    fn load(&self, from: usize) -> usize {
        let mut word = [0; size_of::<usize>()];
        assert!(
            from.is_multiple_of(word.len()),
            "a load of a word at {from:#x}"
        );
        self.read(from, &mut word);
        usize::from_ne_bytes(word)
    }
    fn read(&self, from: usize, into: &mut [u8]) {
        into.copy_from_slice(&self.memory[self.range(from, into.len())]);
    }
    fn write(&mut self, to: usize, bytes: &[u8]) {
        self.bytes(to, bytes.len()).copy_from_slice(bytes);
    }
    fn fresh(&mut self, task: &TaskConfig, done: &mut usize) {
        self.worked();
        assert!(*done < task.data.length(), "all of it is fresh");
        // L6: nobody can reach memory that is made fresh.
        for region in task.regions() {
            let reached = self
                .mapped
                .keys()
                .any(|&(_, at)| region.range.contains(at as usize));
            assert!(!reached, "{:?} is made fresh under a lessee", task.name);
        }
        let (first, end) = task.initial_offsets();
        for at in *done..task.data.length().min(*done + 256) {
            let byte = if (first..end).contains(&at) {
                *self
                    .bytes(task.initial_source as usize + at - first, 1)
                    .first()
                    .unwrap()
            } else {
                0
            };
            self.bytes(task.data.base() + at, 1)[0] = byte;
            *done = at + 1;
        }
        if *done == task.data.length() {
            self.freshened[task.text.base() / 0x1000 % 64] += 1;
        }
    }

    fn print(&mut self, bytes: &[u8]) {
        for _ in bytes.chunks(leasehold_abi::DEBUG_STEP) {
            self.worked();
        }
        self.printed.extend_from_slice(bytes);
    }
    fn off(&mut self, code: u32, reset: bool) -> ! {
        panic!(
            "off {code} {reset}: {}",
            std::string::String::from_utf8_lossy(&self.printed)
        );
    }
    fn supervisor_ended(&mut self, fault: &Fault, message: &[u8]) -> ! {
        panic!(
            "supervisor: {} at {:#x}: {}",
            fault.kind.text(),
            fault.address,
            std::string::String::from_utf8_lossy(message)
        );
    }
}
