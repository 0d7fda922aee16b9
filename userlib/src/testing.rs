//! A small kernel for the unit tests: leases and grants with memory behind them, no schedule.
//!
//! It keeps a journal of what the library asked of it, so that a test can check the order.

use crate::runtime::{Bound, Core, Device, Task};
use crate::sys::mock::{self, Kernel};
use crate::sys::{
    Claim, ClaimMode, Error, GrantInfo, GrantKind, LeaseHandle, LeaseInfo, LeaseState, Message,
    Notifications, Rights, TaskHandle, TaskInfo, TaskState, label,
};
use crate::text::Padded;
use leasehold_abi::{Arguments, Call, Lending, LentPart, PayloadType, Registers, arguments};
use std::alloc::{Layout, alloc_zeroed, dealloc, handle_alloc_error};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::format;
use std::panic::resume_unwind;
use std::rc::Rc;
use std::string::String;
use std::vec::Vec;
use zerocopy::{FromBytes, FromZeros, IntoBytes};

/// A lease of the model.
pub(crate) struct Lease {
    pub(crate) info: LeaseInfo,
    pub(crate) grants: Vec<GrantInfo>,
    /// Lent by this task, rather than held.
    pub(crate) lent: bool,
    pub(crate) ending: bool,
}

/// What the next receive comes back with.
pub(crate) enum Event {
    Bits(Notifications),
    Call(u32, Message),
}

/// The model's state.
#[derive(Default)]
pub(crate) struct State {
    pub(crate) leases: Vec<(u32, Lease)>,
    pub(crate) lease_events: VecDeque<(usize, u32)>,
    pub(crate) events: VecDeque<Event>,
    pub(crate) journal: Vec<String>,
    /// Lines that went to the supervisor.
    pub(crate) log: Vec<String>,
    /// Answers of other tasks to calls, and the calls themselves.
    pub(crate) replies: VecDeque<Result<Message, Error>>,
    pub(crate) sent: Vec<Message>,
    /// Buffers that a client lends: what a server reads and writes.
    pub(crate) loans: Vec<(Rights, Vec<u8>)>,
    pub(crate) replied: Vec<(u32, Message)>,
    pub(crate) restarted: bool,
    /// The peer's life has ended, and no new one has begun.
    pub(crate) ended: bool,
    /// After so many more of the calls that take something, one is refused with `Exhausted`.
    pub(crate) refuse_after: Option<usize>,
    /// Label of an auxiliary device that the supervisor gives back at once.
    pub(crate) refused: Option<u32>,
    /// The time, and what the task's timer is set to, in ticks.
    pub(crate) time: u64,
    pub(crate) timer: Option<u64>,
    /// Whether the task receives no calls for now.
    pub(crate) holds: bool,
    /// How many system calls there were.
    pub(crate) calls: usize,
    memory: Vec<(*mut u8, Layout)>,
    next: u32,
}

/// A handle on the model.
#[derive(Clone, Default)]
pub(crate) struct Board(pub(crate) Rc<RefCell<State>>);

/// The raw handle of this test's own task.
pub(crate) const OWN: u32 = 1 << 6 | 5;
/// The raw handle of its peer, task 2.
pub(crate) const PEER: u32 = 1 << 6 | 2;

impl Board {
    /// Runs a test on a new board, as a new task: what an earlier one of the same test left in the runtime names memory
    /// and leases that are others now.
    pub(crate) fn run<R: Send>(test: impl FnOnce(&Self) -> R + Send) -> R {
        let task = || {
            let board = Self::default();
            mock::with(board.clone(), || test(&board))
        };
        // A thread stands for a task.
        let ended = std::thread::scope(|scope| scope.spawn(task).join());
        ended.unwrap_or_else(|panic| resume_unwind(panic))
    }

    /// Adds a lease that the task holds; nothing is offered yet.
    pub(crate) fn lease(&self, name: &str, grants: Vec<GrantInfo>) -> LeaseHandle {
        let mut state = self.0.borrow_mut();
        let handle = state.new_handle();
        let mut info = LeaseInfo::new_zeroed();
        (info.handle, info.label) = (LeaseHandle::from_raw(handle), label(name));
        info.state = LeaseState::Active;
        let lease = Lease {
            info,
            grants,
            lent: false,
            ending: false,
        };
        state.leases.push((handle, lease));
        LeaseHandle::from_raw(handle)
    }

