//! What a receive does before it waits: a line may come again, and peers are notified. A driver's loop lets it do so.

use super::interrupts::{BIT, apart, clock, comes, quiet};
use super::tests;
use crate::board::{TICKS_PER_MS, WORD};
use crate::lending::{Part, READ_WRITE};
use crate::outcome::{Outcome, check, equal};
use crate::suite::{
    ATTACKER, CLIENT, GRANDCHILD, LESSEE, LESSOR, RIVAL, RUNNER, SERVER, Suite, TASKS,
};
use leasehold_abi::{Call, Error, FaultKind, Notifications};
use testsuite_protocol::{ASKED, CAME, Command};

tests! { "waits":
    a_wait_lets_its_line_come_again,
    a_wait_lets_no_line_come_again_that_is_not_held,
    a_wait_notifies_its_peers_first,
    a_wait_that_need_not_wait_notifies_all_the_same,
    a_wait_that_asks_too_much_does_nothing,
    a_driver_s_loop_acknowledges_and_notifies_with_its_wait,
    a_driver_s_loop_does_so_before_it_replies,
    a_driver_s_loop_that_may_not_notify_ends,
}

/// A bit for the timer of a worker.
const TIMER: usize = 1 << 6;
/// Every bit that a task can wait for.
const ANY: usize = u32::MAX as usize;

/// The argument that lets a line come again.
const fn line(number: usize) -> usize {
    number.wrapping_add(1) << 16
}

/// The argument that says who is notified.
fn set(tasks: &[usize]) -> usize {
    tasks.iter().fold(0, |set, task| set | 1 << task)
}

/// The worker waits for its line, after it has done something, and the line does not come in time.
fn stays_masked(suite: &mut Suite, task: usize, before: usize) -> Outcome {
    let deadline = suite.time(task)? + 2 * TICKS_PER_MS;
    suite.set_timer(task, deadline, TIMER)?;
    let [_, bits] = suite.ok(task, Call::Receive, &[TIMER | BIT as usize, before, 0])?;
    equal!("what came of a masked line", bits, TIMER);
    Ok(())
}

/// The line comes to a worker, which leaves it masked; then it is raised again.
fn masked_and_pending(suite: &mut Suite, driver: usize, owner: usize) -> Outcome {
    suite.fire(owner)?;
    comes(suite, driver)?;
    suite.clear(owner)?;
    suite.fire(owner)
}

/// The wait of a worker ends with these bits.
fn gets(suite: &mut Suite, task: usize, bits: usize) -> Outcome {
    let [client, came] = suite.ends_ok(task, Call::Receive)?;
    equal!("client and bits", (client as u32, came), (u32::MAX, bits));
    Ok(())
}

/// A worker waits on.
fn waits(suite: &mut Suite, task: usize) -> Outcome {
    let report = suite.finish_within(task, 2)?;
    check!(report.is_none(), "task {task} was notified: {report:x?}");
    Ok(())
}

fn a_wait_lets_its_line_come_again(suite: &mut Suite) -> Outcome {
    clock(suite)?;
    let again = line(suite.clock().line);
    for _ in 0..3 {
        masked_and_pending(suite, LESSEE, LESSEE)?;
        stays_masked(suite, LESSEE, 0)?;
        suite.begin_call(LESSEE, Call::Receive, &[BIT as usize, again, 0])?;
        gets(suite, LESSEE, BIT as usize)?;
        // It was let come once.
        suite.clear(LESSEE)?;
        suite.fire(LESSEE)?;
        stays_masked(suite, LESSEE, 0)?;
        suite.begin_call(LESSEE, Call::Receive, &[BIT as usize, again, 0])?;
        gets(suite, LESSEE, BIT as usize)?;
        suite.clear(LESSEE)?;
        // Also when the wait is over at once.
        suite.set_timer(LESSEE, 0, TIMER)?;
        let [_, bits] = suite.ok(LESSEE, Call::Receive, &[TIMER, again, 0])?;
        equal!("the bits", bits, TIMER);
    }
    Ok(())
}

fn a_wait_lets_no_line_come_again_that_is_not_held(suite: &mut Suite) -> Outcome {
    apart(suite)?;
    suite.start(RIVAL)?;
    let number = suite.clock().line;
    masked_and_pending(suite, LESSEE, CLIENT)?;
    // Another task's.
    suite.begin_call(RIVAL, Call::Receive, &[ANY, line(number), 0])?;
    // Lines that nobody has, or that there are not.
    for other in [number + 1, 0xffff, usize::MAX >> 17, usize::MAX - 1] {
        stays_masked(suite, LESSEE, line(other))?;
    }
    waits(suite, RIVAL)?;
    let again = [BIT as usize, line(number), 0];
    suite.begin_call(LESSEE, Call::Receive, &again)?;
    gets(suite, LESSEE, BIT as usize)?;
    suite.clear(CLIENT)
}

