//! `Revocable`: a value that can be taken away from its users at any moment.
//!
//! # States
//!
//! | [`Status`] | access | value | left by |
//! |---|---|---|---|
//! | `Live` | yes | alive | [`Revocable::revoke`] |
//! | `Draining` | no | alive, or being dropped | the last guard out |
//! | `Gone` | no | dropped | never |
//!
//! # Who drops the value
//!
//! The revoker, if there is no guard; otherwise the last guard that is dropped. A revoker never waits. So it may itself
//! hold a guard, or run in an interrupt handler or a callback that interrupts the user of a guard. On a single hart it
//! would wait there for ever. A caller that must know whether the value is gone asks [`Revocable::status`] after its
//! own guards are dropped.
//!
//! # Forgotten guards
//!
//! A guard passed to `mem::forget` counts for ever: after a revocation nobody gets access, and
//! the value is dropped together with the `Revocable`, or leaks with it. At 2^30 (2^62)
//! outstanding guards the count is full, and further access is refused.

use core::cell::UnsafeCell;
use core::fmt;
use core::mem::ManuallyDrop;
use core::ops::Deref;

#[cfg(not(loom))]
use core::sync::atomic::{AtomicUsize, Ordering, fence};
#[cfg(loom)]
use loom::sync::atomic::{AtomicUsize, Ordering, fence};

#[cfg(all(test, not(loom)))]
mod tests;

/// Set once by the revoker that wins.
const REVOKED: usize = 1 << (usize::BITS - 1);
/// Set once the value has been dropped.
const GONE: usize = 1 << (usize::BITS - 2);
/// The number of guards.
const GUARDS: usize = GONE - 1;

/// How far the revocation of a [`Revocable`] is; see the [module](self).
///
/// ```
/// use for_lt::{Revocable, revocable::Status};
///
/// /// What a runtime does that must not return before the value is gone.
/// fn finish(device: &Revocable<u32>) -> Result<(), &'static str> {
///     device.revoke();
///     match device.status() {
///         Status::Gone => Ok(()),
///         _ => Err("a guard is outstanding"),
///     }
/// }
/// let device = Revocable::new(7);
/// let guard = device.try_access();
/// assert!(finish(&device).is_err());
/// drop(guard);
/// assert!(finish(&device).is_ok());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Not revoked.
    Live,
    /// Revoked; guards are outstanding, or the value is being dropped.
    Draining,
    /// Revoked, and the value has been dropped.
    Gone,
}

/// A value that one of its users can take away from all of them.
///
/// [`revoke`](Self::revoke) ends access; the value is dropped in place exactly once, after the
/// last guard. No operation blocks or spins on another context, so all of them may be called from
/// interrupt handlers and callbacks, also while a guard is held; see the [module](self).
///
/// ```
/// use for_lt::Revocable;
///
/// let device = Revocable::new(String::from("uart"));
/// assert_eq!(device.try_access_with(|name| name.len()), Some(4));
/// assert!(device.revoke());
/// assert_eq!(device.try_access_with(|name| name.len()), None);
/// assert!(!device.revoke(), "somebody else has revoked it");
/// ```
///
/// It is shared between threads only if its value can be both used and dropped on any of them:
/// ```compile_fail
/// fn is_sync<T: Sync>() {}
/// is_sync::<for_lt::Revocable<core::cell::Cell<u8>>>();
/// ```
pub struct Revocable<T> {
    state: AtomicUsize,
    value: UnsafeCell<ManuallyDrop<T>>,
}

// SAFETY: a shared `Revocable` gives out `&T`, hence `T: Sync`, and drops the `T` in whatever
// thread revokes it or drops the last guard, hence `T: Send`.
unsafe impl<T: Send + Sync> Sync for Revocable<T> {}

impl<T> Revocable<T> {
    /// Wraps `value`, not revoked.
    ///
    /// ```
    /// # use for_lt::Revocable;
    /// static COUNT: Revocable<u32> = Revocable::new(1);
    /// assert_eq!(COUNT.try_access_with(|count| *count), Some(1));
    /// ```
    #[cfg(not(loom))]
    pub const fn new(value: T) -> Self {
        Self {
            state: AtomicUsize::new(0),
            value: UnsafeCell::new(ManuallyDrop::new(value)),
        }
    }

    /// Wraps `value`, not revoked.
    #[cfg(loom)]
    pub fn new(value: T) -> Self {
        Self {
            state: AtomicUsize::new(0),
            value: UnsafeCell::new(ManuallyDrop::new(value)),
        }
    }

