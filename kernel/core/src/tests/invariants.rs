//! What must hold between any two entries, whatever the tasks did.

use crate::index::Table;
use crate::lease::links::{Linked, List, NIL};
use crate::lease::record::Lease;
use crate::lease::shared::SHARED;
use crate::lease::table::ROOT;
use crate::model::{Mapping, Model};
use crate::schedule::bit;
use crate::task::no_handle;
use crate::{Hardware, Kernel};
use leasehold_abi::{Claim, GrantKind, LeaseState, MOST_PARTS, RevokeMode, Rights, TaskState};
use std::collections::{BTreeMap, BTreeSet};
use std::vec::Vec;

/// Most costly operations of the machine between two looks for interrupts.
const WORK_BOUND: usize = 4;

/// Checks a kernel, and remembers generations from one check to the next.
#[derive(Default)]
pub(super) struct Checker {
    generations: Vec<u32>,
    lives: Vec<u32>,
}

type Machine<const L: usize, const G: usize, const B: u32> = Kernel<Model, 6, L, G, B>;

impl Checker {
    /// All of it.
    pub(super) fn check<const L: usize, const G: usize, const B: u32>(
        &mut self,
        kernel: &Machine<L, G, B>,
    ) {
        check_blocking(kernel);
        check_lists(kernel);
        check_derivation(kernel);
        check_claims(kernel);
        let most = kernel.hardware.most_work.get();
        assert!(most <= WORK_BOUND, "a step of {most} operations");
        let generations = kernel
            .leases
            .records
            .iter()
            .map(|lease| lease.generation)
            .collect();
        rises(&mut self.generations, generations);
        rises(
            &mut self.lives,
            kernel.tasks.iter().map(|task| task.handle >> 6).collect(),
        );
    }
}

/// Generations only rise.
fn rises(before: &mut Vec<u32>, now: Vec<u32>) {
    for (before, now) in before.iter().zip(&now) {
        assert!(before <= now, "a generation fell from {before} to {now}");
    }
    *before = now;
}

/// The sets of callers are what the states say.
fn check_blocking<const L: usize, const G: usize, const B: u32>(kernel: &Machine<L, G, B>) {
    for (index, task) in kernel.tasks.iter().enumerate() {
        let ready = kernel.ready & bit(index) != 0;
        assert_eq!(ready, task.state == TaskState::Ready, "task {index}");
        assert!(!(task.serving && task.holding));
        let accepting = task.state == TaskState::Receiving && task.serving;
        assert_eq!(
            task.accepting,
            if accepting {
                task.fast
            } else {
                no_handle(task.handle)
            }
        );
        if accepting {
            assert_eq!(
                task.waiting, 0,
                "a caller waits for a task that waits for callers"
            );
        }
        for (other, server) in kernel.tasks.iter().enumerate() {
            let waits = server.waiting & bit(index) != 0;
            let served = server.in_service & bit(index) != 0;
            assert_eq!(
                waits,
                task.state == TaskState::Calling && task.peer == other
            );
            assert_eq!(
                served,
                task.state == TaskState::AwaitingReply && task.peer == other
            );
            if waits || served {
                assert!(other < index, "a call downhill");
                // L8: a task blocked on one that cannot answer is about to be woken.
                let answers = server.is_alive() && (served || server.serving || server.holding);
                assert!(answers || kernel.reaper.waking & bit(other) != 0);
            }
        }
        if !task.is_alive() {
            assert!(task.pending == 0 && !ready);
        }
    }
    // No task sees its own call half done.
    let runs = kernel.current < kernel.tasks.len();
    assert!(!runs || kernel.reaper.operating & bit(kernel.current) == 0);
    assert_eq!(kernel.reaper.is_idle(), is_done(kernel));
}

fn is_done<const L: usize, const G: usize, const B: u32>(kernel: &Machine<L, G, B>) -> bool {
    let reaper = &kernel.reaper;
    reaper.waking | reaper.stopping | reaper.operating | reaper.starting == 0
        && reaper.leases.first == NIL
}

/// The slots in a list, which must be consistent both ways.
fn slots<R: Linked, const N: usize>(table: &Table<R, N>, list: List) -> Vec<u16> {
    let mut slots = Vec::new();
    let (mut at, mut before) = (list.first, NIL);
    while at != NIL {
        let links = table[at as usize].links();
        assert_eq!(links.previous, before);
        slots.push(at);
        assert!(slots.len() <= N, "a list in a circle");
        (before, at) = (at, links.next);
    }
    assert_eq!(list.last, before);
    slots
}

