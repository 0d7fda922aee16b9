//! What a task can do in the middle of the reaper's work: every call, with all that it holds, lent or serves.

use super::super::setups::{FAULT, SLICE};
use super::board::Board;
use crate::Hardware;
use crate::lease::record::KERNEL;
use crate::model::{PARK, TASKS, arena, data, own, part};
use leasehold_abi::{Call, GrantKind, LeaseState, WHOLE};
use std::vec::Vec;

/// One thing to do.
#[derive(Clone, Copy, Debug)]
pub(super) enum Act {
    /// A call with these arguments.
    Call(Call, [usize; 6]),
    /// A lease of parts of this one and of own memory to this task.
    Lend(usize, usize),
    /// A fault.
    Fault,
    /// No call at all, for longer than a slice.
    Loop,
    /// To wait again, for the own timer, which comes soon.
    Wait,
}

/// The bit of a timer that comes soon.
const SOON: usize = 1 << 5;

/// A mask with which whoever wants to can wake the task.
const ALL: usize = u32::MAX as usize;

impl Act {
    /// All that this task can do now. The first changes nothing.
    pub(super) fn all(world: &Board, task: usize) -> Vec<Self> {
        let mut all = std::vec![];
        let mut add = |call: Call, arguments: &[usize]| {
            let mut six = [0; 6];
            six[..arguments.len()].copy_from_slice(arguments);
            all.push(Self::Call(call, six));
        };
        add(Call::TaskInfo, &[task, data(task)]);
        add(Call::Receive, &[ALL]);
        add(Call::SetServing, &[0]);
        add(Call::SetServing, &[1]);
        add(Call::SetServing, &[2]);
        add(Call::LeaseEvent, &[]);
        let soon = world.kernel.hardware.now() as usize + 1;
        add(Call::SetTimer, &[soon, PARK.register()]);
        add(Call::SetTimer, &[1, PARK.register()]);
        for other in 0..TASKS {
            let handle = world.handle(other);
            add(Call::Notify, &[handle, 4]);
            if other < task {
                add(Call::Call, &[handle]);
            }
            if task == 0 && other != 0 {
                add(Call::TaskStop, &[other]);
                add(Call::TaskStart, &[other]);
            }
            if world.kernel.tasks[task].in_service & 1 << other != 0 {
                add(Call::Reply, &[handle]);
                add(Call::ReplyReceive, &[handle, ALL]);
                add(Call::BorrowInfo, &[handle, 0]);
            }
        }
        let mut lent = std::vec![];
        let table = &world.kernel.leases;
        for (slot, lease) in table.records.iter().enumerate() {
            if lease.state == LeaseState::Free {
                continue;
            }
            let handle = table.handle(slot as u16) as usize;
            if lease.lessor as usize == task {
                add(Call::LeaseRevoke, &[handle, 0]);
                add(Call::LeaseRevoke, &[handle, 1]);
            }
            if lease.lessee as usize != task {
                continue;
            }
            if lease.lessor != KERNEL {
                add(Call::LeaseRelease, &[handle]);
            }
            add(Call::LeaseInfo, &[handle, data(task)]);
            lent.push(Self::Lend(handle, if task == 0 { 3 } else { 0 }));
            for index in 0..lease.grants as usize {
                let grant = table.grants[table.grant(slot as u16, index).unwrap() as usize];
                add(Call::GrantClaim, &[handle, index, 0, 2]);
                add(Call::GrantUnclaim, &[handle, index]);
                match grant.kind {
                    GrantKind::Interrupt => add(Call::InterruptAcknowledge, &[handle, index]),
                    GrantKind::Config => add(Call::ConfigWrite, &[handle, index, 4, 4, 0]),
                    _ => add(Call::GrantClaim, &[handle, index, 1]),
                }
            }
        }
        all.extend(lent);
        all.extend([Self::Loop, Self::Wait]);
        // The supervisor's end is the machine's.
        if task != 0 {
            all.push(Self::Call(Call::Panic, [0; 6]));
            all.push(Self::Fault);
        }
        all
    }

    /// The task that runs does it.
    pub(super) fn run(self, world: &mut Board) {
        match self {
            Self::Call(call, arguments) => {
                world.system_call(call as usize, &arguments);
            }
            Self::Lend(parent, lessee) => {
                let task = world.kernel.current;
                let parts = [part(0, 0, WHOLE, 1), own(arena(task), 64, 1)];
                let arguments = world.describe_lease(task, parent, lessee, &parts);
                world.system_call(Call::LeaseLend as usize, &arguments);
            }
            Self::Fault => {
                world.kernel.fault(FAULT);
            }
            Self::Wait => {
                let soon = world.kernel.hardware.now() as usize + 1;
                world.system_call(Call::SetTimer as usize, &[soon, SOON]);
                world.kernel.hardware.delay.set(Some((1, 1)));
                world.system_call(Call::Receive as usize, &[SOON]);
            }
            Self::Loop => {
                let supervisor = world.kernel.current == 0;
                let work = !world.kernel.reaper.is_idle();
                world.pass(SLICE);
                // L2: it has gone before the reaper for as long as it may.
                assert!(supervisor || world.kernel.reaper.is_idle());
                if supervisor && work {
                    assert_eq!(world.kernel.current, 0);
                }
            }
        }
    }
}
