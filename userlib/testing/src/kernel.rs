//! The kernel behind a test: one lease, its grants, one driver task, and the clients that the test plays.

use crate::memory::Shared;
use leasehold_abi::{
    Arguments, BeforeWait, Borrow, Call, Claim, Error, GrantInfo, GrantKind, LeaseEvent,
    LeaseHandle, LeaseInfo, LeaseState, Lending, LentPart, Notifications, Padded, PayloadType,
    Registers, Rights, SELF_MEMORY, Serving, TaskHandle, TaskInfo, TaskState, arguments,
};
use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;
use userlib::sys::Message;
use userlib::sys::mock::{self, bytes, bytes_mut};
use zerocopy::{FromBytes, FromZeros, IntoBytes};

/// The lease on the device.
const LEASE: LeaseHandle = LeaseHandle::new(7, 3);
/// The driver's task, as its clients see it.
pub(crate) const DRIVER: TaskHandle = TaskHandle::new(5, 1);
/// The first task, which keeps the log.
const FIRST: TaskHandle = TaskHandle::new(0, 1);
/// Its name, where the test gives none.
const SUPERVISOR: &str = "supervisor";
/// Number of the supervisor's method that adds a line to the log.
const LOG: u16 = 1;

/// A line of the device.
struct Line {
    /// What the driver is notified by; none before it claims the line.
    bits: Notifications,
    /// The driver has not acknowledged it since it came.
    masked: bool,
    /// It came while it was masked.
    pending: bool,
}

impl Default for Line {
    fn default() -> Self {
        Self {
            bits: Notifications::empty(),
            masked: false,
            pending: false,
        }
    }
}

/// What is lent with a call, and with which rights.
pub(crate) type Loans = Vec<(Rights, Vec<u8>)>;

/// A call that a client makes.
#[derive(Clone)]
pub(crate) struct Asked {
    pub(crate) message: Message,
    pub(crate) loans: Loans,
}

/// What a call came to, and what was written into the loans.
pub(crate) type Told = (Result<Message, Error>, Loans);

/// What the kernel does with calls to the driver.
#[derive(Default)]
pub(crate) struct Client {
    /// The answers of the first calls, in order.
    pub(crate) told: VecDeque<Told>,
    /// The first call that has none. It and those after it are `Busy`.
    pub(crate) asked: Option<Asked>,
}

/// The kernel's state, which the test shares.
pub(crate) struct State {
    pub(crate) label: u32,
    pub(crate) id: u32,
    pub(crate) payload_type: PayloadType,
    pub(crate) grants: Vec<GrantInfo>,
    pub(crate) first_task: String,
    /// The memory for DMA, and whether the device is a bus master.
    pub(crate) pools: Vec<Rc<Shared>>,
    lease_events: VecDeque<LeaseEvent>,
    /// What the driver waits for and has not got yet.
    posted: Notifications,
    calls: VecDeque<(TaskHandle, Message)>,
    /// The loans of the calls that are not answered.
    loans: BTreeMap<u32, Loans>,
    /// The answers, with the loans as they are then.
    pub(crate) answers: BTreeMap<u32, Told>,
    pub(crate) client: Option<Client>,
    lines: BTreeMap<usize, Line>,
    serving: Serving,
    pub(crate) released: bool,
    /// What it lent and has not ended.
    lent: Vec<u32>,
    /// How often it lent.
    pub(crate) lends: usize,
    /// Own memory that it lent last: label, address, length.
    pub(crate) lent_memory: Vec<(u32, usize, usize)>,
    /// In ticks.
    pub(crate) time: u64,
    pub(crate) timer: Option<u64>,
    /// The driver waited and nothing was there for it.
    pub(crate) idle: bool,
    pub(crate) log: Vec<String>,
}