/// The slots of a list, which are these.
fn same<R: Linked, const N: usize>(
    table: &Table<R, N>,
    list: List,
    expected: BTreeSet<u16>,
) -> Vec<u16> {
    let slots = slots(table, list);
    assert_eq!(slots.iter().copied().collect::<BTreeSet<_>>(), expected);
    slots
}

/// Each list of leases is exactly the leases that belong in it.
fn check_lists<const L: usize, const G: usize, const B: u32>(kernel: &Machine<L, G, B>) {
    let leases = &kernel.leases.records;
    let which = |belongs: &dyn Fn(&Lease) -> bool| -> BTreeSet<u16> {
        (0..L as u16)
            .filter(|&slot| belongs(&leases[slot as usize]))
            .collect()
    };
    let held = |lease: &Lease| matches!(lease.state, LeaseState::Active | LeaseState::Ending);
    for (index, task) in kernel.tasks.iter().enumerate() {
        let mine = |lease: &Lease| lease.lessee as usize == index;
        let active =
            |lease: &Lease| lease.state == LeaseState::Active && lease.lessee as usize == index;
        same(
            leases,
            task.leases.quiet,
            which(&|lease| active(lease) && !lease.offered),
        );
        same(
            leases,
            task.leases.offered,
            which(&|lease| active(lease) && lease.offered),
        );
        let lent =
            |lease: &Lease| lease.lessor as usize == index && lease.state != LeaseState::Free;
        assert_eq!(task.lent_count as usize, which(&lent).len());
        let counted =
            |lease: &Lease| mine(lease) && (held(lease) || lease.state == LeaseState::Released);
        assert_eq!(task.held_count as usize, which(&counted).len());
        let ending = same(
            leases,
            task.leases.ending,
            which(&|lease| mine(lease) && lease.state == LeaseState::Ending),
        );
        // It was told of the first of them, up to one.
        assert!(task.leases.untold == NIL || ending.contains(&task.leases.untold));
        if task.is_alive() {
            let deadlines: Vec<u64> = ending
                .iter()
                .map(|&slot| leases[slot as usize].deadline)
                .collect();
            assert!(deadlines.is_sorted());
        }
        // L6: a task that has lent something is not dormant.
        if task.state == TaskState::Dormant {
            assert_eq!((task.held_count, task.lent_count), (0, 0));
            // Nor is anything left to do for its last life.
            let ending = kernel.reaper.stopping | kernel.reaper.waking;
            assert_eq!(ending & bit(index), 0);
        }
    }
    same(
        &kernel.leases.work,
        kernel.reaper.leases,
        which(&|lease| lease.queued),
    );
    for (slot, lease) in leases.iter().enumerate() {
        let child =
            |lease: &Lease| lease.parent as usize == slot && lease.state != LeaseState::Free;
        let children = if lease.state == LeaseState::Free {
            assert!(which(&child).is_empty());
            continue;
        } else {
            same(&kernel.leases.siblings, lease.children, which(&child))
        };
        let next = lease.child_cursor;
        assert!(next == NIL || children.contains(&next));
        // L5: what is derived ends too, or the reaper is on its way to it.
        if lease.state == LeaseState::Ending || lease.state == LeaseState::Released {
            let hard = lease.state == LeaseState::Released || lease.mode == RevokeMode::Hard;
            for &child in &children {
                let child = &leases[child as usize];
                let ended = child.state == LeaseState::Released
                    || (child.state == LeaseState::Ending
                        && (!hard || child.mode == RevokeMode::Hard));
                assert!(ended || lease.queued);
            }
            assert!(lease.state == LeaseState::Ending || !children.is_empty() || lease.queued);
        }
    }
}

