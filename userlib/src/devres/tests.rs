//! Devres and DevresLt: access, revocation, nesting, drop order.

use super::*;
use crate::runtime::Task;
use crate::testing::Board;
use core::cell::Cell;
use std::rc::Rc;
use std::vec;
use std::vec::Vec;

/// Says in a list when it is dropped.
struct Noted(&'static str, Rc<core::cell::RefCell<Vec<&'static str>>>);

impl Drop for Noted {
    fn drop(&mut self) {
        self.1.borrow_mut().push(self.0);
    }
}

fn list() -> Rc<core::cell::RefCell<Vec<&'static str>>> {
    Rc::default()
}

#[test]
fn access_wants_the_same_device_and_ends_with_the_binding() {
    Board::run(|board| {
        let (first, second) = (board.bind(0, "a", vec![]), board.bind(1, "b", vec![]));
        let value = Devres::new(&first, 7_u32).unwrap();
        assert_eq!(*value.access(&first).unwrap(), 7);
        assert_eq!(value.access(&second).err(), Some(Error::Invalid));
        assert_eq!(value.try_access().map(|value| *value), Some(7));
        board.unbind(&first);
        assert!(value.try_access().is_none());
        assert_eq!(value.access(&first).err(), Some(Error::Revoked));
        // The slot is used again; the handle from before still gets nothing.
        let again = board.bind(0, "a", vec![]);
        let other = Devres::new(&again, 8_u32).unwrap();
        assert!(value.try_access().is_none());
        assert_eq!(value.access(&again).err(), Some(Error::Invalid));
        assert_eq!(*other.access(&again).unwrap(), 8);
        board.unbind(&again);
        board.unbind(&second);
    });
}

#[test]
fn values_end_the_last_first_and_once_before_the_lease() {
    Board::run(|board| {
        let device = board.bind(0, "a", vec![]);
        let drops = list();
        let first = Devres::new(&device, Noted("first", drops.clone())).unwrap();
        let _second = Devres::new(&device, Noted("second", drops.clone())).unwrap();
        let third = Devres::new(&device, Noted("third", drops.clone())).unwrap();
        drop(third);
        assert_eq!(
            *drops.borrow(),
            ["third"],
            "a dropped handle drops its value"
        );
        core::mem::forget(first);
        board.unbind(&device);
        assert_eq!(*drops.borrow(), ["third", "second", "first"]);
        assert_eq!(board.journal(), ["release"]);
    });
}

#[test]
fn nested_values_do_not_deadlock() {
    Board::run(|board| {
        let device = board.bind(0, "a", vec![]);
        let drops = list();
        let inner = Devres::new(&device, Noted("inner", drops.clone())).unwrap();
        let outer = Devres::new(&device, (inner, Noted("outer", drops.clone()))).unwrap();
        assert_eq!(
            outer.access(&device).unwrap().0.access(&device).unwrap().0,
            "inner"
        );
        board.unbind(&device);
        assert_eq!(
            *drops.borrow(),
            ["inner", "outer"],
            "the outer's handle drops the inner first"
        );
    });
}

#[test]
fn a_handle_that_is_dropped_during_the_end_drops_once() {
    Board::run(|board| {
        let device = board.bind(0, "a", vec![]);
        let drops = list();
        let early = Devres::new(&device, Noted("early", drops.clone())).unwrap();
        let _late = Devres::new(&device, (Noted("late", drops.clone()), early)).unwrap();
        let _last = Devres::new(&device, Noted("last", drops.clone())).unwrap();
        board.unbind(&device);
        assert_eq!(*drops.borrow(), ["last", "late", "early"]);
    });
}

#[test]
fn a_kept_guard_keeps_its_value_and_the_slot() {
    Board::run(|board| {
        let device = board.bind(0, "a", vec![]);
        let drops = list();
        let value = Devres::new(&device, Noted("value", drops.clone())).unwrap();
        let guard = value.try_access().unwrap();
        board.unbind(&device);
        assert_eq!(guard.0, "value", "alive as long as the guard");
        assert!(value.try_access().is_none());
        assert!(drops.borrow().is_empty());
        assert_eq!(Task::current().slots()[0].phase.get(), Phase::Retired);
        drop(guard);
        assert_eq!(*drops.borrow(), ["value"]);
    });
}

#[test]
fn a_forgotten_guard_costs_the_slot_and_nothing_else() {
    Board::run(|board| {
        let device = board.bind(0, "a", vec![]);
        let value = Devres::new(&device, 7_u32).unwrap();
        core::mem::forget(value.try_access());
        board.unbind(&device);
        assert!(value.try_access().is_none());
        assert_eq!(Task::current().slots()[0].phase.get(), Phase::Retired);
        let other = board.bind(1, "b", vec![]);
        assert_eq!(
            *Devres::new(&other, 8_u32).unwrap().access(&other).unwrap(),
            8
        );
    });
}

