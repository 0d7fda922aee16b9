//! Faults that are not about memory of others: what stops a task, and what the kernel tells of it.

use super::tests;
use crate::board::{KERNEL, KERNEL_OFFSET};
use crate::outcome::{Outcome, check, equal};
use crate::suite::{ATTACKER, CLIENT, SERVER, Suite};
use leasehold_abi::{Call, FaultKind, NOTIFY_TASK, TaskState};
use testsuite_protocol::{Attack, Command, Place};

tests! { "faults":
    an_illegal_instruction,
    a_read_of_the_status_register,
    a_read_of_the_kernel_s_scratch_register,
    a_write_of_the_translation_register,
    a_write_of_the_trap_vector,
    a_return_from_supervisor_mode,
    a_return_from_machine_mode,
    a_fence_of_translations,
    a_wait_for_interrupts,
    a_breakpoint,
    a_floating_point_instruction,
    a_misaligned_atomic,
    a_stack_overflow_is_named,
    a_store_to_the_guard_is_a_stack_overflow,
    a_wild_stack_pointer_in_a_call_harms_nobody,
    a_wild_stack_pointer_in_a_fault_is_told,
    a_panic_keeps_its_message,
    a_panic_with_a_bad_message_is_still_a_panic,
    the_supervisor_is_told_of_a_fault,
    the_fault_is_kept_over_the_restart,
    a_fault_in_a_loop_of_restarts,
}

/// An attack stops the attacker with this fault, and nobody else notices.
fn stopped(suite: &mut Suite, attack: Attack, argument: usize, kind: FaultKind) -> Outcome {
    suite.start_all(&[SERVER, CLIENT, ATTACKER])?;
    suite.begin(SERVER, Command::Echo, &[8])?;
    suite.faults(
        ATTACKER,
        Command::Attack,
        &[attack as usize, argument],
        &[kind],
    )?;
    let report = suite.command(CLIENT, Command::CallMany, &[suite.handle(SERVER), 8])?;
    equal!("failed calls between others", report[0] + report[1], 0);
    Ok(())
}

/// As `stopped`, and the fault is an illegal instruction in the attacker's text.
fn illegal(suite: &mut Suite, attack: Attack, argument: usize) -> Outcome {
    stopped(suite, attack, argument, FaultKind::Illegal)?;
    let (pc, text) = (
        suite.info(ATTACKER)?.fault_pc,
        suite.place(ATTACKER, Place::Text) as u64,
    );
    check!(
        pc.abs_diff(text) < 1 << 16,
        "the fault's pc is {pc:#x}, the text is at {text:#x}"
    );
    Ok(())
}

fn an_illegal_instruction(suite: &mut Suite) -> Outcome {
    illegal(suite, Attack::Illegal, 0)
}

fn a_read_of_the_status_register(suite: &mut Suite) -> Outcome {
    illegal(suite, Attack::ReadStatus, 0)
}

fn a_read_of_the_kernel_s_scratch_register(suite: &mut Suite) -> Outcome {
    illegal(suite, Attack::ReadScratch, 0)
}

fn a_write_of_the_translation_register(suite: &mut Suite) -> Outcome {
    illegal(suite, Attack::WriteTranslation, 0)
}

fn a_write_of_the_trap_vector(suite: &mut Suite) -> Outcome {
    let text = suite.place(ATTACKER, Place::Text);
    illegal(suite, Attack::WriteTrapVector, text)
}

fn a_return_from_supervisor_mode(suite: &mut Suite) -> Outcome {
    illegal(suite, Attack::SupervisorReturn, 0)
}

fn a_return_from_machine_mode(suite: &mut Suite) -> Outcome {
    illegal(suite, Attack::MachineReturn, 0)
}

fn a_fence_of_translations(suite: &mut Suite) -> Outcome {
    illegal(suite, Attack::FenceTranslation, 0)
}

fn a_wait_for_interrupts(suite: &mut Suite) -> Outcome {
    illegal(suite, Attack::WaitForInterrupt, 0)
}

fn a_breakpoint(suite: &mut Suite) -> Outcome {
    stopped(suite, Attack::Breakpoint, 0, FaultKind::Breakpoint)
}

fn a_floating_point_instruction(suite: &mut Suite) -> Outcome {
    illegal(suite, Attack::FloatingPoint, 0)
}

