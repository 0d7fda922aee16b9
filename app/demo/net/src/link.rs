//! One binding to a driver: a wire for the stack, until the driver cannot be relied on.

use crate::phy::Wire;
use class_network::{Frames, MOST_FRAME};
use userlib::runtime::{Bound, Device};
use userlib::{Error, sys, time};

/// How long a driver may take to send a frame, in milliseconds, when it has no room for another.
const ANSWER_TIME: u64 = 5_000;

/// The queues, and what is known of the driver.
pub(crate) struct Link<'cap> {
    frames: Frames<'cap>,
    /// Whether the driver is not used any more.
    broken: bool,
    /// Since when there is no room, in ticks.
    full: Option<u64>,
    /// Frames that came and that were sent.
    pub(crate) count: [u32; 2],
}

impl<'cap> Link<'cap> {
    /// The queues of this device.
    ///
    /// # Errors
    /// Those of [`Frames::new`].
    pub(crate) fn new(device: &Device<'cap, Bound>) -> Result<Self, Error> {
        Ok(Self {
            frames: Frames::new(device)?,
            broken: false,
            full: None,
            count: [0; 2],
        })
    }

    /// Address of the controller.
    pub(crate) const fn hardware(&self) -> [u8; 6] {
        self.frames.identity().address
    }

    /// Whether there is a link.
    pub(crate) fn has_link(&self) -> bool {
        !self.broken && self.frames.has_link()
    }

    /// Whether the driver is used.
    pub(crate) const fn is_used(&self) -> bool {
        !self.broken
    }

    /// Shows the driver what was done, and says whether to wait. True too when the driver has just been given up.
    pub(crate) fn turn(&mut self) -> bool {
        if self.broken {
            return true;
        }
        let wait = self.frames.turn();
        let wait = self.said(wait).unwrap_or(true);
        let now = sys::time();
        if let Some(full) = self.full
            && now.saturating_sub(full) > time::ticks(ANSWER_TIME)
        {
            self.give_up(Error::TimedOut);
            return true;
        }
        wait
    }

    /// Whether a frame waits for room.
    pub(crate) const fn is_full(&self) -> bool {
        self.full.is_some()
    }

    /// What the driver said, if that can be.
    fn said<T>(&mut self, said: Result<T, Error>) -> Option<T> {
        said.inspect_err(|error| self.give_up(*error)).ok()
    }

    fn give_up(&mut self, error: Error) {
        if !self.broken {
            userlib::log!("the driver is dropped: {error}");
            self.broken = true;
        }
    }
}

impl Wire for Link<'_> {
    fn receive(&mut self, into: &mut [u8; MOST_FRAME]) -> Option<usize> {
        if self.broken {
            return None;
        }
        let received = self.frames.receive(into);
        let length = self.said(received).flatten()?;
        self.count[0] = self.count[0].wrapping_add(1);
        Some(length)
    }

    fn has_room(&mut self) -> bool {
        if self.broken {
            return false;
        }
        let room = self.frames.has_room();
        let room = self.said(room).unwrap_or(false);
        if room || self.frames.is_stale() {
            self.full = None;
        } else {
            self.full.get_or_insert_with(sys::time);
        }
        room
    }

    fn send(&mut self, frame: &[u8]) {
        match self.frames.send(frame) {
            Ok(()) => self.count[1] = self.count[1].wrapping_add(1),
            // As on a wire that is busy: it is sent again.
            Err(Error::Exhausted | Error::Invalid) => {}
            Err(error) => self.give_up(error),
        }
    }
}
