//! Lists, locks and sleeps under wakers of others: what a waker may do while it is woken or dropped.

use super::*;
use crate::testing::Board;
use core::cell::RefCell;
use core::future::Future;
use core::pin::{Pin, pin};
use core::task::{Context, Poll, Waker};
use std::boxed::Box;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Wake;
use std::vec::Vec;

/// Counts how often it is woken.
#[derive(Default)]
struct Count(AtomicUsize);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

fn counted() -> (Arc<Count>, Waker) {
    let count = Arc::new(Count::default());
    (count.clone(), count.into())
}

fn poll<F: Future>(future: Pin<&mut F>, waker: &Waker) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(waker))
}

#[test]
fn a_lock_goes_to_who_asked_first_also_when_others_give_up() {
    let lock = Lock::new(0);
    let (count, waker) = counted();
    let first = lock.try_lock().unwrap();
    assert!(lock.try_lock().is_none());
    let mut waiters: Vec<_> = (0..4).map(|_| Box::pin(lock.lock())).collect();
    for waiter in &mut waiters {
        assert!(poll(waiter.as_mut(), &waker).is_pending());
    }
    // One in the middle gives up before its turn.
    drop(waiters.remove(1));
    drop(first);
    assert_eq!(count.0.load(Ordering::Relaxed), 1);
    assert!(lock.try_lock().is_none(), "it is the first one's already");
    assert!(poll(waiters[1].as_mut(), &waker).is_pending());
    // One gives up after it was called: the next gets it.
    drop(waiters.remove(0));
    let Poll::Ready(mut guard) = poll(waiters[0].as_mut(), &waker) else {
        panic!("its turn");
    };
    *guard += 1;
    drop(guard);
    drop(waiters);
    assert_eq!(*lock.try_lock().unwrap(), 1);
}

#[test]
fn one_that_is_polled_after_its_end_gives_nothing_twice() {
    let lock = Lock::new(());
    let (_, waker) = counted();
    let mut turn = Box::pin(lock.lock());
    let Poll::Ready(guard) = poll(turn.as_mut(), &waker) else {
        panic!("nobody has it");
    };
    // It asks once more, and waits like any other.
    assert!(poll(turn.as_mut(), &waker).is_pending());
    drop(guard);
    let again = poll(turn.as_mut(), &waker);
    assert!(again.is_ready());
    assert!(lock.try_lock().is_none());
    drop((again, turn));
    assert!(lock.try_lock().is_some());
}

#[test]
fn a_forgotten_guard_keeps_the_lock_and_a_forgotten_waiter_its_turn() {
    let mut lock = Lock::new(Box::new(5));
    let (_, waker) = counted();
    let guard = lock.try_lock().unwrap();
    let mut waiter = Box::pin(lock.lock());
    assert!(poll(waiter.as_mut(), &waker).is_pending());
    // Found again by a leak checker, so that the memory is not lost.
    crate::sys::keep(waiter);
    drop(guard);
    assert!(lock.try_lock().is_none());
    **lock.get_mut() += 1;
    let moved = lock;
    assert!(moved.try_lock().is_none());
}

/// A waker that does something when it is woken or dropped.
struct Does(RefCell<Option<Box<dyn FnOnce()>>>);

// SAFETY: these tests have one thread each.
unsafe impl Send for Does {}
// SAFETY: as above.
unsafe impl Sync for Does {}

impl Wake for Does {
    fn wake(self: Arc<Self>) {
        if let Some(act) = self.0.take() {
            act();
        }
    }
}

impl Drop for Does {
    fn drop(&mut self) {
        if let Some(act) = self.0.take() {
            act();
        }
    }
}

