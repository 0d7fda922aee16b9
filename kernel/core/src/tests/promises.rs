//! The promises L1 to L8, each by name.

use super::invariants::Checker;
use super::setups::{FAULT, HARD, ORDERLY};
use crate::Context;
use crate::model::calls::{call, line, receive, shared};
use crate::model::{World, arena, data, part, root, whole};
use crate::{Hardware, Next};
use leasehold_abi::arguments::{
    self, BorrowRead, BorrowWrite, GrantUnclaim, InterruptAcknowledge, LeaseEvent, LeaseRelease,
    LeaseRevoke, Reply, SetServing, TaskStart, TaskStop,
};
use leasehold_abi::{Borrow, Call, Error, FaultKind, LeaseState, Notifications, TaskState, WHOLE};
use std::vec::Vec;
use zerocopy::IntoBytes;

/// A binding of task 2 with a window, a line and a function, all claimed.
fn bind(world: &mut World) -> usize {
    let root = world.root();
    let function = part(root::BUS_MASTER, 0, 0x1000, 7);
    let parts = [whole(root::BAR), whole(root::LINE_10), function];
    let lease = world.lend_parts(0, root, 2, &parts);
    world.value(2, shared(lease, 0));
    world.value(2, line(lease, 1, 2));
    world.value(2, shared(lease, 2));
    lease
}

#[test]
fn l1_a_hard_revocation_leaves_no_path() {
    let mut world = World::new();
    let lease = bind(&mut world);
    world.value(0, LeaseRevoke { lease, mode: HARD });
    assert!(world.kernel.hardware.mapped.is_empty());
    assert!(world.kernel.hardware.unmasked.is_empty());
    assert!(world.kernel.hardware.masters.is_empty());
    world.kernel.hardware.raise_line(10);
    world.kernel.interrupt();
    assert_eq!(world.kernel.tasks[2].pending & 2, 0);
    for call in [
        Call::GrantClaim,
        Call::InterruptAcknowledge,
        Call::ConfigWrite,
    ] {
        assert_eq!(
            world.raw_error(2, call, [lease, 1, 0, 2, 0, 0]),
            Error::Revoked,
            "{call:?}"
        );
    }
    assert_eq!(world.try_lend(2, lease, 3, &[]), Err(Error::Revoked));
}

#[test]
fn l1_an_orderly_revocation_leaves_no_path_once_released() {
    let mut world = World::new();
    let lease = bind(&mut world);
    world.value(
        0,
        LeaseRevoke {
            lease,
            mode: ORDERLY,
        },
    );
    // The driver may still quiet its hardware...
    assert_eq!(world.kernel.hardware.mapped.len(), 64);
    world.value(2, InterruptAcknowledge { lease, grant: 1 });
    // ...but takes nothing new.
    world.value(2, GrantUnclaim { lease, grant: 0 });
    assert_eq!(world.error(2, shared(lease, 0)), Error::Revoked);
    world.value(2, LeaseRelease { lease });
    assert!(world.kernel.hardware.mapped.is_empty());
    assert!(world.kernel.hardware.unmasked.is_empty());
    assert!(world.kernel.hardware.masters.is_empty());
}

#[test]
fn l1_a_line_that_was_pending_at_the_revocation_is_forgotten() {
    let mut world = World::new();
    let lease = bind(&mut world);
    world.kernel.hardware.raise_line(10);
    world.kernel.hardware.unmasked.remove(&10);
    world.value(0, LeaseRevoke { lease, mode: HARD });
    assert!(world.kernel.hardware.pending.is_empty());
}

#[test]
fn l1_a_lent_buffer_ends_with_the_client() {
    let mut world = World::new();
    let buffer = Borrow {
        base: data(4),
        length: 64,
        rights: 3,
    };
    let at = data(4) + 0x100;
    let bytes = buffer.as_bytes();
    world.write(at, bytes);
    let server = world.handle(1);
    world.act(
        4,
        arguments::Call {
            destination: server,
            borrows: at,
            count: 1,
        },
    );
    let client = world.handle(4);
    let read = BorrowRead {
        client,
        index: 0,
        offset: 0,
        own: data(1),
        length: 8,
    };
    assert_eq!(world.act(1, read)[1], 8);
    world.value(0, TaskStop { task: 4 });
    assert_eq!(world.error(1, read), Error::Dead);
    assert_eq!(
        world.error(
            1,
            BorrowWrite {
                client,
                index: 0,
                offset: 0,
                own: data(1),
                length: 8
            }
        ),
        Error::Dead
    );
}

