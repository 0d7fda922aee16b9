//! The stack above a driver that lies, is silent, or lends nonsense: it drops that driver, and goes on with the next.

use class_network::{BUFFERS, MEMORY, NetworkFamily, READY};
use demo_net::NetDriver;
use driver_interfaces::{NetworkStatus, SocketsClient};
use driver_testing::virtio::Virtio;
use driver_testing::{Memory, Offer, Stage};
use driver_virtio_net::VirtioNetDriver;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use userlib::for_lt::payload_identity;
use userlib::runtime::AsyncDriver;

const SLOTS: u32 = BUFFERS as u32;
/// Where the rings are in shared memory, as the honest driver lays them out.
const RECEIVED: u64 = 0;
const TAKEN: u64 = RECEIVED + 16 + 8 * SLOTS as u64;
const TO_SEND: u64 = TAKEN + 16 + 4 * SLOTS as u64;
const SENT: u64 = TO_SEND + 16 + 8 * SLOTS as u64;
/// Bytes of the payload, rounded up.
const PAYLOAD: usize = 64;

/// What an honest driver lends as payload.
fn payload() -> [u8; PAYLOAD] {
    let memory = Memory::new(256 << 10);
    let device = Virtio::new(&memory, 1 << 5 | 1 << 16)
        .with_own(&[0x52, 0x54, 0, 1, 2, 3, 1, 0])
        .with_queues(2, 256);
    let device = Rc::new(RefCell::new(device));
    let seen = Cell::new([0; PAYLOAD]);
    let offer = Virtio::offer(&device, 0x1af4_1041, &memory);
    offer.play::<_, { VirtioNetDriver::REQUESTS }>(&VirtioNetDriver, |stage| {
        let lent = stage.lent("payload");
        seen.set(lent.read(lent.base()));
    });
    seen.get()
}

/// What a driver lends, to be changed at will.
struct Parent {
    payload: Memory,
    shared: Memory,
}

impl Parent {
    fn new(payload: &[u8; PAYLOAD]) -> Self {
        let parent = Self {
            payload: Memory::new(4096),
            shared: Memory::new(4096),
        };
        let offer = parent.offer();
        parent.payload.write(parent.payload.base(), payload);
        drop(offer);
        parent
    }

    fn offer(&self) -> Offer {
        Offer::new("virtio-net.network", 0, payload_identity::<NetworkFamily>())
            .with_memory("payload", &self.payload)
            .with_memory("shared", &self.shared)
            .with_memory("window0", &Memory::new(MEMORY))
            .with_memory("window1", &Memory::new(MEMORY))
    }

    fn word(&self, offset: u64) -> u32 {
        u32::from_le_bytes(self.shared.read(self.shared.base() + offset))
    }

    fn set(&self, offset: u64, word: u32) {
        self.shared
            .write(self.shared.base() + offset, &word.to_le_bytes());
    }

    /// Says that a frame came, as number `number`.
    fn receive(&self, number: u32, slot: u32, length: u32) {
        let entry = RECEIVED + 16 + 8 * u64::from(number % SLOTS);
        self.set(entry, slot);
        self.set(entry + 4, length);
        self.set(RECEIVED, number.wrapping_add(1));
    }

    /// Says that a frame was sent, as number `number`.
    fn sent(&self, number: u32, slot: u32) {
        self.set(SENT + 16 + 4 * u64::from(number % SLOTS), slot);
        self.set(SENT, number.wrapping_add(1));
    }
}

fn stack() -> NetDriver {
    NetDriver::new(Box::leak(Box::default()), Box::leak(Box::default()))
}

fn status(stage: &mut Stage<'_>) -> NetworkStatus {
    let status = stage.call(|peer| SocketsClient::of(peer).status());
    status.expect("the stack answers whatever its driver does")
}

/// The stack takes an honest frame.
fn works(net: &NetDriver, payload: &[u8; PAYLOAD], dropped: u32) {
    let parent = Parent::new(payload);
    parent.offer().play_callbacks(net, |stage| {
        assert_eq!(stage.bound(), 1, "{:?}", stage.log());
        parent.receive(0, 5, 64);
        stage.post(READY);
        stage.pass(100_000);
        let status = status(stage);
        assert_eq!((status.is_bound, status.frames[0]), (1, 1));
        assert_eq!(parent.word(TAKEN), 1, "the buffer is given back");
        // What it sends is asked of this driver, and an honest answer is taken. A stage begins at time 0, so after a
        // former one nothing may be due.
        if parent.word(TO_SEND) != 0 {
            let slot = parent.word(TO_SEND + 16);
            parent.sent(0, slot);
            stage.post(READY);
        }
        let status = self::status(stage);
        assert_eq!((status.is_bound, status.dropped), (1, dropped));
    });
}

