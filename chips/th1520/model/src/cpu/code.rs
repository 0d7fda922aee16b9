//! Decoded instructions, a page at a time. They stand for the instruction cache: with the C910's rules a store does not
//! change them until `fence.i`.

use super::op::{Kind, Op};
use std::collections::HashMap;

/// Places for instructions in a page: one each two bytes.
pub(super) const PLACES: usize = 2048;

/// The decoded pages.
#[derive(Clone, Debug, Default)]
pub(crate) struct Code {
    pages: Vec<Vec<Op>>,
    by_number: HashMap<u64, u32>,
}

impl Code {
    /// The page of a physical address, and whether it is new.
    pub(super) fn page(&mut self, physical: u64) -> (u32, bool) {
        let next = self.pages.len() as u32;
        let index = *self.by_number.entry(physical >> 12).or_insert(next);
        if index == next {
            self.pages.push(vec![Op::UNDECODED; PLACES]);
        }
        (index, index == next)
    }

    #[inline(always)]
    pub(super) fn op(&self, page: u32, place: usize) -> Op {
        self.pages[page as usize][place & (PLACES - 1)]
    }

    pub(super) fn set(&mut self, page: u32, place: usize, op: Op) {
        self.pages[page as usize][place] = op;
    }

    pub(super) fn clear(&mut self) {
        self.pages.clear();
        self.by_number.clear();
    }

    /// Forgets what was decoded from bytes that a store changed.
    pub(super) fn forget(&mut self, physical: u64, bytes: usize) {
        let Some(index) = self.by_number.get(&(physical >> 12)) else {
            return;
        };
        let ops = &mut self.pages[*index as usize];
        // An instruction of four bytes may begin two bytes before.
        let first = (physical as usize & 0xfff) / 2;
        let last = ((physical as usize & 0xfff) + bytes - 1) / 2;
        for op in &mut ops[first.saturating_sub(1)..=last.min(PLACES - 1)] {
            if op.kind != Kind::Undecoded {
                *op = Op::UNDECODED;
            }
        }
    }
}