fn a_wait_notifies_its_peers_first(suite: &mut Suite) -> Outcome {
    let peers = [SERVER, LESSOR, GRANDCHILD, CLIENT];
    clock(suite)?;
    masked_and_pending(suite, LESSEE, LESSEE)?;
    suite.start(RIVAL)?;
    suite.start_all(&peers)?;
    for task in peers.into_iter().chain([RIVAL]) {
        suite.begin_call(task, Call::Receive, &[ANY])?;
    }
    let before = line(suite.clock().line) | 0b101;
    suite.begin_call(LESSEE, Call::Receive, &[BIT as usize, before, set(&peers)])?;
    for task in peers {
        gets(suite, task, 0b101)?;
    }
    waits(suite, RIVAL)?;
    gets(suite, LESSEE, BIT as usize)?;
    suite.clear(LESSEE)
}

fn a_wait_that_need_not_wait_notifies_all_the_same(suite: &mut Suite) -> Outcome {
    suite.start_all(&[SERVER, LESSEE, GRANDCHILD])?;
    // The second time with one that is not alive, which is passed over.
    for peers in [set(&[SERVER]), set(&[SERVER, GRANDCHILD])] {
        suite.stop(GRANDCHILD)?;
        suite.begin_call(SERVER, Call::Receive, &[ANY])?;
        suite.set_timer(LESSEE, 0, TIMER)?;
        let [_, bits] = suite.ok(LESSEE, Call::Receive, &[TIMER, 0b10, peers])?;
        equal!("the bits", bits, TIMER);
        gets(suite, SERVER, 0b10)?;
    }
    suite.start(GRANDCHILD)?;
    suite.begin_call(GRANDCHILD, Call::Receive, &[ANY])?;
    waits(suite, GRANDCHILD)
}

fn a_wait_that_asks_too_much_does_nothing(suite: &mut Suite) -> Outcome {
    clock(suite)?;
    let five = [SERVER, LESSOR, GRANDCHILD, CLIENT, RIVAL];
    suite.start_all(&five)?;
    masked_and_pending(suite, LESSEE, LESSEE)?;
    suite.begin_call(SERVER, Call::Receive, &[ANY])?;
    let crash = Notifications::CRASH.register();
    let last = 1 << (8 * WORD - 1);
    let alone = set(&[SERVER]);
    let again = line(suite.clock().line);
    for (bits, peers, error) in [
        (crash, alone, Error::Invalid),
        (crash, set(&[SERVER, CLIENT]), Error::Invalid),
        (1, set(&five), Error::Invalid),
        (1, alone | set(&[LESSEE]), Error::Denied),
        (1, alone | set(&[ATTACKER]), Error::Denied),
        (1, alone | set(&[TASKS]), Error::Denied),
        (1, set(&[RUNNER]), Error::Denied),
        (1, last, Error::Denied),
        (1, usize::MAX, Error::Denied),
    ] {
        let receive = [BIT as usize, again | bits, peers];
        suite.refused(LESSEE, Call::Receive, &receive, &[error])?;
    }
    suite.refused(RIVAL, Call::Receive, &[ANY, 1, alone], &[Error::Denied])?;
    waits(suite, SERVER)?;
    stays_masked(suite, LESSEE, 0)?;
    suite.clear(LESSEE)
}

/// The lessee becomes the driver of the line, and tells a peer; the client has the registers.
fn drive(suite: &mut Suite, peer: usize) -> Outcome {
    suite.start_all(&[SERVER, LESSEE, GRANDCHILD, CLIENT])?;
    let registers = suite.lend(CLIENT, &[suite.registers(READ_WRITE)])?;
    quiet(suite, CLIENT, registers.raw() as usize)?;
    suite.lend(LESSEE, &[Part::line(suite.clock().line)])?;
    suite.begin(LESSEE, Command::Drive, &[suite.handle(peer)])?;
    suite.fire(CLIENT)
}

/// The line has come; it is raised again, and is masked.
fn came(suite: &mut Suite) -> Outcome {
    suite.begin_call(SERVER, Call::Receive, &[ANY])?;
    gets(suite, SERVER, CAME as usize)?;
    suite.clear(CLIENT)?;
    suite.fire(CLIENT)?;
    suite.begin_call(SERVER, Call::Receive, &[ANY])?;
    waits(suite, SERVER)
}

fn a_driver_s_loop_acknowledges_and_notifies_with_its_wait(suite: &mut Suite) -> Outcome {
    drive(suite, SERVER)?;
    came(suite)?;
    suite.ok(CLIENT, Call::Notify, &[suite.handle(LESSEE), 1])?;
    gets(suite, SERVER, CAME as usize)?;
    suite.clear(CLIENT)
}

fn a_driver_s_loop_does_so_before_it_replies(suite: &mut Suite) -> Outcome {
    drive(suite, SERVER)?;
    came(suite)?;
    suite.ok(GRANDCHILD, Call::Call, &[suite.handle(LESSEE), 0, 0])?;
    gets(suite, SERVER, ASKED as usize)?;
    suite.begin_call(SERVER, Call::Receive, &[ANY])?;
    gets(suite, SERVER, CAME as usize)?;
    suite.clear(CLIENT)
}

fn a_driver_s_loop_that_may_not_notify_ends(suite: &mut Suite) -> Outcome {
    suite.start(ATTACKER)?;
    drive(suite, ATTACKER)?;
    suite.wait_fault(LESSEE, &[FaultKind::Panic])?;
    suite.clear(CLIENT)
}
