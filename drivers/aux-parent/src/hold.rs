//! Calls that are answered after a while: what a child waits for when its parent crashes.

use heapless::Deque;
use userlib::Error;
use userlib::ipc::{Deferred, Kept};
use userlib::runtime::TIMER_BIT;
use userlib::{sys, time};

/// Calls that may be held at once.
const HELD: usize = 4;

/// Longest hold, in milliseconds.
const MOST_HOLD: u32 = 60_000;

/// A call that is answered later.
#[derive(Debug)]
struct Hold {
    /// When, in ticks.
    until: u64,
    milliseconds: u32,
    reply: Deferred<u32>,
}

/// The calls that wait. The task's timer is theirs.
#[derive(Debug, Default)]
pub struct Holds {
    held: Deque<Hold, HELD>,
}

impl Holds {
    /// None.
    pub const fn new() -> Self {
        Self { held: Deque::new() }
    }

    /// Answers after so many milliseconds; `Invalid` for more than 60 000, `Busy` when too many wait.
    pub fn hold(&mut self, milliseconds: u32, reply: Deferred<u32>) {
        if milliseconds > MOST_HOLD {
            return reply.reply(Err(Error::Invalid));
        }
        let until = time::after(u64::from(milliseconds));
        if let Err(hold) = self.held.push_back(Hold {
            until,
            milliseconds,
            reply,
        }) {
            return hold.reply.reply(Err(Error::Busy));
        }
        self.answer_due();
    }

    /// Shows the replies to come.
    pub fn replies(&self, kept: &mut Kept<'_>) {
        self.held.iter().for_each(|hold| kept.show(&hold.reply));
    }

    /// Answers what is due and sets the timer for the next.
    pub fn answer_due(&mut self) {
        let now = sys::time();
        let mut next = u64::MAX;
        for _ in 0..self.held.len() {
            let Some(hold) = self.held.pop_front() else {
                break;
            };
            if hold.until <= now {
                hold.reply.reply(Ok(hold.milliseconds));
            } else {
                next = next.min(hold.until);
                // There is room: one has just been taken out.
                let _ = self.held.push_back(hold);
            }
        }
        let deadline = if next == u64::MAX { 0 } else { next };
        // The own timer can always be set.
        let _ = sys::set_timer(deadline, TIMER_BIT);
    }

    /// Lets everybody go: nobody is to wait for a parent that goes, least of all a child that
    /// must let go first.
    pub fn clear(&mut self) {
        self.held.clear();
    }
}
