//! Timers, and who runs when.

use super::tests;
use crate::board::TICKS_PER_MS;
use crate::outcome::{Outcome, check, equal};
use crate::suite::{CLIENT, LESSEE, RIVAL, SERVER, Suite};
use leasehold_abi::{Call, TaskState};
use testsuite_protocol::{Command, Place};
use userlib::sys;

tests! { "timers":
    a_timer_fires_not_before_its_time,
    a_deadline_in_the_past_fires_at_once,
    a_disarmed_timer_does_not_fire,
    a_new_deadline_replaces_the_old,
    each_task_has_its_own_timer,
    timers_of_one_tick_all_fire,
    the_far_future_does_not_come,
    a_timer_dies_with_its_task,
    a_timer_preempts_an_endless_loop,
    an_endless_loop_starves_only_less_important_tasks,
    time_goes_forward,
    time_goes_on_where_32_bits_end,
}

const BIT: usize = 1 << 20;

/// A worker sets its timer `milliseconds` from now and waits; answers the deadline.
fn sleep(suite: &mut Suite, task: usize, milliseconds: u64) -> Outcome<u64> {
    let deadline = suite.time(task)? + milliseconds * TICKS_PER_MS;
    suite.set_timer(task, deadline, BIT)?;
    suite.begin_call(task, Call::Receive, &[BIT])?;
    Ok(deadline)
}

fn a_timer_fires_not_before_its_time(suite: &mut Suite) -> Outcome {
    suite.start(CLIENT)?;
    let deadline = sleep(suite, CLIENT, 10)?;
    let [client, bits] = suite.ends_ok(CLIENT, Call::Receive)?;
    let now = sys::time();
    equal!("client and bits", (client as u32, bits), (u32::MAX, BIT));
    check!(now >= deadline, "{} ticks early", deadline - now);
    check!(
        now < deadline + 1_000 * TICKS_PER_MS,
        "{} ticks late",
        now - deadline
    );
    Ok(())
}

fn a_deadline_in_the_past_fires_at_once(suite: &mut Suite) -> Outcome {
    suite.start(CLIENT)?;
    for deadline in [0, 1] {
        suite.set_timer(CLIENT, deadline, BIT)?;
        let [_, bits] = suite.ok(CLIENT, Call::Receive, &[BIT])?;
        equal!("the bits", bits, BIT);
    }
    Ok(())
}

fn a_disarmed_timer_does_not_fire(suite: &mut Suite) -> Outcome {
    suite.start(CLIENT)?;
    let now = suite.time(CLIENT)?;
    suite.set_timer(CLIENT, now + 20 * TICKS_PER_MS, BIT)?;
    suite.set_timer(CLIENT, 0, 0)?;
    suite.begin_call(CLIENT, Call::Receive, &[BIT])?;
    check!(
        suite.finish_within(CLIENT, 60)?.is_none(),
        "the disarmed timer fired"
    );
    Ok(())
}

fn a_new_deadline_replaces_the_old(suite: &mut Suite) -> Outcome {
    suite.start(CLIENT)?;
    let now = suite.time(CLIENT)?;
    suite.set_timer(CLIENT, now + 20 * TICKS_PER_MS, BIT)?;
    suite.set_timer(CLIENT, now + 100 * TICKS_PER_MS, BIT << 1)?;
    suite.begin_call(CLIENT, Call::Receive, &[BIT | BIT << 1])?;
    check!(
        suite.finish_within(CLIENT, 50)?.is_none(),
        "the replaced deadline fired"
    );
    let [_, bits] = suite.ends_ok(CLIENT, Call::Receive)?;
    equal!("the bits", bits, BIT << 1);
    Ok(())
}

/// The hardware's alarm goes off once for all of them.
fn timers_of_one_tick_all_fire(suite: &mut Suite) -> Outcome {
    let tasks = [SERVER, CLIENT, RIVAL];
    suite.start_all(&tasks)?;
    let deadline = suite.time(SERVER)? + 100 * TICKS_PER_MS;
    for task in tasks {
        suite.set_timer(task, deadline, BIT)?;
        suite.begin_call(task, Call::Receive, &[BIT])?;
    }
    for task in tasks {
        suite.ends_ok(task, Call::Receive)?;
    }
    let late = sys::time() - deadline;
    check!(late < TICKS_PER_MS, "{late} ticks late");
    Ok(())
}