#[test]
fn l2_a_lessee_that_overstays_is_stopped_at_its_deadline() {
    let mut world = World::new();
    let lease = bind(&mut world);
    world.value(
        0,
        LeaseRevoke {
            lease,
            mode: ORDERLY,
        },
    );
    world.rest();
    // The lessee loops for ever, before all but the supervisor.
    world.become_task(2);
    world.pass(199);
    assert_eq!(world.kernel.tasks[2].state, TaskState::Ready);
    world.pass(1);
    assert_eq!(world.kernel.tasks[2].fault.kind, FaultKind::LeaseOverstayed);
    assert_eq!(world.kernel.tasks[2].fault.address, 7, "the lease's label");
    let (pc, stack) = world.kernel.tasks[2].context.place();
    assert_eq!(world.kernel.tasks[2].fault.pc, pc);
    assert_eq!(world.kernel.tasks[2].fault.stack, stack);
    assert_ne!(stack, 0);
    world.rest();
    assert!(world.is_dormant(2));
    assert_eq!(world.lease_info(0, lease), Err(Error::Revoked));
    assert!(world.kernel.hardware.mapped.is_empty());
}

#[test]
fn l2_released_in_time_is_not_overstayed_and_the_next_deadline_counts() {
    let mut world = World::new();
    let root = world.root();
    let first = world.lend(0, root, 2, &[root::BAR]);
    let second = world.lend(0, root, 2, &[root::UART]);
    world.value(
        0,
        LeaseRevoke {
            lease: first,
            mode: ORDERLY,
        },
    );
    world.pass(100);
    world.value(
        0,
        LeaseRevoke {
            lease: second,
            mode: ORDERLY,
        },
    );
    world.value(2, LeaseRelease { lease: first });
    world.rest();
    world.pass(150);
    assert!(world.kernel.tasks[2].is_alive());
    world.pass(50);
    assert_eq!(world.kernel.tasks[2].fault.kind, FaultKind::LeaseOverstayed);
}

/// However many leases end at once, no step is longer than the bound, and interrupts are
/// looked for after each.
#[test]
fn l2_many_leases_end_in_bounded_steps() {
    let mut world = World::<256, 600, 22>::boot();
    let count = if cfg!(miri) { 20 } else { 200 };
    let (binding, _) = world.window_lent(count, 128, 3);
    world.rest();
    world.kernel.hardware.most_work.set(0);
    world.kernel.hardware.looks.set(0);
    world.value(
        0,
        LeaseRevoke {
            lease: binding,
            mode: HARD,
        },
    );
    assert!(world.kernel.hardware.mapped.is_empty());
    assert!(world.kernel.hardware.most_work.get() <= 4);
    assert!(
        world.kernel.hardware.looks.get() > 2 * count,
        "a look a step"
    );
    let ending = world.kernel.leases.records.iter();
    assert_eq!(
        ending
            .filter(|lease| lease.state == LeaseState::Ending)
            .count(),
        count + 1
    );
    Checker::default().check(&world.kernel);
}

/// A driver's interrupt that comes in the middle of the supervisor's revocation of many
/// leases runs the driver after one step, and the revocation ends all the same.
#[test]
fn l2_an_interrupt_goes_before_a_long_revocation() {
    let mut world = World::new();
    world.claimed_line(5, root::LINE_10, 1);
    let (binding, leases) = world.window_lent(20, 128, 1);
    world.act(5, receive(1));
    world.rest();
    world.become_task(0);
    world.kernel.hardware.raise.set(Some((7, 10)));
    world.kernel.hardware.looks.set(0);
    world.make(LeaseRevoke {
        lease: binding,
        mode: HARD,
    });
    assert_eq!(world.kernel.current, 5, "the last task, by its interrupt");
    assert_eq!(
        world.kernel.hardware.looks.get(),
        10,
        "seen between a lease's mark and its window, then taken without a further step"
    );
    assert!(!world.kernel.hardware.mapped.is_empty());
    assert!(!world.kernel.reaper.is_idle());
    // It loops for ever; a slice later the revocation goes on regardless, to its end.
    world.pass(10);
    assert!(world.kernel.reaper.is_idle());
    assert!(world.kernel.hardware.mapped.is_empty());
    assert_eq!(world.kernel.current, 0);
    for lease in leases {
        assert_eq!(world.error(3, shared(lease, 0)), Error::Revoked);
    }
}