    /// Memory of `bytes` bytes as a grant.
    pub(crate) fn grant(&self, kind: GrantKind, name: &str, bytes: usize) -> GrantInfo {
        // Alone in its pages, as the windows of a board are.
        let layout = Layout::from_size_align(bytes.max(1), 4096).expect("a layout");
        // SAFETY: the layout is not empty.
        let memory = unsafe { alloc_zeroed(layout) };
        if memory.is_null() {
            handle_alloc_error(layout);
        }
        let base = memory.expose_provenance() as u64;
        self.0.borrow_mut().memory.push((memory, layout));
        self.grant_at(kind, name, base, bytes as u64)
    }

    /// A grant of these bytes.
    pub(crate) fn grant_at(
        &self,
        kind: GrantKind,
        name: &str,
        base: u64,
        length: u64,
    ) -> GrantInfo {
        let rights = Rights::all();
        GrantInfo {
            base,
            length,
            label: label(name),
            rights,
            kind,
            claim: Claim::None,
            reserved: [0; 6],
        }
    }

    /// A lease in slot `slot` of the runtime, bound without a driver.
    pub(crate) fn bind(
        &self,
        slot: u8,
        name: &str,
        grants: Vec<GrantInfo>,
    ) -> Device<'static, Core> {
        let lease = self.lease(name, grants);
        let entry = &Task::current().slots()[usize::from(slot)];
        entry.begin(slot, lease, label(name), 0);
        Device::core(slot, entry.generation.get())
    }

    /// Ends what [`Board::bind`] bound.
    pub(crate) fn unbind(&self, device: &Device<'static, Bound>) {
        let slot = device.slot();
        slot.phase.set(crate::runtime::Phase::Ending);
        slot.end(Task::current(), device.slot_index());
    }

    /// The journal so far.
    pub(crate) fn journal(&self) -> Vec<String> {
        self.0.borrow().journal.clone()
    }

    /// Adds a line of the test's own to the journal.
    pub(crate) fn note(&self, line: &str) {
        self.0.borrow_mut().journal.push(line.into());
    }

    /// Changes a lease.
    pub(crate) fn change(&self, handle: LeaseHandle, change: impl FnOnce(&mut Lease)) {
        let mut state = self.0.borrow_mut();
        change(state.lease(handle.raw() as usize).expect("a live lease"));
    }
}

impl Drop for State {
    fn drop(&mut self) {
        for (memory, layout) in self.memory.drain(..) {
            // SAFETY: allocated with that layout, and every binding of the test is over or leaked.
            unsafe { dealloc(memory, layout) };
        }
    }
}

impl State {
    /// [`Call::LeaseLend`]: what is lent is memory of the board, or of this task.
    fn lend(&mut self, lending: usize, parts: usize, count: usize) -> Result<[usize; 2], Error> {
        let lending: Lending = read(lending);
        let mut grants = Vec::new();
        for number in 0..count {
            let part: LentPart = read(parts + number * size_of::<LentPart>());
            let (base, kind, label) = if part.source as u32 == crate::sys::SELF_MEMORY {
                (0, GrantKind::Memory, 0)
            } else {
                let parent = self.lease(lending.parent).ok_or(Error::Revoked)?;
                let source = parent.grants.get(part.source).ok_or(Error::NotFound)?;
                (source.base, source.kind, source.label)
            };
            grants.push(GrantInfo {
                base: base + part.offset as u64,
                length: part.length as u64,
                label: if part.label == 0 {
                    label
                } else {
                    part.label as u32
                },
                rights: Rights::from_bits_retain(part.rights as u32),
                kind,
                claim: Claim::None,
                reserved: [0; 6],
            });
        }
        let handle = self.new_handle();
        let mut info = LeaseInfo::new_zeroed();
        info.handle = LeaseHandle::from_raw(handle);
        (info.label, info.id) = (lending.label as u32, lending.id as u32);
        info.payload_type = PayloadType::from_halves(lending.payload_type);
        info.state = LeaseState::Active;
        self.journal.push("offer".into());
        if Some(info.label) != self.refused {
            let (lent, ending) = (true, false);
            let lease = Lease {
                info,
                grants,
                lent,
                ending,
            };
            self.leases.push((handle, lease));
        }
        Ok([handle as usize, 0])
    }