impl State {
    pub(crate) fn new(offer: crate::offer::Offer) -> Self {
        Self {
            label: offer.label,
            id: offer.id,
            payload_type: offer.payload_type,
            grants: offer.grants,
            first_task: if offer.task.is_empty() {
                SUPERVISOR.to_owned()
            } else {
                offer.task
            },
            pools: offer.pools,
            lease_events: VecDeque::from([LeaseEvent::Offered]),
            posted: Notifications::empty(),
            calls: VecDeque::new(),
            loans: BTreeMap::new(),
            answers: BTreeMap::new(),
            client: None,
            lines: BTreeMap::new(),
            serving: Serving::Answers,
            released: false,
            lent: Vec::new(),
            lends: 0,
            lent_memory: Vec::new(),
            time: 0,
            timer: None,
            idle: false,
            log: Vec::new(),
        }
    }

    /// A client's call comes; at once an error where the driver does not serve.
    pub(crate) fn ask(&mut self, client: TaskHandle, asked: Asked) {
        if self.serving != Serving::Refuses {
            self.calls.push_back((client, asked.message));
            self.loans.insert(client.raw(), asked.loans);
        } else {
            self.answers
                .insert(client.raw(), (Err(Error::Unbound), asked.loans));
        }
    }

    fn answer(&mut self, client: usize, answer: Result<Message, Error>) -> Result<(), Error> {
        let client = client as u32;
        let loans = self.loans.remove(&client).ok_or(Error::Dead)?;
        self.answers.insert(client, (answer, loans));
        Ok(())
    }

    /// The line of this grant asserts its interrupt.
    pub(crate) fn interrupt(&mut self, grant: usize) {
        let line = self.lines.entry(grant).or_default();
        if line.bits.is_empty() || line.masked {
            line.pending = true;
        } else {
            line.masked = true;
            self.posted |= line.bits;
        }
    }

    /// Whether the line of this grant waits for the driver's acknowledgement.
    pub(crate) fn is_masked(&self, grant: usize) -> bool {
        self.lines.get(&grant).is_some_and(|line| line.masked)
    }

    fn acknowledge(&mut self, grant: usize) {
        if let Some(line) = self.lines.get_mut(&grant) {
            line.masked = false;
            if std::mem::take(&mut line.pending) {
                self.interrupt(grant);
            }
        }
    }

    /// The lease on the device ends.
    pub(crate) fn revoke(&mut self) {
        self.lease_events.push_back(LeaseEvent::Ending);
        self.posted |= Notifications::LEASE;
    }

    /// A peer posts something.
    pub(crate) fn post(&mut self, bits: Notifications) {
        self.posted |= bits;
    }

    fn claim(&mut self, index: usize, bits: usize) -> Result<[usize; 2], Error> {
        if self.released {
            return Err(Error::Revoked);
        }
        let grant = self.grants.get_mut(index).ok_or(Error::NotFound)?;
        grant.claim = Claim::Shared;
        let base = grant.base as usize;
        match grant.kind {
            GrantKind::Interrupt => {
                let line = self.lines.entry(index).or_default();
                line.bits = Notifications::from_register(bits);
                if std::mem::take(&mut line.pending) {
                    self.interrupt(index);
                }
            }
            GrantKind::BusMaster => self.set_master(true),
            // The driver sees it elsewhere than the device.
            GrantKind::Memory => {
                let is_it = |pool: &&Rc<Shared>| pool.address.get() == base as u64;
                if let Some(pool) = self.pools.iter().find(is_it) {
                    return Ok([pool.base, 0]);
                }
            }
            _ => {}
        }
        Ok([base, 0])
    }

    fn unclaim(&mut self, index: usize) -> Result<[usize; 2], Error> {
        let grant = self.grants.get_mut(index).ok_or(Error::NotFound)?;
        grant.claim = Claim::None;
        match grant.kind {
            GrantKind::Interrupt => drop(self.lines.remove(&index)),
            GrantKind::BusMaster => self.set_master(false),
            _ => {}
        }
        Ok([0, 0])
    }

