//! A list of futures that wait, in order of a key. Each future has its own item in it.

use core::cell::Cell;
use core::fmt;
use core::marker::PhantomPinned;
use core::pin::Pin;
use core::ptr::NonNull;
use core::task::Waker;

/// Where an item is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// In no list.
    Idle,
    /// In a list.
    Waits,
    /// Taken out by [`List::pop`]: what it waited for has come.
    Called,
}

/// An item: a waker, and its neighbours. All of it is cells, so it is only ever shared.
pub(crate) struct Item {
    stage: Cell<Stage>,
    before: Cell<Option<NonNull<Item>>>,
    after: Cell<Option<NonNull<Item>>>,
    key: Cell<u64>,
    waker: Cell<Option<Waker>>,
    /// Its neighbours point to it.
    _pinned: PhantomPinned,
}

impl Item {
    /// In no list.
    pub(crate) const fn new() -> Self {
        Self {
            stage: Cell::new(Stage::Idle),
            before: Cell::new(None),
            after: Cell::new(None),
            key: Cell::new(0),
            waker: Cell::new(None),
            _pinned: PhantomPinned,
        }
    }

    /// Where it is.
    pub(crate) fn stage(&self) -> Stage {
        self.stage.get()
    }

    /// Forgets that it was called.
    pub(crate) fn rest(&self) {
        self.stage.set(Stage::Idle);
    }

    /// Whom to wake.
    pub(crate) fn set_waker(&self, waker: &Waker) {
        remember(&self.waker, waker);
    }
}

/// Keeps a waker; one that wakes the same is kept as it is.
pub(crate) fn remember(place: &Cell<Option<Waker>>, waker: &Waker) {
    let kept = place.take().filter(|kept| kept.will_wake(waker));
    place.set(Some(kept.unwrap_or_else(|| waker.clone())));
}

impl fmt::Debug for Item {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:?}", self.stage.get())
    }
}

/// Items that wait: the smallest key first, and of equal keys the one that came first.
pub(crate) struct List {
    first: Cell<Option<NonNull<Item>>>,
    last: Cell<Option<NonNull<Item>>>,
}

impl List {
    /// Nobody waits.
    pub(crate) const fn new() -> Self {
        Self {
            first: Cell::new(None),
            last: Cell::new(None),
        }
    }

    /// The item behind a link.
    fn item(&self, link: Option<NonNull<Item>>) -> Option<&Item> {
        // SAFETY: an item is in the list only while it lives, by the promise of `insert`, and is only ever shared. The
        // users of this reference below let no other code run while they have it.
        link.map(|item| unsafe { item.as_ref() })
    }

    /// The first key.
    pub(crate) fn first_key(&self) -> Option<u64> {
        self.item(self.first.get()).map(|item| item.key.get())
    }

    /// Puts an idle item behind all that have this key or a smaller one.
    ///
    /// # Safety
    /// Until the item is dropped, the list lives where it is. Before the item is dropped, it is taken out with
    /// [`List::remove`] of this list.
    pub(crate) unsafe fn insert(&self, item: Pin<&Item>, key: u64) {
        let item = item.get_ref();
        debug_assert_eq!(item.stage(), Stage::Idle);
        item.key.set(key);
        item.stage.set(Stage::Waits);
        let mut before = self.last.get();
        while let Some(earlier) = self.item(before)
            && earlier.key.get() > key
        {
            before = earlier.before.get();
        }
        let after = match self.item(before) {
            Some(earlier) => earlier.after.replace(Some(item.into())),
            None => self.first.replace(Some(item.into())),
        };
        match self.item(after) {
            Some(later) => later.before.set(Some(item.into())),
            None => self.last.set(Some(item.into())),
        }
        item.before.set(before);
        item.after.set(after);
    }

    /// Takes an item out, if it waits. It must be an item of this list then.
    pub(crate) fn remove(&self, item: &Item) {
        if item.stage() == Stage::Waits {
            self.unlink(item, Stage::Idle);
        }
        // A waker may do anything when it is dropped: the list is whole by now.
        drop(item.waker.take());
    }

    fn unlink(&self, item: &Item, stage: Stage) {
        let (before, after) = (item.before.take(), item.after.take());
        match self.item(before) {
            Some(earlier) => earlier.after.set(after),
            None => self.first.set(after),
        }
        match self.item(after) {
            Some(later) => later.before.set(before),
            None => self.last.set(before),
        }
        item.stage.set(stage);
    }

    /// Takes the first item out as called, if its key is at most this, and wakes its future. False if there is none.
    pub(crate) fn pop(&self, most: u64) -> bool {
        let first = self.item(self.first.get());
        let Some(item) = first.filter(|item| item.key.get() <= most) else {
            return false;
        };
        self.unlink(item, Stage::Called);
        let waker = item.waker.take();
        // A waker may do anything, also drop the item: neither it nor the list is in use by now.
        if let Some(waker) = waker {
            waker.wake();
        }
        true
    }
}

impl fmt::Debug for List {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("List")
    }
}
