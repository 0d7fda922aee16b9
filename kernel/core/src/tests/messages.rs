//! Calls, receives, replies and notifications.

use crate::model::calls::{call, receive};
use crate::model::{PARK, World, data};
use crate::{Fault, Hardware, Next};
use leasehold_abi::arguments::{
    self, Notify, Reply, ReplyReceive, SetServing, TaskStart, TaskStop,
};
use leasehold_abi::{Borrow, Error, FaultKind, Notifications, TaskState};
use zerocopy::IntoBytes;

/// What the supervisor may post besides.
const CRASH: usize = Notifications::CRASH.register();

pub(super) const SERVER: usize = 1;
pub(super) const CLIENT: usize = 4;
pub(super) const ALL: usize = u32::MAX as usize;

/// A client's message, recognisable.
pub(super) fn words(first: usize) -> [usize; 8] {
    core::array::from_fn(|at| first + at)
}

impl World {
    /// The client calls with a message; nothing is said about the answer.
    pub(super) fn send(&mut self, client: usize, server: usize, first: usize) -> [usize; 3] {
        self.become_task(client);
        let context = &mut self.kernel.tasks[client].context;
        (context.words, context.tag) = (words(first), first);
        let handle = self.handle(server);
        self.make(call(handle))
    }

    /// Buffers of a client, described in its memory.
    pub(super) fn describe(&mut self, task: usize, buffers: &[Borrow]) -> usize {
        let at = data(task) + 0x200;
        let bytes = buffers.as_bytes();
        self.write(at, bytes);
        at
    }

    /// The client calls the server, lending buffers; the server has received.
    pub(super) fn call_with(&mut self, buffers: &[Borrow]) -> usize {
        let at = self.describe(CLIENT, buffers);
        let server = self.handle(SERVER);
        self.act(
            CLIENT,
            arguments::Call {
                destination: server,
                borrows: at,
                count: buffers.len(),
            },
        );
        assert_eq!(self.kernel.current, SERVER);
        self.handle(CLIENT)
    }
}

#[test]
fn a_call_to_a_waiting_server_is_delivered_and_answered() {
    let mut world = World::new();
    world.send(CLIENT, SERVER, 70);
    assert_eq!(world.kernel.current, SERVER);
    assert_eq!(world.results(SERVER), [0, world.handle(CLIENT), 0]);
    let context = &mut world.kernel.tasks[SERVER].context;
    assert_eq!((context.words, context.tag), (words(70), 70));
    (context.words, context.tag) = (words(20), 9);
    let client = world.handle(CLIENT);
    assert_eq!(world.make(Reply { client }), [0, 0, 0]);
    world.rest_of(SERVER);
    assert_eq!(world.kernel.current, CLIENT);
    let context = &world.kernel.tasks[CLIENT].context;
    assert_eq!(
        (context.results, context.words, context.tag),
        ([0; 3], words(20), 9)
    );
}

impl World {
    /// This task waits.
    fn rest_of(&mut self, task: usize) {
        assert_eq!(self.kernel.current, task);
        self.make(receive(PARK.register()));
    }
}

#[test]
fn callers_of_a_busy_server_wait_and_the_most_important_is_first() {
    let mut world = World::new();
    // The server is in the middle of a call to the supervisor, which has received it.
    world.send(SERVER, 0, 1);
    world.send(CLIENT, SERVER, 40);
    world.send(3, SERVER, 30);
    world.send(2, SERVER, 20);
    assert_eq!(world.kernel.tasks[SERVER].waiting, 0b1_1100);
    assert_eq!(world.task_info(3).peer.get(), Some(1));
    assert_eq!(world.task_info(3).state, TaskState::Calling);
    let server = world.handle(SERVER);
    world.act(0, Reply { client: server });
    for (client, first) in [(2, 20), (3, 30), (CLIENT, 40)] {
        world.act(SERVER, receive(0));
        assert_eq!(world.results(SERVER), [0, world.handle(client), 0]);
        assert_eq!(world.kernel.tasks[SERVER].context.words, words(first));
        assert_eq!(world.task_info(client).state, TaskState::AwaitingReply);
    }
}

