//! Waiting for a device.

use super::*;
use crate::testing::Board;

#[test]
fn microseconds_are_ticks_and_no_fewer() {
    assert_eq!(ticks_of_microseconds(3), 30, "10 MHz on the host");
    assert_eq!(ticks_of_microseconds(0), 0);
    assert_eq!(ticks_of_microseconds(u64::MAX), u64::MAX);
}

/// `poll_until` from the time 100 on, with a device that takes `passes` ticks more than a microsecond for each look,
/// and is ready at the time `ready`: when, and after how many looks, it was seen.
fn poll(deadline: u64, passes: u64, ready: u64) -> (Result<u64, Error>, u32) {
    Board::run(|board| {
        board.0.borrow_mut().time = 100;
        let mut looks = 0;
        let result = poll_until(deadline, || {
            looks += 1;
            let now = board.0.borrow().time;
            board.0.borrow_mut().time = now + passes;
            (now >= ready).then_some(now)
        });
        (result, looks)
    })
}

#[test]
fn a_device_is_looked_at_until_its_time_is_over_and_once_more() {
    assert_eq!(poll(200, 10, 130), (Ok(130), 4));
    assert_eq!(poll(50, 10, 0), (Ok(100), 1), "at least once");
    assert_eq!(poll(200, 10, 1000), (Err(Error::TimedOut), 6));
    assert_eq!(poll(200, 0, 1000), (Err(Error::TimedOut), 11));
    assert_eq!(poll(0, 10, 1000), (Err(Error::TimedOut), 1));
    // The task did not run for a long time: the device was ready meanwhile.
    assert_eq!(poll(200, 5000, 300), (Ok(5100), 2));
}

#[test]
fn a_delay_takes_its_time_and_not_for_ever() {
    Board::run(|board| {
        let before = board.0.borrow().calls;
        delay_microseconds(5);
        // On the host a look takes a microsecond: the deadline, and six looks, of which the last is past it.
        assert_eq!(board.0.borrow().calls - before, 1 + 7);
    });
}
