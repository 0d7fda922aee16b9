//! What a hostile driver of a disk can say through the class's own payload.

use class_block::{Answer, BUFFER, DISK, DiskFamily, DiskOffer, Geometry, Request, SLOTS};
use class_queue::{AskerOffer, Offered, READY, Tagged};
use userlib::Error;
use userlib::auxiliary::{RingReceiver, RingSender};
use userlib::future::{Lock, Posts};
use userlib::runtime::{Bound, Device};
use userlib::sys::Rights;
use zerocopy::{FromBytes, IntoBytes};

/// A lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lie {
    /// The answer to a request is this, for another slot: so many further.
    Slot(u32),
    /// The answer has a status that is none.
    Status,
    /// There is an answer before anything was asked.
    Unasked,
    /// The buffers are smaller than the class has them.
    Small,
}

/// All of them, in the order of the lives, and what they are.
pub const LIES: [(Lie, &str); 5] = [
    (Lie::Slot(1), "an answer for a slot that was not asked"),
    (
        Lie::Slot(u32::MAX / 2),
        "an answer for a slot that does not exist",
    ),
    (Lie::Status, "a status that is none"),
    (Lie::Unasked, "an answer before the first request"),
    (Lie::Small, "buffers that are too small"),
];

/// What a liar has: the rings, as they are.
pub struct Lies<'cap> {
    lie: Lie,
    offered: Offered<'cap, DiskFamily>,
    requests: RingReceiver<'cap, Request, SLOTS>,
    answers: RingSender<'cap, Answer, SLOTS>,
    posts: Lock<Posts<'cap>>,
}

impl<'cap> Lies<'cap> {
    /// Offers a disk that is none.
    ///
    /// # Errors
    /// Those of a registration.
    pub fn new(device: &Device<'cap, Bound>, lie: Lie) -> Result<Self, Error> {
        let mut pool = device.dma_pool()?;
        let bytes = match lie {
            Lie::Small => BUFFER,
            _ => SLOTS * BUFFER,
        };
        let buffers = pool.lendable_buffer::<u8>(bytes)?;
        let region = device.lend_region(0, 512)?;
        let (requests, from_child) = region.ring_from_child()?;
        let (answers, to_child) = region.ring_to_child()?;
        let offer = DiskOffer {
            geometry: Geometry {
                sectors: u64::MAX,
                read_only: 0,
                cached: 1,
            },
            driver: (),
            queue: AskerOffer::from_ends(from_child, to_child),
            buffers: pool.lend(&buffers, Rights::READ | Rights::WRITE)?,
        };
        Ok(Self {
            lie,
            offered: Offered::new(device, region, (DISK, 0), offer)?,
            requests,
            answers,
            posts: Lock::new(device.posts()?),
        })
    }

    /// Tells it, after a request has come if it is about one.
    pub async fn tell(&self) {
        if self.lie == Lie::Unasked {
            // For a slot that is asked last: one for the first is a lie about bytes, which nobody can see.
            self.answer(SLOTS as u32 - 1, 0);
        }
        let mut posts = self.posts.lock().await;
        let tag = loop {
            match self.requests.pop() {
                Ok(Some(request)) => break request.tag(),
                // The child waits for an answer: it tells when it has asked.
                Ok(None) if self.requests.turn().is_ok_and(|turn| turn.wait) => {
                    let _ = posts.wait(READY).await;
                }
                Ok(None) => {}
                Err(_) => return,
            }
        };
        match self.lie {
            Lie::Slot(further) => self.answer(tag.wrapping_add(further), 0),
            Lie::Status => self.answer(tag, 99),
            Lie::Unasked | Lie::Small => {}
        }
    }

    /// Answers with any numbers.
    fn answer(&self, tag: u32, status: u32) {
        let words = [tag, status];
        if let Ok(answer) = Answer::read_from_bytes(words.as_bytes()) {
            let _ = self.answers.push(answer);
        }
        if self.answers.publish() {
            self.offered.notify();
        }
    }
}
