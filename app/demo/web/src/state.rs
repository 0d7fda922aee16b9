//! The system's state as JSON: what the page shows.

use crate::system::System;
use core::cell::{Cell, RefCell};
use demo_crasher::bit;
use leasehold_abi::{Error, FaultKind, LeaseHandle, MAX_LEASES, MAX_TASKS, TaskInfo};
use serde::ser::{Serialize, SerializeStruct, Serializer};
use userlib::supervisor::{Care, FaultText};
use userlib::text::Text;

/// Most leases that are listed, and how many if there is no room for so many. With none, faults and log are left out.
const MOST_LEASES: [usize; 3] = [72, 36, 0];
/// Bytes of the log in one answer.
const LOG: usize = 1200;
/// Bytes of a fault in words.
const FAULT: usize = 64;

/// All of it.
struct State<'a, S> {
    system: RefCell<&'a mut S>,
    drivers: u64,
    log: &'a str,
    next: u64,
    /// Most leases.
    most: usize,
}

/// Writes the state, with the log from this number on; gives the bytes.
///
/// # Errors
/// `Exhausted`: there is no room.
pub(crate) fn write(
    system: &mut impl System,
    cursor: u64,
    into: &mut [u8],
) -> Result<usize, Error> {
    let mut bytes = [0; LOG];
    let (mut next, mut length) = (cursor, 0);
    while let Ok([after, count]) = system.log(next, &mut bytes[length..]) {
        if count == 0 {
            break;
        }
        (next, length) = (after, (length + count as usize).min(LOG));
    }
    // The log is ASCII.
    let log = core::str::from_utf8(&bytes[..length]).unwrap_or("");
    let drivers = system.drivers();
    for most in MOST_LEASES {
        let state = State {
            system: RefCell::new(&mut *system),
            drivers,
            log: if most == 0 { "" } else { log },
            next: if most == 0 { cursor } else { next },
            most,
        };
        if let Ok(length) = serde_json_core::to_slice(&state, into) {
            return Ok(length);
        }
    }
    Err(Error::Exhausted)
}

impl<S: System> Serialize for State<'_, S> {
    fn serialize<W: Serializer>(&self, serializer: W) -> Result<W::Ok, W::Error> {
        let mut fields = serializer.serialize_struct("State", 7)?;
        let (now, may_crash) = {
            let mut system = self.system.borrow_mut();
            (system.milliseconds(), system.may_crash())
        };
        fields.serialize_field("now", &now)?;
        fields.serialize_field("crash", &may_crash)?;
        fields.serialize_field("next", &self.next)?;
        fields.serialize_field("log", self.log)?;
        fields.serialize_field("tasks", &Tasks(self))?;
        let left = Cell::new(0);
        fields.serialize_field("leases", &Leases(self, &left))?;
        fields.serialize_field("more", &left.get())?;
        fields.end()
    }
}

struct Tasks<'a, 's, S>(&'a State<'s, S>);

impl<S: System> Serialize for Tasks<'_, '_, S> {
    fn serialize<W: Serializer>(&self, serializer: W) -> Result<W::Ok, W::Error> {
        serializer.collect_seq((0..MAX_TASKS).map_while(|index| {
            let mut system = self.0.system.borrow_mut();
            let info = system.task(index)?;
            let stack = system.stack(index);
            let care = system.care(index);
            Some(Task {
                says_fault: self.0.most != 0,
                state: word(&info, care),
                stack: stack.map_or([0; 2], |stack| [stack.at_least, stack.size]),
                driver: self.0.drivers & bit(index) != 0,
                info,
            })
        }))
    }
}

/// What a task does, in a word. The page knows these words.
fn word(info: &TaskInfo, care: Option<Care>) -> &'static str {
    match care {
        Some(Care::Quarantined) => "quarantine",
        Some(Care::Waiting) => "backing off",
        Some(Care::Left) => "ended",
        _ => info.state.text(),
    }
}

struct Task {
    says_fault: bool,
    info: TaskInfo,
    state: &'static str,
    stack: [u32; 2],
    driver: bool,
}

impl Serialize for Task {
    fn serialize<W: Serializer>(&self, serializer: W) -> Result<W::Ok, W::Error> {
        let info = &self.info;
        let fault = match info.fault {
            _ if !self.says_fault => Text::<FAULT>::new(),
            FaultKind::None => Text::<FAULT>::new(),
            FaultKind::Panic => Text::of(format_args!("panic: {}", info.message)),
            kind @ (FaultKind::Stopped | FaultKind::LeaseOverstayed) => Text::of(kind.text()),
            _ => Text::of(FaultText(info)),
        };
        let mut fields = serializer.serialize_struct("Task", 7)?;
        fields.serialize_field("name", info.name.as_str())?;
        fields.serialize_field("state", self.state)?;
        fields.serialize_field("generation", &info.handle.generation())?;
        fields.serialize_field("starts", &info.starts)?;
        fields.serialize_field("stack", &self.stack)?;
        fields.serialize_field("driver", &self.driver)?;
        fields.serialize_field("fault", fault.as_str())?;
        fields.end()
    }
}

struct Leases<'a, 's, S>(&'a State<'s, S>, &'a Cell<u32>);

impl<S: System> Serialize for Leases<'_, '_, S> {
    fn serialize<W: Serializer>(&self, serializer: W) -> Result<W::Ok, W::Error> {
        let mut listed = 0;
        let slots = (0..MAX_LEASES).map(|slot| self.0.system.borrow_mut().lease(slot));
        let there = slots
            .take_while(|found| matches!(found, Ok(_) | Err(Error::Revoked)))
            .filter_map(Result::ok)
            .filter(|_| {
                listed += 1;
                if listed > self.0.most {
                    self.1.set(self.1.get() + 1);
                }
                listed <= self.0.most
            });
        serializer.collect_seq(there.map(|found| Lease {
            id: number(found.lease.handle),
            parent: found.lease.parent.get().map(number),
            from: found.lease.lessor.get(),
            to: found.lease.lessee.index() as u32,
            device: Text::of(found.device),
            state: found.lease.state.text(),
        }))
    }
}

/// A handle as one number that no other lease has.
fn number(handle: LeaseHandle) -> u64 {
    u64::from(handle.generation()) << 16 | handle.index() as u64
}

struct Lease {
    id: u64,
    parent: Option<u64>,
    from: Option<u32>,
    to: u32,
    device: Text<32>,
    state: &'static str,
}

impl Serialize for Lease {
    fn serialize<W: Serializer>(&self, serializer: W) -> Result<W::Ok, W::Error> {
        let mut fields = serializer.serialize_struct("Lease", 6)?;
        fields.serialize_field("id", &self.id)?;
        fields.serialize_field("parent", &self.parent)?;
        fields.serialize_field("from", &self.from)?;
        fields.serialize_field("to", &self.to)?;
        fields.serialize_field("device", self.device.as_str())?;
        fields.serialize_field("state", self.state)?;
        fields.end()
    }
}