    fn new_handle(&mut self) -> u32 {
        self.next += 1;
        self.next
    }

    pub(crate) fn lease(&mut self, handle: usize) -> Option<&mut Lease> {
        self.leases
            .iter_mut()
            .find(|(raw, _)| *raw as usize == handle)
            .map(|(_, lease)| lease)
    }

    fn call(&mut self, call: Call, registers: Registers) -> Result<[usize; 2], Error> {
        self.calls += 1;
        let takes = matches!(call, Call::GrantClaim | Call::LeaseLend);
        if takes && let Some(left) = self.refuse_after {
            self.refuse_after = left.checked_sub(1);
            if left == 0 {
                return Err(Error::Exhausted);
            }
        }
        match call {
            Call::TaskSelf => Ok([OWN as usize, 0]),
            Call::TaskInfo => {
                let arguments::TaskInfo { task, record } = Arguments::from_registers(registers);
                self.task_info(task, record)
            }
            Call::Time => Ok([self.time as usize, 0]),
            Call::SetTimer => {
                let arguments::SetTimer { deadline, bits } = Arguments::from_registers(registers);
                let bits = Notifications::from_register(bits);
                assert!(bits.is_empty() || bits == Notifications::TIMER);
                self.timer = (!bits.is_empty()).then_some(deadline);
                Ok([0, 0])
            }
            Call::SetServing => {
                let arguments::SetServing { serving } = Arguments::from_registers(registers);
                self.journal.push(format!("serve {serving}"));
                self.holds = serving == 2;
                Ok([0, 0])
            }
            Call::LeaseEvent => {
                let (event, handle) = self.lease_events.pop_front().ok_or(Error::NotFound)?;
                Ok([event, handle as usize])
            }
            Call::LeaseInfo => {
                let arguments::LeaseInfo { lease, record } = Arguments::from_registers(registers);
                let info = self.lease(lease).ok_or(Error::Revoked)?.info;
                write(record, info.as_bytes());
                Ok([0, 0])
            }
            Call::GrantInfo => {
                let arguments::GrantInfo {
                    lease,
                    grant,
                    record,
                } = Arguments::from_registers(registers);
                let lease = self.lease(lease).ok_or(Error::Revoked)?;
                let grant = *lease.grants.get(grant).ok_or(Error::NotFound)?;
                write(record, grant.as_bytes());
                Ok([0, 0])
            }
            Call::GrantClaim => {
                let arguments::GrantClaim {
                    lease, grant, mode, ..
                } = Arguments::from_registers(registers);
                self.may_claim(lease, grant, mode == ClaimMode::Exclusive as usize)?;
                let lease = self.lease(lease).ok_or(Error::Revoked)?;
                let claimed = lease.grants.get_mut(grant).ok_or(Error::NotFound)?;
                claimed.claim = if mode == ClaimMode::Exclusive as usize {
                    Claim::Exclusive
                } else {
                    Claim::Shared
                };
                let base = claimed.base as usize;
                self.journal.push(format!("claim {grant}"));
                Ok([base, 0])
            }
            Call::GrantUnclaim => {
                let arguments::GrantUnclaim { lease, grant } = Arguments::from_registers(registers);
                let lease = self.lease(lease).ok_or(Error::Revoked)?;
                lease.grants.get_mut(grant).ok_or(Error::NotFound)?.claim = Claim::None;
                self.journal.push(format!("unclaim {grant}"));
                Ok([0, 0])
            }
            Call::LeaseRelease => {
                let arguments::LeaseRelease { lease } = Arguments::from_registers(registers);
                self.lease(lease).ok_or(Error::Revoked)?;
                self.leases.retain(|(raw, _)| *raw as usize != lease);
                self.journal.push("release".into());
                Ok([0, 0])
            }
            Call::LeaseLend => {
                let arguments::LeaseLend {
                    lending,
                    parts,
                    count,
                } = Arguments::from_registers(registers);
                self.lend(lending, parts, count)
            }
            Call::LeaseRevoke => {
                let arguments::LeaseRevoke { lease, .. } = Arguments::from_registers(registers);
                let lease = self.lease(lease).ok_or(Error::Revoked)?;
                lease.ending = true;
                self.journal.push("revoke".into());
                Ok([0, 0])
            }
            Call::BorrowInfo => {
                let arguments::BorrowInfo { index, .. } = Arguments::from_registers(registers);
                let (rights, bytes) = self.loans.get(index).ok_or(Error::NotFound)?;
                Ok([bytes.len(), rights.bits() as usize])
            }
            Call::BorrowRead => {
                let arguments::BorrowRead {
                    index,
                    offset,
                    own,
                    length,
                    ..
                } = Arguments::from_registers(registers);
                let (_, bytes) = self.loans.get(index).ok_or(Error::NotFound)?;
                let copied = length.min(bytes.len() - offset);
                write(own, &bytes[offset..offset + copied]);
                Ok([copied, 0])
            }
            Call::BorrowWrite => {
                let arguments::BorrowWrite {
                    index,
                    offset,
                    own,
                    length,
                    ..
                } = Arguments::from_registers(registers);
                let (_, bytes) = self.loans.get_mut(index).ok_or(Error::NotFound)?;
                let copied = length.min(bytes.len() - offset);
                // SAFETY: the arguments of the call being answered.
                bytes[offset..offset + copied].copy_from_slice(unsafe { mock::bytes(own, copied) });
                Ok([copied, 0])
            }
            Call::ConfigWrite => {
                let arguments::ConfigWrite {
                    lease,
                    grant,
                    offset,
                    width,
                    value,
                } = Arguments::from_registers(registers);
                let lease = self.lease(lease).ok_or(Error::Revoked)?;
                let grant = lease.grants.get(grant).ok_or(Error::NotFound)?;
                if grant.kind != GrantKind::Config || grant.rights.contains(Rights::READ) {
                    return Err(Error::Denied);
                }
                if offset + width > grant.length as usize {
                    return Err(Error::Invalid);
                }
                let at = grant.base + offset as u64;
                self.journal
                    .push(format!("configure {at:#x} {width} {value:#x}"));
                Ok([0, 0])
            }
            Call::InterruptAcknowledge => {
                let arguments::InterruptAcknowledge { lease, grant } =
                    Arguments::from_registers(registers);
                self.lease(lease).ok_or(Error::Revoked)?;
                self.journal.push(format!("acknowledge {grant}"));
                Ok([0, 0])
            }
            _ => Err(Error::Denied),
        }
    }