    /// A write to registers of configuration space that are the function's own.
    fn configure(
        &self,
        index: usize,
        offset: usize,
        width: usize,
        value: usize,
    ) -> Result<[usize; 2], Error> {
        if self.released {
            return Err(Error::Revoked);
        }
        let grant = self.grants.get(index).ok_or(Error::NotFound)?;
        if grant.kind != GrantKind::Config || grant.rights.contains(Rights::READ) {
            return Err(Error::Denied);
        }
        if !offset.is_multiple_of(width) || offset + width > grant.length as usize {
            return Err(Error::Invalid);
        }
        write(grant.base as usize + offset, &value.to_le_bytes()[..width]);
        Ok([0, 0])
    }

    fn set_master(&self, master: bool) {
        for pool in &self.pools {
            pool.master.set(master);
        }
    }

    /// All claims end with the lease.
    fn release(&mut self) {
        self.released = true;
        self.lines.clear();
        self.set_master(false);
        for grant in &mut self.grants {
            grant.claim = Claim::None;
        }
    }

    /// Information on the lease of the device, or on one that the driver lent.
    fn lease_info(&self, raw: u32) -> Result<LeaseInfo, Error> {
        let mut info = LeaseInfo::new_zeroed();
        info.handle = LeaseHandle::from_raw(raw);
        info.state = LeaseState::Active;
        if raw == LEASE.raw() {
            (info.label, info.id) = (self.label, self.id);
            info.payload_type = self.payload_type;
        } else if !self.lent.contains(&raw) {
            return Err(Error::Revoked);
        }
        Ok(info)
    }