/// L4: each grant is part of one of the parent's, with no more rights, or of the lessor's arena.
fn check_derivation<const L: usize, const G: usize, const B: u32>(kernel: &Machine<L, G, B>) {
    let table = &kernel.leases;
    let grants = |slot: u16| -> Vec<u16> {
        let count = table.records[slot as usize].grants;
        assert!(slot == ROOT || count as usize <= MOST_PARTS);
        (0..count as usize)
            .map(|index| table.grant(slot, index).unwrap())
            .collect()
    };
    let mut seen = BTreeSet::new();
    for slot in 0..L as u16 {
        let lease = &table.records[slot as usize];
        if lease.state == LeaseState::Free {
            continue;
        }
        for grant in grants(slot) {
            assert!(seen.insert(grant), "a grant in two leases");
            if slot == ROOT {
                continue;
            }
            let grant = table.grants[grant as usize];
            let within = |base: usize, length: usize| {
                grant.base >= base && grant.base + grant.length <= base + length
            };
            let inherited = grants(lease.parent).iter().any(|&from| {
                let from = table.grants[from as usize];
                from.kind == grant.kind
                    && from.rights.contains(grant.rights | Rights::LEND)
                    && within(from.base, from.length)
                    && from.origin == grant.origin
            });
            let arena = kernel.config[lease.lessor as usize].arena;
            let (base, length) = (arena.base(), arena.length());
            let lessor = &kernel.tasks[lease.lessor as usize];
            let own = grant.kind == GrantKind::Memory
                && within(base, length)
                && grant.origin == lessor.share.arena;
            assert!(inherited || own, "a grant out of nowhere");
        }
    }
}

/// What the machine lets tasks reach is what they claimed, no less and no more.
fn check_claims<const L: usize, const G: usize, const B: u32>(kernel: &Machine<L, G, B>) {
    let mut expected: BTreeMap<(usize, u64), Mapping> = BTreeMap::new();
    let mut partial = BTreeSet::new();
    let mut lines: BTreeMap<u32, BTreeSet<usize>> = BTreeMap::new();
    let mut masters = BTreeSet::new();
    let mut exclusive = Vec::new();
    let mut windows: BTreeMap<usize, BTreeSet<u16>> = BTreeMap::new();
    let mut claims: BTreeMap<u16, (u16, u16)> = BTreeMap::new();
    let of_lease = leases_of_grants(kernel);
    for (index, grant) in kernel.leases.grants.iter().enumerate() {
        if grant.claim == Claim::None {
            continue;
        }
        let lease = &kernel.leases.records[of_lease[&(index as u16)] as usize];
        assert_eq!(lease.lessee, grant.claimant);
        let lessee = lease.lessee as usize;
        let in_force = match lease.state {
            LeaseState::Active => true,
            LeaseState::Ending => {
                let kept = lease.mode == RevokeMode::Orderly || grant.kind == GrantKind::Memory;
                kept || lease.queued
            }
            LeaseState::Released => lease.queued,
            LeaseState::Free => false,
        };
        assert!(in_force, "a claim without a lease");
        match grant.kind {
            GrantKind::Interrupt => {
                lines.entry(grant.base as u32).or_default().insert(index);
            }
            GrantKind::BusMaster => assert!(masters.insert(grant.base as u64)),
            _ => {
                let window = kernel.window(index as u16);
                let granule = Model::GRANULE;
                windows.entry(lessee).or_default().insert(index as u16);
                let count = claims.entry(grant.origin).or_default();
                count.0 += 1;
                count.1 += (grant.claim == Claim::Exclusive) as u16;
                let mapping = Mapping {
                    kind: window.kind,
                    rights: window.rights,
                };
                let operation = kernel.tasks[lessee].operation;
                let going_on = kernel.reaper.operating & bit(lessee) != 0
                    && operation.grant as usize == index
                    // A claim that its task's end has cut short.
                    || kernel.reaper.stopping & bit(lessee) != 0
                    || lease.queued
                    || grant.unmapping;
                for at in (window.base..window.base + window.length).step_by(granule) {
                    expected.insert((lessee, at as u64), mapping);
                    if going_on {
                        partial.insert((lessee, at as u64));
                    }
                }
                exclusive.push((lessee, window, grant.claim == Claim::Exclusive));
            }
        }
    }
    for (at, mapping) in &kernel.hardware.mapped {
        assert_eq!(
            expected.get(at),
            Some(mapping),
            "mapped without a claim: {at:x?}"
        );
    }
    for at in expected.keys() {
        assert!(
            kernel.hardware.mapped.contains_key(at) || partial.contains(at),
            "claimed and not mapped: {at:x?}"
        );
    }
    for (index, (task, window, alone)) in exclusive.iter().enumerate() {
        for (other, theirs, too) in &exclusive[index + 1..] {
            let apart = theirs.base >= window.base + window.length
                || window.base >= theirs.base + theirs.length;
            let shared = !alone && !too && (task != other || window == theirs);
            assert!(apart || shared, "claims in each other's way");
        }
    }
    for (origin, grant) in kernel.leases.grants.iter().enumerate() {
        let count = grant.claims;
        let expected = claims.get(&(origin as u16)).copied().unwrap_or((0, 0));
        let found = (count.all(), count.exclusive());
        assert_eq!(found, expected, "claims of {origin}");
    }
    for (index, task) in kernel.tasks.iter().enumerate() {
        check_windows(kernel, task.windows, windows.remove(&index));
    }
    check_lines(kernel, &lines);
    assert_eq!(kernel.hardware.masters, masters);
    for (&address, &word) in &kernel.hardware.configuration {
        if address % 4096 == 4 {
            assert_eq!(
                word & 4 != 0,
                masters.contains(&(address - 4)),
                "bus master bit"
            );
        }
    }
}