    /// `Busy` when a grant of any lease with some of the same bytes is claimed, and one of both alone.
    fn may_claim(&mut self, lease: usize, index: usize, alone: bool) -> Result<(), Error> {
        let lease = self.lease(lease).ok_or(Error::Revoked)?;
        let wanted = *lease.grants.get(index).ok_or(Error::NotFound)?;
        let end = |grant: &GrantInfo| grant.base + grant.length;
        let excludes = |grant: &GrantInfo| {
            let overlaps = grant.base < end(&wanted) && wanted.base < end(grant);
            grant.kind == GrantKind::Mmio
                && wanted.kind == grant.kind
                && overlaps
                && (grant.claim == Claim::Exclusive || alone && grant.is_claimed())
        };
        let mut grants = self.leases.iter().flat_map(|(_, lease)| &lease.grants);
        if grants.any(excludes) {
            return Err(Error::Busy);
        }
        Ok(())
    }

    fn task_info(&mut self, index: usize, into: usize) -> Result<[usize; 2], Error> {
        let names = ["supervisor", "other", "peer", "idle", "more", "self"];
        let name = names.get(index).ok_or(Error::NotFound)?;
        let mut info = TaskInfo::new_zeroed();
        let generation = if index == 2 && self.restarted { 2 } else { 1 };
        info.handle = TaskHandle::new(index, generation);
        let state = if index == 2 && self.ended {
            TaskState::Dormant
        } else {
            TaskState::Ready
        };
        info.state = state;
        info.name = Padded::new(name);
        write(into, info.as_bytes());
        Ok([0, 0])
    }

