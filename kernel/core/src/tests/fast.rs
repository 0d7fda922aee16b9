//! The two fast paths, and the receive of RISC-V's entry code, beside the slow ones.

use super::entry::{self, Resumed};
use super::messages::{ALL, CLIENT, SERVER, words};
use crate::model::calls::receive;
use crate::model::{FLOATING, World, data};
use crate::task::no_handle;
use leasehold_abi::arguments::{self, Notify, Reply, ReplyReceive, SetServing};
use leasehold_abi::{Notifications, TaskState};
use std::string::String;

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