    fn call(&mut self, call: Call, registers: Registers) -> Result<[usize; 2], Error> {
        match call {
            Call::TaskSelf => Ok([DRIVER.raw() as usize, 0]),
            // Whoever it is, the test looks at what is shared.
            Call::Notify => Ok([0, 0]),
            Call::TaskInfo => {
                let arguments::TaskInfo { task, record } = Arguments::from_registers(registers);
                let mut info = TaskInfo::new_zeroed();
                info.state = TaskState::Ready;
                (info.handle, info.name) = match task {
                    0 => (FIRST, Padded::new(&self.first_task)),
                    index if index < DRIVER.index() => {
                        (TaskHandle::new(index, 1), Padded::new("other"))
                    }
                    index if index == DRIVER.index() => (DRIVER, Padded::new("driver")),
                    _ => return Err(Error::NotFound),
                };
                write(record, info.as_bytes());
                Ok([0, 0])
            }
            Call::Time => Ok([self.time as usize, 0]),
            Call::SetTimer => {
                let arguments::SetTimer { deadline, bits } = Arguments::from_registers(registers);
                let bits = Notifications::from_register(bits);
                self.timer = (!bits.is_empty()).then_some(deadline);
                Ok([0, 0])
            }
            Call::SetServing => {
                let arguments::SetServing { serving } = Arguments::from_registers(registers);
                self.serving = Serving::from_register(serving).ok_or(Error::Invalid)?;
                if self.serving == Serving::Refuses {
                    self.calls.clear();
                    let waiting: Vec<u32> = self.loans.keys().copied().collect();
                    for client in waiting {
                        self.answer(client as usize, Err(Error::Unbound))?;
                    }
                }
                Ok([0, 0])
            }
            Call::LeaseEvent => {
                let event = self.lease_events.pop_front().ok_or(Error::NotFound)?;
                Ok([event as usize, LEASE.raw() as usize])
            }
            Call::LeaseInfo => {
                let arguments::LeaseInfo { lease, record } = Arguments::from_registers(registers);
                write(record, self.lease_info(lease as u32)?.as_bytes());
                Ok([0, 0])
            }
            Call::GrantInfo => {
                let arguments::GrantInfo { grant, record, .. } =
                    Arguments::from_registers(registers);
                let grant = self.grants.get(grant).ok_or(Error::NotFound)?;
                write(record, grant.as_bytes());
                Ok([0, 0])
            }
            Call::GrantClaim => {
                let arguments::GrantClaim { grant, bits, .. } =
                    Arguments::from_registers(registers);
                self.claim(grant, bits)
            }
            Call::GrantUnclaim => {
                let arguments::GrantUnclaim { grant, .. } = Arguments::from_registers(registers);
                self.unclaim(grant)
            }
            Call::ConfigWrite => {
                let arguments::ConfigWrite {
                    grant,
                    offset,
                    width,
                    value,
                    ..
                } = Arguments::from_registers(registers);
                self.configure(grant, offset, width, value)
            }
            Call::InterruptAcknowledge => {
                let arguments::InterruptAcknowledge { grant, .. } =
                    Arguments::from_registers(registers);
                self.acknowledge(grant);
                Ok([0, 0])
            }
            Call::LeaseRelease => {
                self.release();
                Ok([0, 0])
            }
            Call::LeaseLend => {
                let arguments::LeaseLend {
                    lending,
                    parts,
                    count,
                } = Arguments::from_registers(registers);
                let _: Lending = read(lending);
                self.lent_memory = (0..count)
                    .map(|index| read(parts + index * size_of::<LentPart>()))
                    .filter(|part: &LentPart| part.source == SELF_MEMORY as usize)
                    .map(|part| (part.label as u32, part.offset, part.length))
                    .collect();
                self.lends += 1;
                // Each has a handle of its own.
                let raw = LeaseHandle::new(8 + self.lends % 32, 1 + self.lends as u32 / 32).raw();
                self.lent.push(raw);
                Ok([raw as usize, 0])
            }
            Call::LeaseRevoke => {
                let arguments::LeaseRevoke { lease, .. } = Arguments::from_registers(registers);
                self.lent.retain(|raw| *raw as usize != lease);
                Ok([0, 0])
            }
            Call::BorrowInfo => {
                let arguments::BorrowInfo { client, index } = Arguments::from_registers(registers);
                let (rights, bytes) = self.loan(client, index)?;
                Ok([bytes.len(), rights.bits() as usize])
            }
            Call::BorrowRead => {
                let arguments::BorrowRead {
                    client,
                    index,
                    offset,
                    own,
                    length,
                } = Arguments::from_registers(registers);
                let (rights, theirs) = self.loan(client, index)?;
                let theirs = part(*rights, Rights::READ, theirs, offset, length)?;
                write(own, theirs);
                Ok([theirs.len(), 0])
            }
            Call::BorrowWrite => {
                let arguments::BorrowWrite {
                    client,
                    index,
                    offset,
                    own,
                    length,
                } = Arguments::from_registers(registers);
                let (rights, theirs) = self.loan(client, index)?;
                let theirs = part(*rights, Rights::WRITE, theirs, offset, length)?;
                // SAFETY: the call lets the kernel read this much there.
                theirs.copy_from_slice(unsafe { bytes(own, theirs.len()) });
                Ok([theirs.len(), 0])
            }
            _ => Err(Error::NotFound),
        }
    }

    fn loan(&mut self, client: usize, index: usize) -> Result<&mut (Rights, Vec<u8>), Error> {
        let loans = self.loans.get_mut(&(client as u32)).ok_or(Error::Dead)?;
        loans.get_mut(index).ok_or(Error::NotFound)
    }

    /// A wait of the driver's for what is in `mask`.
    fn receive(&mut self, mask: usize, message: &mut Message) -> [usize; 3] {
        let mask = Notifications::from_register(mask);
        if mask == Notifications::LEASE {
            // The end of what it lent, which the kernel has brought about.
            return [0, u32::MAX as usize, mask.register()];
        }
        if self.timer.is_some_and(|timer| timer <= self.time) {
            self.timer = None;
            self.posted |= Notifications::TIMER;
        }
        let came = self.posted & mask;
        self.posted -= came;
        if came.is_empty()
            && self.serving == Serving::Answers
            && let Some((client, call)) = self.calls.pop_front()
        {
            *message = call;
            return [0, client.raw() as usize, 0];
        }
        self.idle = came.is_empty();
        [0, u32::MAX as usize, came.register()]
    }

