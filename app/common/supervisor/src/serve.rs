//! The `Supervisor` interface: what other tasks may ask.

use crate::care::Standing;
use crate::device::{Device, Source};
use crate::log::{LINE_LENGTH, shown};
use crate::state::Supervisor;
use leasehold_abi::{
    Claim, Error, GrantInfo, GrantKind, LeaseHandle, LeaseInfo, Notifications, Optional, TaskHandle,
};
use userlib::ipc::{Answer, ReadLoan, Request, WriteLoan};
use userlib::policy::{Authority, DevicePolicy, Policy};
use userlib::supervisor::{
    Care, DEVICE_NAME, DeviceInfo, DeviceKind, DeviceName, DeviceState, FunctionAddress,
    FunctionId, FunctionInfo, GrantLine, LeaseLine, Lessee, Name, StackUse, SupervisorServer,
};
use userlib::sys;
use userlib::text::Text;

/// Answers one request of `client`, which stands in the supervisor's table by its index.
// Not inline, nor is what the main loop calls otherwise: each takes stack only while it runs.
#[inline(never)]
pub fn answer(supervisor: &mut Supervisor<'_>, request: &Request<'_>) -> Answer {
    Caller {
        supervisor,
        client: request.client(),
    }
    .dispatch(request)
}

/// Name of the device that a lease is on, for people.
pub fn device_of(policy: &Policy, lease: &LeaseInfo) -> Text<DEVICE_NAME> {
    let of_chip = |device: &&DevicePolicy| device.label == lease.label;
    match policy.devices.iter().find(of_chip) {
        Some(device) if device.discovers.is_some() && lease.id != 0 => {
            Text::of(FunctionId::from_instance(lease.id))
        }
        Some(device) => Text::of(device.name),
        None => match policy.name_of(lease.label) {
            Some(known) => Text::of(format_args!("{known}#{}", lease.id)),
            // A task may lend with any label, and the image knows some of them.
            None => {
                let from =
                    (lease.lessor.get()).and_then(|lessor| policy.tasks.get(lessor as usize));
                let from = from.map_or("?", |task| task.name);
                Text::of(format_args!("{from}.unknown#{}", lease.id))
            }
        },
    }
}

/// One request: who asks, of whom.
struct Caller<'a, 'm> {
    supervisor: &'a mut Supervisor<'m>,
    client: TaskHandle,
}

impl Caller<'_, '_> {
    /// Only the operator's task gives orders: a task that goes astray cannot turn the machine off or take
    /// another's device, though it may call to log. Only observers see what other tasks have.
    fn has(&self, authority: Authority) -> Result<(), Error> {
        let task = self.supervisor.policy.tasks.get(self.client.index());
        if task.is_some_and(|task| task.authority >= authority) {
            Ok(())
        } else {
            Err(Error::Denied)
        }
    }

    /// Only the driver of the host bridge, while it holds it, reports functions.
    fn discovery(&self) -> Result<(), Error> {
        let holds = self.supervisor.devices.iter().any(|device| {
            let bridge =
                matches!(device.source, Source::Platform(device) if device.discovers.is_some());
            bridge && device.lent.is_some_and(|lent| lent.lessee == self.client)
        });
        if holds { Ok(()) } else { Err(Error::Denied) }
    }

    /// The task of this name, not the supervisor itself.
    fn task(&self, name: &Name) -> Result<usize, Error> {
        let tasks = self.supervisor.policy.tasks;
        let task = tasks.iter().find(|task| *name == *task.name);
        match task.ok_or(Error::NotFound)?.index {
            0 => Err(Error::Denied),
            index => Ok(index),
        }
    }

    /// The device of this name.
    fn named(&self, name: &DeviceName) -> Result<usize, Error> {
        let devices = &self.supervisor.devices;
        let found = devices
            .iter()
            .position(|device| *name == *device.name().as_str());
        found.ok_or(Error::NotFound)
    }
}

impl SupervisorServer for Caller<'_, '_> {
    fn log(&mut self, line: ReadLoan) -> Result<(), Error> {
        // One byte more than `log!` can send. So a longer text is noticed; the log cuts it and marks that.
        let mut bytes = [0; LINE_LENGTH + 1];
        let length = line.read(0, &mut bytes)?;
        let text = match core::str::from_utf8(&bytes[..length]) {
            Ok(text) => text,
            // The end of the buffer may cut a character in two: then that one is left out. Any other bytes that are
            // no text are refused.
            Err(error) if error.error_len().is_none() => {
                core::str::from_utf8(&bytes[..error.valid_up_to()]).map_err(|_| Error::Invalid)?
            }
            Err(_) => return Err(Error::Invalid),
        };
        self.supervisor.say(self.client.index(), text);
        Ok(())
    }