/// A payload that cannot be shortened.
struct Slot<'a> {
    name: &'a str,
    kept: Cell<Option<&'a str>>,
}

#[test]
fn a_value_with_lifetimes_by_closure_and_by_guard() {
    Board::run(|board| {
        let device = board.bind(0, "a", vec![]);
        let slot = Slot {
            name: "uart",
            kept: Cell::new(None),
        };
        let slot: DevresLt<ForLt!(self::Slot<'_>)> = DevresLt::new(&device, slot).unwrap();
        slot.access_with(&device, |slot| slot.kept.set(Some(slot.name)))
            .unwrap();
        assert_eq!(
            slot.try_access_with(|slot| slot.kept.get().map(str::len)),
            Some(Some(4))
        );
        let text: DevresLt<CovariantForLt!(&str)> = DevresLt::new(&device, "spi").unwrap();
        assert_eq!(*text.access(&device).unwrap().get(), "spi");
        assert_eq!(*text.try_access().unwrap().get(), "spi");
        assert!(text.device().is_same(&device));
        board.unbind(&device);
        assert_eq!(slot.try_access_with(|_| ()), None);
        assert!(text.try_access().is_none());
    });
}

#[test]
fn too_much_is_exhausted_and_dropped() {
    Board::run(|board| {
        let device = board.bind(0, "a", vec![]);
        assert_eq!(
            Devres::new(&device, [0_u8; 4096]).err(),
            Some(Error::Exhausted)
        );
        let kept: Vec<_> = (0..16)
            .map(|at| Devres::new(&device, at).unwrap())
            .collect();
        let drops = list();
        let refused = Devres::new(&device, Noted("refused", drops.clone()));
        assert_eq!(refused.err(), Some(Error::Exhausted));
        assert_eq!(*drops.borrow(), ["refused"]);
        drop(kept);
        for round in 0..1000 {
            assert_eq!(
                *Devres::new(&device, round)
                    .unwrap()
                    .access(&device)
                    .unwrap(),
                round
            );
        }
        board.unbind(&device);
        assert_eq!(Devres::new(&device, 1).err(), Some(Error::Revoked));
    });
}

#[test]
fn access_takes_no_system_call() {
    Board::run(|board| {
        let device = board.bind(0, "a", vec![]);
        let plain = Devres::new(&device, 7_u32).unwrap();
        let text: DevresLt<CovariantForLt!(&str)> = DevresLt::new(&device, "spi").unwrap();
        let before = board.0.borrow().calls;
        assert_eq!(plain.try_access().map(|value| *value), Some(7));
        assert_eq!(*plain.access(&device).unwrap(), 7);
        assert_eq!(text.try_access().unwrap().get().len(), 3);
        assert_eq!(text.access_with(&device, |text| text.len()), Ok(3));
        drop(plain);
        assert_eq!(board.0.borrow().calls, before);
    });
}

/// A value whose end uses the device once more.
struct Late<'a> {
    device: Device<'a, Bound>,
    other: Devres<u32>,
    seen: Rc<Cell<Option<Result<u32, Error>>>>,
}

impl Drop for Late<'_> {
    fn drop(&mut self) {
        let other = self.other.access(&self.device).map(|value| *value);
        self.seen.set(Some(other));
        let new = Devres::new(&self.device, 1_u32).err();
        assert_eq!(
            new,
            Some(Error::Revoked),
            "nothing new while the binding ends"
        );
        let region = self.device.lend_region(0, 0).err();
        assert_eq!(region, Some(Error::Revoked));
    }
}

#[test]
fn a_drop_sees_values_that_are_left_and_begins_nothing() {
    Board::run(|board| {
        let device = board.bind(0, "a", vec![]);
        let seen = Rc::default();
        let other = Devres::new(&device, 7).unwrap();
        let late = Late {
            device: device.bound(),
            other,
            seen: Rc::clone(&seen),
        };
        let _kept: DevresLt<ForLt!(self::Late<'_>)> = DevresLt::new(&device, late).unwrap();
        board.unbind(&device);
        assert_eq!(seen.get(), Some(Ok(7)));
    });
}

#[test]
fn a_drop_sees_none_that_are_gone() {
    /// The value of a binding, and what a value made before it finds at the end.
    struct Early(Rc<core::cell::RefCell<Option<Devres<u32>>>>, Rc<Cell<bool>>);
    impl Drop for Early {
        fn drop(&mut self) {
            self.1
                .set(self.0.borrow().as_ref().unwrap().try_access().is_none());
        }
    }
    Board::run(|board| {
        let device = board.bind(0, "a", vec![]);
        let (place, gone) = (Rc::default(), Rc::default());
        let _early = Devres::new(&device, Early(Rc::clone(&place), Rc::clone(&gone))).unwrap();
        *place.borrow_mut() = Some(Devres::new(&device, 7).unwrap());
        board.unbind(&device);
        assert!(gone.get(), "the value that was made last went first");
    });
}