#[test]
fn notifications_go_before_messages() {
    let mut world = World::new();
    world.send(SERVER, 0, 1);
    world.send(CLIENT, SERVER, 40);
    world
        .kernel
        .post(SERVER, Notifications::from_register(0b101));
    let server = world.handle(SERVER);
    world.act(0, Reply { client: server });
    assert_eq!(world.act(SERVER, receive(0b100)), [0, ALL, 0b100]);
    let client = world.handle(CLIENT);
    assert_eq!(world.act(SERVER, receive(0b010)), [0, client, 0]);
    assert_eq!(world.act(SERVER, receive(0xffff)), [0, ALL, 0b001]);
}

#[test]
fn every_error_of_a_call() {
    let mut world = World::new();
    let error = |results: [usize; 3]| Error::from_code(results[0]);
    let (supervisor, server) = (world.handle(0), world.handle(SERVER));
    assert_eq!(error(world.act(CLIENT, call(63))), Some(Error::Invalid));
    assert_eq!(
        error(world.act(
            CLIENT,
            arguments::Call {
                destination: server,
                borrows: 0,
                count: 5
            }
        )),
        Some(Error::Invalid)
    );
    // Not in the manifest; downhill; itself.
    assert_eq!(error(world.act(5, call(server))), Some(Error::Denied));
    let client = world.handle(CLIENT);
    assert_eq!(error(world.act(SERVER, call(client))), Some(Error::Denied));
    assert_eq!(error(world.act(CLIENT, call(client))), Some(Error::Denied));
    let _ = supervisor;
    // A life that never was, with the present one in the answer.
    let dead = Error::Dead.code();
    assert_eq!(world.act(CLIENT, call(server + 64)), [dead, server, 1]);
    assert_eq!(world.act(CLIENT, call(server - 64)), [dead, server, 1]);
    world.value(SERVER, SetServing { serving: 0 });
    assert_eq!(error(world.act(CLIENT, call(server))), Some(Error::Unbound));
    world.value(0, TaskStop { task: SERVER });
    world.rest();
    // Dormant: the life to come is named, and has not begun.
    assert_eq!(world.act(CLIENT, call(server)), [dead, server + 64, 0]);
    assert_eq!(world.act(CLIENT, call(server + 64)), [dead, server + 64, 0]);
    world.value(0, TaskStart { task: SERVER });
    assert_eq!(world.act(CLIENT, call(server)), [dead, server + 64, 1]);
}

#[test]
fn reply_is_only_for_a_client_in_service() {
    let mut world = World::new();
    let client = world.handle(CLIENT);
    assert_eq!(world.error(SERVER, Reply { client }), Error::Dead);
    world.send(CLIENT, SERVER, 1);
    assert_eq!(
        world.error(
            SERVER,
            Reply {
                client: client + 64
            }
        ),
        Error::Dead
    );
    assert_eq!(world.error(SERVER, Reply { client: ALL }), Error::Dead);
    // Another server's client is not this one's.
    assert_eq!(world.error(2, Reply { client }), Error::Dead);
    assert_eq!(world.act(SERVER, Reply { client }), [0; 3]);
    assert_eq!(world.error(SERVER, Reply { client }), Error::Dead);
}

#[test]
fn reply_receive_passes_a_client_that_is_gone_over() {
    let mut world = World::new();
    world.send(CLIENT, SERVER, 1);
    let client = world.handle(CLIENT);
    world.value(0, TaskStop { task: CLIENT });
    world.rest_of(0);
    assert_eq!(world.kernel.tasks[SERVER].in_service, 0);
    world.act(
        SERVER,
        ReplyReceive {
            client,
            mask: PARK.register(),
        },
    );
    assert_eq!(world.kernel.tasks[SERVER].state, TaskState::Receiving);
}

#[test]
fn a_task_that_stops_serving_turns_all_its_callers_away() {
    let mut world = World::new();
    world.send(CLIENT, SERVER, 1);
    world.send(SERVER, 0, 1);
    world.send(3, SERVER, 3);
    let server = world.handle(SERVER);
    world.act(0, Reply { client: server });
    world.value(SERVER, SetServing { serving: 0 });
    assert_eq!(world.results(3), [Error::Unbound.code(), 0, 0]);
    assert_eq!(world.kernel.tasks[3].state, TaskState::Ready);
    // Also one whose call was received: a reply that a driver forgot would never come (L8).
    assert_eq!(world.results(CLIENT), [Error::Unbound.code(), 0, 0]);
    let client = world.handle(CLIENT);
    assert_eq!(world.error(SERVER, Reply { client }), Error::Dead);
    assert_eq!(
        world.error(SERVER, SetServing { serving: 3 }),
        Error::Invalid
    );
    // While it does not serve, it waits for notifications only.
    world.rest();
    assert_eq!(world.error(3, call(server)), Error::Unbound);
    world.value(SERVER, SetServing { serving: 1 });
    world.send(3, SERVER, 4);
    assert_eq!(world.kernel.current, SERVER);
}

