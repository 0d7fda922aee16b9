//! Notification bits: delivery, masks, who may post.

use super::tests;
use crate::board::HALF;
use crate::outcome::{Outcome, check, equal};
use crate::suite::{ATTACKER, CLIENT, RIVAL, SERVER, Suite};
use leasehold_abi::{Call, Error, Notifications};

tests! { "notifications":
    a_notification_wakes_its_receiver,
    bits_add_up_until_taken,
    bits_outside_the_mask_stay_pending,
    taken_bits_are_cleared,
    a_notification_comes_before_a_waiting_call,
    only_peers_may_notify,
    kernel_bits_cannot_be_posted,
    an_old_handle_is_dead,
    nothing_is_left_for_the_next_life,
}

/// The server receives with a mask; answers the bits, none when a message came.
fn take(suite: &mut Suite, mask: u32) -> Outcome<usize> {
    let [client, bits] = suite.ok(SERVER, Call::Receive, &[mask as usize])?;
    equal!("the client", client as u32, u32::MAX);
    Ok(bits)
}

fn a_notification_wakes_its_receiver(suite: &mut Suite) -> Outcome {
    suite.start_all(&[SERVER, CLIENT])?;
    suite.begin_call(SERVER, Call::Receive, &[0xff])?;
    check!(
        suite.finish_within(SERVER, 2)?.is_none(),
        "the server did not wait"
    );
    suite.ok(CLIENT, Call::Notify, &[suite.handle(SERVER), 8])?;
    let [client, bits] = suite.ends_ok(SERVER, Call::Receive)?;
    equal!("client and bits", (client as u32, bits), (u32::MAX, 8));
    Ok(())
}

fn bits_add_up_until_taken(suite: &mut Suite) -> Outcome {
    suite.start_all(&[SERVER, CLIENT])?;
    for bits in [1, 1 << 14, 1 << 7, 1] {
        suite.ok(CLIENT, Call::Notify, &[suite.handle(SERVER), bits])?;
    }
    equal!("the bits", take(suite, u32::MAX)?, 1 | 1 << 7 | 1 << 14);
    Ok(())
}

fn bits_outside_the_mask_stay_pending(suite: &mut Suite) -> Outcome {
    suite.start_all(&[SERVER, CLIENT])?;
    suite.ok(CLIENT, Call::Notify, &[suite.handle(SERVER), 0b110])?;
    equal!("the bits in the mask", take(suite, 0b010)?, 0b010);
    suite.begin_call(SERVER, Call::Receive, &[0b011])?;
    check!(
        suite.finish_within(SERVER, 2)?.is_none(),
        "a bit outside the mask woke the server"
    );
    suite.ok(CLIENT, Call::Notify, &[suite.handle(SERVER), 0b001])?;
    let [_, bits] = suite.ends_ok(SERVER, Call::Receive)?;
    equal!("the next bits", bits, 0b001);
    equal!("the bit that stayed", take(suite, 0b100)?, 0b100);
    Ok(())
}

fn taken_bits_are_cleared(suite: &mut Suite) -> Outcome {
    suite.start_all(&[SERVER, CLIENT])?;
    suite.ok(CLIENT, Call::Notify, &[suite.handle(SERVER), 1])?;
    equal!("the bits", take(suite, 1)?, 1);
    suite.begin_call(SERVER, Call::Receive, &[1])?;
    check!(
        suite.finish_within(SERVER, 2)?.is_none(),
        "a taken bit came again"
    );
    Ok(())
}

fn a_notification_comes_before_a_waiting_call(suite: &mut Suite) -> Outcome {
    suite.start_all(&[SERVER, CLIENT, RIVAL])?;
    suite.begin_call(RIVAL, Call::Call, &[suite.handle(SERVER), 0, 0])?;
    suite.pause(1)?;
    suite.ok(CLIENT, Call::Notify, &[suite.handle(SERVER), 2])?;
    equal!("the bits", take(suite, 2)?, 2);
    let [client, _] = suite.ok(SERVER, Call::Receive, &[2])?;
    equal!("the client", client, suite.handle(RIVAL));
    Ok(())
}

fn only_peers_may_notify(suite: &mut Suite) -> Outcome {
    suite.start_all(&[SERVER, RIVAL, ATTACKER])?;
    suite.begin_call(SERVER, Call::Receive, &[u32::MAX as usize])?;
    for task in [RIVAL, ATTACKER] {
        suite.refused(
            task,
            Call::Notify,
            &[suite.handle(SERVER), 1],
            &[Error::Denied],
        )?;
    }
    let runner = suite.info(crate::suite::RUNNER)?.handle.raw() as usize;
    suite.refused(ATTACKER, Call::Notify, &[runner, 1], &[Error::Denied])?;
    let report = suite.finish_within(SERVER, 2)?;
    check!(report.is_none(), "the server was notified: {report:x?}");
    Ok(())
}

fn kernel_bits_cannot_be_posted(suite: &mut Suite) -> Outcome {
    suite.start_all(&[SERVER, CLIENT])?;
    suite.begin_call(SERVER, Call::Receive, &[u32::MAX as usize])?;
    for bits in [
        Notifications::CRASH.register(),
        Notifications::interrupt(0).register(),
        Notifications::TASK.register(),
        Notifications::LEASE.register(),
        u32::MAX as usize,
        HALF << 8,
    ] {
        suite.refused(
            CLIENT,
            Call::Notify,
            &[suite.handle(SERVER), bits],
            &[Error::Invalid],
        )?;
    }
    let report = suite.finish_within(SERVER, 2)?;
    check!(report.is_none(), "the server was notified: {report:x?}");
    Ok(())
}

fn an_old_handle_is_dead(suite: &mut Suite) -> Outcome {
    suite.start_all(&[SERVER, CLIENT])?;
    let old = suite.handle(SERVER);
    suite.stop(SERVER)?;
    suite.refused(CLIENT, Call::Notify, &[old, 1], &[Error::Dead])?;
    suite.start(SERVER)?;
    suite.refused(CLIENT, Call::Notify, &[old, 1], &[Error::Dead])?;
    suite.begin_call(SERVER, Call::Receive, &[1])?;
    check!(
        suite.finish_within(SERVER, 2)?.is_none(),
        "the old handle reached the new life"
    );
    Ok(())
}

fn nothing_is_left_for_the_next_life(suite: &mut Suite) -> Outcome {
    suite.start_all(&[SERVER, CLIENT])?;
    suite.ok(
        CLIENT,
        Call::Notify,
        &[suite.handle(SERVER), Notifications::PEERS.register()],
    )?;
    suite.stop(SERVER)?;
    suite.start(SERVER)?;
    suite.begin_call(SERVER, Call::Receive, &[u32::MAX as usize])?;
    let report = suite.finish_within(SERVER, 2)?;
    check!(
        report.is_none(),
        "the new life has the old one's bits: {report:x?}"
    );
    Ok(())
}
