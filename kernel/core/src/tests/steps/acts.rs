//! What a task can do in the middle of the reaper's work: every call, with all that it holds, lent or serves.

use super::super::setups::{FAULT, SLICE};
use super::board::Board;
use crate::Hardware;
use crate::lease::record::KERNEL;
use crate::model::calls::{call, exclusive, line, receive};
use crate::model::{PARK, TASKS, arena, data, own, part};
use leasehold_abi::arguments::{
    BorrowInfo, ConfigWrite, GrantUnclaim, InterruptAcknowledge, LeaseEvent, LeaseInfo,
    LeaseRelease, LeaseRevoke, Notify, Panic, Reply, ReplyReceive, SetServing, SetTimer, TaskInfo,
    TaskStart, TaskStop,
};
use leasehold_abi::{Arguments, Call, GrantKind, LeaseState, Registers, WHOLE};
use std::vec::Vec;

/// One thing to do.
#[derive(Clone, Copy, Debug)]
pub(super) enum Act {
    /// A call with what its arguments put into the registers.
    Call(Call, Registers),
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
    /// A call.
    fn of<A: Arguments>(arguments: A) -> Self {
        Self::Call(A::CALL, arguments.registers())
    }

    /// All that this task can do now. The first changes nothing.
    pub(super) fn all(world: &Board, task: usize) -> Vec<Self> {
        let mut all = std::vec![
            Self::of(TaskInfo {
                task,
                record: data(task),
            }),
            Self::of(receive(ALL)),
            Self::of(SetServing { serving: 0 }),
            Self::of(SetServing { serving: 1 }),
            Self::of(SetServing { serving: 2 }),
            Self::of(LeaseEvent {}),
        ];
        let soon = world.kernel.hardware.now() as usize + 1;
        all.push(Self::of(SetTimer {
            deadline: soon as u64,
            bits: PARK.register(),
        }));
        all.push(Self::of(SetTimer {
            deadline: 1,
            bits: PARK.register(),
        }));
        for other in 0..TASKS {
            let handle = world.handle(other);
            all.push(Self::of(Notify {
                task: handle,
                bits: 4,
            }));
            if other < task {
                all.push(Self::of(call(handle)));
            }
            if task == 0 && other != 0 {
                all.push(Self::of(TaskStop { task: other }));
                all.push(Self::of(TaskStart { task: other }));
            }
            if world.kernel.tasks[task].in_service & 1 << other != 0 {
                all.push(Self::of(Reply { client: handle }));
                all.push(Self::of(ReplyReceive {
                    client: handle,
                    mask: ALL,
                }));
                all.push(Self::of(BorrowInfo {
                    client: handle,
                    index: 0,
                }));
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
                all.push(Self::of(LeaseRevoke {
                    lease: handle,
                    mode: 0,
                }));
                all.push(Self::of(LeaseRevoke {
                    lease: handle,
                    mode: 1,
                }));
            }
            if lease.lessee as usize != task {
                continue;
            }
            if lease.lessor != KERNEL {
                all.push(Self::of(LeaseRelease { lease: handle }));
            }
            all.push(Self::of(LeaseInfo {
                lease: handle,
                record: data(task),
            }));
            lent.push(Self::Lend(handle, if task == 0 { 3 } else { 0 }));
            for index in 0..lease.grants as usize {
                let grant = table.grants[table.grant(slot as u16, index).unwrap() as usize];
                all.push(Self::of(line(handle, index, 2)));
                all.push(Self::of(GrantUnclaim {
                    lease: handle,
                    grant: index,
                }));
                match grant.kind {
                    GrantKind::Interrupt => all.push(Self::of(InterruptAcknowledge {
                        lease: handle,
                        grant: index,
                    })),
                    GrantKind::Config => all.push(Self::of(ConfigWrite {
                        lease: handle,
                        grant: index,
                        offset: 4,
                        width: 4,
                        value: 0,
                    })),
                    _ => all.push(Self::of(exclusive(handle, index))),
                }
            }
        }
        all.extend(lent);
        all.extend([Self::Loop, Self::Wait]);
        // The supervisor's end is the machine's.
        if task != 0 {
            all.push(Self::of(Panic {
                message: 0,
                length: 0,
            }));
            all.push(Self::Fault);
        }
        all
    }

    /// The task that runs does it.
    pub(super) fn run(self, world: &mut Board) {
        match self {
            Self::Call(call, registers) => {
                world.raw_call(call as usize, registers);
            }
            Self::Lend(parent, lessee) => {
                let task = world.kernel.current;
                let parts = [part(0, 0, WHOLE, 1), own(arena(task), 64, 1)];
                let arguments = world.describe_lease(task, parent, lessee, &parts);
                world.make(arguments);
            }
            Self::Fault => {
                world.kernel.fault(FAULT);
            }
            Self::Wait => {
                let soon = world.kernel.hardware.now() as usize + 1;
                world.make(SetTimer {
                    deadline: soon as u64,
                    bits: SOON,
                });
                world.kernel.hardware.delay.set(Some((1, 1)));
                world.make(receive(SOON));
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