/// Callers that came while the server was busy: it owes each of them a reply, and one that dies meanwhile takes no
/// other with it.
#[test]
fn callers_that_wait_are_served_one_after_another() {
    for dies in [None, Some(2), Some(3), Some(4)] {
        let mut world = World::new();
        // The server waits for another.
        world.send(SERVER, 0, 1);
        for client in [2, 3, 4] {
            world.send(client, SERVER, 10 * client);
            assert_eq!(world.kernel.tasks[client].state, TaskState::Calling);
        }
        if let Some(client) = dies {
            world.value(0, TaskStop { task: client });
        }
        let server = world.handle(SERVER);
        assert_eq!(world.act(0, Reply { client: server }), [0; 3]);
        for client in [2, 3, 4].into_iter().filter(|&client| dies != Some(client)) {
            let handle = world.handle(client);
            assert_eq!(world.act(SERVER, receive(0)), [0, handle, 0]);
            assert_eq!(world.kernel.tasks[SERVER].context.tag, 10 * client);
            assert_eq!(world.act(SERVER, Reply { client: handle }), [0; 3]);
            assert_eq!(world.results(client), [0; 3]);
        }
        assert_eq!(world.kernel.tasks[SERVER].waiting, 0);
        assert_eq!(world.kernel.tasks[SERVER].in_service, 0);
    }
}

#[test]
fn notify_checks_peer_life_and_bits() {
    let mut world = World::new();
    let server = world.handle(SERVER);
    assert_eq!(
        world.error(
            CLIENT,
            Notify {
                task: server,
                bits: 1 << 16
            }
        ),
        Error::Invalid
    );
    for bits in [CRASH, CRASH | 1] {
        let refused = world.error(CLIENT, Notify { task: server, bits });
        assert_eq!(
            refused,
            Error::Invalid,
            "only the supervisor makes a task panic"
        );
    }
    assert_eq!(
        world.error(CLIENT, Notify { task: 60, bits: 1 }),
        Error::Invalid
    );
    assert_eq!(
        world.error(
            5,
            Notify {
                task: server,
                bits: 1
            }
        ),
        Error::Denied
    );
    assert_eq!(
        world.error(
            CLIENT,
            Notify {
                task: server + 64,
                bits: 1
            }
        ),
        Error::Dead
    );
    world.rest();
    world.act(SERVER, receive(0b11));
    world.act(
        CLIENT,
        Notify {
            task: server,
            bits: 0b110,
        },
    );
    assert_eq!(world.kernel.current, SERVER, "its priority is higher");
    assert_eq!(world.results(SERVER), [0, ALL, 0b10]);
    assert_eq!(world.kernel.tasks[SERVER].pending & 0xffff, 0b100);
    world.act(
        0,
        Notify {
            task: server,
            bits: CRASH,
        },
    );
    assert_eq!(
        world.kernel.tasks[SERVER].pending & 0xffff,
        CRASH as u32 | 0b100
    );
}

#[test]
fn a_fault_of_a_server_reaches_blocked_callers_before_anything_else_is_reaped() {
    let mut world = World::new();
    let root = world.root();
    for _ in 0..6 {
        world.lend(0, root, 2, &[0]);
    }
    world.send(CLIENT, 2, 1);
    assert_eq!(world.kernel.current, 2);
    let fault = Fault {
        kind: FaultKind::Illegal,
        address: 1,
        pc: 2,
        stack: 3,
    };
    let mut next = world.kernel.fault(fault);
    while next == Next::Run(0) {
        world.rest_of(0);
        next = match world.kernel.current {
            task if task < 6 => Next::Run(task),
            _ => Next::Idle,
        };
    }
    assert_eq!(next, Next::Run(CLIENT));
    let successor = world.handle(2) + 64;
    assert_eq!(world.results(CLIENT), [Error::Dead.code(), successor, 0]);
    assert!(
        !world.kernel.reaper.is_idle(),
        "leases are still to be released"
    );
    assert!(!world.kernel.hardware.interrupt_pending());
}
