//! What goes into the lease of an auxiliary device: the payload, shared memory, and parts of windows.

use super::WINDOWS;
use super::sub_window::SubWindow;
use crate::lend::Granules;
use crate::sys::{self, LentPart, Rights};

/// The payload, shared memory, and a part for each window.
const MOST: usize = 2 + WINDOWS.len();

/// The parts so far.
pub(super) struct LeaseParts {
    parts: [LentPart; MOST],
    count: usize,
}

impl LeaseParts {
    pub(super) const fn new() -> Self {
        Self {
            parts: [const { LentPart::new(0, 0, 0, Rights::empty()) }; MOST],
            count: 0,
        }
    }

    /// One more, under a name. There is room for all that a payload can have.
    fn add(&mut self, part: LentPart, name: &str) {
        if let Some(place) = self.parts.get_mut(self.count) {
            *place = part.named(sys::label(name));
            self.count += 1;
        }
    }

    /// Arena memory of this task.
    pub(super) fn add_own(&mut self, memory: Granules, rights: Rights, name: &str) {
        let address = memory.base.as_ptr().expose_provenance();
        // SAFETY: arena memory is only reached through pointers, by volatile and atomic accesses.
        let part = unsafe { LentPart::own(address, memory.length(), rights) };
        self.add(part, name);
    }

    /// A part of a window that this task has on lease.
    pub(super) fn add_window(&mut self, window: &SubWindow, name: &str) {
        let (offset, length) = (window.offset, window.length);
        let rights = window.rights | Rights::LEND;
        self.add(LentPart::new(window.grant, offset, length, rights), name);
    }

    /// All of them.
    pub(super) fn as_slice(&self) -> &[LentPart] {
        self.parts.get(..self.count).unwrap_or(&[])
    }
}
