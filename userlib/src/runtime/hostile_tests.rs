//! Drivers that do all that safe code can do to get past the end of a binding.

use super::*;
use crate::auxiliary::payload_type;
use crate::auxiliary::{LendRegion, Lendable, Lender, LentCell, Receiver, Registration};
use crate::interrupt::Interrupt;
use crate::io::IoMem;
use crate::io::Window;
use crate::sys::{self, Error, GrantInfo, GrantKind, Notifications, Rights};
use crate::testing::{Board, Event};
use crate::{Devres, DevresLt, ForLt};
use core::cell::{Cell, RefCell};
use core::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::vec;
use std::vec::Vec;

/// A number that is offered to a child.
type Number<'cap> = Registration<'cap, ForLt!(u32)>;

/// Tries to begin everything, when the binding is ending.
struct Beginner<'cap> {
    device: Device<'cap, Bound>,
    region: LendRegion<'cap>,
    refused: Rc<Cell<u32>>,
}

impl Drop for Beginner<'_> {
    fn drop(&mut self) {
        let device = &self.device;
        let results = [
            Registration::<ForLt!(u32)>::new(device, &self.region, "again", 0, 1).map(mem::forget),
            device.lend_region(0, 0).map(mem::forget),
            Devres::new(device, 7_u32).map(mem::forget),
            device
                .io_mem::<8>(0)
                .and_then(|window| window.into_devres())
                .map(mem::forget),
        ];
        assert_eq!(results, [Err(Error::Revoked); 4]);
        // Windows may still be used, to quiet the device. This one is never given back.
        mem::forget(device.io_mem::<8>(0).unwrap());
        assert_eq!(device.io_mem::<8>(0).err(), Some(Error::Busy));
        self.refused.set(self.refused.get() + 1);
    }
}

/// Where the hostile drivers keep what they must not.
#[derive(Default)]
struct Hostile {
    refused: Rc<Cell<u32>>,
    guards: Cell<u32>,
    /// Whether `probe` fails at its end.
    fails: Cell<bool>,
}

impl Driver for Hostile {
    type State = ForLt!(Beginner<'_>);

    fn probe<'cap>(&self, device: &Device<'cap, super::Core>) -> Result<Beginner<'cap>, Error> {
        let window = device.io_mem::<8>(0)?;
        if self.fails.get() {
            let kept: &'static _ = keep(window.into_devres()?);
            mem::forget(kept.try_access());
            self.guards.set(self.guards.get() + 1);
            return Err(Error::Protocol);
        }
        Ok(Beginner {
            device: device.bound(),
            region: device.lend_region(0, 0)?,
            refused: Rc::clone(&self.refused),
        })
    }

    fn unbind<'cap>(&self, state: &mut Beginner<'cap>, device: &Device<'cap, super::Core>) {
        let again = Registration::<ForLt!(u32)>::new(device, &state.region, "again", 0, 1);
        assert_eq!(again.err(), Some(Error::Revoked));
    }
}

/// A value that stays for ever.
fn keep<T>(value: T) -> &'static T {
    // SAFETY: a place that is never freed, and only shared.
    unsafe { &*sys::keep(value) }
}

fn offer(board: &Board, grants: Vec<GrantInfo>) -> sys::LeaseHandle {
    let lease = board.lease("device", grants);
    board
        .0
        .borrow_mut()
        .lease_events
        .push_back((1, lease.raw()));
    lease
}

fn step(board: &Board, runner: &mut Runner<'_, &Hostile>) {
    board
        .0
        .borrow_mut()
        .events
        .push_back(Event::Bits(Notifications::LEASE));
    runner.step();
}

