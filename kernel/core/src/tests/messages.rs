//! Calls, receives, replies, borrows, and the two fast paths against the slow ones.

use super::entry::{self, Resumed};
use crate::model::calls::{call, receive};
use crate::model::{FLOATING, PARK, World, data};
use crate::task::no_handle;
use crate::{Fault, Hardware, Next};
use leasehold_abi::arguments::{
    self, Notify, Reply, ReplyReceive, SetServing, TaskStart, TaskStop,
};
use leasehold_abi::{Borrow, Error, FaultKind, Notifications, TaskState};
use std::string::String;
use zerocopy::IntoBytes;

/// What the supervisor may post besides.
const CRASH: usize = Notifications::CRASH.register();

const SERVER: usize = 1;
const CLIENT: usize = 4;
const ALL: usize = u32::MAX as usize;

/// A client's message, recognisable.
fn words(first: usize) -> [usize; 8] {
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
    fn describe(&mut self, task: usize, buffers: &[Borrow]) -> usize {
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
    assert_eq!(world.kernel.current, SERVER, "it is more important");
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

/// Everything of a kernel that a task could ever notice, and the machine too.
fn state(world: &World) -> String {
    let kernel = &world.kernel;
    let tasks: std::vec::Vec<_> = kernel
        .tasks
        .iter()
        .map(|task| {
            let sets = (task.waiting, task.in_service, task.pending);
            let wait = (
                task.state,
                task.accepting,
                task.mask,
                task.peer,
                (task.serving, task.holding),
            );
            let blocked = matches!(task.state, TaskState::Calling | TaskState::AwaitingReply);
            let borrows = blocked.then_some((task.borrows, task.borrow_count));
            (task.handle, sets, wait, borrows)
        })
        .collect();
    std::format!("{:?} {} {tasks:?}", kernel.ready, kernel.current)
}

/// Bring two equal worlds into a random state of calls and waits.
fn scramble(world: &mut World, mut seed: u64) {
    let mut random = |bound: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        (seed % bound as u64) as usize
    };
    for _ in 0..random(40) {
        let task = world.kernel.current;
        if task >= 6 {
            let other = random(6);
            world.kernel.post(other, !Notifications::KERNEL);
            world.kernel.next();
            continue;
        }
        let target = world.handle(random(6)) + if random(16) == 0 { 64 } else { 0 };
        match random(8) {
            0 | 1 => world.make(arguments::Call {
                destination: target,
                borrows: data(task),
                count: random(5),
            }),
            2 | 3 => world.make(receive(random(2) * ALL)),
            4 => world.make(Reply { client: target }),
            5 => world.make(Notify {
                task: target,
                bits: 1 << random(4),
            }),
            6 if random(4) == 0 => world.make(SetServing { serving: random(3) }),
            _ => world.make(ReplyReceive {
                client: target,
                mask: ALL,
            }),
        };
    }
}

/// In any state, and for any arguments, a fast path either declines and changes nothing, or
/// leaves what the slow path leaves, and resumes whom it resumes, with the same message. So do the lines of RISC-V's
/// entry code.
#[test]
fn the_fast_paths_do_what_the_slow_ones_do() {
    let rounds = if cfg!(miri) { 12 } else { 6_000 };
    let (mut calls, mut replies) = (0, 0);
    for seed in 1..rounds {
        let (mut fast, mut slow, mut in_entry) = (World::new(), World::new(), World::new());
        let seed = u64::wrapping_mul(seed, 0x9e37_79b9_7f4a_7c15);
        scramble(&mut fast, seed);
        scramble(&mut slow, seed);
        scramble(&mut in_entry, seed);
        let before = state(&fast);
        assert_eq!(before, state(&slow));
        let sender = fast.kernel.current;
        if sender >= 6 {
            continue;
        }
        let message = (words(seed as usize & 0xffff), 5);
        for world in [&mut fast, &mut slow] {
            let context = &mut world.kernel.tasks[sender].context;
            (context.words, context.tag) = message;
        }
        let peer = (seed >> 40) as usize % 6;
        let peer = fast.handle(peer) + if seed >> 60 == 0 { 64 } else { 0 };
        let served = fast.kernel.tasks[sender].in_service;
        let peer = match served {
            0 => peer,
            _ if seed & 0b101 != 1 => peer,
            _ => fast.handle(served.trailing_zeros() as usize),
        };
        let client = if seed & 1 == 0 {
            let borrows = (data(sender), (seed >> 50) as usize % 6);
            let next = fast.kernel.fast_call(peer as u32, borrows.0, borrows.1);
            let resumed = entry::call(&mut in_entry, [peer, borrows.0, borrows.1]);
            let second = fast.handle(sender);
            assert_eq!(resumed, next.map(|task| Resumed { task, second }));
            assert_eq!(state(&in_entry), state(&fast));
            let Some(next) = next else {
                assert_eq!(before, state(&fast));
                continue;
            };
            slow.make(arguments::Call {
                destination: peer,
                borrows: borrows.0,
                count: borrows.1,
            });
            assert_eq!(slow.results(next), [0, slow.handle(sender), 0]);
            calls += 1;
            next
        } else {
            let mask = if seed & 2 == 0 { ALL } else { 0b110 };
            let next = fast.kernel.fast_reply_receive(peer as u32, mask as u32);
            let resumed = entry::reply_receive(&mut in_entry, [peer, mask]);
            assert_eq!(resumed, next.map(|task| Resumed { task, second: 0 }));
            assert_eq!(state(&in_entry), state(&fast));
            let Some(next) = next else {
                assert_eq!(before, state(&fast));
                continue;
            };
            slow.make(ReplyReceive { client: peer, mask });
            assert_eq!(slow.results(next), [0, 0, 0]);
            replies += 1;
            next
        };
        assert_eq!(slow.kernel.current, client);
        let context = &slow.kernel.tasks[client].context;
        assert_eq!((context.words, context.tag), message);
        assert_eq!(state(&fast), state(&slow));
    }
    if !cfg!(miri) {
        assert!(
            calls > 100 && replies > 50,
            "{calls} calls and {replies} replies were fast"
        );
    }
}

/// In any state a receive of the entry code either declines and changes nothing, or leaves what the slow path leaves,
/// and goes on with the same task.
#[test]
fn a_receive_in_the_entry_code_does_what_the_slow_one_does() {
    let rounds = if cfg!(miri) { 12 } else { 6_000 };
    let (mut went, mut stayed) = (0, 0);
    for seed in 1..rounds {
        let (mut slow, mut in_entry) = (World::new(), World::new());
        let seed = u64::wrapping_mul(seed, 0x9e37_79b9_7f4a_7c15);
        scramble(&mut slow, seed);
        scramble(&mut in_entry, seed);
        let receiver = slow.kernel.current;
        if receiver >= 6 {
            continue;
        }
        let before = state(&slow);
        let mask = [ALL, 0b110, 0, 1 << 40 | 2][(seed >> 50) as usize % 4];
        let extra = [[0, 0], [0, 0], [0, 0], [1, 1 << SERVER], [11 << 16, 0]];
        let [first, peers] = extra[(seed >> 40) as usize % 5];
        let next = entry::receive(&mut in_entry, [mask, first, peers]);
        let Some(next) = next else {
            assert_eq!(before, state(&in_entry));
            stayed += 1;
            continue;
        };
        assert_eq!([first, peers], [0, 0], "the slow path does this first");
        slow.make(receive(mask));
        assert_eq!(slow.kernel.current, next);
        assert_eq!(state(&in_entry), state(&slow));
        went += 1;
    }
    if !cfg!(miri) {
        assert!(went > 50 && stayed > 300, "{went} went, {stayed} stayed");
    }
}

#[test]
fn the_fast_paths_stand_back_while_the_reaper_has_work() {
    let mut world = World::new();
    world.become_task(CLIENT);
    let server = world.handle(SERVER) as u32;
    world.kernel.reaper.queued_by(5);
    assert_eq!(world.kernel.fast_call(server, 0, 0), None);
    assert_eq!(entry::call(&mut world, [server as usize, 0, 0]), None);
    assert_eq!(entry::receive(&mut world, [0, 0, 0]), None);
}

#[test]
fn the_fast_paths_never_resume_a_task_with_floating_point_registers() {
    let mut world = World::new();
    // As a client: the reply goes the slow way.
    world.send(FLOATING, 4, 1);
    let client = world.handle(FLOATING);
    world.become_task(4);
    assert_eq!(world.kernel.fast_reply_receive(client as u32, 0), None);
    assert_eq!(entry::reply_receive(&mut world, [client, 0]), None);
    world.act(4, ReplyReceive { client, mask: 0 });
    assert_eq!(world.results(FLOATING), [0; 3]);
    // As a server: it waits, and yet no caller may hand its message over at once.
    world.rest();
    assert_eq!(world.kernel.tasks[FLOATING].state, TaskState::Receiving);
    let task = &world.kernel.tasks[FLOATING];
    assert_eq!(task.accepting, no_handle(task.handle));
    assert_eq!(world.kernel.tasks[4].accepting, world.handle(4) as u32);
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

#[test]
fn a_fast_reply_does_not_pass_a_waiting_caller_over() {
    let mut world = World::new();
    world.send(CLIENT, SERVER, 40);
    // The server calls on; meanwhile another client queues up behind it.
    world.send(SERVER, 0, 1);
    world.send(3, SERVER, 30);
    let server = world.handle(SERVER);
    world.act(0, Reply { client: server });
    world.become_task(SERVER);
    let client = world.handle(CLIENT);
    assert_eq!(world.kernel.fast_reply_receive(client as u32, 0), None);
    assert_eq!(entry::reply_receive(&mut world, [client, 0]), None);
    world.act(SERVER, ReplyReceive { client, mask: 0 });
    assert_eq!(world.results(SERVER), [0, world.handle(3), 0]);
    assert_eq!(world.results(CLIENT), [0; 3]);
}

#[test]
fn a_call_with_as_many_buffers_as_there_may_be_is_fast() {
    let mut world = World::new();
    world.become_task(CLIENT);
    let server = world.handle(SERVER) as u32;
    let most = leasehold_abi::MAX_BORROWS;
    assert_eq!(world.kernel.fast_call(server, 0, most + 1), None);
    assert_eq!(world.kernel.fast_call(server, 0, most), Some(SERVER));
}

#[test]
fn nothing_is_fast_when_nobody_runs() {
    let mut world = World::new();
    assert_eq!(world.kernel.current, crate::task::NO_TASK);
    let [server, client] = [SERVER, CLIENT].map(|task| world.handle(task) as u32);
    assert_eq!(world.kernel.fast_call(server, 0, 0), None);
    assert_eq!(world.kernel.fast_reply_receive(client, 0), None);
}

/// The reaper may have to run before the client.
#[test]
fn no_reply_is_fast_while_the_reaper_has_work() {
    for busy in [false, true] {
        let mut world = World::new();
        world.send(CLIENT, SERVER, 1);
        let client = world.handle(CLIENT) as u32;
        if busy {
            world.kernel.reaper.queued_by(SERVER);
        }
        let fast = world.kernel.fast_reply_receive(client, 0);
        assert_eq!(fast, (!busy).then_some(CLIENT));
    }
}
