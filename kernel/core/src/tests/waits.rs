//! What a receive does before it waits: a line may come again, and peers are notified.

use crate::Next;
use crate::model::calls::receive;
use crate::model::{FLOATING, PARK, World, root};
use leasehold_abi::arguments::{LeaseRevoke, Receive, TaskStop};
use leasehold_abi::{BeforeWait, Error, MOST_PEERS, Notifications, RevokeMode, TaskState};

const SERVER: usize = 1;
const CLIENT: usize = 4;
const ALL: usize = u32::MAX as usize;
const CRASH: usize = Notifications::CRASH.register();
/// The line of the tests.
const LINE: usize = 10;

#[test]
fn a_receive_acknowledges_and_notifies_before_it_waits() {
    let mut world = World::new();
    world.claimed_line(2, root::LINE_10, 0b100 << 16);
    // As many as there may be. Two have a higher priority, the others a lower one.
    let peers: [usize; MOST_PEERS] = [CLIENT, 3, SERVER, 0];
    for task in peers {
        world.act(task, receive(0b11));
    }
    world.act(2, receive(0b100 << 16));
    world.rest();
    world.kernel.hardware.raise_line(LINE as u32);
    assert_eq!(world.kernel.interrupt(), Next::Run(2));
    world.kernel.hardware.raise_line(LINE as u32);
    let before = BeforeWait::NOTHING
        .acknowledge(LINE as u16)
        .notify(Notifications::peer(1));
    let set = peers.iter().fold(0, |set, peer| set | 1 << peer);
    world.make(Receive {
        mask: 0b100 << 16,
        before: before.register(),
        peers: set,
    });
    assert_eq!(world.kernel.current, 0, "the first of them");
    for task in peers {
        assert_eq!(world.results(task), [0, ALL, 0b10]);
    }
    assert_eq!(world.kernel.tasks[2].state, TaskState::Receiving);
    // The line may come again.
    assert_eq!(world.kernel.interrupt(), Next::Run(0));
    assert_eq!(world.kernel.tasks[2].state, TaskState::Ready);
    assert_eq!(world.results(2), [0, ALL, 0b100 << 16]);
    // It is masked again until then.
    assert!(world.kernel.hardware.unmasked.is_empty());
}

#[test]
fn a_receive_that_need_not_wait_notifies_all_the_same() {
    let mut world = World::new();
    world.act(SERVER, receive(1));
    world.rest();
    world.kernel.post(CLIENT, Notifications::peer(3));
    world.become_task(CLIENT);
    world.kernel.post(CLIENT, Notifications::peer(3));
    let peers = 1 << SERVER;
    world.make(Receive {
        mask: 8,
        before: 1,
        peers,
    });
    assert_eq!(world.results(CLIENT), [0, ALL, 8]);
    assert_eq!(world.kernel.current, SERVER);
    assert_eq!(world.results(SERVER), [0, ALL, 1]);
}

#[test]
fn a_receive_that_asks_too_much_does_nothing() {
    let mut world = World::new();
    world.claimed_line(2, root::LINE_10, 1 << 16);
    world.act(SERVER, receive(1));
    world.rest();
    world.kernel.hardware.raise_line(10);
    world.kernel.interrupt();
    world.become_task(2);
    let line = 11 << 16;
    for (task, before, peers, error) in [
        (2, line | CRASH, 1 << SERVER, Error::Invalid),
        (2, line | 1, 0b1_1111, Error::Invalid),
        (2, line | 1, usize::MAX, Error::Denied),
        (2, line | 1, 1 << 6, Error::Denied),
        (2, line | 1, 1 << SERVER | 1 << 63, Error::Denied),
        (FLOATING, line | 1, 1 << SERVER, Error::Denied),
    ] {
        assert_eq!(
            world.error(
                task,
                Receive {
                    mask: 1,
                    before,
                    peers
                }
            ),
            error
        );
        assert_eq!(world.kernel.tasks[SERVER].pending & 1, 0);
        assert!(world.kernel.hardware.unmasked.is_empty());
    }
    // Somebody else's line, one that nobody has, and none: passed over.
    let own = PARK.register();
    for before in [11 << 16, 12 << 16, 0xffff << 16, usize::MAX << 16, 0xffff] {
        world.act(
            3,
            Receive {
                mask: own,
                before,
                peers: 0,
            },
        );
        assert!(world.kernel.hardware.unmasked.is_empty());
    }
    // So is a peer that is not alive.
    world.value(0, TaskStop { task: SERVER });
    world.rest();
    world.act(
        2,
        Receive {
            mask: own,
            before: 1,
            peers: 1 << SERVER,
        },
    );
    assert_eq!(world.kernel.tasks[SERVER].pending, 0);
}

/// A line that was taken away stays masked, whoever asks.
#[test]
fn a_receive_never_unmasks_a_line_that_was_revoked() {
    let mut world = World::new();
    let lease = world.claimed_line(2, root::LINE_10, 1 << 16);
    world.value(
        0,
        LeaseRevoke {
            lease,
            mode: RevokeMode::Hard as usize,
        },
    );
    assert!(world.kernel.hardware.unmasked.is_empty());
    world.act(
        2,
        Receive {
            mask: PARK.register(),
            before: 11 << 16,
            peers: 0,
        },
    );
    assert!(world.kernel.hardware.unmasked.is_empty());
}
