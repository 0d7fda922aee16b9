//! Servers: order of clients, deferred replies, deaths on either side, unbinding.

use super::tests;
use crate::outcome::{Outcome, check, equal};
use crate::suite::{CLIENT, LESSEE, RIVAL, SERVER, Suite};
use leasehold_abi::{Call, Error, TaskState};

tests! { "serving":
    the_most_important_caller_is_received_first,
    replies_may_be_deferred_and_out_of_order,
    a_second_reply_is_dead,
    a_reply_to_a_stranger_is_dead,
    reply_receive_passes_over_a_dead_client,
    a_waiting_client_that_dies_is_not_received,
    a_client_that_dies_in_service_leaves_the_server_running,
    an_unbound_server_answers_unbound,
    unbinding_wakes_waiting_callers,
    unbinding_wakes_a_caller_in_service,
    a_server_that_serves_again_is_called_again,
    a_server_that_holds_its_callers_receives_them_later,
    a_server_that_does_not_serve_still_gets_notifications,
    task_info_tells_who_waits_for_whom,
}

/// A client begins a call to the server and the server takes it; answers the client as the server names it.
fn in_service(suite: &mut Suite, client: usize) -> Outcome<usize> {
    suite.begin_call(client, Call::Call, &[suite.handle(SERVER), 0, 0])?;
    let [received, _] = suite.ok(SERVER, Call::Receive, &[0])?;
    equal!("the client", received, suite.handle(client));
    Ok(received)
}

fn the_most_important_caller_is_received_first(suite: &mut Suite) -> Outcome {
    suite.start_all(&[SERVER, CLIENT, RIVAL])?;
    suite.begin_call(RIVAL, Call::Call, &[suite.handle(SERVER), 0, 0])?;
    suite.pause(1)?;
    suite.begin_call(CLIENT, Call::Call, &[suite.handle(SERVER), 0, 0])?;
    suite.pause(1)?;
    for task in [CLIENT, RIVAL] {
        let [client, _] = suite.ok(SERVER, Call::Receive, &[0])?;
        equal!("the client received", client, suite.handle(task));
    }
    Ok(())
}

fn replies_may_be_deferred_and_out_of_order(suite: &mut Suite) -> Outcome {
    suite.start_all(&[SERVER, CLIENT, RIVAL])?;
    let client = in_service(suite, CLIENT)?;
    let rival = in_service(suite, RIVAL)?;
    suite.ok(SERVER, Call::Reply, &[rival])?;
    suite.ends_ok(RIVAL, Call::Call)?;
    check!(
        suite.finish_within(CLIENT, 2)?.is_none(),
        "the client was answered with the rival"
    );
    suite.ok(SERVER, Call::Reply, &[client])?;
    suite.ends_ok(CLIENT, Call::Call).map(drop)
}

fn a_second_reply_is_dead(suite: &mut Suite) -> Outcome {
    suite.start_all(&[SERVER, CLIENT])?;
    let client = in_service(suite, CLIENT)?;
    suite.ok(SERVER, Call::Reply, &[client])?;
    suite.ends_ok(CLIENT, Call::Call)?;
    suite.refused(SERVER, Call::Reply, &[client], &[Error::Dead])
}

fn a_reply_to_a_stranger_is_dead(suite: &mut Suite) -> Outcome {
    suite.start_all(&[SERVER, CLIENT, RIVAL])?;
    // The client waits for the runner, the rival waits to be received.
    suite.refused(SERVER, Call::Reply, &[suite.handle(CLIENT)], &[Error::Dead])?;
    suite.begin_call(RIVAL, Call::Call, &[suite.handle(SERVER), 0, 0])?;
    suite.pause(1)?;
    suite.refused(SERVER, Call::Reply, &[suite.handle(RIVAL)], &[Error::Dead])?;
    for forged in [63, 0, usize::MAX, u32::MAX as usize] {
        suite.refused(
            SERVER,
            Call::Reply,
            &[forged],
            &[Error::Dead, Error::Invalid],
        )?;
    }
    check!(
        suite.finish_within(RIVAL, 2)?.is_none(),
        "the rival was answered before it was received"
    );
    Ok(())
}

fn reply_receive_passes_over_a_dead_client(suite: &mut Suite) -> Outcome {
    suite.start_all(&[SERVER, CLIENT, RIVAL])?;
    let client = in_service(suite, CLIENT)?;
    suite.stop(CLIENT)?;
    suite.begin_call(RIVAL, Call::Call, &[suite.handle(SERVER), 0, 0])?;
    suite.pause(1)?;
    let [next, _] = suite.ok(SERVER, Call::ReplyReceive, &[client, 0])?;
    equal!("the next client", next, suite.handle(RIVAL));
    Ok(())
}

fn a_waiting_client_that_dies_is_not_received(suite: &mut Suite) -> Outcome {
    suite.start_all(&[SERVER, CLIENT, RIVAL])?;
    for task in [CLIENT, RIVAL] {
        suite.begin_call(task, Call::Call, &[suite.handle(SERVER), 0, 0])?;
    }
    suite.pause(1)?;
    suite.stop(CLIENT)?;
    let [client, _] = suite.ok(SERVER, Call::Receive, &[0])?;
    equal!("the client received", client, suite.handle(RIVAL));
    Ok(())
}