#[test]
fn an_end_begins_nothing_and_leaves_nothing() {
    Board::run(|board| {
        let driver = Hostile::default();
        let mut runner = Runner::new(&driver);
        let grants = vec![board.grant(GrantKind::Mmio, "r", 8)];
        let rounds = if cfg!(miri) { 2 } else { 20 };
        for round in 1..=rounds {
            let lease = offer(board, grants.clone());
            step(board, &mut runner);
            step(board, &mut runner);
            assert_eq!(runner.bound(), 1, "round {round}");
            board
                .0
                .borrow_mut()
                .lease_events
                .push_back((2, lease.raw()));
            step(board, &mut runner);
            step(board, &mut runner);
            assert_eq!((runner.bound(), driver.refused.get()), (0, round));
            assert_eq!(Task::current().arena.taken(), 0);
        }
    });
}

#[test]
fn a_probe_that_fails_with_a_guard_kept_costs_its_slot_and_bytes() {
    Board::run(|board| {
        let driver = Hostile::default();
        let mut runner = Runner::new(&driver);
        let grants = vec![board.grant(GrantKind::Mmio, "r", 8)];
        driver.fails.set(true);
        for _ in 0..3 {
            offer(board, grants.clone());
            step(board, &mut runner);
            step(board, &mut runner);
        }
        assert_eq!(driver.guards.get(), 1, "then the window was busy");
        driver.fails.set(false);
        offer(board, vec![board.grant(GrantKind::Mmio, "r", 8)]);
        step(board, &mut runner);
        step(board, &mut runner);
        assert_eq!(runner.bound(), 1);
    });
}

#[test]
fn a_forgotten_loop_is_the_last_one() {
    Board::run(|board| {
        let driver = Hostile::default();
        let mut runner = Runner::new(&driver);
        offer(board, vec![board.grant(GrantKind::Mmio, "r", 8)]);
        step(board, &mut runner);
        step(board, &mut runner);
        mem::forget(runner);
        let second = catch_unwind(AssertUnwindSafe(|| Runner::new(&driver)));
        assert!(second.is_err());
        assert_eq!(
            driver.refused.get(),
            0,
            "nothing of the binding was dropped"
        );
        assert_eq!(Task::current().slots()[0].phase.get(), Phase::Bound);
    });
}

/// A line, a window and a registration, which end long after their binding.
struct Late<'cap> {
    line: Interrupt<'cap>,
    window: IoMem<'cap, 8>,
    number: Number<'cap>,
}

/// A handle on them.
type LateHandle = DevresLt<ForLt!(self::Late<'_>)>;

#[test]
fn a_guard_that_ends_late_takes_nothing_from_the_next_binding() {
    Board::run(|board| {
        let grants = |board: &Board| {
            vec![
                board.grant(GrantKind::Mmio, "r", 8),
                board.grant_at(GrantKind::Interrupt, "line", 10, 1),
            ]
        };
        let late = |device: &Device<'static, Bound>| {
            let region = device.lend_region(0, 0).unwrap();
            Late {
                line: device.interrupt(0).unwrap(),
                window: device.io_mem(0).unwrap(),
                number: Registration::new(device, &region, "number", 0, 1).unwrap(),
            }
        };
        let first = board.bind(0, "a", grants(board));
        let kept: &'static LateHandle = keep(DevresLt::new(&first, late(&first)).unwrap());
        // The closure is left by a panic in the end of the binding's own callback; until then it has the value.
        let second = kept.try_access_with(|value| {
            board.unbind(&first);
            assert_eq!(
                value.window.try_read32(0),
                Ok(0),
                "the model does not unmap"
            );
            assert_eq!(value.line.acknowledge(), Err(Error::Revoked));
            assert_eq!(*value.number.offer(), 1);
            let second = board.bind(1, "b", grants(board));
            let state = late(&second);
            assert!(Events::new(Notifications::all()).contains(&value.line));
            (second, state)
        });
        let (second, state) = second.unwrap();
        assert!(kept.try_access_with(|_| ()).is_none());
        // The first value is dropped by now. The second binding has its line, window, bit and registration.
        assert_eq!(state.line.acknowledge(), Ok(()));
        assert_eq!(second.interrupt(0).err(), Some(Error::Busy));
        assert_eq!(second.io_mem::<8>(0).err(), Some(Error::Busy));
        assert_eq!(Task::current().bits_taken(), 1);
        let lent = |board: &Board| {
            let state = board.0.borrow();
            state.leases.iter().filter(|(_, lease)| lease.lent).count()
        };
        assert_eq!(lent(board), 1);
        drop(state);
        assert_eq!((lent(board), Task::current().bits_taken()), (0, 0));
    });
}

