//! A future that waits, a lock or its guard goes to another thread.
use userlib::future::{Lock, LockGuard, Locking, Posts, Sleep};

fn crosses<T: Send>() {}

fn shared<T: Sync>() {}

fn main() {
    crosses::<Sleep>();
    crosses::<Posts<'_>>();
    crosses::<Locking<'_, u32>>();
    crosses::<LockGuard<'_, u32>>();
    shared::<Lock<u32>>();
}