/// A task of high priority that loops for ever cannot keep the revocation of a lower one from
/// being done.
#[test]
fn l2_an_important_loop_does_not_hold_a_revocation_up() {
    let mut world = World::new();
    let root = world.root();
    let binding = world.lend(0, root, 3, &[root::BAR]);
    let lease = world.lend(3, binding, 4, &[0]);
    world.value(4, shared(lease, 0));
    world.become_task(3);
    // Its fault makes the supervisor ready and, by hand, a looping task of high priority.
    world.kernel.post(1, Notifications::TIMER);
    world.kernel.fault(FAULT);
    while world.kernel.current == 0 {
        world.make(receive(Notifications::TIMER.register()));
    }
    assert_eq!(world.kernel.current, 1);
    assert!(!world.kernel.hardware.mapped.is_empty());
    world.pass(10);
    assert!(world.kernel.hardware.mapped.is_empty());
    assert_eq!(world.kernel.current, 1);
}

/// Every generation of a narrow counter, to the end: a handle that was valid never is again.
#[test]
fn l3_no_handle_resolves_twice_until_all_slots_are_used_up() {
    let mut world = World::<4, 12, 3>::boot();
    let root = world.root();
    let mut old: Vec<usize> = Vec::new();
    // Three slots beside the root, generations 1 to 6 of each.
    for _ in 0..18 {
        let lease = world.lend(0, root, 2, &[]);
        assert!(!old.contains(&lease));
        for &stale in &old {
            let claim = world.error(2, shared(stale, 0));
            assert_eq!(claim, Error::Revoked);
        }
        world.value(2, LeaseRelease { lease });
        old.push(lease);
    }
    assert_eq!(world.try_lend(0, root, 2, &[]), Err(Error::Exhausted));
    for &stale in &old {
        assert_eq!(
            world.error(
                0,
                LeaseRevoke {
                    lease: stale,
                    mode: HARD
                }
            ),
            Error::Revoked
        );
        assert_eq!(world.lease_info(0, stale), Err(Error::Revoked));
    }
}

/// Every handle there is, against a table with few live leases.
#[test]
fn l3_only_live_handles_resolve() {
    let mut world = World::<4, 12, 3>::boot();
    let root = world.root();
    world.lend_in_vain(0, root, 2);
    let [second, third] = [2, 3].map(|lessee| world.lend(0, root, lessee, &[]));
    let live = [root, second, third];
    for handle in 0..if cfg!(miri) { 1 << 13 } else { 1 << 16 } {
        let resolves = world.kernel.leases.resolve(handle as usize).is_ok();
        assert_eq!(resolves, live.contains(&(handle as usize)), "{handle:#x}");
    }
    assert!(world.kernel.leases.resolve(u32::MAX as usize).is_err());
}

#[test]
fn l3_a_task_whose_lives_are_used_up_stays_dormant() {
    let mut world = World::new();
    world.value(0, TaskStop { task: 5 });
    world.rest();
    world.kernel.tasks[5].handle = 5 | ((1 << 26) - 3) << 6;
    let last = world.value(0, TaskStart { task: 5 });
    assert_eq!(last, 5 | ((1 << 26) - 2) << 6);
    world.value(0, TaskStop { task: 5 });
    world.rest();
    assert_eq!(world.error(0, TaskStart { task: 5 }), Error::Exhausted);
    assert_eq!(world.kernel.tasks[5].successor(), 0);
}

