//! Calls that are answered after a while: what a child waits for when its parent crashes.

use heapless::Deque;
use userlib::Error;
use userlib::ipc::{Deferred, Kept};
use userlib::runtime::Events;
use userlib::timer::Timer;
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

/// The calls that wait, with the timer for the next.
#[derive(Debug)]
pub struct Holds<'cap> {
    held: Deque<Hold, HELD>,
    timer: Timer<'cap>,
}

impl<'cap> Holds<'cap> {
    /// None.
    pub const fn new(timer: Timer<'cap>) -> Self {
        Self {
            held: Deque::new(),
            timer,
        }
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

    /// Answers what is due, when the timer came.
    pub fn notified(&mut self, events: Events) {
        if events.contains(&self.timer) {
            self.answer_due();
        }
    }

    /// Answers what is due and sets the timer for the next.
    fn answer_due(&mut self) {
        let now = sys::time();
        let mut next: Option<u64> = None;
        for _ in 0..self.held.len() {
            let Some(hold) = self.held.pop_front() else {
                break;
            };
            if hold.until <= now {
                hold.reply.reply(Ok(hold.milliseconds));
            } else {
                next = Some(next.map_or(hold.until, |next| next.min(hold.until)));
                // There is room: one has just been taken out.
                let _ = self.held.push_back(hold);
            }
        }
        match next {
            Some(deadline) => self.timer.set(deadline),
            None => self.timer.cancel(),
        }
    }

    /// Lets everybody go: nobody is to wait for a parent that goes, least of all a child that
    /// must let go first.
    pub fn clear(&mut self) {
        self.held.clear();
        self.timer.cancel();
    }
}
