//! The driver between a model of its device and a child that the test plays, word by word.

use driver_testing::virtio::Virtio;
use driver_testing::{Memory, Stage};
use driver_virtio_net::VirtioNetDriver;
use std::cell::RefCell;
use std::rc::Rc;
use userlib::runtime::AsyncDriver;
use userlib::supervisor::LET_GO;

/// Features: an address, a status.
const FEATURES: u64 = 1 << 5 | 1 << 16;
const ADDRESS: [u8; 6] = [0x52, 0x54, 0, 1, 2, 3];
const BUFFERS: u32 = 32;
const BUFFER: u64 = 2048;
const HEADER: usize = 12;
/// The queues of the device.
const RECEIVE: usize = 0;
const TRANSMIT: usize = 1;

/// Where the rings are in shared memory: requests and answers of each direction. A ring has four words, then entries.
const RECEIVED: u64 = 0;
const TAKEN: u64 = RECEIVED + 16 + 8 * BUFFERS as u64;
const TO_SEND: u64 = TAKEN + 16 + 4 * BUFFERS as u64;
const SENT: u64 = TO_SEND + 16 + 8 * BUFFERS as u64;

fn own(link: u8) -> [u8; 8] {
    let mut own = [0; 8];
    own[..6].copy_from_slice(&ADDRESS);
    own[6] = link;
    own
}

