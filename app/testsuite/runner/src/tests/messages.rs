//! Messages between tasks: what arrives, what is kept, who may call whom.

use super::tests;
use crate::board::{HALF, KERNEL_DATA, KERNEL_LENGTH, KERNEL_OFFSET, TOP, WORD, wide};
use crate::outcome::{Outcome, check, equal};
use crate::suite::{ATTACKER, CLIENT, RIVAL, SERVER, Suite, Words};
use leasehold_abi::{Call, Error, Tag};
use testsuite_protocol::{Command, Place};

tests! { "messages":
    eight_words_arrive_both_ways,
    the_tag_passes_unread,
    a_blocked_sender_keeps_its_words,
    calls_keep_registers,
    message_calls_keep_registers,
    messages_leave_no_registers_of_the_other_side,
    calls_leave_no_kernel_values,
    ten_thousand_round_trips,
    a_call_downhill_is_denied,
    a_call_without_an_edge_is_denied,
    a_call_to_oneself_is_denied,
    a_call_to_a_forged_task_is_refused,
    a_call_to_an_old_life_is_dead,
    a_call_to_a_dormant_task_is_dead,
    too_many_borrows_are_invalid,
    a_borrow_list_in_foreign_memory_is_a_bad_address,
    unknown_call_numbers_are_invalid,
    random_calls_harm_nobody,
}

/// An odd number whose multiples look like nothing: 2^64 by the golden ratio.
const GOLDEN: usize = wide(0x9e37_79b9_7f4a_7c15);

/// Eight words that tell position and seed.
fn pattern(seed: usize) -> Words {
    core::array::from_fn(|index| (seed << 8 | index).wrapping_mul(GOLDEN))
}

fn eight_words_arrive_both_ways(suite: &mut Suite) -> Outcome {
    suite.start_all(&[SERVER, CLIENT])?;
    suite.begin_call(SERVER, Call::Receive, &[0])?;
    suite.command(CLIENT, Command::SetMessage, &pattern(1))?;
    suite.begin_call(CLIENT, Call::Call, &[suite.handle(SERVER), 0, 0])?;
    let [client, _] = suite.ends_ok(SERVER, Call::Receive)?;
    equal!("the client", client, suite.handle(CLIENT));
    equal!(
        "the request",
        suite.command(SERVER, Command::GetMessage, &[])?,
        pattern(1)
    );
    suite.command(SERVER, Command::SetMessage, &pattern(2))?;
    suite.ok(SERVER, Call::Reply, &[client])?;
    suite.ends_ok(CLIENT, Call::Call)?;
    equal!(
        "the reply",
        suite.command(CLIENT, Command::GetMessage, &[])?,
        pattern(2)
    );
    Ok(())
}

fn the_tag_passes_unread(suite: &mut Suite) -> Outcome {
    suite.start_all(&[SERVER, CLIENT])?;
    suite.begin_call(SERVER, Call::Receive, &[0])?;
    let tag = wide(0xfedc_ba98_7654_3210);
    suite.command(CLIENT, Command::SetTag, &[tag])?;
    suite.begin_call(CLIENT, Call::Call, &[suite.handle(SERVER), 0, 0])?;
    let [client, _] = suite.ends_ok(SERVER, Call::Receive)?;
    equal!(
        "the tag",
        suite.command(SERVER, Command::GetTag, &[])?[0],
        tag
    );
    let answer = Tag::new(7, 3).raw();
    suite.command(SERVER, Command::SetTag, &[answer])?;
    suite.ok(SERVER, Call::Reply, &[client])?;
    suite.ends_ok(CLIENT, Call::Call)?;
    equal!(
        "the reply's tag",
        suite.command(CLIENT, Command::GetTag, &[])?[0],
        answer
    );
    Ok(())
}

