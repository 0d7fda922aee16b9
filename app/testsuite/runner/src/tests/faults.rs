//! Faults that do not concern other tasks' memory: what stops a task, and what the kernel reports about it.

use super::tests;
use crate::board::{KERNEL, KERNEL_OFFSET, RAM, WORD};
use crate::lending::READ_WRITE;
use crate::outcome::{Outcome, check, equal};
use crate::suite::{ATTACKER, CLIENT, LESSEE, LESSOR, SERVER, Suite};
use attacks::{Attack, Isa, LARGE_FRAME};
use leasehold_abi::{Call, FaultKind, Notifications, PANIC_LENGTH, Padded, TaskState};
use testsuite_protocol::{Command, Place};
use zerocopy::IntoBytes;

tests! { "faults":
    a_stack_overflow_is_named,
    a_frame_larger_than_the_guard_ends_at_its_first_call,
    a_store_to_the_guard_is_a_stack_overflow,
    a_wild_stack_pointer_in_a_call_harms_nobody if RiscV,
    a_wild_stack_pointer_in_a_call_is_a_fault if Arm,
    a_call_with_the_stack_in_a_window_is_a_fault if Arm,
    a_call_without_room_on_the_stack_is_an_overflow if Arm,
    a_wild_stack_pointer_in_a_fault_is_told,
    a_panic_keeps_its_message,
    a_panic_with_a_bad_message_is_still_a_panic,
    the_supervisor_is_told_of_a_fault,
    the_fault_is_kept_over_the_restart,
    a_fault_in_a_loop_of_restarts,
}

fn a_stack_overflow_is_named(suite: &mut Suite) -> Outcome {
    let info =
        super::instructions::stopped(suite, Attack::StackOverflow, 0, &[FaultKind::StackOverflow])?;
    // The guard lies directly below the stack, whose top is near the address that the worker reported.
    let stack = suite.place(ATTACKER, Place::Stack) as u64;
    check!(
        info.fault_address < stack && info.fault_address + 16_384 > stack,
        "the fault's address is {:#x}, the stack is at {stack:#x}",
        info.fault_address
    );
    Ok(())
}

/// Where the frame ends there is nothing that the attacker could write: the build leaves room below a stack.
fn a_frame_larger_than_the_guard_ends_at_its_first_call(suite: &mut Suite) -> Outcome {
    let kinds = [FaultKind::StackOverflow, FaultKind::Write];
    let info = super::instructions::stopped(suite, Attack::LargeFrame, 0, &kinds)?;
    let stack = suite.place(ATTACKER, Place::Stack) as u64;
    let (first, end) = (
        stack - LARGE_FRAME as u64 - 1024,
        stack - LARGE_FRAME as u64,
    );
    check!(
        (first..end).contains(&info.fault_address),
        "the fault's address is {:#x}, not in {first:#x}..{end:#x}",
        info.fault_address
    );
    Ok(())
}

fn a_store_to_the_guard_is_a_stack_overflow(suite: &mut Suite) -> Outcome {
    suite.start(ATTACKER)?;
    suite.begin(ATTACKER, Command::Attack, &[Attack::StackOverflow as usize])?;
    let below = suite
        .wait_fault(ATTACKER, &[FaultKind::StackOverflow])?
        .fault_address as usize;
    suite.start(ATTACKER)?;
    let arguments = [below, 8, 0];
    suite.faults(
        ATTACKER,
        Command::Store,
        &arguments,
        &[FaultKind::StackOverflow],
    )?;
    suite.start(ATTACKER)?;
    suite
        .faults(
            ATTACKER,
            Command::Load,
            &[below, WORD],
            &[FaultKind::StackOverflow],
        )
        .map(drop)
}

