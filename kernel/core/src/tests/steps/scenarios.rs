//! Work of the reaper's that takes several steps, of each kind.

use super::super::setups::{FAULT, HARD, ORDERLY};
use super::board::Board;
use crate::model::calls::{call, exclusive, line, shared};
use crate::model::{arena, description, own, part, root};
use leasehold_abi::arguments::{
    GrantUnclaim, LeaseEvent, LeaseLend, LeaseRelease, LeaseRevoke, SetServing, TaskStart, TaskStop,
};
use leasehold_abi::{Claim, FaultKind, GrantKind, LeaseState, Lending, LentPart, TaskState, WHOLE};
use std::vec::Vec;

/// One such.
pub(super) struct Scenario {
    /// Whose entry queues the work, on this task's account: tasks of a higher priority go before it.
    pub(super) actor: usize,
    /// Tasks that wait for the work, or are not alive, and so cannot be prepared to be woken otherwise.
    pub(super) away: &'static [usize],
    /// Whether nobody at all goes before it.
    pub(super) nobody_goes_first: bool,
    /// What must be there before; answers the leases that it is about.
    pub(super) prepare: fn(&mut Board) -> Vec<usize>,
    /// The entry: the actor runs.
    pub(super) begin: fn(&mut Board, &[usize]),
    /// What must have come of it, whatever else has happened.
    pub(super) check: fn(&Board, &[usize]),
}

/// A hard revocation of windows, a line, a bus master and lent memory.
pub(super) const HARD_REVOCATION: Scenario = Scenario {
    actor: 0,
    away: &[],
    nobody_goes_first: false,
    prepare: device,
    begin: |world, leases| revoke(world, leases, HARD),
    check: over,
};

/// An orderly revocation of the same.
pub(super) const ORDERLY_REVOCATION: Scenario = Scenario {
    begin: |world, leases| revoke(world, leases, ORDERLY),
    check: no_longer_active,
    ..HARD_REVOCATION
};

/// Its release by the lessee.
pub(super) const RELEASE: Scenario = Scenario {
    actor: 2,
    begin: |world, leases| {
        world.make(LeaseRelease { lease: leases[0] });
    },
    ..HARD_REVOCATION
};

/// A hard revocation with 16 lessees.
pub(super) const SIXTEEN_LESSEES: Scenario = Scenario {
    prepare: sixteen,
    ..HARD_REVOCATION
};

/// The stop of a task with leases both ways.
pub(super) const STOP: Scenario = Scenario {
    begin: |world, _| {
        world.make(TaskStop { task: 2 });
    },
    ..HARD_REVOCATION
};

/// The start of a task.
pub(super) const START: Scenario = Scenario {
    away: &[2],
    prepare: |world| {
        world.value(0, TaskStop { task: 2 });
        world.rest();
        std::vec![world.handle(2)]
    },
    begin: |world, _| {
        world.make(TaskStart { task: 2 });
    },
    check: |world, old| assert_ne!(world.handle(2), old[0], "it has had its next life"),
    ..HARD_REVOCATION
};

/// A lease of many parts.
pub(super) const LEND: Scenario = Scenario {
    actor: 2,
    prepare: |world| {
        let leases = device(world);
        let parts: [LentPart; LENT_PARTS] = core::array::from_fn(|at| match at % 2 {
            0 => part(0, at * 64, WHOLE, 7),
            _ => own(arena(2) + 0x100, 64, 1),
        });
        world.describe_lease(2, leases[0], 3, &parts);
        leases
    },
    begin: |world, _| {
        let at = description(2);
        let parts = at + size_of::<Lending>();
        world.make(LeaseLend {
            lending: at,
            parts,
            count: LENT_PARTS,
        });
    },
    // All of it or nothing. Whatever else is derived from it has two parts at most.
    check: |world, leases| {
        let parent = world.kernel.leases.resolve(leases[0]);
        for lease in world.kernel.leases.records.iter() {
            let below = parent == Ok(lease.parent) && lease.state != LeaseState::Free;
            let fresh = below && lease.grants > 2;
            assert!(!fresh || lease.grants as usize == LENT_PARTS);
        }
    },
    ..HARD_REVOCATION
};

/// How many parts [`LEND`] lends.
const LENT_PARTS: usize = 12;

/// A claim of a large window, among many others.
pub(super) const CLAIM: Scenario = Scenario {
    actor: 3,
    prepare: |world| {
        let leases = sixteen(world);
        let root = world.root();
        let large = world.lend_parts(0, root, 3, &[part(root::BAR, 0x800, 0x800, 7)]);
        std::vec![large, leases[0]]
    },
    begin: |world, leases| {
        world.make(shared(leases[0], 0));
    },
    check: |_, _| {},
    ..HARD_REVOCATION
};

/// A claim that fails half way, for want of room.
pub(super) const CLAIM_WITHOUT_ROOM: Scenario = Scenario {
    prepare: |world| {
        let root = world.root();
        let lease = world.lend(0, root, 3, &[root::BAR]);
        world.kernel.hardware.room = 20;
        std::vec![lease]
    },
    check: |world, leases| {
        if world.kernel.leases.resolve(leases[0]).is_ok() {
            no_claim(world, leases);
        }
    },
    ..CLAIM
};