    fn read_log(&mut self, cursor: u64, into: WriteLoan) -> Result<[u64; 2], Error> {
        let mut number = cursor.max(self.supervisor.log.first());
        let mut written = 0;
        while let Some((milliseconds, text)) = self.supervisor.log.get(number) {
            let line = shown(milliseconds, &text);
            let line = line.as_bytes();
            if written + line.len() > into.len() {
                break;
            }
            written += into.write(written, line)?;
            number += 1;
        }
        Ok([number, written as u64])
    }

    fn watch_log(&mut self, wanted: Notifications) -> Result<u64, Error> {
        self.has(Authority::Operator)?;
        // Tasks can post each other no other notifications.
        if wanted.is_empty() || !Notifications::PEERS.contains(wanted) {
            return Err(Error::Invalid);
        }
        self.supervisor.watcher = Some((self.client, wanted));
        Ok(self.supervisor.log.next())
    }

    fn first_interrupt_line(&mut self) -> Result<u32, Error> {
        self.discovery()?;
        let bridge = self.supervisor.policy.host_bridge();
        let mut first = Err(Error::NotFound);
        for &grant in bridge.ok_or(Error::NotFound)?.grants {
            let info = self.supervisor.root.grant(usize::from(grant))?;
            if info.kind == GrantKind::Interrupt {
                first = Ok((info.base as u32).min(first.unwrap_or(u32::MAX)));
            }
        }
        first
    }

    fn report_function(&mut self, function: &FunctionInfo) -> Result<(), Error> {
        self.discovery()?;
        let discovery = self.supervisor.discovery.ok_or(Error::NotFound)?;
        (discovery.function)(self.supervisor, function)
    }

    fn restart(&mut self, task: Name) -> Result<(), Error> {
        self.has(Authority::Operator)?;
        let index = self.task(&task)?;
        let cared = &mut self.supervisor.tasks[index];
        cared.history.clear();
        match cared.standing {
            Standing::Running(_) | Standing::Ending { .. } => {
                cared.standing = Standing::Ending { restart: true };
                cared.stop_at = None;
                self.supervisor.stop(index);
            }
            _ => cared.standing = Standing::Waiting(0),
        }
        Ok(())
    }

    fn crash(&mut self, task: Name) -> Result<(), Error> {
        self.has(Authority::Operator)?;
        let index = self.task(&task)?;
        match self.supervisor.tasks[index].standing {
            Standing::Running(life) => {
                self.supervisor.crash(index, life);
                Ok(())
            }
            _ => Err(Error::Busy),
        }
    }

    fn bind(&mut self, device: DeviceName) -> Result<(), Error> {
        self.has(Authority::Operator)?;
        let index = self.named(&device)?;
        self.supervisor.release(index)
    }

    fn unbind(&mut self, device: DeviceName) -> Result<(), Error> {
        self.has(Authority::Operator)?;
        let index = self.named(&device)?;
        self.supervisor.hold_back(index)
    }

    fn lease(&mut self, slot: u32) -> Result<LeaseLine, Error> {
        self.has(Authority::Observer)?;
        let lease = sys::lease_at(slot as usize)?;
        let name = device_of(self.supervisor.policy, &lease);
        Ok(LeaseLine {
            lease,
            device: DeviceName::new(name.as_str()),
        })
    }

    fn grant(&mut self, lease: LeaseHandle, index: u32) -> Result<GrantLine, Error> {
        self.has(Authority::Observer)?;
        let grant = sys::grant_at(lease, index as usize)?;
        let name = self.supervisor.policy.name_of(grant.label).unwrap_or("");
        Ok(GrantLine {
            grant,
            name: DeviceName::new(name),
        })
    }

    fn is_offered(&mut self, label: u32) -> Result<u32, Error> {
        let task = self.supervisor.policy.tasks.get(self.client.index());
        let offers = task.map_or(&[][..], |task| task.offers);
        Ok(u32::from(offers.iter().any(|offer| offer.label == label)))
    }

    fn lessee(&mut self, lease: LeaseHandle) -> Result<Lessee, Error> {
        let of_lease = |device: &&Device| matches!(device.source, Source::Auxiliary { held, .. } if held == lease);
        let device = self.supervisor.devices.iter().find(of_lease);
        let device = device.ok_or(Error::Denied)?;
        if sys::lease_info(lease)?.lessor != Optional::some(self.client.index() as u32) {
            return Err(Error::Denied);
        }
        let lent = device.lent.ok_or(Error::Unbound)?;
        // What is over, and not yet noted.
        sys::lease_info(lent.lease).map_err(|_| Error::Unbound)?;
        Ok(Lessee {
            task: lent.lessee,
            lease: lent.lease,
        })
    }

