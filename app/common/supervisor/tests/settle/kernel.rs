//! A kernel that keeps tasks and leases as the real one tells of them, for the supervisor alone.

use crate::configuration::Configuration;
use leasehold_abi::{
    Arguments, Call, Claim, Error, FaultKind, GrantInfo, GrantKind, LeaseEvent, LeaseHandle,
    LeaseInfo, LeaseState, Lending, LentPart, MESSAGE_WORDS, Optional, PayloadType, Registers,
    Rights, STACK_STEP, TaskHandle, TaskInfo, TaskState, WHOLE, arguments, label,
};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use userlib::sys::mock::{self, bytes, bytes_mut};
use zerocopy::{FromBytes, FromZeros, IntoBytes};

/// Ticks in a millisecond, as on the host.
const MILLISECOND: u64 = 10_000;

#[derive(Clone)]
pub(crate) struct Lease {
    pub(crate) info: LeaseInfo,
    pub(crate) grants: Vec<GrantInfo>,
}

#[derive(Default)]
pub(crate) struct Board {
    pub(crate) tasks: Vec<TaskInfo>,
    /// By slot; no slot is used twice, so that an old handle stays over.
    pub(crate) leases: Vec<Option<Lease>>,
    pub(crate) events: VecDeque<(LeaseEvent, LeaseHandle)>,
    pub(crate) ticks: u64,
    pub(crate) timer: Option<u64>,
    pub(crate) said: String,
    pub(crate) notified: Vec<(TaskHandle, u32)>,
    /// What the client of the request at hand lent.
    pub(crate) loan: Vec<u8>,
    /// What the last request was answered with.
    pub(crate) reply: [usize; MESSAGE_WORDS],
    /// Every task's stack: its size, and how much of it was never written.
    pub(crate) stack: (usize, usize),
    /// Whether the machine was turned off.
    pub(crate) off: bool,
    /// The functions on the bus.
    pub(crate) configuration: Configuration,
}

/// The board, in the hands of the test and of the mock.
#[derive(Clone, Default)]
pub(crate) struct Kernel(pub(crate) Rc<RefCell<Board>>);

/// A grant of the root lease.
pub(crate) fn grant(name: &str, kind: GrantKind, base: u64, length: u64) -> GrantInfo {
    GrantInfo {
        base,
        length,
        label: label(name),
        rights: Rights::all(),
        kind,
        claim: Claim::None,
        reserved: [0; 6],
    }
}

impl Board {
    pub(crate) fn now_is(&mut self, milliseconds: u64) {
        self.ticks = milliseconds * MILLISECOND;
    }

    /// The supervisor's next deadline, in milliseconds.
    pub(crate) fn deadline(&self) -> Option<u64> {
        self.timer.map(|at| at / MILLISECOND)
    }

    pub(crate) fn life(&self, task: usize) -> TaskHandle {
        self.tasks[task].handle
    }

    pub(crate) fn is_running(&self, task: usize) -> bool {
        self.tasks[task].state == TaskState::Receiving
    }

    /// What a task holds in force, newest last.
    pub(crate) fn held(&self, task: usize) -> Vec<Lease> {
        let active = |lease: &&Lease| {
            lease.info.lessee.index() == task && lease.info.state == LeaseState::Active
        };
        self.leases
            .iter()
            .flatten()
            .filter(active)
            .cloned()
            .collect()
    }

    /// A task ends by a fault, and all that it lent or held is over.
    pub(crate) fn fault(&mut self, task: usize, kind: FaultKind) {
        let handle = self.tasks[task].handle;
        for slot in 0..self.leases.len() {
            if self.leases[slot]
                .as_ref()
                .is_some_and(|lease| lease.info.lessee == handle)
            {
                self.end(LeaseHandle::new(slot, 1));
            }
        }
        self.tasks[task].state = TaskState::Dormant;
        self.tasks[task].fault = kind;
    }

    /// A lease is over, and all below it.
    pub(crate) fn end(&mut self, lease: LeaseHandle) {
        self.leases[lease.index()] = None;
        for slot in 0..self.leases.len() {
            let below = |child: &Lease| child.info.parent.get() == Some(lease);
            if self.leases[slot].as_ref().is_some_and(below) {
                self.end(LeaseHandle::new(slot, 1));
            }
        }
    }