fn a_blocked_sender_keeps_its_words(suite: &mut Suite) -> Outcome {
    suite.start_all(&[SERVER, CLIENT, RIVAL])?;
    for task in [RIVAL, CLIENT] {
        suite.command(task, Command::SetMessage, &pattern(task))?;
        suite.begin_call(task, Call::Call, &[suite.handle(SERVER), 0, 0])?;
        suite.pause(1)?;
    }
    for task in [CLIENT, RIVAL] {
        let [client, _] = suite.ok(SERVER, Call::Receive, &[0])?;
        equal!("the client", client, suite.handle(task));
        equal!(
            "the request",
            suite.command(SERVER, Command::GetMessage, &[])?,
            pattern(task)
        );
        suite.ok(SERVER, Call::Reply, &[client])?;
        suite.ends_ok(task, Call::Call)?;
    }
    Ok(())
}

/// Makes a call with every register set, and reports those that did not come back as they should.
fn registers(suite: &mut Suite, task: usize, call: Call, arguments: &[usize]) -> Outcome {
    let mut words = [0; 8];
    words[0] = call as usize;
    words[1..=arguments.len()].copy_from_slice(arguments);
    suite.begin(task, Command::Registers, &words)?;
    registers_end(suite, task, call)
}

/// The end of such a call.
fn registers_end(suite: &mut Suite, task: usize, call: Call) -> Outcome {
    let [changed, leaked, ..] = suite.finish(task)?;
    check!(changed == 0, "{call:?} changes registers {changed:#x}");
    check!(
        leaked == 0,
        "{call:?} leaves values in registers {leaked:#x}"
    );
    Ok(())
}

fn calls_keep_registers(suite: &mut Suite) -> Outcome {
    suite.start_all(&[SERVER, CLIENT])?;
    let scratch = suite.place(CLIENT, Place::Scratch);
    let server = suite.handle(SERVER);
    for (call, arguments) in [
        (Call::TaskSelf, [0; 3]),
        (Call::Time, [0; 3]),
        (Call::Notify, [server, 1, 0]),
        (Call::SetTimer, [0, 0, 0]),
        (Call::TaskInfo, [1, scratch, 0]),
        (Call::LeaseInfo, [5, scratch, 0]),
        (Call::LeaseEvent, [0; 3]),
        (Call::LeaseLend, [scratch, scratch, 0]),
        (Call::GrantClaim, [9, 9, 9]),
        (Call::TaskStop, [1, 0, 0]),
        (Call::SetServing, [1, 0, 0]),
    ] {
        registers(suite, CLIENT, call, &arguments)?;
    }
    Ok(())
}

fn message_calls_keep_registers(suite: &mut Suite) -> Outcome {
    suite.start_all(&[SERVER, CLIENT])?;
    let server = suite.handle(SERVER);
    suite.begin(SERVER, Command::Echo, &[2])?;
    registers(suite, CLIENT, Call::Call, &[server, 0, 0])?;
    registers(suite, CLIENT, Call::Call, &[server, 0, 0])?;
    suite.finish(SERVER)?;
    suite.begin_call(CLIENT, Call::Call, &[server, 0, 0])?;
    registers(suite, SERVER, Call::Receive, &[0])?;
    suite.ok(SERVER, Call::Reply, &[suite.handle(CLIENT)])?;
    suite.ends_ok(CLIENT, Call::Call)?;
    suite.ok(CLIENT, Call::Notify, &[server, 1])?;
    registers(
        suite,
        SERVER,
        Call::ReplyReceive,
        &[suite.handle(CLIENT), 1],
    )
}

/// Caller and server are resumed in place of each other, with every register of both set to values of their own.
fn messages_leave_no_registers_of_the_other_side(suite: &mut Suite) -> Outcome {
    suite.start_all(&[SERVER, CLIENT])?;
    let (server, client) = (suite.handle(SERVER), suite.handle(CLIENT));
    let (receive, call, reply) = (Call::Receive, Call::Call, Call::ReplyReceive);
    suite.begin(SERVER, Command::Registers, &[receive as usize, 0])?;
    suite.pause(1)?;
    for _ in 0..3 {
        suite.begin(CLIENT, Command::Registers, &[call as usize, server, 0, 0])?;
        registers_end(suite, SERVER, receive)?;
        suite.begin(SERVER, Command::Registers, &[reply as usize, client, 1])?;
        registers_end(suite, CLIENT, call)?;
    }
    // The notification of a task of lower priority puts the server in its place.
    registers(suite, CLIENT, Call::Notify, &[server, 1])?;
    registers_end(suite, SERVER, reply)
}