#[test]
fn a_waker_may_drop_the_future_that_it_wakes() {
    Board::run(|board| {
        for wakes in [true, false] {
            let sleeper = std::rc::Rc::new(RefCell::new(Some(Box::pin(sleep_until(5)))));
            let mut other = Box::pin(sleep_until(5));
            let inner = sleeper.clone();
            let act: Box<dyn FnOnce()> = Box::new(move || drop(inner.take()));
            let waker = Waker::from(Arc::new(Does(RefCell::new(Some(act)))));
            let mut future = sleeper.take().unwrap();
            assert!(poll(future.as_mut(), &waker).is_pending());
            assert!(poll(other.as_mut(), Waker::noop()).is_pending());
            sleeper.replace(Some(future));
            drop(waker);
            if !wakes {
                // A later waker takes the place of that one, which acts as it goes.
                let future = sleeper.take().unwrap();
                let mut future = future;
                assert!(poll(future.as_mut(), Waker::noop()).is_pending());
            }
            board.0.borrow_mut().time = 5;
            let reactor = crate::runtime::Reactor::current();
            while reactor.sleepers.pop(5) {}
            assert!(poll(other.as_mut(), Waker::noop()).is_ready());
            assert!(sleeper.borrow().is_none());
            assert_eq!(reactor.sleepers.first_key(), None);
        }
    });
}

/// Both kinds of delay last at least as long as was asked for, in each unit.
#[test]
fn a_delay_is_never_short() {
    use crate::time::{ticks, ticks_of_microseconds};
    use embedded_hal_async::delay::DelayNs;
    Board::run(|board| {
        let mut delay = Delay;
        let reactor = crate::runtime::Reactor::current();
        let lasts = |future: Pin<&mut dyn Future<Output = ()>>, least: u64| {
            let mut future = future;
            let began = board.0.borrow().time;
            let mut context = Context::from_waker(Waker::noop());
            assert!(future.as_mut().poll(&mut context).is_pending());
            let end = reactor.sleepers.first_key().unwrap();
            assert!(end > began + least && end <= began + least + ticks_of_microseconds(1) + 1);
            board.0.borrow_mut().time = end;
            while reactor.sleepers.pop(end) {}
            assert!(future.as_mut().poll(&mut context).is_ready());
        };
        lasts(pin!(delay.delay_ms(u32::MAX)), ticks(u64::from(u32::MAX)));
        lasts(pin!(delay.delay_us(7)), ticks_of_microseconds(7));
        lasts(pin!(delay.delay_ns(1)), 0);
        lasts(pin!(delay.delay_ns(0)), 0);
        // On the host the blocking ones come back when each look has taken its microsecond.
        embedded_hal::delay::DelayNs::delay_us(&mut delay, 3);
    });
}

#[test]
fn a_result_at_the_last_moment_counts() {
    Board::run(|_| {
        let mut ready = pin!(with_deadline(0, core::future::ready(3)));
        assert_eq!(poll(ready.as_mut(), Waker::noop()), Poll::Ready(Ok(3)));
        let mut never = pin!(with_deadline(0, core::future::pending::<()>()));
        assert!(poll(never.as_mut(), Waker::noop()).is_pending());
        while crate::runtime::Reactor::current().sleepers.pop(0) {}
        let late = poll(never.as_mut(), Waker::noop());
        assert_eq!(late, Poll::Ready(Err(crate::Error::TimedOut)));
    });
}

#[test]
fn items_leave_from_any_place() {
    for order in [[0, 1, 2, 3], [3, 2, 1, 0], [1, 3, 0, 2], [2, 0, 3, 1]] {
        let list = List::new();
        let mut sleepers: Vec<_> = [7, 3, 3, 9]
            .map(|key| (key, Box::pin(list::Item::new())))
            .into();
        for (key, item) in &sleepers {
            // SAFETY: taken out below, before the items are dropped.
            unsafe { list.insert(item.as_ref(), *key) };
        }
        assert_eq!(list.first_key(), Some(3));
        for index in order {
            list.remove(&sleepers[index].1);
            list.remove(&sleepers[index].1);
        }
        assert_eq!(list.first_key(), None);
        assert!(!list.pop(u64::MAX));
        sleepers.clear();
    }
}
