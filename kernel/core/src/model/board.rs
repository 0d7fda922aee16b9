//! The image that the tests boot: six tasks and eight resources.

use crate::{Beginning, Config, GrantConfig, Range, TaskConfig, TaskSet, name};
use leasehold_abi::{GrantKind, Rights};

/// How many tasks there are.
pub(crate) const TASKS: usize = 6;

/// RAM: base and size. Task `i` has its text, then its data, at `RAM + i * 0x1000`; the
/// image's initial data and a pool lie behind.
pub(crate) const RAM: (usize, usize) = (0x8000_0000, 0x8000);

/// Numbers of the root's grants.
pub(crate) mod root {
    pub(crate) const UART: usize = 0;
    pub(crate) const BAR: usize = 1;
    pub(crate) const LINE_10: usize = 2;
    pub(crate) const LINE_11: usize = 3;
    pub(crate) const CONFIG: usize = 4;
    pub(crate) const BUS_MASTER: usize = 5;
    pub(crate) const PRIVATE: usize = 7;
}

const fn base(task: usize) -> usize {
    RAM.0 + task * 0x1000
}

/// A task's data region: where tests put records and buffers.
pub(crate) const fn data(task: usize) -> usize {
    base(task) + 0x400
}

/// A task's lend arena, 1 KiB at the end of its data.
pub(crate) const fn arena(task: usize) -> usize {
    base(task) + 0xc00
}

const fn range(base: usize, length: u32) -> Range {
    Range::new(base as u32, length)
}

const fn task(index: usize, text: &str, lends: TaskSet) -> TaskConfig {
    TaskConfig {
        name: name(text),
        stack_top: data(index) as u32 + 0x380,
        text: range(base(index), 0x3c0),
        constants: range(0, 0),
        data: range(data(index), 0xc00),
        initial_length: 0x80,
        initial_source: (RAM.0 + TASKS * 0x1000 + 0x80 * index) as u32,
        arena: range(arena(index), 0x400),
        checked: (0x100, 0x100),
        notifies: if index == 5 { 0 } else { 0b11_1111 },
        lends,
    }
}

/// A task that begins with this share of the tables.
const fn beginning(index: usize, (leases, grants): (u16, u16)) -> Beginning {
    Beginning {
        // All but the last may call every task above, and even (in vain) below.
        calls: if index == 5 { 0b1_0000 } else { TaskSet::MAX },
        leases,
        grants,
        // The supervisor's deadline never comes: its end is the machine's.
        release_ticks: if index == 0 { u64::MAX / 2 } else { 200 },
        autostart: true,
        floating_point: index == FLOATING,
    }
}

/// The task that may use floating point.
pub(crate) const FLOATING: usize = 5;

static TASK_CONFIGS: [TaskConfig; TASKS] = [
    task(0, "supervisor", 0b11_1111),
    task(1, "console", 0),
    task(2, "parent", 0b11_1000),
    task(3, "child", 0b11_0000),
    task(4, "client", 0b10_0000),
    task(5, "hostile", 0),
];

const ALL: Rights = Rights::READ.union(Rights::WRITE).union(Rights::LEND);

const fn grant(kind: GrantKind, base: u64, length: u64, rights: Rights, label: u32) -> GrantConfig {
    GrantConfig {
        label,
        kind,
        base,
        length,
        rights,
    }
}

static GRANTS: [GrantConfig; 8] = [
    grant(GrantKind::Mmio, 0x1000_0000, 0x100, ALL, 100),
    grant(GrantKind::Mmio, 0x2000_0000, 0x1000, ALL, 101),
    grant(GrantKind::Interrupt, 10, 1, ALL, 102),
    grant(GrantKind::Interrupt, 11, 1, ALL, 103),
    grant(GrantKind::Config, 0x3000_0000, 0x4000, ALL, 104),
    grant(GrantKind::BusMaster, 0x3000_0000, 0x4000, ALL, 105),
    grant(GrantKind::Memory, RAM.0 as u64 + 0x7000, 0x1000, ALL, 106),
    grant(GrantKind::Mmio, 0x4000_0000, 0x100, Rights::READ, 107),
];

/// The task that lends most, beside the supervisor.
const PARENT: usize = 2;

/// What the tasks begin with, with their shares of tables of so many slots and grants. Small ones are the supervisor's
/// alone.
const fn shared<const L: usize, const G: usize>() -> [Beginning; TASKS] {
    // Of the parent, and of each other.
    let [parent, other] = match L {
        ..8 => [(0, 0); 2],
        8..=64 => [((L as u16 - 13) / 2, G as u16 / 3), (3, G as u16 / 12)],
        _ => [(210, 420), (4, 10)],
    };
    let mut beginnings = [beginning(0, (0, 0)); TASKS];
    let mut rest = (L as u16 - 1, G as u16 - GRANTS.len() as u16);
    let mut task = 1;
    while task < TASKS {
        let share = if task == PARENT { parent } else { other };
        beginnings[task] = beginning(task, share);
        rest = (rest.0 - share.0, rest.1 - share.1);
        task += 1;
    }
    beginnings[0] = beginning(0, rest);
    beginnings
}

/// The configuration for tables of any size.
pub(crate) struct Shares<const L: usize, const G: usize>;

impl<const L: usize, const G: usize> Shares<L, G> {
    pub(crate) const CONFIG: &'static Config<TASKS> = &Config {
        tasks: &TASK_CONFIGS,
        beginnings: &shared::<L, G>(),
        grants: &GRANTS,
        ticks_per_second: 10_000,
    };
}

/// The one for tables of 64 slots and 192 grants.
pub(crate) const CONFIG: &Config<TASKS> = Shares::<64, 192>::CONFIG;