/// Takes the payload when it is dropped, which is while the binding ends.
struct Taker<'cap>(Device<'cap, Bound>, Rc<RefCell<Vec<u64>>>);

impl Drop for Taker<'_> {
    fn drop(&mut self) {
        let taken = self.0.registration_data::<for_lt::CovariantForLt!(u64)>();
        self.1.borrow_mut().push(*taken.unwrap());
        let again = self.0.registration_data::<for_lt::CovariantForLt!(u64)>();
        self.1.borrow_mut().push(*again.unwrap());
    }
}

#[test]
fn a_payload_may_be_taken_while_its_binding_ends() {
    Board::run(|board| {
        let parent = board.bind(0, "parent", vec![]);
        let region = parent.lend_region(0, 0).unwrap();
        let identity = payload_type::<ForLt!(u64)>();
        let taken = Rc::default();
        for value in [11_u64, 12] {
            let registration =
                Registration::<ForLt!(u64)>::new(&parent, &region, "n", 0, value).unwrap();
            let grants = {
                let state = board.0.borrow();
                let lent = state.leases.iter().find(|(_, lease)| lease.lent);
                lent.unwrap().1.grants.clone()
            };
            let child = board.bind(1, "self.n", grants);
            board.change(child.lease().unwrap(), |lease| {
                lease.info.payload_type = identity;
            });
            for _ in 0..2 {
                let taker = Taker(child.bound(), Rc::clone(&taken));
                mem::forget(DevresLt::<ForLt!(self::Taker<'_>)>::new(&child, taker).unwrap());
            }
            board.unbind(&child);
            drop(registration);
        }
        assert_eq!(*taken.borrow(), [11, 11, 11, 11, 12, 12, 12, 12]);
    });
}

/// Takes its windows twice, drops some, and counts.
struct Grabber(u32);

impl<'a> Lendable<'a> for Grabber {
    type Offer = Self;
    fn lend(_: &Self, to: &mut Lender<'_>) -> Result<(), Error> {
        (0..4_u32).try_for_each(|_| u32::lend(&0, to))
    }
    fn receive(from: &mut Receiver<'_, 'a>) -> Result<Self, Error> {
        let _first = Window::<'a, 8>::receive(from)?;
        // The same again: it is there.
        let second = Window::<'a, 8>::receive(from);
        assert_eq!(second.err(), Some(Error::Busy));
        match Window::<'a, 0x10_0000>::receive(from) {
            Err(Error::Busy) => Err(Error::Exhausted),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_payload_that_grabs_and_gives_up_leaves_no_claim() {
    Board::run(|board| {
        let parent = board.bind(0, "parent", vec![]);
        let region = parent.lend_region(0, 0).unwrap();
        let registration =
            Registration::<ForLt!(self::Grabber)>::new(&parent, &region, "n", 0, Grabber(0))
                .unwrap();
        assert_eq!(registration.offer().0, 0);
        let mut grants = {
            let state = board.0.borrow();
            let lent = state.leases.iter().find(|(_, lease)| lease.lent);
            lent.unwrap().1.grants.clone()
        };
        grants.push(board.grant(GrantKind::Mmio, "window0", 0x1000));
        let child = board.bind(1, "self.n", grants);
        board.change(child.lease().unwrap(), |lease| {
            lease.info.payload_type = payload_type::<ForLt!(self::Grabber)>();
        });
        for _ in 0..3 {
            let taken = child.registration_data_with::<ForLt!(self::Grabber), _>(|_| ());
            assert_eq!(taken.err(), Some(Error::Exhausted));
            assert!(child.io_mem::<0x1000>("window0").is_ok(), "nobody has it");
        }
        drop(registration);
    });
}

/// A cell that is written after everything that could lend it has ended.
#[test]
fn a_cell_that_was_carried_along_writes_to_its_own_region_only() {
    Board::run(|board| {
        let parent = board.bind(0, "parent", vec![]);
        let (first, second) = (
            parent.lend_region(8, 0).unwrap(),
            parent.lend_region(8, 0).unwrap(),
        );
        let mut cells: [LentCell<'_, u64>; 2] = [first.cell(1).unwrap(), second.cell(2).unwrap()];
        let number = Number::new(&parent, &first, "n", 0, 1).unwrap();
        drop((number, first));
        let another = Number::new(&parent, &second, "n", 0, 1).unwrap();
        cells[0].write(3);
        assert_eq!(cells[1].lent().read(), Ok(2));
        assert_eq!(
            Task::current().arena.taken(),
            2,
            "a region lives as long as the binding"
        );
        drop(another);
    });
}

/// A part of a window is lent, then the window is given back and claimed alone.
#[test]
fn a_part_that_was_lent_before_the_window_was_claimed_alone() {
    Board::run(|board| {
        let parent = board.bind(
            0,
            "parent",
            vec![board.grant(GrantKind::Mmio, "bar0", 0x2000)],
        );
        let region = parent.lend_region(0, 0).unwrap();
        let part = parent
            .bar::<0>(0)
            .unwrap()
            .lend::<0>(0, 0x1000, Rights::READ)
            .unwrap();
        let alone = parent.exclusive_io_mem::<0>(0).unwrap();
        let registration =
            Registration::<ForLt!(Window<'_>)>::new(&parent, &region, "n", 0, part).unwrap();
        let grants = {
            let state = board.0.borrow();
            let lent = state.leases.iter().find(|(_, lease)| lease.lent);
            lent.unwrap().1.grants.clone()
        };
        let child = board.bind(1, "self.n", grants);
        board.change(child.lease().unwrap(), |lease| {
            lease.info.payload_type = payload_type::<ForLt!(Window<'_>)>();
        });
        let taken = child.registration_data_with::<ForLt!(Window<'_>), _>(|_| ());
        assert_eq!(taken.err(), Some(Error::Busy), "the parent is alone");
        drop(alone);
        let taken = child.registration_data_with::<ForLt!(Window<'_>), _>(|_| ());
        assert_eq!(taken, Ok(()));
        assert_eq!(
            parent.exclusive_io_mem::<0>(0).err(),
            Some(Error::Busy),
            "the child is there"
        );
        drop(registration);
    });
}

/// A guard is `Send` if its value is `Send` and `Sync`, and such a value has nothing of the binding.
#[test]
fn a_guard_may_end_in_another_thread_while_the_binding_ends() {
    use std::sync::atomic::{AtomicU32, Ordering};
    static DROPPED: AtomicU32 = AtomicU32::new(0);
    struct Counted(u32);
    impl Drop for Counted {
        fn drop(&mut self) {
            DROPPED.fetch_add(self.0, Ordering::Relaxed);
        }
    }
    let rounds = if cfg!(miri) { 4 } else { 200 };
    Board::run(|board| {
        let mut retired = 0;
        for round in 1..=rounds {
            // A binding whose guard was there at its end never gives its slot back.
            let slot = &Task::current().slots()[0];
            if slot.phase.get() == Phase::Retired {
                retired += 1;
                assert!(slot.values().end_all(), "the guard is gone by now");
                slot.forget_values();
            }
            let device = board.bind(0, "a", vec![]);
            let kept: &'static Devres<Counted> = keep(Devres::new(&device, Counted(1)).unwrap());
            let guard = kept.try_access().unwrap();
            let thread = std::thread::spawn(move || assert_eq!(guard.0, 1));
            board.unbind(&device);
            thread.join().unwrap();
            assert!(kept.try_access().is_none());
            assert_eq!(
                DROPPED.load(Ordering::Relaxed),
                round,
                "once each, {retired} retired"
            );
        }
    });
}