/// Runs a test with a device that has a link.
fn with(test: impl FnOnce(&mut Stage<'_>, &RefCell<Virtio>, &Memory)) {
    let memory = Memory::new(256 << 10);
    let device = Virtio::new(&memory, FEATURES)
        .with_own(&own(1))
        .with_queues(2, 256);
    let device = Rc::new(RefCell::new(device));
    let offer = Virtio::offer(&device, 0x1af4_1041, &memory);
    offer.play::<_, { VirtioNetDriver::REQUESTS }>(&VirtioNetDriver, |stage| {
        assert_eq!(stage.bound(), 1);
        test(stage, &device, &memory);
    });
}

/// The child's end.
struct Child {
    rings: Memory,
}

impl Child {
    fn new(stage: &Stage<'_>) -> Self {
        Self {
            rings: stage.lent("shared"),
        }
    }

    fn word(&self, offset: u64) -> u32 {
        u32::from_le_bytes(self.rings.read(self.rings.base() + offset))
    }

    fn set(&self, offset: u64, word: u32) {
        self.rings
            .write(self.rings.base() + offset, &word.to_le_bytes());
    }

    /// Frames that came: slot and length, from number `from` on.
    fn received(&self, from: u32) -> Vec<(u32, u32)> {
        let entry = |number: u32| RECEIVED + 16 + 8 * u64::from(number % BUFFERS);
        (from..self.word(RECEIVED))
            .map(|number| (self.word(entry(number)), self.word(entry(number) + 4)))
            .collect()
    }

    /// Gives slots back, as number `from` and those after it.
    fn give_back(&self, stage: &mut Stage<'_>, from: u32, slots: &[u32]) {
        for (number, slot) in (from..).zip(slots) {
            self.set(TAKEN + 16 + 4 * u64::from(number % BUFFERS), *slot);
        }
        let count = from + slots.len() as u32;
        // All frames are taken out, too.
        self.set(RECEIVED + 4, self.word(RECEIVED));
        self.set(TAKEN, count);
        stage.post(class_network::READY);
    }

    /// Asks for a frame to be sent, as number `number`.
    fn send(&self, stage: &mut Stage<'_>, number: u32, slot: u32, length: u32) {
        let entry = TO_SEND + 16 + 8 * u64::from(number % BUFFERS);
        self.set(entry, slot);
        self.set(entry + 4, length);
        self.set(TO_SEND, number + 1);
        stage.post(class_network::READY);
    }

    /// Slots whose frames were sent.
    fn sent(&self) -> Vec<u32> {
        (0..self.word(SENT))
            .map(|number| self.word(SENT + 16 + 4 * u64::from(number)))
            .collect()
    }
}

/// The device receives a frame of so many bytes.
fn receive(stage: &mut Stage<'_>, device: &RefCell<Virtio>, length: usize) {
    let bytes = vec![0xab; HEADER + length];
    assert!(device.borrow_mut().queue(RECEIVE).complete(&bytes));
    stage.interrupt("intx");
}

fn offered(device: &RefCell<Virtio>, queue: usize) -> u16 {
    device.borrow_mut().queue(queue).offered()
}

fn has_lost_queues(stage: &Stage<'_>) -> bool {
    let log = stage.log();
    log.iter().any(|line| line.contains("loses its queues"))
}

#[test]
fn frames_that_come_lie_in_lent_buffers_until_they_are_given_back() {
    with(|stage, device, memory| {
        assert_eq!(device.borrow().taken_features() & FEATURES, FEATURES);
        assert_eq!(offered(device, RECEIVE), BUFFERS as u16);
        let (_, pieces) = device.borrow_mut().queue(RECEIVE).take().unwrap();
        let [(_, header, true), (address, buffer, true)] = pieces[..] else {
            panic!("{pieces:?}");
        };
        assert_eq!((header, u64::from(buffer)), (HEADER as u32, BUFFER));
        assert_eq!(address % BUFFER, 0, "a whole buffer: {address:#x}");
        let child = Child::new(stage);
        for length in [60, 1514] {
            receive(stage, device, length);
        }
        let received = child.received(0);
        let lengths: Vec<u32> = received.iter().map(|(_, length)| *length).collect();
        assert_eq!(lengths, [60, 1514]);
        // The first chain, which was taken above, is of the first buffer; the frames are in those behind it.
        for (slot, _) in &received {
            let frame = address + BUFFER * u64::from(*slot);
            assert_eq!(memory.read::<2>(frame), [0xab; 2]);
        }
        let before = offered(device, RECEIVE);
        let slots: Vec<u32> = received.iter().map(|(slot, _)| *slot).collect();
        child.give_back(stage, 0, &slots);
        // The driver has enough, so it takes them when it has something else to do.
        receive(stage, device, 60);
        assert_eq!(offered(device, RECEIVE), before + 1);
    });
}

#[test]
fn what_is_no_frame_is_dropped_and_its_buffer_used_again() {
    with(|stage, device, _| {
        let child = Child::new(stage);
        for length in [13, 1515, 0] {
            let before = offered(device, RECEIVE);
            receive(stage, device, length);
            assert_eq!(offered(device, RECEIVE), before, "{length} bytes");
        }
        assert_eq!(child.received(0), []);
    });
}

#[test]
fn a_frame_to_send_has_a_header_of_zeros_and_its_slot_comes_back_when_it_is_sent() {
    with(|stage, device, memory| {
        let child = Child::new(stage);
        child.send(stage, 0, 5, 100);
        let (number, pieces) = device.borrow_mut().queue(TRANSMIT).take().unwrap();
        let [(header, 12, false), (_, 100, false)] = pieces[..] else {
            panic!("{pieces:?}");
        };
        assert_eq!(memory.read::<HEADER>(header), [0; HEADER]);
        assert_eq!(child.sent(), []);
        device.borrow_mut().queue(TRANSMIT).give(number.into(), 0);
        stage.interrupt("intx");
        assert_eq!(child.sent(), [5]);
        assert!(!has_lost_queues(stage));
    });
}

#[test]
fn a_child_that_lies_loses_its_queues_and_the_next_gets_them_empty() {
    type Lie = fn(&Child, &mut Stage<'_>);
    let lies: [(&str, Lie); 6] = [
        ("a slot that is not there", |child, stage| {
            child.send(stage, 0, BUFFERS, 100);
        }),
        ("a frame that is too long", |child, stage| {
            child.send(stage, 0, 0, 1515);
        }),
        ("a frame that is too short", |child, stage| {
            child.send(stage, 0, 0, 13);
        }),
        ("a slot that is being sent", |child, stage| {
            child.send(stage, 0, 3, 100);
            child.send(stage, 1, 3, 100);
        }),
        ("more than there can be", |child, stage| {
            child.set(TO_SEND, BUFFERS + 1);
            stage.post(class_network::READY);
        }),
        ("a buffer that it has not got", |child, stage| {
            child.give_back(stage, 0, &[9]);
        }),
    ];
    for (what, lie) in lies {
        with(|stage, device, _| {
            let child = Child::new(stage);
            lie(&child, stage);
            // The device is still busy with what was honest, and gets no more from this child.
            stage.interrupt("intx");
            assert!(has_lost_queues(stage), "{what}: {:?}", stage.log());
            loop {
                let mut device = device.borrow_mut();
                let Some((number, _)) = device.queue(TRANSMIT).take() else {
                    break;
                };
                device.give(number.into(), 0);
            }
            stage.interrupt("intx");
            assert_eq!(stage.bound(), 1, "{what}");
            // The next child finds all as at first, and no buffer is lost.
            let next = Child::new(stage);
            assert_eq!(offered(device, RECEIVE), BUFFERS as u16, "{what}");
            receive(stage, device, 60);
            assert_eq!(next.received(0).len(), 1, "{what}");
            next.send(stage, 0, 3, 100);
            assert_eq!(offered(device, TRANSMIT), 1, "{what}");
        });
    }
}

#[test]
fn buffers_of_a_child_that_went_come_back() {
    with(|stage, device, _| {
        let child = Child::new(stage);
        for _ in 0..BUFFERS {
            receive(stage, device, 60);
        }
        assert_eq!(offered(device, RECEIVE), 0);
        // It has taken one out, and keeps it.
        child.set(RECEIVED + 4, 1);
        stage.post(LET_GO);
        assert_eq!(offered(device, RECEIVE), BUFFERS as u16);
        let next = Child::new(stage);
        receive(stage, device, 60);
        assert_eq!(next.received(0).len(), 1);
    });
}

#[test]
fn the_device_is_reset_before_its_memory_goes() {
    with(|stage, device, _| {
        assert!(device.borrow().is_running());
        stage.revoke();
        assert!(stage.is_released() && !device.borrow().is_running());
    });
}

#[test]
fn a_device_that_lies_ends_the_driver() {
    let run = || {
        with(|stage, device, _| {
            device.borrow_mut().queue(RECEIVE).give(999, 0);
            stage.interrupt("intx");
        });
    };
    let ended = std::panic::catch_unwind(run).expect_err("it goes on");
    let said = ended.downcast_ref::<&str>().copied();
    assert_eq!(said, Some("network controller"));
}