#[test]
fn l4_rights_and_ranges_only_shrink() {
    let mut world = World::new();
    let root = world.root();
    let parts = [5, 3].map(|rights| part(root::BAR, 0x100, 0x100, rights));
    let binding = world.lend_parts(0, root, 2, &parts);
    let mut refused = |index, offset, length, rights| {
        let wanted = part(index, offset, length, rights);
        world.try_lend(2, binding, 3, &[wanted]).unwrap_err()
    };
    assert_eq!(refused(0, 0, WHOLE, 2), Error::Denied, "more than it has");
    assert_eq!(refused(0, 0, WHOLE, 3), Error::Denied);
    assert_eq!(refused(1, 0, WHOLE, 1), Error::Denied, "may not be lent on");
    assert_eq!(refused(0, 0, 0x140, 1), Error::Invalid, "past its end");
    let lease = world.lend_parts(2, binding, 3, &[part(0, 0x40, WHOLE, 1)]);
    let grant = world.grant_info(3, lease, 0).unwrap();
    assert_eq!(
        (grant.base, grant.length, grant.rights.bits()),
        (0x2000_0140, 0xc0, 1)
    );
}

#[test]
fn l5_a_whole_subtree_ends() {
    for mode in [ORDERLY, HARD] {
        let mut world = World::new();
        let root = world.root();
        let a = world.lend(0, root, 2, &[root::BAR]);
        let b = world.lend(2, a, 3, &[0]);
        let c = world.lend(3, b, 4, &[0]);
        let d = world.lend(4, c, 5, &[0]);
        let beside = world.lend(0, root, 5, &[root::UART]);
        world.value(5, shared(d, 0));
        world.value(0, LeaseRevoke { lease: a, mode });
        for (task, lease) in [(2, a), (3, b), (4, c), (5, d)] {
            assert_eq!(world.act(task, LeaseEvent {}), [0, 2, lease]);
            assert_eq!(world.try_lend(task, lease, 0, &[]), Err(Error::Revoked));
        }
        assert_eq!(world.kernel.hardware.mapped.is_empty(), mode == HARD);
        assert_eq!(
            world.lease_info(5, beside).unwrap().state,
            LeaseState::Active
        );
        // Released from the top: each is over only when all below it is.
        world.value(2, LeaseRelease { lease: a });
        assert_eq!(world.lease_info(0, a).unwrap().state, LeaseState::Released);
        assert!(
            world.kernel.hardware.mapped.is_empty(),
            "given up: what was derived ends hard"
        );
        for (task, lease) in [(3, b), (4, c), (5, d)] {
            world.value(task, LeaseRelease { lease });
        }
        assert_eq!(world.lease_info(0, a), Err(Error::Revoked));
        Checker::default().check(&world.kernel);
    }
}

#[test]
fn l6_lent_memory_is_frozen_until_the_lessee_lets_go() {
    let mut world = World::new();
    let root = world.root();
    let binding = world.lend(0, root, 2, &[root::BAR]);
    let lease = world.lend_memory(2, binding, 3, (arena(2), 128), 1);
    let at = world.value(3, shared(lease, 0));
    assert_eq!(at, arena(2));
    world.kernel.hardware.bytes(at, 128).fill(0x5a);
    world.become_task(2);
    world.kernel.fault(FAULT);
    world.rest();
    // The lessor is stopped; its device windows are gone; what it lent is as it was.
    assert_eq!(world.task_info(2).state, TaskState::Faulted);
    assert!(world.kernel.hardware.reaches(3, at as u64, false));
    assert_eq!(world.error(0, TaskStart { task: 2 }), Error::Busy);
    assert_eq!(world.kernel.hardware.bytes(at, 128), [0x5a; 128]);
    assert_eq!(world.kernel.hardware.freshened[2], 1);
    world.value(3, LeaseRelease { lease });
    assert!(world.is_dormant(2));
    assert!(!world.kernel.hardware.reaches(3, at as u64, false));
    world.value(0, TaskStart { task: 2 });
    assert_eq!(world.kernel.hardware.bytes(at, 128), [0; 128]);
}

