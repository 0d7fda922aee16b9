//! Calls that only the supervisor may make, and what it may not do itself.

use super::tests;
use crate::board::{HALF, WORD};
use crate::outcome::{Outcome, check, equal};
use crate::suite::{ATTACKER, CLIENT, NAMES, RUNNER, SERVER, Suite, TASKS};
use leasehold_abi::{Call, Error, LeaseHandle, PayloadType, RevokeMode, TaskState};
use testsuite_protocol::Place;
use userlib::sys;

tests! { "privileges":
    stopping_a_task_is_denied,
    starting_a_task_is_denied,
    looking_at_all_leases_is_denied,
    writing_to_the_early_console_is_denied,
    turning_the_machine_off_is_denied,
    the_root_lease_is_not_for_others,
    starting_a_running_task_is_busy,
    unknown_tasks_are_not_found,
    any_task_may_ask_about_tasks,
    a_stopped_task_does_not_run,
    stopping_twice_is_harmless,
    the_root_lease_cannot_be_given_up,
}

fn stopping_a_task_is_denied(suite: &mut Suite) -> Outcome {
    suite.start_all(&[SERVER, ATTACKER])?;
    for task in [RUNNER, SERVER, ATTACKER, 63, usize::MAX] {
        suite.refused(ATTACKER, Call::TaskStop, &[task], &[Error::Denied])?;
    }
    equal!(
        "the server's state",
        suite.info(SERVER)?.state,
        TaskState::AwaitingReply
    );
    Ok(())
}

fn starting_a_task_is_denied(suite: &mut Suite) -> Outcome {
    suite.start(ATTACKER)?;
    for task in [SERVER, ATTACKER, 63] {
        suite.refused(ATTACKER, Call::TaskStart, &[task], &[Error::Denied])?;
    }
    equal!(
        "the server's state",
        suite.info(SERVER)?.state,
        TaskState::Dormant
    );
    Ok(())
}

fn looking_at_all_leases_is_denied(suite: &mut Suite) -> Outcome {
    suite.start(ATTACKER)?;
    let scratch = suite.place(ATTACKER, Place::Scratch);
    suite.refused(ATTACKER, Call::LeaseAt, &[0, scratch], &[Error::Denied])?;
    suite.refused(ATTACKER, Call::StackUse, &[RUNNER, 0], &[Error::Denied])?;
    let root = suite.root().raw() as usize;
    suite.refused(
        ATTACKER,
        Call::GrantAt,
        &[root, 0, scratch],
        &[Error::Denied],
    )?;
    equal!("the buffer", suite.load(ATTACKER, scratch, WORD)?, 0);
    Ok(())
}

fn writing_to_the_early_console_is_denied(suite: &mut Suite) -> Outcome {
    suite.start(ATTACKER)?;
    let scratch = suite.place(ATTACKER, Place::Scratch);
    suite.refused(ATTACKER, Call::DebugWrite, &[scratch, 8], &[Error::Denied])
}

fn turning_the_machine_off_is_denied(suite: &mut Suite) -> Outcome {
    suite.start(ATTACKER)?;
    suite.all_refused(
        ATTACKER,
        &[Error::Denied],
        &[(Call::SystemOff, &[0, 0]), (Call::SystemOff, &[0, 1])],
    )
}

fn the_root_lease_is_not_for_others(suite: &mut Suite) -> Outcome {
    suite.start(ATTACKER)?;
    let (root, scratch) = (
        suite.root().raw() as usize,
        suite.place(ATTACKER, Place::Scratch),
    );
    let errors = [Error::Revoked, Error::Denied];
    for (call, arguments) in [
        (Call::LeaseRevoke, [root, 1, 0, 0]),
        (Call::LeaseRelease, [root, 0, 0, 0]),
        (Call::LeaseInfo, [root, scratch, 0, 0]),
        (Call::GrantInfo, [root, 0, scratch, 0]),
        (Call::GrantClaim, [root, 0, 0, 1]),
        (Call::GrantUnclaim, [root, 0, 0, 0]),
        (Call::InterruptAcknowledge, [root, 0, 0, 0]),
        (Call::ConfigWrite, [root, 0, 4, 2]),
    ] {
        suite.refused(ATTACKER, call, &arguments, &errors)?;
    }
    suite.lend_refused(ATTACKER, root, RUNNER, &[], &errors)?;
    equal!("leases", suite.leases(), 1);
    Ok(())
}

