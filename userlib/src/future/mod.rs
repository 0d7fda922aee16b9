//! What an asynchronous driver awaits, beside its interrupts: a time, a lock, a notification of a peer.
//!
//! Nothing here has memory of its own. A future that waits is an item of a list, and the item lies in the future. So
//! any number of futures may wait, and a wake-up touches only the one that it is for.

mod delay;
mod list;
mod lock;
mod posts;
mod sleep;

pub use delay::Delay;
pub(crate) use list::{List, remember};
pub use lock::{Lock, LockGuard, Locking};
pub use posts::Posts;
#[cfg(test)]
pub(crate) use posts::hearings;
pub use sleep::{Sleep, WithDeadline, sleep, sleep_until, with_deadline};

#[cfg(test)]
mod tests;
