//! Futures and replies that are leaked, dropped while others drop, or that hold a guard for too long.

use super::*;

#[test]
fn an_answer_for_later_or_a_leaked_reply_leaves_nobody_waiting() {
    bound(|board, _, _, step| {
        step(call(1, LATER));
        step(call(1, LEAK_REPLY));
        step(NOTHING);
        assert_eq!(replies(board), [(1, Err(Error::Unbound)), (1, Ok(2))]);
    });
}

#[test]
fn a_leaked_future_costs_no_more_than_what_it_holds() {
    bound(|board, driver, lease, step| {
        step(call(1, LEAK));
        step(call(2, INTERRUPT));
        step(NOTHING);
        board.0.borrow_mut().time = time::ticks(1);
        step(Event::Bits(Notifications::TIMER));
        step(NOTHING);
        assert_eq!(replies(board), [(1, Ok(1))]);
        // The lock is the leaked future's for ever; the binding ends all the same.
        step(Event::Bits(LINE));
        step(NOTHING);
        assert_eq!(replies(board), []);
        end(board, lease, step);
        assert_eq!(board.0.borrow().leases.len(), 0);
        // Wakers of the old binding are numbers: they wake who has the place now, and no more.
        offer(board);
        step(Event::Bits(Notifications::LEASE));
        step(NOTHING);
        let before = driver.rounds.get();
        let old = driver.wakers.borrow()[0].clone();
        old.wake();
        step(NOTHING);
        assert_eq!(driver.rounds.get(), before + 1);
        step(call(3, INTERRUPT));
        step(Event::Bits(LINE));
        step(NOTHING);
        assert_eq!(replies(board), [(3, Ok(3))]);
    });
}

#[test]
fn a_future_may_drop_others_while_it_is_dropped() {
    bound(|board, _, lease, step| {
        step(call(1, NESTED));
        step(call(2, INTERRUPT));
        step(call(3, INTERRUPT));
        assert!(Reactor::current().sleepers.first_key().is_some());
        end(board, lease, step);
        assert_eq!(Reactor::current().sleepers.first_key(), None);
        assert_eq!(board.0.borrow().leases.len(), 0);
        assert_eq!(
            format!("{:?}", board.journal()).matches("dropped").count(),
            5
        );
    });
}

#[test]
fn a_guard_that_is_held_across_an_await_ends_with_its_request() {
    bound(|board, _, lease, step| {
        step(call(1, GUARD));
        step(NOTHING);
        assert!(!board.journal().iter().any(|line| line == "value dropped"));
        end(board, lease, step);
        // The future is dropped with its guard, so the value has no user when the binding ends.
        assert!(board.journal().iter().any(|line| line == "value dropped"));
        assert_eq!(Task::current().slots()[0].phase.get(), Phase::Free);
    });
}

#[test]
fn a_guard_in_a_leaked_future_keeps_its_value_and_costs_the_slot() {
    bound(|board, _, lease, step| {
        step(call(1, LEAK_GUARD));
        step(NOTHING);
        board.0.borrow_mut().time = time::ticks(1);
        step(Event::Bits(Notifications::TIMER));
        step(NOTHING);
        assert_eq!(replies(board), [(1, Ok(3))]);
        end(board, lease, step);
        assert!(!board.journal().iter().any(|line| line == "value dropped"));
        assert_eq!(Task::current().slots()[0].phase.get(), Phase::Retired);
        assert_eq!(board.0.borrow().leases.len(), 0, "the lease is given back");
    });
}