fn a_wild_stack_pointer_in_a_call_harms_nobody(suite: &mut Suite) -> Outcome {
    suite.start_all(&[SERVER, ATTACKER])?;
    let foreign = suite.place(SERVER, Place::Scratch) + 2048;
    let kernel = KERNEL + KERNEL_OFFSET + 0x10_0000;
    for stack in [
        0,
        1,
        usize::MAX,
        foreign,
        foreign + KERNEL_OFFSET,
        KERNEL,
        kernel,
    ] {
        let attack = Attack::WildStack as usize;
        let report = suite.command(ATTACKER, Command::Attack, &[attack, stack])?;
        equal!("the call's status", report[0], 0);
    }
    for offset in (1024..2048).step_by(64) {
        let word = suite.load(SERVER, suite.place(SERVER, Place::Scratch) + offset, WORD)?;
        equal!("the server's memory", word, 0);
    }
    Ok(())
}

/// A call by the attacker with this stack pointer stops it with one of these faults.
fn no_stack(suite: &mut Suite, stack: usize, kinds: &[FaultKind]) -> Outcome {
    suite.start(ATTACKER)?;
    let arguments = [Attack::WildStack as usize, stack];
    suite
        .faults(ATTACKER, Command::Attack, &arguments, kinds)
        .map(drop)
}

fn a_wild_stack_pointer_in_a_call_is_a_fault(suite: &mut Suite) -> Outcome {
    suite.start(SERVER)?;
    let foreign = suite.place(SERVER, Place::Scratch) + 2048;
    suite.start(ATTACKER)?;
    let own = [Place::Text, Place::Constant].map(|place| suite.place(ATTACKER, place) & !7);
    // The processor stores registers there before the kernel can check. A store there would switch the protection off
    // (`MPU_CTRL`), or change the kernel's priorities (`SHPR2`).
    let system = [0xe000_ed94, 0xe000_ed1c].map(|register| register + 32);
    let others = [0, usize::MAX & !7, foreign, KERNEL + 0x8000];
    for stack in others.into_iter().chain(own).chain(system) {
        no_stack(suite, stack, &[FaultKind::StackOverflow, FaultKind::Write])?;
    }
    for offset in (1024..2048).step_by(64) {
        let word = suite.load(SERVER, suite.place(SERVER, Place::Scratch) + offset, WORD)?;
        equal!("the server's memory", word, 0);
    }
    Ok(())
}

fn a_call_with_the_stack_in_a_window_is_a_fault(suite: &mut Suite) -> Outcome {
    // The processor may store there, but the lease could end while the kernel uses what was stored.
    let page = suite.lent_page(READ_WRITE)?;
    let arguments = [Attack::WildStack as usize, page.address + 128];
    let kinds = [FaultKind::StackOverflow, FaultKind::Write];
    suite.faults(LESSEE, Command::Attack, &arguments, &kinds)?;
    suite.load(LESSOR, page.address, WORD).map(drop)
}

fn a_call_without_room_on_the_stack_is_an_overflow(suite: &mut Suite) -> Outcome {
    suite.start(ATTACKER)?;
    suite.begin(ATTACKER, Command::Attack, &[Attack::StackOverflow as usize])?;
    let guard = suite
        .wait_fault(ATTACKER, &[FaultKind::StackOverflow])?
        .fault_address as usize;
    // The lowest stack pointer that is still outside of the guard of 256 bytes.
    let bottom = (guard & !255) + 256;
    no_stack(suite, bottom + 8, &[FaultKind::StackOverflow])?;
    no_stack(suite, bottom, &[FaultKind::StackOverflow])
}

fn a_wild_stack_pointer_in_a_fault_is_told(suite: &mut Suite) -> Outcome {
    // None of them is close enough below the attacker's stack to be an overflow.
    let foreign = if KERNEL_OFFSET == 0 {
        RAM.end - 0x8000
    } else {
        KERNEL + KERNEL_OFFSET + 0x8000
    };
    for stack in [0, usize::MAX & !15, foreign] {
        suite.start(ATTACKER)?;
        let arguments = [Attack::FaultWithWildStack as usize, stack];
        // On Arm the processor cannot store the registers of the fault: that is a fault of its own.
        let kinds: &[FaultKind] = match Isa::OWN {
            Isa::Arm => &[FaultKind::StackOverflow, FaultKind::Write, FaultKind::Read],
            _ => &[FaultKind::Read],
        };
        let info = suite.faults(ATTACKER, Command::Attack, &arguments, kinds)?;
        equal!("the fault's stack pointer", info.fault_stack, stack as u64);
        if info.fault == FaultKind::Read {
            equal!("the fault's address", info.fault_address, 0);
        }
    }
    Ok(())
}

