//! Instructions that must not succeed in a task, of each instruction set.

use super::tests;
use crate::board::{KERNEL, WORD};
use crate::outcome::{Outcome, check, equal};
use crate::suite::{ATTACKER, CLIENT, SERVER, Suite};
use attacks::{Attack, Isa};
use leasehold_abi::{FaultKind, TaskInfo};
use testsuite_protocol::{Command, Place};

tests! { "instructions":
    an_illegal_instruction,
    a_breakpoint,
    a_floating_point_instruction,
    a_misaligned_atomic,
    a_read_of_the_status_register if RiscV,
    a_read_of_the_kernel_s_scratch_register if RiscV,
    a_write_of_the_translation_register if RiscV,
    a_write_of_the_trap_vector if RiscV,
    a_return_from_supervisor_mode if RiscV,
    a_return_from_machine_mode if RiscV,
    a_fence_of_translations if RiscV,
    a_wait_for_interrupts if RiscV,
    a_read_of_the_machine_s_status_register if RiscV,
    a_read_of_the_machine_s_scratch_register if RiscV,
    a_write_of_the_machine_s_trap_vector if RiscV,
    a_write_of_the_protection_registers if RiscV,
    a_wait_for_interrupts_ends if Arm,
    a_write_of_the_control_register_does_nothing if Arm,
    a_write_of_a_stack_pointer_does_nothing if Arm,
    a_write_of_the_priority_masks_does_nothing if Arm,
    a_branch_out_of_thumb_state if Arm,
    a_branch_to_an_exception_return if Arm,
    a_misaligned_load_of_several_registers if Arm,
    a_call_of_the_debugger_s_host if Arm,
    a_branch_to_the_non_secure_state if Arm,
}

/// An attack stops the attacker with one of these faults, and nobody else notices.
pub(super) fn stopped(
    suite: &mut Suite,
    attack: Attack,
    argument: usize,
    kinds: &[FaultKind],
) -> Outcome<TaskInfo> {
    suite.start_all(&[SERVER, CLIENT, ATTACKER])?;
    suite.begin(SERVER, Command::Echo, &[8])?;
    let arguments = [attack as usize, argument];
    let info = suite.faults(ATTACKER, Command::Attack, &arguments, kinds)?;
    let report = suite.command(CLIENT, Command::CallMany, &[suite.handle(SERVER), 8])?;
    equal!("failed calls between others", report[0] + report[1], 0);
    Ok(info)
}

/// As [`stopped`], and the fault is in the attacker's text, with its own address.
fn stopped_there(suite: &mut Suite, attack: Attack, argument: usize, kind: FaultKind) -> Outcome {
    let info = stopped(suite, attack, argument, &[kind])?;
    let text = suite.place(ATTACKER, Place::Text) as u64;
    let pc = info.fault_pc;
    check!(
        pc.abs_diff(text) < 1 << 16,
        "the fault's pc is {pc:#x}, the text is at {text:#x}"
    );
    equal!("the fault's address", info.fault_address, pc);
    Ok(())
}

/// An attack is an illegal instruction.
fn illegal(suite: &mut Suite, attack: Attack, argument: usize) -> Outcome {
    stopped_there(suite, attack, argument, FaultKind::Illegal)
}

/// An attack is ignored: the value read back is this, and the attacker has no new right.
fn ignored(suite: &mut Suite, attack: Attack, argument: usize, left: usize) -> Outcome {
    suite.start_all(&[SERVER, CLIENT, ATTACKER])?;
    let attacked = |suite: &mut Suite| {
        let arguments = [attack as usize, argument];
        let [found, unknown, ..] = suite.command(ATTACKER, Command::Attack, &arguments)?;
        equal!("attacks not made", unknown, 0);
        equal!("what is read back", found, left);
        Ok(())
    };
    attacked(suite)?;
    // It does not keep others from running: neither the runner's timer, nor other tasks.
    suite.begin(ATTACKER, Command::Spin, &[])?;
    suite.pause(5)?;
    suite.begin(SERVER, Command::Echo, &[8])?;
    let report = suite.command(CLIENT, Command::CallMany, &[suite.handle(SERVER), 8])?;
    equal!("failed calls between others", report[0] + report[1], 0);
    // It reaches nothing more, and has its stack.
    suite.start(ATTACKER)?;
    attacked(suite)?;
    let kinds = [FaultKind::Write];
    let info = suite.faults(ATTACKER, Command::Store, &[KERNEL, WORD, 0], &kinds)?;
    let stack = suite.place(ATTACKER, Place::Stack) as u64;
    check!(
        info.fault_stack.abs_diff(stack) < 8192,
        "the fault's stack pointer is {:#x}",
        info.fault_stack
    );
    Ok(())
}

fn an_illegal_instruction(suite: &mut Suite) -> Outcome {
    illegal(suite, Attack::Illegal, 0)
}

fn a_breakpoint(suite: &mut Suite) -> Outcome {
    stopped(suite, Attack::Breakpoint, 0, &[FaultKind::Breakpoint]).map(drop)
}

fn a_floating_point_instruction(suite: &mut Suite) -> Outcome {
    illegal(suite, Attack::FloatingPoint, 0)
}