fn calls_leave_no_kernel_values(suite: &mut Suite) -> Outcome {
    suite.start(ATTACKER)?;
    for number in 0..40_usize {
        let blocks = matches!(
            Call::from_number(number),
            Some(Call::Call | Call::Receive | Call::ReplyReceive | Call::Panic)
        );
        if blocks {
            continue;
        }
        let [changed, leaked, status, first, second, ..] =
            suite.command(ATTACKER, Command::Registers, &[number])?;
        check!(changed == 0, "call {number} changes registers {changed:#x}");
        check!(
            leaked == 0,
            "call {number} leaves values in registers {leaked:#x}"
        );
        // If the kernel lies at address 0, a number proves nothing.
        let start = KERNEL_DATA + KERNEL_OFFSET;
        let kernel = start..start + KERNEL_LENGTH;
        let is_kernel = |result: &usize| KERNEL_DATA != 0 && kernel.contains(result);
        for result in [status, first, second] {
            let fits = WORD == 4 || result >> 40 == 0;
            check!(
                fits && !is_kernel(&result),
                "call {number} answers {result:#x}"
            );
        }
    }
    Ok(())
}

fn ten_thousand_round_trips(suite: &mut Suite) -> Outcome {
    suite.start_all(&[SERVER, CLIENT])?;
    suite.begin(SERVER, Command::Echo, &[10_000])?;
    let report = suite.command(CLIENT, Command::CallMany, &[suite.handle(SERVER), 10_000])?;
    equal!("failed calls", report[0], 0);
    equal!("wrong answers", report[1], 0);
    equal!("calls served", suite.finish(SERVER)?[0], 10_000);
    Ok(())
}

fn a_call_downhill_is_denied(suite: &mut Suite) -> Outcome {
    suite.start_all(&[SERVER, CLIENT])?;
    suite.refused(
        SERVER,
        Call::Call,
        &[suite.handle(CLIENT), 0, 0],
        &[Error::Denied],
    )
}

fn a_call_without_an_edge_is_denied(suite: &mut Suite) -> Outcome {
    suite.start_all(&[SERVER, ATTACKER])?;
    suite.begin_call(SERVER, Call::Receive, &[1])?;
    suite.refused(
        ATTACKER,
        Call::Call,
        &[suite.handle(SERVER), 0, 0],
        &[Error::Denied],
    )?;
    let report = suite.finish_within(SERVER, 2)?;
    check!(report.is_none(), "the server received {report:x?}");
    Ok(())
}

fn a_call_to_oneself_is_denied(suite: &mut Suite) -> Outcome {
    suite.start(CLIENT)?;
    suite.refused(
        CLIENT,
        Call::Call,
        &[suite.handle(CLIENT), 0, 0],
        &[Error::Denied],
    )
}

fn a_call_to_a_forged_task_is_refused(suite: &mut Suite) -> Outcome {
    suite.start_all(&[SERVER, CLIENT])?;
    let any = [Error::Denied, Error::Dead, Error::Invalid, Error::NotFound];
    for handle in [63, u32::MAX as usize, 9, HALF << 8, usize::MAX, 8 | 1 << 6] {
        suite.refused(CLIENT, Call::Call, &[handle, 0, 0], &any)?;
    }
    // Every generation but the right one.
    let (first, stride) = (SERVER, 1 << 6);
    let report = suite.command(
        CLIENT,
        Command::Forge,
        &[Call::Notify as usize, first, 4096, stride, 1],
    )?;
    check!(
        report[0] <= 1,
        "{} forged handles were taken, the last {:#x}",
        report[0],
        report[6]
    );
    Ok(())
}

