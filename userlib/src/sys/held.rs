//! The leases of live bindings, which only the runtime may release.
//!
//! Handles are numbers, so any code can make one. If a driver could release the lease of its own device, or unclaim a
//! window that something else owns, the same device could be bound a second time, and an exclusive window claimed a
//! second time.

use core::cell::Cell;
use leasehold_abi::LeaseHandle;

/// As many as there can be bindings.
type Held = [Cell<Option<LeaseHandle>>; leasehold_abi::MAX_BINDINGS];

/// No lease.
const fn none() -> Held {
    [const { Cell::new(None) }; leasehold_abi::MAX_BINDINGS]
}

/// Calls `use_it` with the table of the calling task.
#[cfg(target_os = "none")]
fn with<R>(use_it: impl FnOnce(&Held) -> R) -> R {
    use crate::one_thread::OneThread;
    static HELD: OneThread<Held> = OneThread::new(none());
    use_it(HELD.get())
}

/// Calls `use_it` with the table of the calling thread: on the host a thread stands for a task.
#[cfg(not(target_os = "none"))]
fn with<R>(use_it: impl FnOnce(&Held) -> R) -> R {
    std::thread_local! {
        static HELD: Held = const { none() };
    }
    HELD.with(use_it)
}

/// A binding of this lease begins.
pub(crate) fn hold(lease: LeaseHandle) {
    with(|held| {
        if let Some(free) = held.iter().find(|place| place.get().is_none()) {
            free.set(Some(lease));
        }
    });
}

/// The binding of this lease is over.
pub(crate) fn let_go(lease: LeaseHandle) {
    with(|held| {
        let place = held.iter().find(|place| place.get() == Some(lease));
        if let Some(place) = place {
            place.set(None);
        }
    });
}

/// Whether a live binding has this lease.
#[inline]
pub(super) fn is_held(lease: LeaseHandle) -> bool {
    with(|held| held.iter().any(|place| place.get() == Some(lease)))
}