    /// Gives access until the guard is dropped, or `None` once revoked.
    ///
    /// A caller that gets `None` sees everything that the revoker did before it revoked.
    ///
    /// ```
    /// # use for_lt::Revocable;
    /// let device = Revocable::new(String::from("uart"));
    /// let name = device.try_access().unwrap();
    /// assert!(device.revoke());
    /// assert_eq!(*name, "uart", "alive until the guard is dropped");
    /// assert!(device.try_access().is_none());
    /// ```
    ///
    /// The value cannot outlive the guard:
    /// ```compile_fail
    /// # use for_lt::Revocable;
    /// let device = Revocable::new(String::from("uart"));
    /// let guard = device.try_access().unwrap();
    /// let name: &str = &guard;
    /// drop(guard);
    /// println!("{name}");
    /// ```
    pub fn try_access(&self) -> Option<RevocableGuard<'_, T>> {
        let mut state = self.state.load(Ordering::Acquire);
        loop {
            // `GONE` implies `REVOKED`. The count is checked so that forgotten guards cannot
            // carry into the flags.
            if state & REVOKED != 0 || state == GUARDS {
                return None;
            }
            // Relaxed: whoever shared `self` has ordered the value's creation before this, and
            // the guard's end orders its drop. The loop ends: a failure means that some other
            // context has made progress.
            match self.state.compare_exchange_weak(
                state,
                state + 1,
                Ordering::Relaxed,
                Ordering::Acquire,
            ) {
                Ok(_) => return Some(RevocableGuard { revocable: self }),
                Err(actual) => state = actual,
            }
        }
    }

    /// Calls `access` with the value, or returns `None` once revoked.
    ///
    /// ```
    /// # use for_lt::Revocable;
    /// let device = Revocable::new(7);
    /// assert_eq!(device.try_access_with(|value| value + 1), Some(8));
    /// ```
    pub fn try_access_with<R>(&self, access: impl FnOnce(&T) -> R) -> Option<R> {
        let guard = self.try_access()?;
        Some(access(&guard))
    }

    /// Ends access. Returns whether this call did it: of any number of callers, one gets `true`.
    ///
    /// The value is dropped before this returns, unless there are guards; then the last of them
    /// drops it. See the [module](self).
    ///
    /// ```
    /// # use for_lt::Revocable;
    /// # use for_lt::revocable::Status;
    /// let device = Revocable::new(String::from("uart"));
    /// let name = device.try_access().unwrap();
    /// assert!(device.revoke());
    /// assert_eq!(device.status(), Status::Draining);
    /// drop(name);
    /// assert_eq!(device.status(), Status::Gone);
    /// ```
    pub fn revoke(&self) -> bool {
        // Release for those who then fail to get access. Acquire to see, before the value is
        // dropped, all that was done through guards, each of which ended with a release.
        let before = self.state.fetch_or(REVOKED, Ordering::AcqRel);
        if before & REVOKED != 0 {
            return false;
        }
        if before & GUARDS == 0 {
            // SAFETY: this call set `REVOKED`, so there will be no new guard, and there was none.
            // Later calls return above, and a guard that drops the value was counted here.
            unsafe { self.drop_value() };
        }
        true
    }

    /// How far the revocation is. A caller that gets [`Status::Gone`] sees all effects of the
    /// value's drop.
    ///
    /// ```
    /// # use for_lt::Revocable;
    /// # use for_lt::revocable::Status;
    /// let device = Revocable::new(7);
    /// assert_eq!(device.status(), Status::Live);
    /// device.revoke();
    /// assert_eq!(device.status(), Status::Gone);
    /// ```
    pub fn status(&self) -> Status {
        let state = self.state.load(Ordering::Acquire);
        if state & GONE != 0 {
            Status::Gone
        } else if state & REVOKED != 0 {
            Status::Draining
        } else {
            Status::Live
        }
    }

    /// Drops the value in place, then sets `GONE`, even if the drop panics.
    ///
    /// # Safety
    ///
    /// `REVOKED` is set, there is no guard, and this is called at most once.
    unsafe fn drop_value(&self) {
        struct SetGone<'a>(&'a AtomicUsize);
        impl Drop for SetGone<'_> {
            fn drop(&mut self) {
                self.0.fetch_or(GONE, Ordering::Release);
            }
        }
        let _set_gone = SetGone(&self.state);
        // SAFETY: by the contract there is no reference to the value, there will be none, and it
        // has not been dropped.
        unsafe { ManuallyDrop::drop(&mut *self.value.get()) };
    }
}

impl<T> Drop for Revocable<T> {
    fn drop(&mut self) {
        // `Draining` with no guard alive: the guards were forgotten.
        if self.status() != Status::Gone {
            // SAFETY: guards borrow from `self`, so none is in use any more, and neither is any
            // reference that came from one. `GONE` is unset, so the value has not been dropped.
            unsafe { ManuallyDrop::drop(self.value.get_mut()) };
        }
    }
}

impl<T: fmt::Debug> fmt::Debug for Revocable<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.try_access() {
            Some(guard) => formatter.debug_tuple("Revocable").field(&*guard).finish(),
            None => formatter.write_str("Revocable(<revoked>)"),
        }
    }
}

/// Keeps the value of a [`Revocable`] alive; see [`Revocable::try_access`].
///
/// It refers to the value, and is the reason that the value is still there.
/// ```
/// use for_lt::Revocable;
///
/// let device = Revocable::new(vec![1, 2]);
/// let guard = device.try_access().unwrap();
/// device.revoke();
/// assert_eq!(guard.len(), 2);
/// ```
#[must_use = "access ends when the guard is dropped"]
pub struct RevocableGuard<'a, T> {
    revocable: &'a Revocable<T>,
}

impl<T> Deref for RevocableGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: this guard is counted, so the value is not dropped before the guard is, and
        // there are only shared references to it until then.
        unsafe { &*self.revocable.value.get() }
    }
}

impl<T> Drop for RevocableGuard<'_, T> {
    fn drop(&mut self) {
        // Release: what was done through this guard comes before the drop of the value.
        let before = self.revocable.state.fetch_sub(1, Ordering::Release);
        if before == REVOKED | 1 {
            // Pairs with the releases of all other guards.
            fence(Ordering::Acquire);
            // SAFETY: this was the last guard, counted when `REVOKED` was set, so the revoker
            // left the value to it. With `REVOKED` set the count only falls, and reaches zero once.
            unsafe { self.revocable.drop_value() };
        }
    }
}

impl<T: fmt::Debug> fmt::Debug for RevocableGuard<'_, T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(formatter)
    }
}
