//! The library's lock in memory that one task lends to another, in windows of every size and place.

use super::tests;
use crate::board::{GRANULE, TICKS_PER_MS};
use crate::lending::{READ_WRITE, own};
use crate::outcome::{Outcome, equal};
use crate::suite::{LESSEE, LESSOR, Suite};
use leasehold_abi::Error;
use testsuite_protocol::{Command, Place};

tests! { "locks":
    both_sides_take_a_lock_in_every_window,
    neither_loses_what_the_other_counts,
    the_lock_of_a_dead_task_is_recovered,
}

/// Offset in the arena and length of windows that lie one behind the other, in units of protection.
const WINDOWS: [(usize, usize); 3] = [(0, 1), (1, 1), (2, 2)];
/// Bytes of a lock and its number.
const LOCK: usize = 32;

/// What a worker tells of its rounds.
struct Rounds {
    done: usize,
    busy: usize,
    number: usize,
    error: usize,
}

/// A worker counts in a lock; `keep` and `recover` are as in [`Command::Lock`].
fn count(
    suite: &mut Suite,
    task: usize,
    lock: usize,
    [keep, recover]: [bool; 2],
) -> Outcome<Rounds> {
    let arguments = [lock, 1, 0, usize::from(keep), usize::from(recover)];
    suite.command(task, Command::Lock, &arguments).map(rounds)
}

fn rounds([done, busy, number, error, ..]: [usize; 8]) -> Rounds {
    Rounds {
        done,
        busy,
        number,
        error,
    }
}

/// The windows, lent by lessor to lessee and claimed: the address and the length of each.
fn windows(suite: &mut Suite) -> Outcome<[(usize, usize); WINDOWS.len()]> {
    suite.start_all(&[LESSOR, LESSEE])?;
    let tenure = suite.tenure(LESSOR)?;
    let arena = suite.place(LESSOR, Place::Arena);
    let places = WINDOWS.map(|(offset, units)| (arena + offset * GRANULE, units * GRANULE));
    let parts = places.map(|(address, length)| own(address, length, READ_WRITE));
    let lease = suite.lend_parts(LESSOR, tenure, LESSEE, &parts)?;
    for (index, (address, _)) in places.into_iter().enumerate() {
        equal!(
            "the window's address",
            suite.claim(LESSEE, lease, index)?,
            address
        );
    }
    Ok(places)
}

fn both_sides_take_a_lock_in_every_window(suite: &mut Suite) -> Outcome {
    for (address, length) in windows(suite)? {
        for task in [LESSEE, LESSOR, LESSEE] {
            // In a window of one unit, the two may be one lock.
            for lock in [address, address + length - LOCK] {
                let rounds = count(suite, task, lock, [false; 2])?;
                equal!("rounds", (rounds.done, rounds.error), (1, 0));
            }
        }
        let locks = if length == LOCK { 1 } else { 2 };
        let last = count(suite, LESSOR, address, [false; 2])?;
        equal!("the number", last.number, 3 * 2 / locks + 1);
    }
    Ok(())
}

fn neither_loses_what_the_other_counts(suite: &mut Suite) -> Outcome {
    /// Rounds of the task of higher priority, which runs between two instructions of the other each time.
    const SEEN: usize = 60;
    const OTHER: usize = 3000;
    let [(lock, _), ..] = windows(suite)?;
    let wait = (TICKS_PER_MS / 50) as usize;
    suite.begin(LESSOR, Command::Lock, &[lock, SEEN, wait])?;
    suite.begin(LESSEE, Command::Lock, &[lock, OTHER])?;
    let seen = suite.finish(LESSOR).map(rounds)?;
    let other = suite.finish(LESSEE).map(rounds)?;
    equal!("rounds", (seen.done + seen.busy, other.done), (SEEN, OTHER));
    let last = count(suite, LESSEE, lock, [false; 2])?;
    equal!("the number", last.number, seen.done + other.done + 1);
    Ok(())
}

fn the_lock_of_a_dead_task_is_recovered(suite: &mut Suite) -> Outcome {
    let [_, (lock, _), _] = windows(suite)?;
    equal!("kept", count(suite, LESSEE, lock, [true, false])?.done, 1);
    let held = count(suite, LESSOR, lock, [false; 2])?;
    equal!("rounds", (held.done, held.busy), (0, 1));
    suite.stop(LESSEE)?;
    suite.wait_dormant(LESSEE)?;
    let dead = count(suite, LESSOR, lock, [false; 2])?;
    equal!("the error", dead.error, Error::Dead.code());
    let recovered = count(suite, LESSOR, lock, [false, true])?;
    equal!("rounds", (recovered.done, recovered.error), (1, 0));
    equal!("the number", recovered.number, 1);
    Ok(())
}
