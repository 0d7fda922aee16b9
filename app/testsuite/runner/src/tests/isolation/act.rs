//! A cell: the attempt, and what must be true after it.

use super::rules::{Expected, unchecked};
use super::stage::{Addresses, Stage, WITNESS};
use crate::board::WORD;
use crate::cells::{Action, Actor, Reason, Target};
use crate::outcome::{Outcome, check, equal};
use crate::suite::{RUNNER, SERVER, Suite, TASKS};
use attacks::Attack;
use leasehold_abi::{Call, Error, FaultKind, LeaseHandle};
use testsuite_protocol::{Command, Place};

/// An access: the command, its arguments, and which bytes it touches.
struct Access {
    command: Command,
    arguments: [usize; 3],
    first: usize,
    length: usize,
}

/// Does a cell, for each address that its target has; or says why it cannot.
pub(super) fn cell(
    suite: &mut Suite,
    actor: Actor,
    target: Target,
    action: Action,
    expected: Expected,
) -> Outcome<Option<Reason>> {
    let mut tried = 0;
    loop {
        let stage = Stage::set_up(suite, actor, target)?;
        let (lease, window) = if target == Target::RevokedLease {
            stage.revoke(suite, actor)?
        } else {
            (None, 0)
        };
        let before = lives(suite)?;
        let more = match expected {
            Expected::Illegal => illegal(suite, &stage, action, tried)?,
            Expected::Refused => {
                let addresses = stage.addresses(target, window);
                refused(suite, &stage, target, &addresses, lease)?;
                false
            }
            Expected::Fault(kinds) => {
                let addresses = stage.addresses(target, window);
                check!(!addresses.is_empty(), "the board has none");
                if let Some(reason) = unchecked(action, addresses[tried]) {
                    return Ok(Some(reason));
                }
                let access = access(target, action, addresses[tried]);
                fault(suite, &stage, &access, kinds)?;
                tried + 1 < addresses.len()
            }
        };
        // Nobody else was stopped.
        for (task, (before, now)) in before.iter().zip(lives(suite)?).enumerate() {
            let stopped = task == stage.task && !matches!(expected, Expected::Refused);
            equal!("the life of a task", now, (before.0, before.1 && !stopped));
        }
        let (task, address) = stage.witness;
        let word = suite.load(task, address, WORD)?;
        equal!("a word of another task's", word, WITNESS);
        if !more {
            return Ok(None);
        }
        tried += 1;
        suite.clean()?;
    }
}

/// How many lives each task had, and whether it is in one.
fn lives(suite: &Suite) -> Outcome<[(u32, bool); TASKS]> {
    let mut lives = [(0, false); TASKS];
    for (task, life) in lives.iter_mut().enumerate().skip(RUNNER + 1) {
        *life = (suite.info(task)?.starts, suite.is_alive(task)?);
    }
    Ok(lives)
}

/// The access that is meant. At an edge, it touches the byte next to it.
fn access(target: Target, action: Action, address: usize) -> Access {
    let edge = matches!(target, Target::BelowTheEdge | Target::AboveTheEdge);
    let below = target == Target::BelowTheEdge;
    let width = match action {
        Action::Read | Action::Write if edge => 1,
        Action::Execute => 2,
        Action::Atomic => 4,
        _ => WORD,
    };
    let first = match action {
        Action::Straddling => address - WORD / 2,
        Action::Misaligned if below => address - WORD - 1,
        Action::Misaligned => address + 1,
        _ if below => address - width,
        _ => address,
    };
    let (command, arguments) = match action {
        Action::Write => (Command::Store, [first, width, !WITNESS]),
        Action::Execute => (Command::Jump, [first, 0, 0]),
        Action::Atomic => (Command::Atomic, [first, 0, 0]),
        _ => (Command::Load, [first, width, 0]),
    };
    Access {
        command,
        arguments,
        first,
        length: width,
    }
}

/// The access stops the task with one of these faults, told truly.
fn fault(suite: &mut Suite, stage: &Stage, access: &Access, kinds: &[FaultKind]) -> Outcome {
    let info = suite.faults(stage.task, access.command, &access.arguments, kinds)?;
    let address = info.fault_address as usize;
    // Of a word that is not aligned, the emulator may tell the one around it.
    let first = access.first & !(access.length - 1);
    check!(
        (first..access.first + access.length).contains(&address),
        "told of {address:#x}, not {:#x}",
        access.first
    );
    let stack = suite.place(stage.task, Place::Stack) as u64;
    check!(
        info.fault_stack.abs_diff(stack) < 8192,
        "told of the stack {:#x}, not near {stack:#x}",
        info.fault_stack
    );
    Ok(())
}

/// Instructions that read or write protection registers are illegal; whether there is another to try.
fn illegal(suite: &mut Suite, stage: &Stage, action: Action, tried: usize) -> Outcome<bool> {
    let attacks = if action == Action::Read {
        [Attack::ReadTranslation, Attack::ReadProtectionAddress]
    } else {
        [Attack::WriteTranslation, Attack::WriteProtectionRights]
    };
    let arguments = [attacks[tried] as usize, 0x1f];
    let kinds = [FaultKind::Illegal];
    let info = suite.faults(stage.task, Command::Attack, &arguments, &kinds)?;
    equal!("the fault's address", info.fault_address, info.fault_pc);
    Ok(tried + 1 < attacks.len())
}

/// The kernel writes to none of the addresses, and takes no handle that is another's or of a lease that is over.
fn refused(
    suite: &mut Suite,
    stage: &Stage,
    target: Target,
    addresses: &Addresses,
    lease: Option<LeaseHandle>,
) -> Outcome {
    let errors = [Error::BadAddress, Error::Invalid];
    for address in addresses {
        // At an edge, the record would begin or end in what the task has.
        let address = match target {
            Target::BelowTheEdge | Target::AboveTheEdge => address - WORD,
            _ => *address,
        };
        suite.refused(stage.task, Call::TaskInfo, &[SERVER, address], &errors)?;
    }
    let mut handles = [None; 2];
    if target == Target::AnothersInterrupt {
        handles[0] = Some(stage.line);
    }
    handles[1] = lease;
    for handle in handles.into_iter().flatten() {
        let raw = handle.raw() as usize;
        suite.lend_refused(stage.task, raw, RUNNER, &[], &[Error::Revoked])?;
        for (call, arguments) in [
            (Call::GrantClaim, [raw, 0, 0, 1]),
            (Call::InterruptAcknowledge, [raw, 0, 0, 0]),
        ] {
            // A lease that is ending, and not given back, still tells what is no line.
            let errors = match call {
                Call::InterruptAcknowledge => &[Error::Revoked, Error::Invalid][..],
                _ => &[Error::Revoked],
            };
            suite.refused(stage.task, call, &arguments, errors)?;
        }
    }
    Ok(())
}
