//! What a worker lends: said part by part, then lent with one call.

use crate::report::{Words, words};
use core::mem::offset_of;
use leasehold_abi::{Call, Lending as Lease, LentPart};

/// Most handles that are kept.
const HANDLES: usize = 256;
/// Bytes of a word.
const WORD: usize = size_of::<usize>();
/// Where in the scratch buffer a lease is said, its parts right behind; there is room for more than a lease has.
const OFFSET: usize = 2048;

/// What a worker is about to lend, and has lent.
pub(crate) struct Lending {
    /// How many parts are said.
    parts: usize,
    /// Handles of what was lent without parts.
    handles: [usize; HANDLES],
    /// How many there are.
    lent: usize,
}

impl Lending {
    /// Nothing.
    pub(crate) const NONE: Self = Self {
        parts: 0,
        handles: [0; HANDLES],
        lent: 0,
    };

    /// Says some more parts, all alike.
    pub(crate) fn part(&mut self, given: Words) -> Words {
        let [source, offset, length, rights, label, count, ..] = given;
        for _ in 0..count {
            let at = parts() + self.parts * size_of::<LentPart>();
            for (field, value) in [
                (offset_of!(LentPart, source), source),
                (offset_of!(LentPart, offset), offset),
                (offset_of!(LentPart, length), length),
                (offset_of!(LentPart, rights), rights),
                (offset_of!(LentPart, label), label),
            ] {
                attacks::store(at + field, WORD, value);
            }
            self.parts += 1;
        }
        words(&[])
    }

    /// Lends what is said.
    pub(crate) fn lend(&mut self, given: Words) -> [usize; 3] {
        let [parent, lessee, label, id, low, high, ..] = given;
        let payload_type = offset_of!(Lease, payload_type);
        for (field, value) in [
            (offset_of!(Lease, parent), parent),
            (offset_of!(Lease, lessee), lessee),
            (offset_of!(Lease, label), label),
            (offset_of!(Lease, id), id),
            (payload_type, low),
            (payload_type + WORD, high),
        ] {
            attacks::store(said() + field, WORD, value);
        }
        let count = core::mem::take(&mut self.parts);
        attacks::system_call(Call::LeaseLend as usize, [said(), parts(), count, 0, 0, 0])
    }

    /// Lends nothing until that fails.
    pub(crate) fn lend_many(&mut self, given: Words) -> Words {
        let [parent, lessee, count, ..] = given;
        let mut status = 0;
        while self.lent < count.min(HANDLES) {
            let results = self.lend([parent, lessee, 0, self.lent, 0, 0, 0, 0]);
            status = results[0];
            if status != 0 {
                break;
            }
            self.handles[self.lent] = results[1];
            self.lent += 1;
        }
        words(&[self.lent, status])
    }

    /// Revokes what `lend_many` lent.
    pub(crate) fn revoke_many(&mut self) -> Words {
        let mut revoked = 0;
        for handle in &self.handles[..self.lent] {
            let arguments = [*handle, 0, 0, 0, 0, 0];
            let [status, ..] = attacks::system_call(Call::LeaseRevoke as usize, arguments);
            revoked += usize::from(status == 0);
        }
        self.lent = 0;
        words(&[revoked])
    }
}

/// Releases whatever lease there is an event of.
pub(crate) fn give_back() -> Words {
    let mut released = 0;
    loop {
        let [status, _, lease] = attacks::system_call(Call::LeaseEvent as usize, [0; 6]);
        if status != 0 {
            return words(&[released]);
        }
        let arguments = [lease, 0, 0, 0, 0, 0];
        let [status, ..] = attacks::system_call(Call::LeaseRelease as usize, arguments);
        released += usize::from(status == 0);
    }
}

/// Where a lease is said.
fn said() -> usize {
    attacks::scratch() + OFFSET
}

/// Where its parts are.
fn parts() -> usize {
    said() + size_of::<Lease>()
}