fn a_panic_keeps_its_message(suite: &mut Suite) -> Outcome {
    suite.start(CLIENT)?;
    let scratch = suite.place(CLIENT, Place::Scratch);
    let message = *b"out of tea leaf!";
    for (index, part) in message.chunks(WORD).enumerate() {
        let word = part
            .iter()
            .rev()
            .fold(0, |word, byte| word << 8 | usize::from(*byte));
        suite.store(CLIENT, scratch + index * WORD, WORD, word)?;
    }
    suite.begin_call(CLIENT, Call::Panic, &[scratch, message.len()])?;
    let info = suite.wait_fault(CLIENT, &[FaultKind::Panic])?;
    equal!(
        "the message's length",
        usize::from(info.message_length),
        message.len()
    );
    check!(
        info.message.as_bytes().starts_with(&message),
        "the message is {:?}",
        info.message
    );
    Ok(())
}

fn a_panic_with_a_bad_message_is_still_a_panic(suite: &mut Suite) -> Outcome {
    suite.start(SERVER)?;
    let foreign = suite.place(SERVER, Place::Scratch);
    suite.store(SERVER, foreign, WORD, 0x4141_4141)?;
    for (address, length) in [
        (0, 8),
        (foreign, 8),
        (KERNEL + KERNEL_OFFSET, 64),
        (usize::MAX, usize::MAX),
        (0, usize::MAX),
    ] {
        suite.start(ATTACKER)?;
        suite.begin_call(ATTACKER, Call::Panic, &[address, length])?;
        let info = suite.wait_fault(ATTACKER, &[FaultKind::Panic])?;
        check!(
            info.message == Padded::default(),
            "the message is {:?}",
            info.message
        );
    }
    // A long one is cut.
    suite.start(ATTACKER)?;
    let scratch = suite.place(ATTACKER, Place::Scratch);
    suite.begin_call(ATTACKER, Call::Panic, &[scratch, 4096])?;
    let info = suite.wait_fault(ATTACKER, &[FaultKind::Panic])?;
    check!(
        usize::from(info.message_length) <= PANIC_LENGTH,
        "the message is {} bytes long",
        info.message_length
    );
    Ok(())
}

fn the_supervisor_is_told_of_a_fault(suite: &mut Suite) -> Outcome {
    suite.start(ATTACKER)?;
    suite.clear_notified()?;
    suite.begin(ATTACKER, Command::Attack, &[Attack::Illegal as usize])?;
    suite.wait_notified(Notifications::TASK)?;
    let info = suite.info(ATTACKER)?;
    equal!("the fault", info.fault, FaultKind::Illegal);
    suite.wait_dormant(ATTACKER)
}

fn the_fault_is_kept_over_the_restart(suite: &mut Suite) -> Outcome {
    suite.start(ATTACKER)?;
    let starts = suite.info(ATTACKER)?.starts;
    suite.faults(ATTACKER, Command::Load, &[64, WORD], &[FaultKind::Read])?;
    suite.start(ATTACKER)?;
    let info = suite.info(ATTACKER)?;
    equal!("the fault", info.fault, FaultKind::Read);
    equal!("the fault's address", info.fault_address, 64);
    equal!("the number of starts", info.starts, starts + 1);
    equal!("the state", info.state, TaskState::AwaitingReply);
    Ok(())
}

fn a_fault_in_a_loop_of_restarts(suite: &mut Suite) -> Outcome {
    suite.start(SERVER)?;
    let mut old = 0;
    for round in 0..100_usize {
        suite.start(ATTACKER)?;
        let handle = suite.handle(ATTACKER);
        check!(handle != old, "the handle {handle:#x} was given twice");
        old = handle;
        let address = round * 8;
        suite.faults(
            ATTACKER,
            Command::Load,
            &[address, WORD],
            &[FaultKind::Read],
        )?;
    }
    suite
        .load(SERVER, suite.place(SERVER, Place::Scratch), WORD)
        .map(drop)
}