    pub(crate) fn open(&mut self, info: LeaseInfo, grants: Vec<GrantInfo>) -> LeaseHandle {
        let handle = LeaseHandle::new(self.leases.len(), 1);
        let info = LeaseInfo {
            handle,
            grants: grants.len() as u16,
            ..info
        };
        self.leases.push(Some(Lease { info, grants }));
        handle
    }

    fn lend(&mut self, lending: usize, parts: usize, count: usize) -> Result<LeaseHandle, Error> {
        let lending: Lending = read(lending);
        let mut grants = Vec::new();
        for number in 0..count {
            let part: LentPart = read(parts + number * size_of::<LentPart>());
            let parent = self.lease(lending.parent)?;
            let source = *parent.grants.get(part.source).ok_or(Error::NotFound)?;
            let (offset, mut length) = (part.offset as u64, part.length as u64);
            if part.length == WHOLE {
                length = source.length - offset;
            }
            assert!(offset + length <= source.length, "L4");
            assert_eq!(part.rights as u32 & !source.rights.bits(), 0, "L4");
            let label = match part.label {
                0 => source.label,
                label => label as u32,
            };
            grants.push(GrantInfo {
                base: source.base + offset,
                length,
                rights: Rights::from_bits_retain(part.rights as u32),
                label,
                ..source
            });
        }
        let mut info = LeaseInfo::new_zeroed();
        info.parent = Optional::some(LeaseHandle::from_raw(lending.parent as u32));
        info.lessee = self.tasks[lending.lessee].handle;
        (info.label, info.id) = (lending.label as u32, lending.id as u32);
        info.payload_type = PayloadType::from_halves(lending.payload_type);
        info.state = LeaseState::Active;
        Ok(self.open(info, grants))
    }

    pub(crate) fn lease(&mut self, raw: usize) -> Result<&mut Lease, Error> {
        let slot = LeaseHandle::from_raw(raw as u32).index();
        self.leases
            .get_mut(slot)
            .and_then(Option::as_mut)
            .ok_or(Error::Revoked)
    }

    /// A grant of a lease.
    fn grant(&mut self, lease: usize, grant: usize) -> Result<GrantInfo, Error> {
        let grants = &self.lease(lease)?.grants;
        grants.get(grant).copied().ok_or(Error::NotFound)
    }

    /// Whether the supervisor reaches configuration space by this grant: only the root's is taken.
    fn is_configuration(&mut self, lease: usize, grant: usize) -> Result<(), Error> {
        let lease = self.lease(lease)?;
        assert_eq!(lease.info.parent, Optional::NONE, "the root's");
        let grant = *lease.grants.get(grant).ok_or(Error::NotFound)?;
        assert_eq!(grant.kind, GrantKind::Config);
        Ok(())
    }

