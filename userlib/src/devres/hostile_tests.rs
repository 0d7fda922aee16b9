//! What values, closures and callbacks may do that a runtime might not expect: panic, and begin or end
//! other values from a `Drop`.

use super::*;
use crate::runtime::{Phase, Task};
use crate::testing::Board;
use core::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::vec;
use std::vec::Vec;

/// Counts its drops, and panics in them if it is to.
struct Counted(Rc<Cell<u32>>, bool);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.set(self.0.get() + 1);
        assert!(!self.1, "as it was to");
    }
}

/// The phase of the first slot.
fn phase() -> Phase {
    Task::current().slots()[0].phase.get()
}

#[test]
fn a_closure_that_panics_ends_its_access() {
    Board::run(|board| {
        let device = board.bind(0, "a", vec![]);
        let drops = Rc::default();
        let counted = Counted(Rc::clone(&drops), false);
        let value: DevresLt<ForLt!(self::Counted)> = DevresLt::new(&device, counted).unwrap();
        let panics = catch_unwind(AssertUnwindSafe(|| {
            value.access_with(&device, |_| panic!("in the closure"))
        }));
        assert!(panics.is_err());
        board.unbind(&device);
        assert_eq!((drops.get(), phase()), (1, Phase::Free), "no guard is left");
    });
}

#[test]
fn a_drop_that_panics_is_done_once() {
    Board::run(|board| {
        let device = board.bind(0, "a", vec![]);
        let drops = Rc::default();
        let value = Devres::new(&device, Counted(Rc::clone(&drops), true)).unwrap();
        let panics = catch_unwind(AssertUnwindSafe(|| drop(value)));
        assert!(panics.is_err());
        assert_eq!(drops.get(), 1);
        let other = Devres::new(&device, 7_u32).unwrap();
        assert_eq!(*other.access(&device).unwrap(), 7);
        board.unbind(&device);
        assert_eq!((drops.get(), phase()), (1, Phase::Free));
    });
}

/// Ends some values and makes others when it is dropped.
struct Restless<'a> {
    device: Device<'a, Bound>,
    made: Rc<RefCell<Vec<Devres<[u64; 3]>>>>,
    ended: Vec<Devres<[u64; 3]>>,
}

impl Drop for Restless<'_> {
    fn drop(&mut self) {
        self.ended.pop();
        for word in 0..4 {
            if let Ok(value) = Devres::new(&self.device, [word; 3]) {
                self.made.borrow_mut().push(value);
            }
        }
        self.ended.clear();
    }
}

#[test]
fn a_drop_may_end_and_make_values_while_the_binding_lasts() {
    Board::run(|board| {
        let device = board.bind(0, "a", vec![]);
        let made = Rc::new(RefCell::new(Vec::new()));
        let restless = || {
            let ended = (0..3).map(|word| Devres::new(&device, [word; 3]).unwrap());
            let restless = Restless {
                device: device.bound(),
                made: Rc::clone(&made),
                ended: ended.collect(),
            };
            DevresLt::<ForLt!(self::Restless<'_>)>::new(&device, restless).unwrap()
        };
        let first = restless();
        let after = Devres::new(&device, [9_u64; 3]).unwrap();
        drop(first);
        assert_eq!(made.borrow().len(), 4);
        for (word, value) in made.borrow().iter().enumerate() {
            assert_eq!(*value.access(&device).unwrap(), [word as u64; 3], "apart");
        }
        assert_eq!(*after.access(&device).unwrap(), [9; 3]);
        made.borrow_mut().clear();
        let _kept = restless();
        board.unbind(&device);
        assert!(
            made.borrow().is_empty(),
            "nothing begins while the binding ends"
        );
        assert_eq!(phase(), Phase::Free);
    });
}

/// A value with a place for its own handle.
struct Own(Counted, RefCell<Option<Devres<Own>>>);

#[test]
fn a_value_that_owns_its_own_handle_is_dropped_once() {
    Board::run(|board| {
        let device = board.bind(0, "a", vec![]);
        let drops = Rc::default();
        let own = Own(Counted(Rc::clone(&drops), false), RefCell::new(None));
        let handle = Rc::new(RefCell::new(Some(Devres::new(&device, own).unwrap())));
        // The guard borrows the handle, so that the handle moves only with the value's end.
        let take = Rc::clone(&handle);
        let refused = catch_unwind(AssertUnwindSafe(|| {
            let borrowed = handle.borrow();
            let guard = borrowed.as_ref().unwrap().try_access().unwrap();
            guard.1.replace(take.borrow_mut().take());
        }));
        assert!(refused.is_err(), "it is borrowed");
        // A second value owns the first, and the first one's place is filled through another guard.
        let second = Own(
            Counted(Rc::clone(&drops), false),
            RefCell::new(handle.take()),
        );
        let second = Devres::new(&device, second).unwrap();
        assert_eq!(second.access(&device).unwrap().0.0.get(), 0);
        board.unbind(&device);
        assert_eq!((drops.get(), phase()), (2, Phase::Free), "each once");
    });
}

#[test]
fn a_guard_of_another_value_may_be_in_a_value() {
    Board::run(|board| {
        let device = board.bind(0, "a", vec![]);
        let drops = Rc::default();
        // A handle that lasts for ever, so that its guards may be anywhere.
        let first: &'static Devres<Counted> = {
            let first = Devres::new(&device, Counted(Rc::clone(&drops), false)).unwrap();
            // SAFETY: `keep` gives a place that is never freed, and only shared.
            unsafe { &*crate::sys::keep(first) }
        };
        let _holder = Devres::new(&device, first.try_access().unwrap()).unwrap();
        let _later = Devres::new(&device, first.try_access().unwrap()).unwrap();
        board.unbind(&device);
        assert_eq!(
            (drops.get(), phase()),
            (1, Phase::Free),
            "the last guard dropped it"
        );
        assert!(first.try_access().is_none());
    });
}