    /// A call of the driver's to the first task, or of a client to the driver.
    fn send(&mut self, [to, loans, count]: [usize; 3], message: &mut Message) -> Result<(), Error> {
        let loan = |index: usize| -> Borrow { read(loans + index * size_of::<Borrow>()) };
        if to == FIRST.raw() as usize {
            if message.tag.operation() == LOG && count == 1 {
                let line = loan(0);
                // SAFETY: the call lends the kernel's client this buffer.
                let line = unsafe { bytes(line.base, line.length) };
                self.log.push(String::from_utf8_lossy(line).into_owned());
            }
            *message = Message::EMPTY;
            return Ok(());
        }
        if to != DRIVER.raw() as usize {
            return Err(Error::Dead);
        }
        let client = self.client.as_mut().ok_or(Error::Denied)?;
        if let Some((reply, written)) = client.told.pop_front() {
            for (index, (rights, written)) in written.iter().enumerate().take(count) {
                let loan = loan(index);
                if rights.contains(Rights::WRITE) && written.len() == loan.length {
                    write(loan.base, written);
                }
            }
            *message = reply?;
            return Ok(());
        }
        if client.asked.is_none() {
            let lent = (0..count).map(|index| {
                let loan = loan(index);
                // SAFETY: the call lends this buffer.
                let lent = unsafe { bytes(loan.base, loan.length) };
                (
                    Rights::from_bits_truncate(loan.rights as u32),
                    lent.to_vec(),
                )
            });
            client.asked = Some(Asked {
                message: *message,
                loans: lent.collect(),
            });
        }
        Err(Error::Busy)
    }
}

/// The part of a loan from `offset` on.
fn part(
    rights: Rights,
    needed: Rights,
    loan: &mut [u8],
    offset: usize,
    length: usize,
) -> Result<&mut [u8], Error> {
    if !rights.contains(needed) {
        return Err(Error::Denied);
    }
    let left = loan.get_mut(offset..).ok_or(Error::Invalid)?;
    let length = length.min(left.len());
    Ok(&mut left[..length])
}

/// Reads what an argument of a call points to.
fn read<T: FromBytes>(address: usize) -> T {
    // SAFETY: the call lets the kernel read this much there.
    let bytes = unsafe { bytes(address, size_of::<T>()) };
    T::read_from_bytes(bytes).expect("as many bytes as it has")
}

fn write(address: usize, from: &[u8]) {
    // SAFETY: the call lets the kernel write this much there.
    unsafe { bytes_mut(address, from.len()) }.copy_from_slice(from);
}

/// The kernel's side of the shared state.
pub(crate) struct Kernel(pub(crate) Rc<RefCell<State>>);

// SAFETY: windows are memory that is held for ever.
unsafe impl mock::Kernel for Kernel {
    fn system_call(&mut self, call: Call, registers: Registers) -> [usize; 3] {
        match self.0.borrow_mut().call(call, registers) {
            Ok([first, second]) => [0, first, second],
            Err(error) => [error.code(), 0, 0],
        }
    }

    fn message(&mut self, call: Call, arguments: [usize; 3], message: &mut Message) -> [usize; 3] {
        let mut state = self.0.borrow_mut();
        let [first, second, _] = arguments;
        match call {
            Call::Receive => {
                let line = BeforeWait::line(second);
                let grant = state.grants.iter().position(|grant| {
                    grant.kind == GrantKind::Interrupt && grant.base as usize == line
                });
                if let Some(grant) = grant {
                    state.acknowledge(grant);
                }
                state.receive(first, message)
            }
            Call::ReplyReceive => {
                // `Dead`: the client no longer waits.
                let _ = state.answer(first, Ok(*message));
                state.receive(second, message)
            }
            Call::Reply => {
                let answered = state.answer(first, Ok(*message));
                [answered.err().map_or(0, Error::code), 0, 0]
            }
            Call::Call => {
                let sent = state.send(arguments, message);
                [sent.err().map_or(0, Error::code), 0, 0]
            }
            _ => [Error::Dead.code(), 0, 0],
        }
    }
}