fn starting_a_running_task_is_busy(suite: &mut Suite) -> Outcome {
    suite.start(CLIENT)?;
    equal!(
        "a second start",
        sys::task_start(CLIENT).err(),
        Some(Error::Busy)
    );
    let state = suite.info(CLIENT)?.state;
    equal!("the state", state, TaskState::AwaitingReply);
    Ok(())
}

fn unknown_tasks_are_not_found(suite: &mut Suite) -> Outcome {
    for task in [TASKS, 63, 64, HALF, usize::MAX] {
        for refused in [sys::task_start(task).err(), sys::task_stop(task).err()] {
            let found = matches!(refused, Some(Error::NotFound | Error::Invalid));
            check!(found, "a start or stop of task {task}: {refused:?}");
        }
        equal!(
            "information",
            sys::task_info(task).err(),
            Some(Error::NotFound)
        );
    }
    let lent = sys::lease_lend(suite.root(), TASKS, 0, 0, PayloadType::NONE, &[]);
    check!(lent.is_err(), "a lease for a task that is none: {lent:?}");
    Ok(())
}

fn any_task_may_ask_about_tasks(suite: &mut Suite) -> Outcome {
    suite.start(ATTACKER)?;
    let scratch = suite.place(ATTACKER, Place::Scratch);
    let name = scratch + core::mem::offset_of!(leasehold_abi::TaskInfo, name);
    for (task, expected) in NAMES.iter().enumerate() {
        suite.ok(ATTACKER, Call::TaskInfo, &[task, scratch])?;
        let first = suite.load(ATTACKER, name, 1)?;
        equal!(
            "the name's first letter",
            first,
            usize::from(expected.as_bytes()[0])
        );
        let index = scratch + core::mem::offset_of!(leasehold_abi::TaskInfo, index);
        equal!("the index", suite.load(ATTACKER, index, 1)?, task);
    }
    suite.refused(
        ATTACKER,
        Call::TaskInfo,
        &[TASKS, scratch],
        &[Error::NotFound],
    )
}

fn a_stopped_task_does_not_run(suite: &mut Suite) -> Outcome {
    suite.start(CLIENT)?;
    suite.begin(CLIENT, testsuite_protocol::Command::Spin, &[])?;
    suite.pause(5)?;
    suite.stop(CLIENT)?;
    suite.wait_dormant(CLIENT)?;
    suite.pause(5)?;
    equal!("the state", suite.info(CLIENT)?.state, TaskState::Dormant);
    suite.start(CLIENT)?;
    let counter = suite.load(CLIENT, suite.place(CLIENT, Place::Scratch), WORD)?;
    equal!("the fresh counter", counter, 0);
    Ok(())
}

fn stopping_twice_is_harmless(suite: &mut Suite) -> Outcome {
    suite.start(CLIENT)?;
    suite.stop(CLIENT)?;
    // Whatever it answers, the task is dormant and starts again.
    let _ = sys::task_stop(CLIENT);
    suite.wait_dormant(CLIENT)?;
    let _ = sys::task_stop(CLIENT);
    suite.start(CLIENT)
}

fn the_root_lease_cannot_be_given_up(suite: &mut Suite) -> Outcome {
    let root = suite.root();
    check!(
        sys::lease_revoke(root, RevokeMode::Hard).is_err(),
        "the root lease was revoked by its holder"
    );
    let grants = sys::lease_info(root).map(|info| info.grants);
    check!(
        grants.is_ok_and(|grants| grants > 0),
        "the root lease is {grants:?}"
    );
    let forged = LeaseHandle::new(root.index(), root.generation() + 1);
    equal!(
        "a forged root",
        sys::lease_info(forged).err(),
        Some(Error::Revoked)
    );
    Ok(())
}