/// An access of the attacker's scratch memory that is not aligned is one, there or by name of the instruction.
fn misaligned(suite: &mut Suite, attack: Attack) -> Outcome {
    suite.start(ATTACKER)?;
    let address = suite.place(ATTACKER, Place::Scratch) + 2;
    if Isa::OWN == Isa::Arm {
        // The processor does not say which address it was (Armv7-M, B3.2.18, MMFAR and BFAR).
        return stopped_there(suite, attack, address, FaultKind::Misaligned);
    }
    let info = stopped(suite, attack, address, &[FaultKind::Misaligned])?;
    equal!("the fault's address", info.fault_address, address as u64);
    Ok(())
}

fn a_misaligned_atomic(suite: &mut Suite) -> Outcome {
    misaligned(suite, Attack::MisalignedAtomic)
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

fn a_read_of_the_machine_s_status_register(suite: &mut Suite) -> Outcome {
    illegal(suite, Attack::ReadMachineStatus, 0)
}

fn a_read_of_the_machine_s_scratch_register(suite: &mut Suite) -> Outcome {
    illegal(suite, Attack::ReadMachineScratch, 0)
}

fn a_write_of_the_machine_s_trap_vector(suite: &mut Suite) -> Outcome {
    let text = suite.place(ATTACKER, Place::Text);
    illegal(suite, Attack::WriteMachineTrapVector, text)
}

fn a_write_of_the_protection_registers(suite: &mut Suite) -> Outcome {
    illegal(suite, Attack::WriteProtectionAddress, usize::MAX)?;
    // All of memory, with all rights, in the first entry.
    illegal(suite, Attack::WriteProtectionRights, 0x1f)
}

fn a_wait_for_interrupts_ends(suite: &mut Suite) -> Outcome {
    suite.start(ATTACKER)?;
    let arguments = [Attack::WaitForInterrupt as usize, 0];
    suite.begin(ATTACKER, Command::Attack, &arguments)?;
    let report = suite.finish_within(ATTACKER, 20)?;
    check!(report.is_some(), "the task waits for ever");
    Ok(())
}

fn a_write_of_the_control_register_does_nothing(suite: &mut Suite) -> Outcome {
    // Bit 0: unprivileged. Bit 1: the stack pointer of processes. Bit 2: floating point is in use.
    for value in [0, 1, 2, 4, 7] {
        ignored(suite, Attack::WriteControl, value, 3)?;
    }
    Ok(())
}

fn a_write_of_a_stack_pointer_does_nothing(suite: &mut Suite) -> Outcome {
    ignored(suite, Attack::WriteProcessStack, KERNEL + 0x8000, 0)?;
    ignored(suite, Attack::WriteMainStack, KERNEL + 0x8000, 0)?;
    ignored(suite, Attack::WriteMainStack, 0, 0)
}

fn a_write_of_the_priority_masks_does_nothing(suite: &mut Suite) -> Outcome {
    ignored(suite, Attack::WriteBasePriority, 1 << 5, 0)?;
    ignored(suite, Attack::DisableInterrupts, 0, 0)?;
    ignored(suite, Attack::DisableFaults, 0, 0)
}

fn a_branch_out_of_thumb_state(suite: &mut Suite) -> Outcome {
    suite.start(ATTACKER)?;
    // A multiple of 4, as an instruction of that state would be.
    let text = suite.place(ATTACKER, Place::Text) & !3;
    illegal(suite, Attack::LeaveThumb, text)
}

fn a_branch_to_an_exception_return(suite: &mut Suite) -> Outcome {
    // To handler mode, to thread mode on each stack, and the same with floating-point registers.
    for value in [
        0xffff_fff1,
        0xffff_fff9,
        0xffff_fffd,
        0xffff_ffed,
        0xffff_ffbd,
    ] {
        let info = stopped(suite, Attack::ExceptionReturn, value, &[FaultKind::Execute])?;
        let address = (value & !1) as u64;
        equal!("the fault's address", info.fault_address, address);
    }
    Ok(())
}

fn a_misaligned_load_of_several_registers(suite: &mut Suite) -> Outcome {
    misaligned(suite, Attack::MisalignedPair)?;
    misaligned(suite, Attack::MisalignedMultiple)
}

fn a_call_of_the_debugger_s_host(suite: &mut Suite) -> Outcome {
    stopped(suite, Attack::Semihosting, 0, &[FaultKind::Breakpoint])?;
    stopped(suite, Attack::Halt, 0, &[FaultKind::Illegal]).map(drop)
}

fn a_branch_to_the_non_secure_state(suite: &mut Suite) -> Outcome {
    // On a processor that has the state, all of memory is Secure: nothing can be fetched there, nor registers pushed.
    suite.start(ATTACKER)?;
    let text = suite.place(ATTACKER, Place::Text);
    let kinds = [FaultKind::Illegal, FaultKind::Execute, FaultKind::Write];
    for address in [text, KERNEL, 0, 0x2000_0000, 0xe000_e000, 0xffff_fff0] {
        stopped(suite, Attack::NonSecureBranch, address, &kinds)?;
        stopped(suite, Attack::NonSecureCall, address, &kinds)?;
    }
    Ok(())
}
