//! The devices: which there are, and lending each to its driver.

use super::{ORDERLY_PATIENCE, Supervisor};
use crate::care::Standing;
use crate::device::{Device, Lent, Source, places};
use leasehold_abi::{Error, LeaseEvent, LeaseHandle, RevokeMode};
use userlib::supervisor::LET_GO;
use userlib::sys;

/// A tenth of a second until a binding that found no room is tried again.
const RETRY: u64 = 100;

impl Supervisor<'_> {
    /// Auxiliary devices come and go by lease events.
    pub(super) fn take_events(&mut self) {
        while let Some((event, lease)) = sys::lease_event() {
            match event {
                LeaseEvent::Offered => self.offered(lease),
                LeaseEvent::Ending => {
                    let now = self.now();
                    for device in self.devices.iter_mut() {
                        if let Source::Auxiliary { held, ending, .. } = &mut device.source
                            && *held == lease
                        {
                            *ending = Some(now);
                        }
                    }
                }
            }
        }
    }

    fn offered(&mut self, held: LeaseHandle) {
        // The lease may be over already.
        let Ok(info) = sys::lease_info(held) else {
            return;
        };
        // The kernel offers nothing but the root lease, which the supervisor has from the start.
        let Some(from) = info.lessor.get().map(|lessor| lessor as usize) else {
            return;
        };
        let task = self.policy.tasks.get(from);
        let offers = task.map_or(&[][..], |task| task.offers);
        let Some(offer) = offers.iter().find(|offer| offer.label == info.label) else {
            // The task's runtime sees that the lease is over and logs it: the task alone knows the name.
            let _ = sys::lease_release(held);
            return;
        };
        let of_task = self.devices.iter().filter(|device| match device.source {
            // One that is over may not have been noted yet.
            Source::Auxiliary { held, offer, .. } => {
                offers.iter().any(|one| one.label == offer.label) && sys::lease_info(held).is_ok()
            }
            _ => false,
        });
        if of_task.count() >= places(self.policy, offers) {
            let (name, id) = (offer.name, info.id);
            self.say(
                from,
                format_args!("has no place for one more auxiliary device: {name}#{id}"),
            );
            let _ = sys::lease_release(held);
            return;
        }
        let source = Source::Auxiliary {
            held,
            offer,
            id: info.id,
            payload_type: info.payload_type,
            ending: None,
        };
        let device = Device::new(source);
        let name = device.name();
        match self.add(device) {
            Some(_) => self.say(from, format_args!("registered auxiliary device {name}")),
            None => {
                // There is no room for it. It is given back, so that its lessor does not wait for it.
                let _ = sys::lease_release(held);
            }
        }
    }

    pub(super) fn settle_devices(&mut self) {
        self.retry_at = None;
        let mut index = 0;
        while index < self.devices.len() {
            self.note_end(index);
            if self.is_gone(index) {
                self.devices.remove(index);
                continue;
            }
            self.bind(index);
            index += 1;
        }
    }

    /// Notices that a driver's lease is over.
    fn note_end(&mut self, index: usize) {
        let Some(lent) = self.devices[index].lent else {
            return;
        };
        if sys::lease_info(lent.lease).is_ok() {
            return;
        }
        self.devices[index].lent = None;
        if let Source::Auxiliary { held, .. } = self.devices[index].source {
            self.tell_parent(held);
        }
        let task = lent.lessee.index();
        let running = self.tasks[task].standing == Standing::Running(lent.lessee);
        let parent_ends = matches!(
            self.devices[index].source,
            Source::Auxiliary {
                ending: Some(_),
                ..
            }
        );
        if running && !lent.revoked && !parent_ends {
            let alive = sys::task_info(task).is_ok_and(|info| info.handle == lent.lessee);
            if alive {
                self.devices[index].refused_by = Some(lent.lessee);
                let name = self.devices[index].name();
                self.say(task, format_args!("gave {name} back"));
            }
        }
    }

    /// Tells the parent of an auxiliary device that a child has let it go.
    fn tell_parent(&self, held: LeaseHandle) {
        if let Ok(info) = sys::lease_info(held)
            && let Some(parent) = info.lessor.get()
            && let Some(parent) = self.tasks.get(parent as usize)
            && let Standing::Running(life) = parent.standing
        {
            // `Dead`: its end ends the lease too.
            let _ = sys::notify(life, LET_GO);
        }
    }

    /// Gives an auxiliary device back whose parent ends it, once the child has let go or time is
    /// up; true when the device is no more.
    fn is_gone(&mut self, index: usize) -> bool {
        let now = self.now();
        let device = &self.devices[index];
        let Source::Auxiliary { held, ending, .. } = device.source else {
            return false;
        };
        let over = sys::lease_info(held).is_err();
        let due =
            ending.is_some_and(|since| device.lent.is_none() || now >= since + ORDERLY_PATIENCE);
        if due && !over {
            // An error means that it is over meanwhile, which is what is wanted.
            let _ = sys::lease_release(held);
        }
        over || due
    }

    /// Lends a device to its driver, if it is there to be lent.
    fn bind(&mut self, index: usize) {
        let device = self.devices[index];
        let ends = matches!(
            device.source,
            Source::Auxiliary {
                ending: Some(_),
                ..
            }
        );
        if device.lent.is_some() || device.held_back || ends {
            return;
        }
        let Some((task, bind)) = device.driver(self.policy) else {
            return;
        };
        if self.tasks[task].standing == Standing::Idle {
            self.start(task);
        }
        let Standing::Running(lessee) = self.tasks[task].standing else {
            return;
        };
        if device.refused_by == Some(lessee) {
            return;
        }
        match device.lend(&self.root, self.policy, bind, lessee) {
            Ok(lease) => {
                let device = &mut self.devices[index];
                device.lent = Some(Lent {
                    lease,
                    lessee,
                    revoked: false,
                });
                device.refused_by = None;
            }
            // The kernel may not have freed yet what the task had in its life before.
            Err(Error::Exhausted | Error::Busy) => self.retry_at = Some(self.now() + RETRY),
            // It has just died or its parent has: the next event says so.
            Err(Error::Dead | Error::Revoked) => {}
            Err(error) => {
                self.devices[index].refused_by = Some(lessee);
                let name = device.name();
                self.say(task, format_args!("cannot have {name}: {error}"));
            }
        }
    }

    /// Takes a device from its driver until [`release`](Self::release).
    pub(crate) fn hold_back(&mut self, index: usize) -> Result<(), Error> {
        let device = &mut self.devices[index];
        if device.held_back {
            return Err(Error::Busy);
        }
        device.held_back = true;
        if let Some(lent) = &mut device.lent {
            lent.revoked = true;
            match sys::lease_revoke(lent.lease, RevokeMode::Orderly) {
                Ok(()) | Err(Error::Revoked) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Lets a device be bound again.
    pub(crate) fn release(&mut self, index: usize) -> Result<(), Error> {
        let device = &mut self.devices[index];
        if device.lent.is_some_and(|lent| !lent.revoked) {
            return Err(Error::Busy);
        }
        device.held_back = false;
        device.refused_by = None;
        if device.driver(self.policy).is_none() {
            Err(Error::NotFound)
        } else {
            Ok(())
        }
    }

    /// Keeps track of a device; `None` where there are too many.
    pub(crate) fn add(&mut self, device: Device) -> Option<usize> {
        if self.devices.push(device).is_err() {
            self.say(0, format_args!("no room for device {}", device.name()));
            return None;
        }
        Some(self.devices.len() - 1)
    }
}
