//! A driver of the class between a model of its chip and a child that the test plays, word by word.
#![allow(dead_code, reason = "each test uses a part of it")]

pub(crate) mod chip;

use chip::Chip;
use driver_interfaces::{EthernetControllerClient, EthernetCounters};
use driver_lan9118::NetworkDriver;
use driver_testing::{DeviceModel, Memory, Stage};
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use userlib::runtime::AsyncDriver;

pub(crate) const BUFFERS: u32 = 32;
pub(crate) const BUFFER: u64 = 2048;
/// Bytes of the memory of each direction.
pub(crate) const MEMORY: u64 = BUFFER * BUFFERS as u64;
/// Where the rings are in shared memory: requests and answers of each direction. A ring has four words, then entries.
pub(crate) const ARRIVED: u64 = 0;
pub(crate) const TAKEN: u64 = ARRIVED + 16 + 8 * BUFFERS as u64;
pub(crate) const TO_SEND: u64 = TAKEN + 16 + 4 * BUFFERS as u64;
pub(crate) const SENT: u64 = TO_SEND + 16 + 8 * BUFFERS as u64;

/// Runs a test with a chip. It also gets the memory of all buffers.
pub(crate) fn with(
    chip: &Rc<RefCell<impl DeviceModel + 'static>>,
    test: impl FnOnce(&mut Stage<'_>, &Memory),
) {
    let pool = Memory::new(2 * MEMORY as usize);
    let offer = Chip::offer(chip, &pool);
    offer.play::<_, { NetworkDriver::REQUESTS }>(&NetworkDriver, |stage| test(stage, &pool));
}

/// The same with a good one, bound.
pub(crate) fn bound(test: impl FnOnce(&mut Stage<'_>, &RefCell<Chip>, &Child)) {
    let chip = Chip::new();
    with(&chip, |stage, pool| {
        assert_eq!(stage.bound(), 1, "{:?}", stage.log());
        let child = Child::new(stage, pool);
        test(stage, &chip, &child);
    });
}

/// The line is asserted as long as the chip has a reason.
pub(crate) fn line(stage: &mut Stage<'_>, chip: &RefCell<Chip>) {
    for _ in 0..200 {
        if !chip.borrow().asserts() {
            return;
        }
        stage.interrupt("irq0");
    }
    panic!("the line stays asserted");
}

/// The driver waits, and does not look again and again.
pub(crate) fn is_quiet(stage: &mut Stage<'_>, chip: &RefCell<Chip>) {
    let before = chip.borrow().loads;
    (0..5).for_each(|_| stage.settle());
    assert_eq!(chip.borrow().loads, before);
}

/// A frame of so many bytes, of which no two pieces are alike.
pub(crate) fn frame(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at * 7 + at / 251) as u8).collect()
}

pub(crate) fn receive(stage: &mut Stage<'_>, chip: &RefCell<Chip>, bytes: &[u8]) {
    chip.borrow_mut().receive(bytes, false);
    line(stage, chip);
}

pub(crate) fn counters(stage: &mut Stage<'_>) -> EthernetCounters {
    let counters = stage.call(|peer| EthernetControllerClient::of(peer).counters());
    counters.expect("it answers")
}

/// The child's end.
pub(crate) struct Child {
    rings: Memory,
    /// First the buffers for frames that come, then those for frames to send.
    pool: Memory,
}

impl Child {
    pub(crate) fn new(stage: &Stage<'_>, pool: &Memory) -> Self {
        Self {
            rings: stage.lent("shared"),
            pool: pool.clone(),
        }
    }

    /// The next child.
    pub(crate) fn next(&self, stage: &Stage<'_>) -> Self {
        Self::new(stage, &self.pool)
    }

    pub(crate) fn word(&self, offset: u64) -> u32 {
        u32::from_le_bytes(self.rings.read(self.rings.base() + offset))
    }

    pub(crate) fn set(&self, offset: u64, word: u32) {
        self.rings
            .write(self.rings.base() + offset, &word.to_le_bytes());
    }

    /// Frames that came: slot and length.
    pub(crate) fn arrived(&self) -> Vec<(u32, u32)> {
        let entry = |number: u32| ARRIVED + 16 + 8 * u64::from(number % BUFFERS);
        (0..self.word(ARRIVED))
            .map(|number| (self.word(entry(number)), self.word(entry(number) + 4)))
            .collect()
    }

    /// The bytes of one of them.
    pub(crate) fn bytes(&self, (slot, length): (u32, u32)) -> Vec<u8> {
        let first = self.pool.base() + BUFFER * u64::from(slot);
        (first..first + u64::from(length))
            .map(|at| self.pool.read::<1>(at)[0])
            .collect()
    }

    /// Gives slots back, as number `from` and those after it.
    pub(crate) fn give_back(&self, stage: &mut Stage<'_>, from: u32, slots: &[u32]) {
        for (number, slot) in (from..).zip(slots) {
            self.set(TAKEN + 16 + 4 * u64::from(number % BUFFERS), *slot);
        }
        self.set(ARRIVED + 4, self.word(ARRIVED));
        self.set(TAKEN, from + slots.len() as u32);
        stage.post(class_network::READY);
    }

    /// Asks for a frame to be sent, as number `number`; the driver is not told yet.
    pub(crate) fn ask(&self, number: u32, slot: u32, length: u32) {
        let entry = TO_SEND + 16 + 8 * u64::from(number % BUFFERS);
        self.set(entry, slot);
        self.set(entry + 4, length);
        self.set(TO_SEND, number + 1);
    }

    /// Asks for these bytes to be sent.
    pub(crate) fn send(&self, stage: &mut Stage<'_>, number: u32, slot: u32, bytes: &[u8]) {
        let at = self.pool.base() + MEMORY + BUFFER * u64::from(slot);
        self.pool.write(at, bytes);
        self.ask(number, slot, bytes.len() as u32);
        stage.post(class_network::READY);
    }

    /// Slots whose frames were sent.
    pub(crate) fn sent(&self) -> Vec<u32> {
        (0..self.word(SENT))
            .map(|number| self.word(SENT + 16 + 4 * u64::from(number % BUFFERS)))
            .collect()
    }
}

/// What a driver says when it ends by itself, if it does.
pub(crate) fn end_of(run: impl FnOnce()) -> Option<String> {
    let ended = catch_unwind(AssertUnwindSafe(run)).err()?;
    let said = ended.downcast_ref::<&str>().map(ToString::to_string);
    Some(said.unwrap_or_else(|| ended.downcast_ref::<String>().cloned().unwrap_or_default()))
}