fn each_task_has_its_own_timer(suite: &mut Suite) -> Outcome {
    suite.start_all(&[SERVER, CLIENT, RIVAL])?;
    sleep(suite, SERVER, 60)?;
    sleep(suite, CLIENT, 20)?;
    sleep(suite, RIVAL, 40)?;
    suite.ends_ok(CLIENT, Call::Receive)?;
    check!(
        suite.info(RIVAL)?.state == TaskState::Receiving,
        "the rival woke with the client"
    );
    suite.ends_ok(RIVAL, Call::Receive)?;
    check!(
        suite.info(SERVER)?.state == TaskState::Receiving,
        "the server woke with the rival"
    );
    suite.ends_ok(SERVER, Call::Receive).map(drop)
}

fn the_far_future_does_not_come(suite: &mut Suite) -> Outcome {
    suite.start(CLIENT)?;
    for deadline in [u64::MAX, u64::MAX / 2, 1 << 63, 1 << 40] {
        suite.set_timer(CLIENT, deadline, BIT)?;
    }
    suite.begin_call(CLIENT, Call::Receive, &[BIT])?;
    check!(
        suite.finish_within(CLIENT, 10)?.is_none(),
        "the far future came"
    );
    // And nobody else's timer is held up by it.
    suite.start(SERVER)?;
    sleep(suite, SERVER, 5)?;
    suite.ends_ok(SERVER, Call::Receive).map(drop)
}

fn a_timer_dies_with_its_task(suite: &mut Suite) -> Outcome {
    suite.start(CLIENT)?;
    sleep(suite, CLIENT, 20)?;
    suite.stop(CLIENT)?;
    suite.start(CLIENT)?;
    suite.begin_call(CLIENT, Call::Receive, &[u32::MAX as usize])?;
    check!(
        suite.finish_within(CLIENT, 60)?.is_none(),
        "the old life's timer reached the new one"
    );
    Ok(())
}

fn a_timer_preempts_an_endless_loop(suite: &mut Suite) -> Outcome {
    suite.start_all(&[SERVER, CLIENT])?;
    sleep(suite, SERVER, 20)?;
    suite.begin(CLIENT, Command::Spin, &[])?;
    suite.ends_ok(SERVER, Call::Receive)?;
    equal!(
        "the loop's state",
        suite.info(CLIENT)?.state,
        TaskState::Ready
    );
    Ok(())
}

fn an_endless_loop_starves_only_less_important_tasks(suite: &mut Suite) -> Outcome {
    suite.start_all(&[SERVER, LESSEE, CLIENT, RIVAL])?;
    suite.begin(CLIENT, Command::Spin, &[])?;
    suite.begin_call(RIVAL, Call::TaskSelf, &[])?;
    check!(
        suite.finish_within(RIVAL, 20)?.is_none(),
        "a task of lower priority ran"
    );
    suite.begin(SERVER, Command::Echo, &[100])?;
    let report = suite.command(LESSEE, Command::CallMany, &[suite.handle(SERVER), 100])?;
    equal!(
        "failed calls beside an endless loop",
        report[0] + report[1],
        0
    );
    let counter = suite.place(CLIENT, Place::Scratch);
    suite.stop(CLIENT)?;
    suite.call_result(RIVAL)?;
    check!(counter != 0, "the loop has no counter");
    Ok(())
}

fn time_goes_forward(suite: &mut Suite) -> Outcome {
    suite.start_all(&[CLIENT, RIVAL])?;
    let mut before = sys::time();
    for round in 0..200 {
        let task = if round % 2 == 0 { CLIENT } else { RIVAL };
        let now = suite.time(task)?;
        check!(now >= before, "the time went back from {before} to {now}");
        before = now;
    }
    Ok(())
}

fn time_goes_on_where_32_bits_end(suite: &mut Suite) -> Outcome {
    // Minutes, but the emulator's idle time takes none.
    suite.start(CLIENT)?;
    let next = (sys::time() >> 32) + 1;
    for turn in next..next + 2 {
        let turn = turn << 32;
        let wait = (turn - sys::time()) / TICKS_PER_MS;
        suite.limit(wait + 1_000);
        suite.pause(wait.saturating_sub(1))?;
        // A deadline on the other side.
        let deadline = turn + 10 * TICKS_PER_MS;
        suite.set_timer(CLIENT, deadline, BIT)?;
        suite.begin_call(CLIENT, Call::Receive, &[BIT])?;
        let mut before = sys::time();
        check!(before < turn, "the turn was missed");
        while before < turn + TICKS_PER_MS {
            let now = sys::time();
            check!(
                (before..before + TICKS_PER_MS).contains(&now),
                "the time went from {before:#x} to {now:#x}"
            );
            before = now;
        }
        suite.ends_ok(CLIENT, Call::Receive)?;
        let now = sys::time();
        check!(
            (deadline..deadline + 100 * TICKS_PER_MS).contains(&now),
            "{now:#x} for {deadline:#x}"
        );
    }
    Ok(())
}
