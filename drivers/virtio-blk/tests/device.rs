//! The driver between a model of its device and a child that the test plays.

use driver_testing::virtio::{Pieces, Virtio};
use driver_testing::{Memory, Stage};
use driver_virtio_blk::VirtioBlkDriver;
use std::cell::RefCell;
use std::rc::Rc;
use userlib::runtime::AsyncDriver;
use userlib::supervisor::LET_GO;

const SECTORS: u64 = 64;
const SLOTS: u32 = 8;
const BUFFER: u64 = 4096;
const READ: u32 = 1;
const WRITE: u32 = 2;
const FLUSH: u32 = 3;
/// Features: read-only, with a cache.
const READ_ONLY: u64 = 1 << 5;
const CACHED: u64 = 1 << 9;
/// Where the ring of answers is: after four words and the requests.
const ANSWERS: u64 = 16 + SLOTS as u64 * 24;

/// Runs a test with a device of these features.
fn with(features: u64, test: impl FnOnce(&mut Stage<'_>, &RefCell<Virtio>, &Memory)) {
    let memory = Memory::new(64 << 10);
    let device = Virtio::new(&memory, features).with_own(&SECTORS.to_le_bytes());
    let device = Rc::new(RefCell::new(device));
    let offer = Virtio::offer(&device, 0x1af4_1042, &memory);
    offer.play::<_, { VirtioBlkDriver::REQUESTS }>(&VirtioBlkDriver, |stage| {
        assert_eq!(stage.bound(), 1);
        test(stage, &device, &memory);
    });
}

/// The child's end of the queue, word by word.
struct Child {
    rings: Memory,
    asked: u32,
    taken: u32,
}

impl Child {
    fn new(stage: &Stage<'_>) -> Self {
        Self {
            rings: stage.lent("shared"),
            asked: 0,
            taken: 0,
        }
    }

    fn word(&self, offset: u64) -> u32 {
        u32::from_le_bytes(self.rings.read(self.rings.base() + offset))
    }

    fn ask(
        &mut self,
        stage: &mut Stage<'_>,
        (tag, operation): (u32, u32),
        sector: u64,
        bytes: u32,
    ) {
        let at = self.rings.base() + 16 + u64::from(self.asked % SLOTS) * 24;
        for (offset, word) in [
            tag,
            operation,
            sector as u32,
            (sector >> 32) as u32,
            bytes,
            0,
        ]
        .into_iter()
        .enumerate()
        {
            self.rings
                .write(at + 4 * offset as u64, &word.to_le_bytes());
        }
        self.asked += 1;
        self.rings
            .write(self.rings.base(), &self.asked.to_le_bytes());
        stage.post(class_block::READY);
    }

    /// The next answer: tag and status.
    fn answer(&mut self) -> Option<(u32, u32)> {
        if self.word(ANSWERS) == self.taken {
            return None;
        }
        let at = ANSWERS + 16 + u64::from(self.taken % SLOTS) * 8;
        self.taken += 1;
        let taken = self.rings.base() + ANSWERS + 4;
        self.rings.write(taken, &self.taken.to_le_bytes());
        Some((self.word(at), self.word(at + 4)))
    }
}

/// The device does its next request: the header's type and sector, and the addresses of data and status. It writes
/// `status`, and says that it wrote so many bytes beside it.
fn does(device: &RefCell<Virtio>, memory: &Memory, status: u8) -> Option<(u32, u64, Pieces)> {
    let mut device = device.borrow_mut();
    let (number, pieces) = device.take()?;
    let header: [u8; 16] = memory.read(pieces[0].0);
    assert_eq!((pieces[0].1, pieces[0].2), (16, false));
    let (last, data) = pieces[1..].split_last().unwrap();
    assert_eq!((last.1, last.2), (1, true));
    memory.write(last.0, &[status]);
    let written: u32 = data
        .iter()
        .filter(|piece| piece.2)
        .map(|piece| piece.1)
        .sum();
    device.give(u32::from(number), written + 1);
    let kind = u32::from_le_bytes(header[..4].try_into().unwrap());
    let sector = u64::from_le_bytes(header[8..].try_into().unwrap());
    Some((kind, sector, data.to_vec()))
}

#[test]
fn eight_requests_are_with_the_disk_at_once_and_data_lie_where_the_child_sees_them() {
    with(CACHED, |stage, device, memory| {
        let mut child = Child::new(stage);
        for tag in 0..SLOTS {
            let operation = [READ, WRITE][tag as usize % 2];
            child.ask(stage, (tag, operation), u64::from(tag) * 8, 4096);
        }
        assert_eq!(device.borrow().offered(), 8);
        let mut places = vec![];
        for tag in 0..SLOTS {
            let (kind, sector, data) = does(device, memory, 0).unwrap();
            assert_eq!((kind, sector), (tag % 2, u64::from(tag) * 8));
            let (address, length, written) = data[0];
            assert_eq!((length, written), (4096, tag % 2 == 0));
            places.push(address);
        }
        assert!(places.windows(2).all(|two| two[1] == two[0] + BUFFER));
        assert_eq!(child.answer(), None, "before the interrupt");
        stage.interrupt("intx");
        assert!(!stage.is_masked("intx"));
        let answers: Vec<_> = std::iter::from_fn(|| child.answer()).collect();
        assert_eq!(answers, (0..SLOTS).map(|tag| (tag, 0)).collect::<Vec<_>>());
        // A flush has no data.
        child.ask(stage, (5, FLUSH), 0, 0);
        let (kind, _, data) = does(device, memory, 0).unwrap();
        assert_eq!((kind, data.len()), (4, 0));
        stage.interrupt("intx");
        assert_eq!(child.answer(), Some((5, 0)));
    });
}

#[test]
fn errors_of_the_disk_and_of_the_child_have_names() {
    with(CACHED, |stage, device, memory| {
        let mut child = Child::new(stage);
        for (status, answer) in [(1, 1), (2, 2), (0xff, 1), (7, 1)] {
            child.ask(stage, (0, WRITE), 0, 512);
            does(device, memory, status).unwrap();
            stage.interrupt("intx");
            assert_eq!(child.answer(), Some((0, answer)));
        }
        // It says that all is well, and has written less than it was to read.
        child.ask(stage, (0, READ), 0, 512);
        let (number, pieces) = device.borrow_mut().take().unwrap();
        memory.write(pieces[2].0, &[0]);
        device.borrow_mut().give(u32::from(number), 1);
        stage.interrupt("intx");
        assert_eq!(child.answer(), Some((0, 1)));
        // Past the end: the device does not hear of it.
        child.ask(stage, (3, READ), SECTORS, 512);
        assert_eq!(
            (child.answer(), device.borrow().offered()),
            (Some((3, 3)), 0)
        );
    });
    with(READ_ONLY, |stage, device, _| {
        let mut child = Child::new(stage);
        child.ask(stage, (0, WRITE), 0, 512);
        assert_eq!(child.answer(), Some((0, 4)));
        child.ask(stage, (1, FLUSH), 0, 0);
        assert_eq!(
            child.answer(),
            Some((1, 0)),
            "without a cache there is nothing to do"
        );
        assert_eq!(device.borrow().offered(), 0);
    });
}

#[test]
fn a_child_that_breaks_the_rules_or_dies_has_a_new_queue_and_the_disk_is_done_with_the_old_one() {
    for dies in [false, true] {
        with(CACHED, |stage, device, memory| {
            let mut child = Child::new(stage);
            child.ask(stage, (2, WRITE), 0, 512);
            assert_eq!((device.borrow().offered(), stage.lends()), (1, 1));
            if dies {
                stage.post(LET_GO);
            } else {
                child.ask(stage, (99, READ), 0, 512);
                child.ask(stage, (3, READ), 0, 512);
            }
            assert_eq!(stage.lends(), 1, "the disk still has its buffer");
            does(device, memory, 0).unwrap();
            stage.interrupt("intx");
            assert_eq!(stage.lends(), 2);
            let mut next = Child::new(stage);
            assert_eq!(next.answer(), None, "it is the next one's");
            next.ask(stage, (2, READ), 0, 512);
            does(device, memory, 0).unwrap();
            stage.interrupt("intx");
            assert_eq!(next.answer(), Some((2, 0)));
        });
    }
    // One that let go without having asked anything leaves the queue as it is.
    with(CACHED, |stage, _, _| {
        stage.post(LET_GO);
        assert_eq!(stage.lends(), 1);
    });
}

#[test]
#[should_panic(expected = "the disk does not answer")]
fn a_disk_that_does_not_answer_ends_the_driver() {
    with(CACHED, |stage, _, _| {
        let mut child = Child::new(stage);
        child.ask(stage, (0, READ), 0, 512);
        stage.pass(29_000);
        assert_eq!(child.answer(), None);
        stage.pass(2_000);
    });
}

#[test]
fn a_disk_that_is_taken_out_is_told_and_its_driver_goes_on() {
    for rings in [false, true] {
        with(CACHED, |stage, device, memory| {
            let mut child = Child::new(stage);
            child.ask(stage, (0, READ), 0, 512);
            child.ask(stage, (1, WRITE), 0, 512);
            does(device, memory, 0).unwrap();
            stage.vanish();
            if rings {
                stage.interrupt("intx");
                assert!(!stage.is_masked("intx"));
            } else {
                stage.pass(1_100);
            }
            // The device had answered one of them.
            let mut answers: Vec<_> = std::iter::from_fn(|| child.answer()).collect();
            answers.sort_unstable();
            assert_eq!(answers, [(0, 0), (1, 5)]);
            // More than the disk had room for, one after the other.
            for tag in 0..2 * SLOTS {
                child.ask(stage, (tag % SLOTS, FLUSH), 0, 0);
                assert_eq!(child.answer(), Some((tag % SLOTS, 5)));
            }
            stage.interrupt("intx");
            stage.post(LET_GO);
            assert_eq!(stage.lends(), 2, "the next child has a queue");
            stage.pass(60_000);
        });
    }
}

#[test]
#[should_panic(expected = "the disk breaks the rules")]
fn a_disk_that_gives_back_what_it_has_not_got_ends_the_driver() {
    with(CACHED, |stage, device, _| {
        let mut child = Child::new(stage);
        child.ask(stage, (0, READ), 0, 512);
        device.borrow_mut().give(30, 1);
        stage.interrupt("intx");
    });
}

#[test]
fn the_disk_is_reset_before_its_memory_goes() {
    with(CACHED, |stage, device, _| {
        let mut child = Child::new(stage);
        child.ask(stage, (0, READ), 0, 512);
        assert!(device.borrow().is_running());
        stage.revoke();
        assert!(stage.is_released() && !device.borrow().is_running());
    });
}