    fn call(&mut self, call: Call, registers: Registers) -> Result<[usize; 2], Error> {
        match call {
            Call::Time => return Ok([self.ticks as usize, 0]),
            Call::SetTimer => {
                let arguments::SetTimer { deadline, bits } = Arguments::from_registers(registers);
                self.timer = (bits != 0).then_some(deadline);
            }
            Call::TaskInfo => {
                let arguments::TaskInfo { task, record } = Arguments::from_registers(registers);
                let info = self.tasks.get(task).ok_or(Error::NotFound)?;
                write(record, info.as_bytes());
            }
            Call::TaskStart => {
                let arguments::TaskStart { task } = Arguments::from_registers(registers);
                let started = &mut self.tasks[task];
                if started.state != TaskState::Dormant {
                    return Err(Error::Busy);
                }
                started.starts += 1;
                started.handle = TaskHandle::new(task, started.starts);
                started.state = TaskState::Receiving;
                return Ok([started.handle.register(), 0]);
            }
            Call::TaskStop => {
                let arguments::TaskStop { task } = Arguments::from_registers(registers);
                self.fault(task, FaultKind::Stopped);
            }
            Call::LeaseInfo => {
                let arguments::LeaseInfo { lease, record } = Arguments::from_registers(registers);
                let info = self.lease(lease)?.info;
                write(record, info.as_bytes());
            }
            Call::GrantInfo => {
                let arguments::GrantInfo {
                    lease,
                    grant,
                    record,
                } = Arguments::from_registers(registers);
                write(record, self.grant(lease, grant)?.as_bytes());
            }
            Call::LeaseAt => {
                let arguments::LeaseAt { slot, record } = Arguments::from_registers(registers);
                let lease = self.leases.get(slot).ok_or(Error::NotFound)?;
                let lease = lease.as_ref().ok_or(Error::Revoked)?;
                write(record, lease.info.as_bytes());
            }
            Call::GrantAt => {
                let arguments::GrantAt {
                    lease,
                    grant,
                    record,
                } = Arguments::from_registers(registers);
                write(record, self.grant(lease, grant)?.as_bytes());
            }
            Call::LeaseLend => {
                let arguments::LeaseLend {
                    lending,
                    parts,
                    count,
                } = Arguments::from_registers(registers);
                return Ok([self.lend(lending, parts, count)?.raw() as usize, 0]);
            }
            Call::LeaseRevoke => {
                let arguments::LeaseRevoke { lease, .. } = Arguments::from_registers(registers);
                self.lease(lease)?.info.state = LeaseState::Ending;
            }
            Call::LeaseRelease => {
                let arguments::LeaseRelease { lease } = Arguments::from_registers(registers);
                self.lease(lease)?;
                self.end(LeaseHandle::from_raw(lease as u32));
            }
            Call::LeaseEvent => {
                let (event, lease) = self.events.pop_front().ok_or(Error::NotFound)?;
                return Ok([event as usize, lease.raw() as usize]);
            }
            Call::Notify => {
                let arguments::Notify { task, bits } = Arguments::from_registers(registers);
                let task = TaskHandle::from_raw(task as u32);
                self.notified.push((task, bits as u32));
            }
            Call::StackUse => {
                let arguments::StackUse { offset, .. } = Arguments::from_registers(registers);
                let (size, untouched) = self.stack;
                return Ok([size, untouched.min(offset + STACK_STEP).max(offset)]);
            }
            Call::DebugWrite => {
                let arguments::DebugWrite { text, length } = Arguments::from_registers(registers);
                // SAFETY: the call lets the kernel read this buffer.
                let text = unsafe { bytes(text, length) };
                self.said
                    .push_str(core::str::from_utf8(text).expect("log lines are text"));
            }
            Call::BorrowInfo => return Ok([self.loan.len(), 3]),
            Call::BorrowRead => {
                let arguments::BorrowRead {
                    offset,
                    own,
                    length,
                    ..
                } = Arguments::from_registers(registers);
                let rest = &self.loan[offset..];
                let count = rest.len().min(length);
                write(own, &rest[..count]);
                return Ok([count, 0]);
            }
            Call::SystemOff => self.off = true,
            Call::ConfigRead => {
                let arguments::ConfigRead {
                    lease,
                    grant,
                    offset,
                } = Arguments::from_registers(registers);
                self.is_configuration(lease, grant)?;
                return Ok([self.configuration.read(offset) as usize, 0]);
            }
            Call::ConfigWrite => {
                let arguments::ConfigWrite {
                    lease,
                    grant,
                    offset,
                    width,
                    value,
                } = Arguments::from_registers(registers);
                self.is_configuration(lease, grant)?;
                self.configuration.write(offset, width, value as u32);
            }
            _ => return Err(Error::Denied),
        }
        Ok([0, 0])
    }
}

/// Reads what an argument of a call points to.
fn read<T: FromBytes>(address: usize) -> T {
    // SAFETY: the call lets the kernel read there.
    let from = unsafe { bytes(address, size_of::<T>()) };
    T::read_from_bytes(from).expect("as many bytes as it has")
}

fn write(address: usize, from: &[u8]) {
    // SAFETY: the call lets the kernel write this much there.
    unsafe { bytes_mut(address, from.len()) }.copy_from_slice(from);
}

// SAFETY: the supervisor claims nothing, so no window is ever used.
unsafe impl mock::Kernel for Kernel {
    fn system_call(&mut self, call: Call, registers: Registers) -> [usize; 3] {
        match self.0.borrow_mut().call(call, registers) {
            Ok([first, second]) => [0, first, second],
            Err(error) => [error.code(), 0, 0],
        }
    }
}
