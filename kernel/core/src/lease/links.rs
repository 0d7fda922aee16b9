//! Doubly linked lists of table slots: no list operation costs more than a few steps.
//!
//! The links lie in the records that they link, where these are at hand. So a record that is in a list must not be
//! written as a whole. Those of the siblings of a lease, and of queues of slots, lie in tables of their own.

use crate::index::Table;

/// No slot.
pub(crate) const NIL: u16 = u16::MAX;

/// The neighbours of one slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Links {
    pub(crate) next: u16,
    pub(crate) previous: u16,
}

impl Links {
    /// In no list.
    pub(crate) const NONE: Self = Self {
        next: NIL,
        previous: NIL,
    };
}

/// A record of a table that a list can link.
pub(crate) trait Linked {
    /// Its neighbours.
    fn links(&self) -> Links;
    /// The place where they are kept.
    fn links_mut(&mut self) -> &mut Links;
}

impl Linked for Links {
    #[inline(always)]
    fn links(&self) -> Links {
        *self
    }

    #[inline(always)]
    fn links_mut(&mut self) -> &mut Links {
        self
    }
}

/// The ends of a list.
#[derive(Clone, Copy)]
pub(crate) struct List {
    pub(crate) first: u16,
    pub(crate) last: u16,
}

impl List {
    /// No element.
    pub(crate) const EMPTY: Self = Self {
        first: NIL,
        last: NIL,
    };

    /// So many slots from `first` on, in this order, which are in no list of these links.
    ///
    /// # Panics
    /// When the table has no so many.
    pub(crate) const fn run<const N: usize>(
        links: &mut Table<Links, N>,
        first: usize,
        length: usize,
    ) -> Self {
        if length == 0 {
            return Self::EMPTY;
        }
        let last = first + length - 1;
        assert!(last < N, "the tables have no room for the configuration");
        let mut slot = first;
        while slot < last {
            links.0[slot].next = slot as u16 + 1;
            links.0[slot + 1].previous = slot as u16;
            slot += 1;
        }
        Self {
            first: first as u16,
            last: last as u16,
        }
    }

    /// Whether it has no element.
    #[inline(always)]
    pub(crate) fn is_empty(self) -> bool {
        self.first == NIL
    }

    /// Append a slot that is in no list of these links.
    #[cfg_attr(target_arch = "arm", inline(always))]
    #[cfg_attr(not(target_arch = "arm"), inline(never))]
    pub(crate) fn push<R: Linked, const N: usize>(&mut self, table: &mut Table<R, N>, slot: u16) {
        self.push_here(table, slot);
    }

    /// [`List::push`], for revocation, where each instruction counts.
    #[inline(always)]
    pub(crate) fn push_here<R: Linked, const N: usize>(
        &mut self,
        table: &mut Table<R, N>,
        slot: u16,
    ) {
        *table[slot as usize].links_mut() = Links {
            next: NIL,
            previous: self.last,
        };
        // `NIL` is past the end of every table.
        match table.get_mut(self.last as usize) {
            Some(last) => last.links_mut().next = slot,
            None => self.first = slot,
        }
        self.last = slot;
    }

    /// Take out the first slot of a list that has one.
    #[inline(always)]
    pub(crate) fn remove_first<R: Linked, const N: usize>(&mut self, table: &mut Table<R, N>) {
        self.first = table[self.first as usize].links().next;
        match table.get_mut(self.first as usize) {
            Some(first) => first.links_mut().previous = NIL,
            None => self.last = NIL,
        }
    }

    /// Take out a slot that is in this list.
    #[cfg_attr(target_arch = "arm", inline(always))]
    #[cfg_attr(not(target_arch = "arm"), inline(never))]
    pub(crate) fn remove<R: Linked, const N: usize>(&mut self, table: &mut Table<R, N>, slot: u16) {
        self.remove_here(table, slot);
    }

    /// [`List::remove`], for revocation, where each instruction counts.
    #[inline(always)]
    pub(crate) fn remove_here<R: Linked, const N: usize>(
        &mut self,
        table: &mut Table<R, N>,
        slot: u16,
    ) {
        let Links { next, previous } = table[slot as usize].links();
        match table.get_mut(previous as usize) {
            Some(previous) => previous.links_mut().next = next,
            None => self.first = next,
        }
        match table.get_mut(next as usize) {
            Some(next) => next.links_mut().previous = previous,
            None => self.last = previous,
        }
    }
}