#[test]
fn l6_memory_lent_on_is_frozen_too() {
    let mut world = World::new();
    let root = world.root();
    let binding = world.lend(0, root, 2, &[root::BAR]);
    let up = world.lend_memory(2, binding, 0, (arena(2), 128), 5);
    let down = world.lend(0, up, 4, &[]);
    world.value(
        0,
        LeaseRevoke {
            lease: down,
            mode: HARD,
        },
    );
    world.value(4, LeaseRelease { lease: down });
    let down = world.lend_parts(0, up, 4, &[part(0, 0, 64, 1)]);
    world.value(4, shared(down, 0));
    world.value(0, TaskStop { task: 2 });
    world.value(0, LeaseRelease { lease: up });
    world.rest();
    assert!(world.kernel.hardware.reaches(4, arena(2) as u64, false));
    assert_eq!(world.error(0, TaskStart { task: 2 }), Error::Busy);
    // The lessee does not let go: its deadline frees the memory.
    world.pass(200);
    world.rest();
    assert_eq!(world.kernel.tasks[4].fault.kind, FaultKind::LeaseOverstayed);
    assert!(world.is_dormant(2) && world.is_dormant(4));
    assert!(world.kernel.hardware.mapped.is_empty());
}

/// A task that forgets everything it holds costs no more than until its stop.
#[test]
fn l7_what_is_never_given_back_comes_back_with_the_task() {
    let mut world = World::new();
    for _ in 0..20 {
        let lease = bind(&mut world);
        let derived = world.lend(2, lease, 3, &[0]);
        world.value(3, shared(derived, 0));
        world.lend(2, lease, 4, &[0]);
        for task in [2, 3, 4] {
            world.value(0, TaskStop { task });
            world.rest();
        }
        for task in [2, 3, 4] {
            world.value(0, TaskStart { task });
        }
        Checker::default().check(&world.kernel);
    }
    let free = world
        .kernel
        .leases
        .records
        .iter()
        .filter(|lease| lease.state == LeaseState::Free);
    assert_eq!(free.count(), 63, "all but the root");
    assert!(world.kernel.hardware.mapped.is_empty());
}

#[test]
fn l8_callers_of_a_task_that_dies_get_an_error_with_its_next_handle() {
    for received in [false, true] {
        let mut world = World::new();
        let server = world.handle(2);
        if !received {
            // Busy: it waits for the console.
            let console = world.handle(1);
            world.act(2, call(console));
        }
        for client in [3, 4] {
            world.act(client, call(server));
            if received && client == 3 {
                assert_eq!(world.results(2)[1], world.handle(3));
            }
        }
        world.value(0, TaskStop { task: 2 });
        for client in [3, 4] {
            assert_eq!(world.kernel.tasks[client].state, TaskState::Ready);
            assert_eq!(world.results(client), [Error::Dead.code(), server + 64, 0]);
        }
        assert_eq!(
            world.kernel.tasks[1].in_service, 0,
            "and it left its own server"
        );
        Checker::default().check(&world.kernel);
    }
}

#[test]
fn l8_callers_of_a_task_that_unbinds_get_an_error() {
    let mut world = World::new();
    let (console, server) = (world.handle(1), world.handle(2));
    world.act(2, call(console));
    world.act(4, call(server));
    let client = world.handle(2);
    world.act(1, Reply { client });
    world.value(2, SetServing { serving: 0 });
    assert_eq!(world.results(4), [Error::Unbound.code(), 0, 0]);
    assert_eq!(world.error(3, call(server)), Error::Unbound);
}

/// A task that overstays while others wait for it.
#[test]
fn l8_callers_of_a_task_that_overstays_are_woken() {
    let mut world = World::new();
    let lease = bind(&mut world);
    let server = world.handle(2);
    world.act(4, call(server));
    world.value(
        0,
        LeaseRevoke {
            lease,
            mode: ORDERLY,
        },
    );
    world.rest_all_but(4);
    world.pass(200);
    assert_eq!(world.results(4), [Error::Dead.code(), server + 64, 0]);
    assert_eq!(world.kernel.next(), Next::Run(4));
    assert!(!world.kernel.hardware.interrupt_pending());
}

impl World {
    /// Everybody waits; `task` is blocked anyway.
    fn rest_all_but(&mut self, task: usize) {
        self.rest();
        assert_eq!(self.kernel.tasks[task].state, TaskState::AwaitingReply);
    }
}