    fn report_bridge(&mut self, bridge: &FunctionInfo) -> Result<u32, Error> {
        self.discovery()?;
        let discovery = self.supervisor.discovery.ok_or(Error::NotFound)?;
        (discovery.bridge)(self.supervisor, bridge).map(u32::from)
    }

    fn report_busy(&mut self, lease: LeaseHandle, index: u32) -> Result<(), Error> {
        if sys::lease_info(lease)?.lessee != self.client {
            return Err(Error::Denied);
        }
        let wanted = sys::grant_at(lease, index as usize)?;
        let name = self.supervisor.policy.name_of(wanted.label).unwrap_or("?");
        let what = format_args!("probe failed: {name} at {:#x} is claimed", wanted.base);
        match holder(lease, index as usize, &wanted) {
            Some((task, alone)) if task == self.client.index() => {
                let how = if alone { ", alone" } else { "" };
                self.supervisor
                    .say(task, format_args!("{what} by another binding of it{how}"));
            }
            Some((task, alone)) => {
                let tasks = self.supervisor.policy.tasks;
                let by = tasks.get(task).map_or("?", |task| task.name);
                let how = if alone { ", alone" } else { "" };
                self.supervisor
                    .say(self.client.index(), format_args!("{what} by {by}{how}"));
            }
            // Nobody has it any more.
            None => self
                .supervisor
                .say(self.client.index(), "probe failed: busy"),
        }
        Ok(())
    }

    fn device(&mut self, index: u32) -> Result<DeviceInfo, Error> {
        self.has(Authority::Observer)?;
        let supervisor = &*self.supervisor;
        let device = supervisor
            .devices
            .get(index as usize)
            .ok_or(Error::NotFound)?;
        let driver = device.driver(supervisor.policy).map(|(task, _)| task);
        let ends = matches!(
            device.source,
            Source::Auxiliary {
                ending: Some(_),
                ..
            }
        );
        let state = match (device.lent, driver) {
            (Some(lent), _) if lent.revoked || ends => DeviceState::Ending,
            (Some(_), _) => DeviceState::Bound,
            (None, None) => DeviceState::NoDriver,
            _ if device.held_back => DeviceState::HeldBack,
            _ if device.refused_by.is_some() => DeviceState::Refused,
            _ => DeviceState::Waiting,
        };
        let none = FunctionAddress(0);
        let (kind, address) = match device.source {
            Source::Platform(_) => (DeviceKind::Chip, none),
            Source::Function(function) => (DeviceKind::Function, function.address),
            Source::Auxiliary { .. } => (DeviceKind::Auxiliary, none),
        };
        Ok(DeviceInfo {
            name: DeviceName::new(device.name().as_str()),
            state,
            task: driver.map(|task| task as u32).into(),
            lease: device.lent.map(|lent| lent.lease).into(),
            kind,
            address,
        })
    }

    fn care(&mut self, task: u32) -> Result<Care, Error> {
        let known = (task as usize) < self.supervisor.policy.tasks.len();
        let cared = self.supervisor.tasks.get(task as usize).filter(|_| known);
        Ok(cared.ok_or(Error::NotFound)?.care())
    }

    fn stack(&mut self, task: u32) -> Result<StackUse, Error> {
        self.has(Authority::Observer)?;
        // From the low end of the stack up, over the words that were never written.
        let mut untouched = 0;
        loop {
            let (size, found) = sys::stack_use(task as usize, untouched)?;
            if found == untouched {
                return Ok(StackUse {
                    size: size as u32,
                    at_least: (size - found) as u32,
                });
            }
            untouched = found;
        }
    }

    fn poweroff(&mut self, code: u32) -> Result<(), Error> {
        self.has(Authority::Operator)?;
        Err(sys::system_off(code, false))
    }
}

/// Who has something of a grant's resource claimed, other than grant `index` of `lease` itself: the task, and whether
/// it has it alone.
fn holder(lease: LeaseHandle, index: usize, wanted: &GrantInfo) -> Option<(usize, bool)> {
    let overlaps = |theirs: &GrantInfo| {
        theirs.kind == wanted.kind
            && theirs.base < wanted.base.saturating_add(wanted.length)
            && wanted.base < theirs.base.saturating_add(theirs.length)
    };
    let mut slot = 0;
    loop {
        let info = match sys::lease_at(slot) {
            Ok(info) => info,
            Err(Error::Revoked) => {
                slot += 1;
                continue;
            }
            Err(_) => return None,
        };
        slot += 1;
        for at in 0..usize::from(info.grants) {
            let itself = info.handle == lease && at == index;
            if let (false, Ok(theirs)) = (itself, sys::grant_at(info.handle, at))
                && theirs.is_claimed()
                && overlaps(&theirs)
            {
                let alone = theirs.claim == Claim::Exclusive;
                return Some((info.lessee.index(), alone));
            }
        }
    }
}