/// A claim's end.
pub(super) const UNCLAIM: Scenario = Scenario {
    prepare: |world| {
        let root = world.root();
        let lease = world.lend(0, root, 3, &[root::BAR]);
        world.value(3, exclusive(lease, 0));
        std::vec![lease]
    },
    begin: |world, leases| {
        world.make(GrantUnclaim {
            lease: leases[0],
            grant: 0,
        });
    },
    check: no_claim,
    ..CLAIM
};

/// The end of a task that overstays.
pub(super) const OVERSTAYED: Scenario = Scenario {
    nobody_goes_first: true,
    prepare: |world| {
        let leases = device(world);
        world.value(
            0,
            LeaseRevoke {
                lease: leases[0],
                mode: 0,
            },
        );
        world.rest();
        leases
    },
    // Whoever runs.
    begin: |world, _| world.pass(100),
    check: |world, leases| {
        over(world, leases);
        assert_eq!(world.kernel.tasks[2].fault.kind, FaultKind::LeaseOverstayed);
    },
    ..HARD_REVOCATION
};

/// A fault of a server that three wait for.
pub(super) const FAULT_OF_A_SERVER: Scenario = Scenario {
    actor: 1,
    away: &[2, 3, 4],
    nobody_goes_first: false,
    prepare: callers,
    begin: |world, _| {
        world.kernel.fault(FAULT);
    },
    check: answered,
};

/// A server that three wait for and that serves no more.
pub(super) const END_OF_SERVICE: Scenario = Scenario {
    begin: |world, _| {
        world.make(SetServing { serving: 0 });
    },
    ..FAULT_OF_A_SERVER
};

/// Task 2 has a window, a line and a function, all claimed. It lent part of the window and memory to task 3, which
/// claimed both and lent the memory on to task 4.
fn device(world: &mut Board) -> Vec<usize> {
    let root = world.root();
    let parts = [
        (root::BAR, 0x800),
        (root::LINE_11, 1),
        (root::BUS_MASTER, 0x1000),
    ]
    .map(|(grant, length)| part(grant, 0, length, 7));
    let binding = world.lend_parts(0, root, 2, &parts);
    world.value(2, shared(binding, 0));
    world.value(2, line(binding, 1, 8));
    world.value(2, shared(binding, 2));
    let below = world.lend_parts(2, binding, 3, &[part(0, 0, 0x400, 7)]);
    world.act(3, LeaseEvent {});
    world.value(3, shared(below, 0));
    let memory = world.lend_memory(2, binding, 3, (arena(2), 128), 7);
    world.value(3, shared(memory, 0));
    let further = world.lend(3, memory, 4, &[0]);
    world.value(4, shared(further, 0));
    // The same window once more, by another way: it may be claimed in the middle of the end of the first.
    world.lend_parts(0, root, 3, &[part(root::BAR, 0, 0x400, 7)]);
    std::vec![binding, below, memory, further]
}

/// Task 2 has a window and lent 16 parts of it.
fn sixteen(world: &mut Board) -> Vec<usize> {
    let (binding, leases) = world.window_lent(16, 64, 3);
    [std::vec![binding], leases].concat()
}

/// Tasks 2, 3 and 4 call task 1: it has received the first's message.
fn callers(world: &mut Board) -> Vec<usize> {
    let server = world.handle(1);
    for client in [2, 3, 4] {
        world.act(client, call(server));
    }
    std::vec![server]
}

fn revoke(world: &mut Board, leases: &[usize], mode: usize) {
    world.make(LeaseRevoke {
        lease: leases[0],
        mode,
    });
}

/// L1, L5: all these are over.
fn over(world: &Board, leases: &[usize]) {
    no_longer_active(world, leases);
    no_claim(world, leases);
}

/// L1, L5: nothing can be taken or derived from any of these.
fn no_longer_active(world: &Board, leases: &[usize]) {
    for &lease in leases {
        if let Ok(slot) = world.kernel.leases.resolve(lease) {
            let state = world.kernel.leases.records[slot as usize].state;
            assert_ne!(state, LeaseState::Active);
        }
    }
}

/// L1: nothing is claimed by any of these, but for memory that lessees may look at until they let go.
fn no_claim(world: &Board, leases: &[usize]) {
    let table = &world.kernel.leases;
    for &lease in leases {
        let Ok(slot) = table.resolve(lease) else {
            continue;
        };
        for index in 0..table.records[slot as usize].grants as usize {
            let grant = table.grants[table.grant(slot, index).unwrap() as usize];
            assert!(grant.claim == Claim::None || grant.kind == GrantKind::Memory);
        }
    }
}

/// L8: nobody waits for the server any more.
fn answered(world: &Board, _: &[usize]) {
    for client in [2, 3, 4] {
        let state = world.kernel.tasks[client].state;
        let waits = matches!(state, TaskState::Calling | TaskState::AwaitingReply);
        assert!(!waits, "task {client} waits");
    }
}