fn a_call_to_an_old_life_is_dead(suite: &mut Suite) -> Outcome {
    suite.start_all(&[SERVER, CLIENT])?;
    let old = suite.handle(SERVER);
    suite.stop(SERVER)?;
    suite.start(SERVER)?;
    check!(
        old != suite.handle(SERVER),
        "the restarted task has its old handle {old:#x}"
    );
    suite.refused(CLIENT, Call::Call, &[old, 0, 0], &[Error::Dead])
}

fn a_call_to_a_dormant_task_is_dead(suite: &mut Suite) -> Outcome {
    suite.start_all(&[SERVER, CLIENT])?;
    let handle = suite.handle(SERVER);
    suite.stop(SERVER)?;
    suite.wait_dormant(SERVER)?;
    suite.refused(CLIENT, Call::Call, &[handle, 0, 0], &[Error::Dead])?;
    let now = suite.info(SERVER)?.handle.raw() as usize;
    suite.refused(CLIENT, Call::Call, &[now, 0, 0], &[Error::Dead])
}

fn too_many_borrows_are_invalid(suite: &mut Suite) -> Outcome {
    suite.start_all(&[SERVER, CLIENT])?;
    let (server, scratch) = (suite.handle(SERVER), suite.place(CLIENT, Place::Scratch));
    for count in [5, 64, HALF, usize::MAX] {
        suite.refused(
            CLIENT,
            Call::Call,
            &[server, scratch, count],
            &[Error::Invalid],
        )?;
    }
    Ok(())
}

fn a_borrow_list_in_foreign_memory_is_a_bad_address(suite: &mut Suite) -> Outcome {
    suite.start(SERVER)?;
    let foreign = suite.place(SERVER, Place::Scratch);
    let kernel = KERNEL_DATA + KERNEL_OFFSET;
    for list in [0, foreign, kernel, usize::MAX - 7] {
        suite.start(CLIENT)?;
        suite.begin_call(CLIENT, Call::Call, &[suite.handle(SERVER), list, 1])?;
        let [client, _] = suite.ok(SERVER, Call::Receive, &[0])?;
        suite.refused(SERVER, Call::BorrowInfo, &[client, 0], &[Error::BadAddress])?;
        let arguments = [client, 0, 0, foreign, 8];
        suite.all_refused(
            SERVER,
            &[Error::BadAddress],
            &[
                (Call::BorrowRead, &arguments),
                (Call::BorrowWrite, &arguments),
            ],
        )?;
        suite.stop(CLIENT)?;
    }
    Ok(())
}

fn unknown_call_numbers_are_invalid(suite: &mut Suite) -> Outcome {
    suite.start(ATTACKER)?;
    for number in [
        36,
        40,
        63,
        64,
        127,
        128,
        255,
        256,
        1 << 16,
        HALF,
        usize::MAX,
        usize::MAX - 1,
        TOP,
    ] {
        let report = suite.command(ATTACKER, Command::SystemCall, &[number])?;
        equal!("the status", report[0], Error::Invalid.code());
    }
    Ok(())
}

fn random_calls_harm_nobody(suite: &mut Suite) -> Outcome {
    suite.limit(20_000);
    suite.start_all(&[SERVER, CLIENT, ATTACKER])?;
    suite.store(SERVER, suite.place(SERVER, Place::Scratch), WORD, 0x5afe)?;
    for seed in 1..=20_usize {
        suite.command(ATTACKER, Command::Fuzz, &[1_000, seed.wrapping_mul(GOLDEN)])?;
    }
    let kept = suite.load(SERVER, suite.place(SERVER, Place::Scratch), WORD)?;
    equal!("the server's memory", kept, 0x5afe);
    suite.begin(SERVER, Command::Echo, &[10])?;
    let report = suite.command(CLIENT, Command::CallMany, &[suite.handle(SERVER), 10])?;
    equal!("failed calls", report[0], 0);
    equal!("wrong answers", report[1], 0);
    Ok(())
}
