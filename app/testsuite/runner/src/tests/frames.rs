//! The frames that Arm's processors push onto a task's stack, where another task sees or changes them.

use super::tests;
use crate::board::{KERNEL, WORD};
use crate::lending::{LentPage, READ_WRITE};
use crate::outcome::{Outcome, check, equal};
use crate::suite::{LESSEE, LESSOR, Suite};
use attacks::Attack;
use leasehold_abi::{Call, FaultKind, Notifications, Rights, TaskState};
use testsuite_protocol::{Command, Place};

tests! { "frames":
    a_stack_that_another_task_changes_harms_its_own_task_alone if Arm,
    a_stack_that_the_caller_may_only_read_is_answered_on if Arm,
}

/// What an exception pushes, as words: `status` is the last of them.
const FRAME: usize = 8;

/// The lessor waits with its stack pointer in the page that it lends with these rights; answers the page, and where the
/// registers are that the processor pushed.
fn wait_with_lent_stack(suite: &mut Suite, rights: Rights) -> Outcome<(LentPage, usize)> {
    let page = suite.lent_page(rights)?;
    let stack = page.address + 128;
    // The lease that it lends under has notified it.
    suite.ok(LESSOR, Call::Receive, &[Notifications::LEASE.register()])?;
    let attack = Attack::ReceiveWithStack as usize;
    suite.begin(LESSOR, Command::Attack, &[attack, stack])?;
    while suite.info(LESSOR)?.state != TaskState::Receiving {
        suite.pause(1)?;
    }
    Ok((page, stack - FRAME * 4))
}

fn a_stack_that_another_task_changes_harms_its_own_task_alone(suite: &mut Suite) -> Outcome {
    const THUMB: usize = 1 << 24;
    let text = suite.place(LESSOR, Place::Text);
    // Program counter and status: handler modes of a call, of a hard fault and of an interrupt; another instruction
    // set; the kernel; an address that is not aligned; all ones.
    for (pc, status) in [
        (text, THUMB | 11),
        (text, THUMB | 3),
        (text, THUMB | 20),
        (text, 0),
        (KERNEL + 0x400, THUMB),
        (1, THUMB),
        (usize::MAX, usize::MAX),
        (0xffff_fffd, THUMB),
        (0xffff_fff1, THUMB | 511),
    ] {
        let (page, frame) = wait_with_lent_stack(suite, READ_WRITE)?;
        for (word, value) in [(6, pc), (7, status)] {
            suite.store(LESSEE, frame + word * WORD, WORD, value)?;
        }
        // That wakes the lessor.
        suite.ok(LESSEE, Call::LeaseRelease, &[page.lease])?;
        let kinds = [
            FaultKind::Illegal,
            FaultKind::Execute,
            FaultKind::StackOverflow,
            FaultKind::Write,
            FaultKind::Read,
            FaultKind::Misaligned,
        ];
        suite.wait_fault(LESSOR, &kinds)?;
        suite.load(LESSEE, suite.place(LESSEE, Place::Scratch), WORD)?;
        suite.wait_dormant(LESSOR)?;
    }
    Ok(())
}

fn a_stack_that_the_caller_may_only_read_is_answered_on(suite: &mut Suite) -> Outcome {
    let (page, frame) = wait_with_lent_stack(suite, Rights::READ)?;
    suite.load(LESSEE, frame, WORD)?;
    check!(page.address < frame, "the frame is in the page");
    // The kernel writes its answer where the running task may only read.
    suite.begin_call(LESSEE, Call::Call, &[suite.handle(LESSOR), 0, 0])?;
    let report = suite.finish(LESSOR)?;
    equal!("the receiver's status", report[0], 0);
    Ok(())
}