fn a_misaligned_atomic(suite: &mut Suite) -> Outcome {
    suite.start(ATTACKER)?;
    let address = suite.place(ATTACKER, Place::Scratch) + 2;
    stopped(
        suite,
        Attack::MisalignedAtomic,
        address,
        FaultKind::Misaligned,
    )?;
    equal!(
        "the fault's address",
        suite.info(ATTACKER)?.fault_address,
        address as u64
    );
    Ok(())
}

fn a_stack_overflow_is_named(suite: &mut Suite) -> Outcome {
    stopped(suite, Attack::StackOverflow, 0, FaultKind::StackOverflow)
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
            &[below, 8],
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
        let word = suite.load(SERVER, suite.place(SERVER, Place::Scratch) + offset, 8)?;
        equal!("the server's memory", word, 0);
    }
    Ok(())
}

fn a_wild_stack_pointer_in_a_fault_is_told(suite: &mut Suite) -> Outcome {
    for stack in [0, usize::MAX & !15, KERNEL + KERNEL_OFFSET + 0x8000] {
        suite.start(ATTACKER)?;
        let arguments = [Attack::FaultWithWildStack as usize, stack];
        let info = suite.faults(ATTACKER, Command::Attack, &arguments, &[FaultKind::Read])?;
        equal!("the fault's stack pointer", info.fault_stack, stack as u64);
        equal!("the fault's address", info.fault_address, 0);
    }
    Ok(())
}

fn a_panic_keeps_its_message(suite: &mut Suite) -> Outcome {
    suite.start(CLIENT)?;
    let scratch = suite.place(CLIENT, Place::Scratch);
    let message = *b"out of tea leaf!";
    for (index, part) in message.chunks(8).enumerate() {
        let word = part
            .iter()
            .rev()
            .fold(0, |word, byte| word << 8 | usize::from(*byte));
        suite.store(CLIENT, scratch + index * 8, 8, word)?;
    }
    suite.begin_call(CLIENT, Call::Panic, &[scratch, message.len()])?;
    let info = suite.wait_fault(CLIENT, &[FaultKind::Panic])?;
    equal!(
        "the message's length",
        usize::from(info.message_length),
        message.len()
    );
    check!(
        info.message.starts_with(&message),
        "the message is {:x?}",
        &info.message[..16]
    );
    Ok(())
}

fn a_panic_with_a_bad_message_is_still_a_panic(suite: &mut Suite) -> Outcome {
    suite.start(SERVER)?;
    let foreign = suite.place(SERVER, Place::Scratch);
    suite.store(SERVER, foreign, 8, 0x4141_4141)?;
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
            info.message == [0; 64],
            "the message is {:x?}",
            &info.message[..16]
        );
    }
    // A long one is cut.
    suite.start(ATTACKER)?;
    let scratch = suite.place(ATTACKER, Place::Scratch);
    suite.begin_call(ATTACKER, Call::Panic, &[scratch, 4096])?;
    let info = suite.wait_fault(ATTACKER, &[FaultKind::Panic])?;
    check!(
        info.message_length <= 64,
        "the message is {} bytes long",
        info.message_length
    );
    Ok(())
}

fn the_supervisor_is_told_of_a_fault(suite: &mut Suite) -> Outcome {
    suite.start(ATTACKER)?;
    suite.clear_notified()?;
    suite.begin(ATTACKER, Command::Attack, &[Attack::Illegal as usize])?;
    suite.wait_notified(NOTIFY_TASK)?;
    let info = suite.info(ATTACKER)?;
    equal!("the fault", info.fault, FaultKind::Illegal as u8);
    suite.wait_dormant(ATTACKER)
}

fn the_fault_is_kept_over_the_restart(suite: &mut Suite) -> Outcome {
    suite.start(ATTACKER)?;
    let starts = suite.info(ATTACKER)?.starts;
    suite.faults(ATTACKER, Command::Load, &[64, 8], &[FaultKind::Read])?;
    suite.start(ATTACKER)?;
    let info = suite.info(ATTACKER)?;
    equal!("the fault", info.fault, FaultKind::Read as u8);
    equal!("the fault's address", info.fault_address, 64);
    equal!("the number of starts", info.starts, starts + 1);
    equal!("the state", info.state, TaskState::AwaitingReply as u8);
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
        suite.faults(ATTACKER, Command::Load, &[address, 8], &[FaultKind::Read])?;
    }
    suite
        .load(SERVER, suite.place(SERVER, Place::Scratch), 8)
        .map(drop)
}