    fn receive(&mut self, mask: Notifications, message: &mut Message) -> [usize; 3] {
        if mask == Notifications::LEASE {
            self.journal.push("wait".into());
            self.leases
                .retain(|(_, lease)| !(lease.lent && lease.ending));
            return [0, u32::MAX as usize, Notifications::LEASE.register()];
        }
        match self
            .events
            .pop_front()
            .expect("the test scripts every receive")
        {
            Event::Bits(bits) => [0, u32::MAX as usize, bits.register()],
            Event::Call(client, call) => {
                assert!(!self.holds, "the kernel keeps the callers waiting");
                *message = call;
                [0, client as usize, 0]
            }
        }
    }
}

/// Reads what an argument of a call points to.
fn read<T: FromBytes>(address: usize) -> T {
    // SAFETY: the arguments of the call being answered.
    let bytes = unsafe { mock::bytes(address, size_of::<T>()) };
    T::read_from_bytes(bytes).expect("as many bytes as it has")
}

/// Writes what a call answers.
fn write(address: usize, bytes: &[u8]) {
    // SAFETY: the arguments of the call being answered.
    unsafe { mock::bytes_mut(address, bytes.len()) }.copy_from_slice(bytes);
}

// SAFETY: grants are memory of the board's own, or of the arena, alive as long as the test.
unsafe impl Kernel for Board {
    fn system_call(&mut self, call: Call, registers: Registers) -> [usize; 3] {
        match self.0.borrow_mut().call(call, registers) {
            Ok([first, second]) => [0, first, second],
            Err(error) => [error.code(), 0, 0],
        }
    }

    fn message(&mut self, call: Call, [a, b, c]: [usize; 3], message: &mut Message) -> [usize; 3] {
        let mut state = self.0.borrow_mut();
        match call {
            Call::Receive => {
                let line = leasehold_abi::BeforeWait::line(b);
                if line != usize::MAX {
                    state.journal.push(format!("line {line} may come"));
                }
                if c != 0 {
                    let bits = leasehold_abi::BeforeWait::bits(b);
                    state.journal.push(format!("notify {c:#b} of {bits:#b}"));
                }
                state.receive(Notifications::from_register(a), message)
            }
            Call::ReplyReceive => {
                state.replied.push((a as u32, *message));
                state.receive(Notifications::from_register(b), message)
            }
            Call::Reply => {
                state.replied.push((a as u32, *message));
                [0, 0, 0]
            }
            // Whoever asks the supervisor for anything else than to log a line, which lends it, is refused.
            Call::Call if a >> 6 == 1 && a & 63 == 0 && c == 0 => [Error::Denied.code(), 0, 0],
            Call::Call if a >> 6 == 1 && a & 63 == 0 => {
                assert_eq!(c, 1);
                // SAFETY: one loan: the line.
                let line = unsafe {
                    let loan = *core::ptr::with_exposed_provenance::<leasehold_abi::Borrow>(b);
                    mock::bytes(loan.base, loan.length)
                };
                state.log.push(String::from_utf8_lossy(line).into_owned());
                message.tag = leasehold_abi::Tag::new(0, 0);
                [0, 0, 0]
            }
            _ => {
                state.sent.push(*message);
                match state
                    .replies
                    .pop_front()
                    .expect("the test scripts every reply")
                {
                    Ok(reply) => {
                        *message = reply;
                        [0, 0, 0]
                    }
                    Err(error) => [error.code(), 0, 0],
                }
            }
        }
    }
}

mod tests {
    use super::*;
    use crate::Devres;
    use crate::runtime::Phase;

    /// What a guard keeps stays until the task restarts, and the memory that it reaches is the next board's.
    #[test]
    fn each_board_is_for_a_new_task() {
        for _ in 0..2 {
            Board::run(|board| {
                let slot = &Task::current().slots()[0];
                assert_eq!(slot.phase.get(), Phase::Free);
                let device = board.bind(0, "a", Vec::new());
                let kept = Devres::new(&device, 7).unwrap();
                core::mem::forget(kept.try_access().unwrap());
                board.unbind(&device);
                assert_eq!(slot.phase.get(), Phase::Retired);
            });
        }
    }
}
