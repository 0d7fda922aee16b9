//! Tests of `Revocable` in one thread, and a stress test with several. The exhaustive model is in
//! `tests/loom.rs`.

use super::*;
use std::boxed::Box;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::atomic::AtomicUsize as StdAtomicUsize;
use std::{format, mem, thread, vec::Vec};

/// Counts its drops.
struct Counted<'a>(&'a Cell<u32>);

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.set(self.0.get() + 1);
    }
}

#[test]
fn dropped_by_the_revoker_without_guards() {
    let drops = Cell::new(0);
    let revocable = Revocable::new(Counted(&drops));
    assert_eq!(revocable.status(), Status::Live);
    assert!(revocable.revoke());
    assert_eq!((drops.get(), revocable.status()), (1, Status::Gone));
    assert!(!revocable.revoke());
    drop(revocable);
    assert_eq!(drops.get(), 1);
}

#[test]
fn dropped_with_the_revocable_if_never_revoked() {
    let drops = Cell::new(0);
    drop(Revocable::new(Counted(&drops)));
    assert_eq!(drops.get(), 1);
}

#[test]
fn dropped_by_the_last_guard_out() {
    let drops = Cell::new(0);
    let revocable = Revocable::new(Counted(&drops));
    let first = revocable.try_access().unwrap();
    let second = revocable.try_access().unwrap();
    assert!(revocable.revoke());
    assert!(!revocable.revoke());
    assert!(revocable.try_access().is_none());
    drop(first);
    assert_eq!((drops.get(), revocable.status()), (0, Status::Draining));
    assert_eq!(second.0.get(), 0, "still usable");
    drop(second);
    assert_eq!((drops.get(), revocable.status()), (1, Status::Gone));
}

#[test]
fn revoked_within_its_own_access() {
    let drops = Cell::new(0);
    let revocable = Revocable::new(Counted(&drops));
    let inner = revocable.try_access_with(|value| {
        assert!(revocable.revoke());
        assert_eq!(value.0.get(), 0, "alive until the closure returns");
        revocable.try_access_with(|_| ())
    });
    assert_eq!(inner, Some(None));
    assert_eq!((drops.get(), revocable.status()), (1, Status::Gone));
}

#[test]
fn a_forgotten_guard_defers_the_drop_to_the_revocable() {
    let drops = Cell::new(0);
    let revocable = Revocable::new(Counted(&drops));
    mem::forget(revocable.try_access());
    assert!(revocable.revoke());
    drop(revocable.try_access());
    assert_eq!((drops.get(), revocable.status()), (0, Status::Draining));
    drop(revocable);
    assert_eq!(drops.get(), 1);
}

#[test]
fn a_full_count_refuses_access_and_can_still_be_revoked() {
    let drops = Cell::new(0);
    let revocable = Revocable::new(Counted(&drops));
    // As if so many guards had been forgotten.
    revocable.state.store(GUARDS - 1, Ordering::Relaxed);
    let last = revocable.try_access().unwrap();
    assert!(revocable.try_access().is_none());
    assert_eq!(revocable.status(), Status::Live);
    drop(last);
    assert!(revocable.try_access().is_some());
    assert!(revocable.revoke());
    assert_eq!(revocable.status(), Status::Draining);
    drop(revocable);
    assert_eq!(drops.get(), 1);
}

/// The value's own drop finds the value revoked and cannot start a second drop.
#[test]
fn reentered_by_the_drop() {
    struct Reenter(Rc<Cell<Option<&'static Revocable<Reenter>>>>, Rc<Cell<u32>>);
    impl Drop for Reenter {
        fn drop(&mut self) {
            let revocable = self.0.get().unwrap();
            assert!(revocable.try_access().is_none());
            assert!(!revocable.revoke());
            assert_eq!(revocable.status(), Status::Draining);
            self.1.set(self.1.get() + 1);
        }
    }
    let (this, drops) = (Rc::new(Cell::new(None)), Rc::new(Cell::new(0)));
    let owner = Box::into_raw(Box::new(Revocable::new(Reenter(
        this.clone(),
        drops.clone(),
    ))));
    // SAFETY: it lives until the end of this test, where the last use has been made.
    let revocable: &'static Revocable<Reenter> = unsafe { &*owner };
    this.set(Some(revocable));
    assert!(revocable.revoke());
    assert_eq!((drops.get(), revocable.status()), (1, Status::Gone));
    // SAFETY: it came from `into_raw`, and `revocable` is not used any more.
    drop(unsafe { Box::from_raw(owner) });
    assert_eq!(drops.get(), 1);
}

#[test]
fn a_drop_that_panics_counts_as_done() {
    struct Panics<'a>(&'a Cell<u32>);
    impl Drop for Panics<'_> {
        fn drop(&mut self) {
            self.0.set(self.0.get() + 1);
            panic!("in drop");
        }
    }
    let drops = Cell::new(0);
    let revocable = Revocable::new(Panics(&drops));
    assert!(catch_unwind(AssertUnwindSafe(|| revocable.revoke())).is_err());
    assert_eq!((drops.get(), revocable.status()), (1, Status::Gone));
    assert!(!revocable.revoke());
    drop(revocable);
    assert_eq!(drops.get(), 1);
}

#[test]
fn a_closure_that_panics_ends_its_access() {
    let revocable = Revocable::new(7);
    let result = catch_unwind(AssertUnwindSafe(|| {
        revocable.try_access_with(|_| panic!("in access"))
    }));
    assert!(result.is_err());
    assert!(revocable.revoke());
    assert_eq!(revocable.status(), Status::Gone);
}

#[test]
fn debug_shows_the_value_or_that_there_is_none() {
    let revocable = Revocable::new(7);
    assert_eq!(format!("{revocable:?}"), "Revocable(7)");
    assert_eq!(format!("{:?}", revocable.try_access()), "Some(7)");
    revocable.revoke();
    assert_eq!(format!("{revocable:?}"), "Revocable(<revoked>)");
}

#[test]
fn threads_race() {
    const ROUNDS: usize = if cfg!(miri) { 20 } else { 2000 };
    struct Alive<'a>(&'a StdAtomicUsize);
    impl Drop for Alive<'_> {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
    for _ in 0..ROUNDS {
        let (drops, wins) = (StdAtomicUsize::new(0), StdAtomicUsize::new(0));
        let revocable = Revocable::new((Alive(&drops), Box::new(7)));
        thread::scope(|scope| {
            let users: Vec<_> = (0..2)
                .map(|_| {
                    scope.spawn(|| {
                        while revocable
                            .try_access_with(|(_, seven)| assert_eq!(**seven, 7))
                            .is_some()
                        {
                            thread::yield_now();
                        }
                    })
                })
                .collect();
            for _ in 0..2 {
                scope.spawn(|| wins.fetch_add(revocable.revoke().into(), Ordering::Relaxed));
            }
            users.into_iter().for_each(|user| user.join().unwrap());
        });
        assert_eq!(revocable.status(), Status::Gone);
        assert_eq!(drops.load(Ordering::Relaxed), 1);
        assert_eq!(wins.load(Ordering::Relaxed), 1);
    }
}