/// A line goes to its one claim, or to all in the list of those that share it; and a function asserts it only by its
/// claim.
fn check_lines<const L: usize, const G: usize, const B: u32>(
    kernel: &Machine<L, G, B>,
    lines: &BTreeMap<u32, BTreeSet<usize>>,
) {
    let hardware = &kernel.hardware;
    for (line, &route) in kernel.routes.iter().enumerate() {
        let line = line as u32;
        let Some(claims) = lines.get(&line) else {
            assert_eq!(route, NIL, "a route without a claim");
            assert!(
                !hardware.unmasked.contains(&line),
                "a line without a claimant"
            );
            continue;
        };
        if route & SHARED == 0 {
            let claim = kernel.leases.grants[route as usize].claim;
            assert_eq!(claim, Claim::Exclusive);
            assert_eq!(*claims, BTreeSet::from([route as usize]));
            continue;
        }
        let mut list = BTreeSet::new();
        let (mut grant, mut before) = (route & !SHARED, NIL);
        while let Some(record) = kernel.leases.grants.get(grant as usize) {
            let links = record.links;
            assert_eq!(links.previous, before);
            assert_eq!(kernel.leases.grants[grant as usize].claim, Claim::Shared);
            assert!(list.insert(grant as usize), "a circle");
            (before, grant) = (grant, links.next);
        }
        assert_eq!(list, *claims, "the claims of line {line}");
        let could = |&claim: &usize| {
            let function = kernel.leases.grants[claim].twins.next as usize;
            let at = kernel.leases.grants[function].base + 4;
            hardware.read_configuration(at) & Model::DISABLED == 0
        };
        if list.iter().any(could) {
            assert!(
                hardware.unmasked.contains(&line),
                "a shared line is masked that a function could assert"
            );
        }
    }
    // A function that was quiet at the beginning, as these are, asserts its line only while it is claimed.
    let claimed = lines.values().flatten();
    let claimed: BTreeSet<u64> = claimed
        .filter_map(|&claim| {
            let function = kernel.leases.grants[claim].twins.next as usize;
            Some(kernel.leases.grants.get(function)?.base as u64)
        })
        .collect();
    for &function in hardware.functions.keys() {
        let quiet = hardware.read_configuration(function as usize + 4) & Model::DISABLED != 0;
        assert!(
            quiet || claimed.contains(&function),
            "a function without a driver"
        );
    }
}

/// The lease that each grant is in.
fn leases_of_grants<const L: usize, const G: usize, const B: u32>(
    kernel: &Machine<L, G, B>,
) -> BTreeMap<u16, u16> {
    let table = &kernel.leases;
    let mut leases = BTreeMap::new();
    for (slot, lease) in table.records.iter().enumerate() {
        if lease.state != LeaseState::Free {
            for index in 0..lease.grants as usize {
                leases.insert(table.grant(slot as u16, index).unwrap(), slot as u16);
            }
        }
    }
    leases
}

/// A task's list has each of its claimed windows once, or another of the same ring.
fn check_windows<const L: usize, const G: usize, const B: u32>(
    kernel: &Machine<L, G, B>,
    list: List,
    claimed: Option<BTreeSet<u16>>,
) {
    let mut claimed = claimed.unwrap_or_default();
    for first in slots(&kernel.leases.grants, list) {
        let mut grant = first;
        loop {
            assert!(claimed.remove(&grant), "listed, and not claimed");
            assert_eq!(
                kernel.window(grant),
                kernel.window(first),
                "a ring of two windows"
            );
            let next = kernel.leases.grants[grant as usize].twins.next;
            assert_eq!(kernel.leases.grants[next as usize].twins.previous, grant);
            grant = next;
            if grant == first {
                break;
            }
        }
    }
    assert!(claimed.is_empty(), "claimed, and not listed");
}
