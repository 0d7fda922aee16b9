//! The value of a lock is used after its guard is gone, and the guard after the lock.
use userlib::future::Lock;

fn value(lock: &Lock<u32>) -> Option<&mut u32> {
    let mut guard = lock.try_lock()?;
    Some(&mut guard)
}

fn guard() -> Option<u32> {
    let kept;
    {
        let lock = Lock::new(1);
        kept = lock.try_lock();
    }
    kept.map(|value| *value)
}

fn main() {}
