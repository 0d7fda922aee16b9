//! A lock between the futures of one task.

use super::List;
use super::list::{Item, Stage};
use core::cell::{Cell, UnsafeCell};
use core::fmt;
use core::ops::{Deref, DerefMut};
use core::pin::Pin;
use core::task::{Context, Poll};

/// A value that one future at a time may use, also across an `await`. The others get it in the order in which they
/// asked.
///
/// ```
/// use userlib::Error;
/// use userlib::future::Lock;
/// use userlib::interrupt::Interrupt;
///
/// struct State<'cap> {
///     line: Lock<Interrupt<'cap>>,
/// }
///
/// /// One request after the other has the device.
/// async fn measure(state: &State<'_>) -> Result<(), Error> {
///     let mut line = state.line.lock().await;
///     line.wait().await;
///     line.acknowledge()
/// }
/// ```
///
/// A guard that is forgotten keeps the value until the lock is dropped, with the state.
pub struct Lock<T> {
    taken: Cell<bool>,
    waiters: List,
    value: UnsafeCell<T>,
}

impl<T> Lock<T> {
    /// Nobody has it.
    pub const fn new(value: T) -> Self {
        Self {
            taken: Cell::new(false),
            waiters: List::new(),
            value: UnsafeCell::new(value),
        }
    }

    /// Waits for the value.
    pub const fn lock(&self) -> Locking<'_, T> {
        Locking {
            lock: self,
            item: Item::new(),
        }
    }

    /// The value, if nobody has it.
    pub fn try_lock(&self) -> Option<LockGuard<'_, T>> {
        // A guard is made only when there is to be one: its drop gives the value back.
        (!self.taken.replace(true)).then(|| LockGuard { lock: self })
    }

    /// The value of a lock that nobody shares.
    pub const fn get_mut(&mut self) -> &mut T {
        self.value.get_mut()
    }

    /// Gives the value to who waits for it first, or to nobody.
    fn release(&self) {
        // Called: from then on the value is that future's, though it has no guard yet.
        if !self.waiters.pop(0) {
            self.taken.set(false);
        }
    }
}

impl<T> fmt::Debug for Lock<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Lock(taken: {})", self.taken.get())
    }
}

/// The future of [`Lock::lock`].
#[derive(Debug)]
#[must_use = "a future does nothing unless it is awaited"]
pub struct Locking<'l, T> {
    lock: &'l Lock<T>,
    item: Item,
}

impl<'l, T> Future for Locking<'l, T> {
    type Output = LockGuard<'l, T>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<LockGuard<'l, T>> {
        let this = self.into_ref();
        // SAFETY: the item is never moved out of the future.
        let item = unsafe { this.map_unchecked(|this| &this.item) };
        match item.stage() {
            Stage::Idle => {
                if let Some(guard) = this.lock.try_lock() {
                    return Poll::Ready(guard);
                }
                // SAFETY: the lock is borrowed for as long as the item lives, so it does not move; `drop` takes the
                // item out.
                unsafe { this.lock.waiters.insert(item, 0) };
            }
            Stage::Waits => {}
            Stage::Called => {
                item.rest();
                return Poll::Ready(LockGuard { lock: this.lock });
            }
        }
        item.set_waker(context.waker());
        Poll::Pending
    }
}

impl<T> Drop for Locking<'_, T> {
    fn drop(&mut self) {
        let called = self.item.stage() == Stage::Called;
        self.lock.waiters.remove(&self.item);
        if called {
            self.lock.release();
        }
    }
}

/// The right to use the value of a [`Lock`].
#[must_use = "the value is free again when this is dropped"]
pub struct LockGuard<'l, T> {
    lock: &'l Lock<T>,
}

impl<T> Deref for LockGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: `taken` is set, and nobody else has a guard.
        unsafe { &*self.lock.value.get() }
    }
}

impl<T> DerefMut for LockGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: as above, and this guard is borrowed alone.
        unsafe { &mut *self.lock.value.get() }
    }
}

impl<T> Drop for LockGuard<'_, T> {
    fn drop(&mut self) {
        self.lock.release();
    }
}

impl<T: fmt::Debug> fmt::Debug for LockGuard<'_, T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, formatter)
    }
}
