//! A server that refuses, answers, or holds its callers.

use crate::model::World;
use crate::model::calls::{call, receive};
use leasehold_abi::arguments::{ReplyReceive, SetServing, TaskStop};
use leasehold_abi::{Error, Notifications, TaskState};

const SERVER: usize = 1;
const CLIENT: usize = 4;
const ALL: usize = u32::MAX as usize;

/// A server that can take no more leaves its callers waiting, in the order of their importance, as a busy one does.
#[test]
fn a_server_that_holds_its_callers_gets_notifications_only() {
    let mut world = World::new();
    let server = world.handle(SERVER);
    world.send(3, SERVER, 1);
    world.value(SERVER, SetServing { serving: 2 });
    // Who was received stays in service, and who comes waits, though the server waits too.
    world.act(SERVER, receive(8));
    for client in [CLIENT, 2] {
        world.act(client, call(server));
        assert_eq!(world.kernel.tasks[client].state, TaskState::Calling);
    }
    assert_eq!(world.kernel.tasks[3].state, TaskState::AwaitingReply);
    world.rest();
    assert_eq!(world.kernel.tasks[SERVER].state, TaskState::Receiving);
    world.kernel.post(SERVER, Notifications::peer(3));
    assert_eq!(world.results(SERVER), [0, ALL, 8]);
    // A reply of the server's does not end that, nor a receive with the reply.
    let first = world.handle(3);
    world.act(
        SERVER,
        ReplyReceive {
            client: first,
            mask: 8,
        },
    );
    assert_eq!(world.kernel.tasks[SERVER].state, TaskState::Receiving);
    world.kernel.post(SERVER, Notifications::peer(3));
    world.rest();
    world.value(SERVER, SetServing { serving: 1 });
    for client in [2, CLIENT] {
        let [_, received, _] = world.act(SERVER, receive(8));
        assert_eq!(received, world.handle(client));
    }
    // The next waits, and is turned away with the others when the server unbinds; a stop ends the wait too (L8).
    for (way, error) in [(0, Error::Unbound), (1, Error::Dead)] {
        world.value(SERVER, SetServing { serving: 2 });
        world.act(3, call(server));
        assert_eq!(world.kernel.tasks[3].state, TaskState::Calling);
        if way == 0 {
            world.value(SERVER, SetServing { serving: 0 });
        } else {
            world.value(0, TaskStop { task: SERVER });
        }
        world.rest();
        assert_eq!(world.results(3)[0], error.code());
    }
}