#[test]
fn a_driver_that_lies_is_dropped_and_the_next_one_is_used() {
    type Lie = fn(&Parent);
    let lies: [(&str, Lie); 14] = [
        ("more frames than slots", |it| it.set(RECEIVED, SLOTS + 1)),
        ("frames without end", |it| it.set(RECEIVED, u32::MAX)),
        ("frames that were taken back", |it| {
            it.set(RECEIVED, u32::MAX - SLOTS);
        }),
        ("a slot past the last", |it| it.receive(0, SLOTS, 64)),
        ("a slot of no queue", |it| it.receive(0, u32::MAX, 64)),
        ("one slot twice", |it| {
            it.receive(0, 3, 64);
            it.receive(1, 3, 64);
        }),
        ("no frame", |it| it.receive(0, 0, 0)),
        ("too short", |it| it.receive(0, 0, 13)),
        ("too long", |it| it.receive(0, 0, 1515)),
        ("longer than memory", |it| it.receive(0, 0, u32::MAX)),
        ("sent what nobody asked", |it| it.sent(0, 17)),
        ("sent a slot past the last", |it| it.sent(0, SLOTS)),
        ("sent more than slots", |it| it.set(SENT, SLOTS + 1)),
        ("took more than was asked", |it| it.set(TO_SEND + 4, 9)),
    ];
    let payload = payload();
    for (name, lie) in lies {
        let net = stack();
        works(&net, &payload, 0);
        let parent = Parent::new(&payload);
        parent.offer().play_callbacks(&net, |stage| {
            assert_eq!(stage.bound(), 1, "{name}");
            assert_eq!(status(stage).dropped, 0, "{name}");
            lie(&parent);
            stage.post(READY);
            // What is found out when all room is used, at the latest.
            stage.pass(1_000_000);
            let status = status(stage);
            assert_eq!((status.dropped, status.has_link), (1, 0), "{name}");
            let log = stage.log();
            assert!(
                log.iter()
                    .any(|line| line.contains("the driver is dropped")),
                "{name}: {log:?}"
            );
            // It is heard no more.
            parent.receive(7, 7, 64);
            stage.post(READY);
            assert_eq!(self::status(stage).dropped, 1, "{name}");
            stage.revoke();
            assert!(stage.is_released(), "{name}");
        });
        works(&net, &payload, 1);
    }
}

#[test]
fn a_driver_that_never_answers_is_dropped() {
    let payload = payload();
    let net = stack();
    let parent = Parent::new(&payload);
    parent.offer().play_callbacks(&net, |stage| {
        // A request for an address every ten seconds, until all buffers are the driver's.
        stage.pass(200_000);
        assert_eq!(status(stage).dropped, 0);
        stage.pass(1_000_000);
        assert_eq!(status(stage).dropped, 1);
    });
    works(&net, &payload, 1);
}

/// `smoltcp` panics at an address that no controller can have.
#[test]
fn a_controller_with_the_address_of_a_group_is_refused() {
    let mut payload = payload();
    // Behind the driver's handle.
    assert_eq!(payload[4..10], [0x52, 0x54, 0, 1, 2, 3]);
    for first in [0x53, 0xff] {
        payload[4] = first;
        let net = stack();
        Parent::new(&payload).offer().play_callbacks(&net, |stage| {
            assert_eq!(stage.bound(), 0);
            assert_eq!(status(stage).bindings, 0);
        });
    }
}

/// Seeds of the test below, and words of noise with each.
const SEEDS: u32 = 300;
const WORDS: u32 = 40;

#[test]
fn noise_in_what_is_lent_ends_in_an_answer() {
    let payload = payload();
    let net = stack();
    let (mut refused, mut dropped) = (0, 0);
    for seed in 1..=SEEDS {
        let mut number = seed;
        let mut random = move |below: u32| {
            number ^= number << 13;
            number ^= number >> 17;
            number ^= number << 5;
            number % below
        };
        let mut bytes = payload;
        if seed % 3 == 0 {
            for _ in 0..=random(3) {
                bytes[random(PAYLOAD as u32) as usize] = random(256) as u8;
            }
        }
        let parent = Parent::new(&bytes);
        parent.offer().play_callbacks(&net, |stage| {
            if stage.bound() == 0 {
                refused += 1;
                return;
            }
            let before = status(stage).dropped;
            for _ in 0..WORDS {
                // Words that count, mostly, and values that are nearly right.
                let ring = [RECEIVED, TAKEN, TO_SEND, SENT][random(4) as usize];
                let at = ring + 4 * u64::from(random(if seed % 2 == 0 { 4 } else { 24 }));
                let near = parent.word(at).wrapping_add(random(5)).wrapping_sub(2);
                let value = [near, random(SLOTS), random(1600), random(u32::MAX)];
                parent.set(at, value[random(4) as usize]);
                stage.post(READY);
                stage.pass(u64::from(random(50)));
            }
            let after = status(stage).dropped - before;
            assert!(after <= 1, "it is dropped once");
            dropped += after;
        });
    }
    assert!(refused > 10, "{refused} payloads were refused");
    assert!(dropped > SEEDS / 3, "{dropped} drivers were dropped");
    works(&net, &payload, dropped);
}