fn a_client_that_dies_in_service_leaves_the_server_running(suite: &mut Suite) -> Outcome {
    suite.start_all(&[SERVER, CLIENT, RIVAL])?;
    let client = in_service(suite, CLIENT)?;
    suite.stop(CLIENT)?;
    suite.refused(SERVER, Call::Reply, &[client], &[Error::Dead])?;
    suite.start(CLIENT)?;
    // The old reply must not reach the new life.
    suite.refused(SERVER, Call::Reply, &[client], &[Error::Dead])?;
    let rival = in_service(suite, RIVAL)?;
    suite.ok(SERVER, Call::Reply, &[rival])?;
    suite.ends_ok(RIVAL, Call::Call).map(drop)
}

fn an_unbound_server_answers_unbound(suite: &mut Suite) -> Outcome {
    suite.start_all(&[SERVER, CLIENT])?;
    suite.ok(SERVER, Call::SetServing, &[0])?;
    suite.refused(
        CLIENT,
        Call::Call,
        &[suite.handle(SERVER), 0, 0],
        &[Error::Unbound],
    )
}

fn unbinding_wakes_waiting_callers(suite: &mut Suite) -> Outcome {
    suite.start_all(&[SERVER, CLIENT, RIVAL])?;
    for task in [CLIENT, RIVAL] {
        suite.begin_call(task, Call::Call, &[suite.handle(SERVER), 0, 0])?;
    }
    suite.pause(1)?;
    suite.ok(SERVER, Call::SetServing, &[0])?;
    for task in [CLIENT, RIVAL] {
        suite.ends_refused(task, Call::Call, &[Error::Unbound])?;
    }
    Ok(())
}

fn unbinding_wakes_a_caller_in_service(suite: &mut Suite) -> Outcome {
    suite.start_all(&[SERVER, CLIENT])?;
    let client = in_service(suite, CLIENT)?;
    suite.ok(SERVER, Call::SetServing, &[0])?;
    suite.ends_refused(CLIENT, Call::Call, &[Error::Unbound])?;
    suite.refused(SERVER, Call::Reply, &[client], &[Error::Dead])
}

fn a_server_that_serves_again_is_called_again(suite: &mut Suite) -> Outcome {
    suite.start_all(&[SERVER, CLIENT])?;
    suite.ok(SERVER, Call::SetServing, &[0])?;
    suite.refused(
        CLIENT,
        Call::Call,
        &[suite.handle(SERVER), 0, 0],
        &[Error::Unbound],
    )?;
    suite.ok(SERVER, Call::SetServing, &[1])?;
    let client = in_service(suite, CLIENT)?;
    suite.ok(SERVER, Call::Reply, &[client])?;
    suite.ends_ok(CLIENT, Call::Call).map(drop)
}

fn a_server_that_holds_its_callers_receives_them_later(suite: &mut Suite) -> Outcome {
    suite.start_all(&[SERVER, LESSEE, CLIENT, RIVAL])?;
    let held = in_service(suite, RIVAL)?;
    suite.ok(SERVER, Call::SetServing, &[2])?;
    suite.begin_call(SERVER, Call::Receive, &[4])?;
    // The server waits, but not for this call.
    suite.begin_call(LESSEE, Call::Call, &[suite.handle(SERVER), 0, 0])?;
    check!(
        suite.finish_within(SERVER, 2)?.is_none() && suite.finish_within(LESSEE, 1)?.is_none(),
        "a call was received or turned away"
    );
    suite.ok(CLIENT, Call::Notify, &[suite.handle(SERVER), 4])?;
    let [status, client, bits] = suite.call_result(SERVER)?;
    let wanted = (0, u32::MAX, 4);
    equal!("the results", (status, client as u32, bits), wanted);
    suite.ok(SERVER, Call::Reply, &[held])?;
    suite.ends_ok(RIVAL, Call::Call)?;
    suite.ok(SERVER, Call::SetServing, &[1])?;
    let [client, _] = suite.ok(SERVER, Call::Receive, &[0])?;
    equal!("the client", client, suite.handle(LESSEE));
    // Who waits so is told when the server dies (L8).
    suite.ok(SERVER, Call::SetServing, &[2])?;
    suite.begin_call(CLIENT, Call::Call, &[suite.handle(SERVER), 0, 0])?;
    suite.pause(1)?;
    suite.stop(SERVER)?;
    suite.ends_refused(CLIENT, Call::Call, &[Error::Dead])
}

fn a_server_that_does_not_serve_still_gets_notifications(suite: &mut Suite) -> Outcome {
    suite.start_all(&[SERVER, CLIENT])?;
    suite.ok(SERVER, Call::SetServing, &[0])?;
    suite.begin_call(SERVER, Call::Receive, &[4])?;
    suite.ok(CLIENT, Call::Notify, &[suite.handle(SERVER), 4])?;
    let [status, client, bits] = suite.call_result(SERVER)?;
    equal!(
        "the results",
        (status, client as u32, bits),
        (0, u32::MAX, 4)
    );
    Ok(())
}

fn task_info_tells_who_waits_for_whom(suite: &mut Suite) -> Outcome {
    suite.start_all(&[SERVER, CLIENT])?;
    suite.begin_call(CLIENT, Call::Call, &[suite.handle(SERVER), 0, 0])?;
    suite.pause(1)?;
    let info = suite.info(CLIENT)?;
    equal!("the client's state", info.state, TaskState::Calling);
    equal!("the client's peer", info.peer.get(), Some(SERVER as u32));
    suite.ok(SERVER, Call::Receive, &[0])?;
    equal!(
        "the client's state",
        suite.info(CLIENT)?.state,
        TaskState::AwaitingReply
    );
    suite.begin_call(SERVER, Call::Receive, &[1])?;
    suite.pause(1)?;
    let info = suite.info(SERVER)?;
    equal!("the server's state", info.state, TaskState::Receiving);
    equal!("the server's peer", info.peer.get(), None);
    Ok(())
}
