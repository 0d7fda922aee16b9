//! The child of the disk's driver: takes calls at any time, and has the disk while there is one.

use crate::job::{Job, Work};
use class_block::{Disk, DiskFamily, Geometry};
use core::cell::{Cell, RefCell};
use driver_interfaces::{Outcome, StorageError, StorageServer};
use heapless::Deque;
use userlib::for_lt::Family;
use userlib::ipc::{Answer, Deferred, Kept, ReadLoan, Request, WriteLoan};
use userlib::runtime::{Bound, Core, Device, Driver};
use userlib::timer::Timer;
use userlib::{DevresLt, Error, ForLt};

/// Calls that wait at once; a client has one.
const CALLS: usize = 8;

/// The way to the disk, for one binding.
#[derive(Debug, Family)]
#[for_lt(crate = userlib::for_lt)]
struct Reach<'cap> {
    device: Device<'cap, Bound>,
    timer: Timer<'cap>,
}

/// A revocable handle on it.
type Handle = DevresLt<ForLt!(Reach<'_>)>;

/// The driver, which lives as long as the task.
#[derive(Debug, Default)]
pub struct StorageDriver {
    disk: RefCell<Option<Handle>>,
    /// How many bindings there were.
    bindings: Cell<u32>,
    geometry: Cell<Option<Geometry>>,
    calls: RefCell<Deque<(Job, Deferred<Outcome>), CALLS>>,
    /// The reply of the call that is being done.
    current: RefCell<Option<Deferred<Outcome>>>,
    /// When to stop to wait for a disk.
    deadline: Cell<Option<u64>>,
}

impl StorageDriver {
    /// The next call to be done.
    pub(crate) fn next(&self) -> Option<Job> {
        let (job, reply) = self.calls.borrow_mut().pop_front()?;
        self.current.replace(Some(reply));
        Some(job)
    }

    /// It is done.
    pub(crate) fn done(&self, result: Result<u32, StorageError>) {
        if let Some(reply) = self.current.take() {
            reply.reply(Ok(Outcome::new(result)));
        }
    }

    /// Number of the last binding.
    pub(crate) const fn bindings(&self) -> u32 {
        self.bindings.get()
    }

    /// What the last disk was.
    pub(crate) const fn geometry(&self) -> Option<Geometry> {
        self.geometry.get()
    }

    /// Until when the file system waits for a disk.
    pub(crate) fn wait_until(&self, deadline: Option<u64>) {
        self.deadline.set(deadline);
        if let Some(disk) = &*self.disk.borrow() {
            disk.try_access_with(|reach| match deadline {
                Some(deadline) => reach.timer.set(deadline),
                None => reach.timer.cancel(),
            });
        }
    }

    /// Uses the disk; none without one.
    pub(crate) fn with<R>(
        &self,
        access: impl FnOnce(&Disk<'_>) -> Result<R, Error>,
    ) -> Option<Result<R, Error>> {
        let disk = self.disk.borrow();
        disk.as_ref()?.try_access_with(|reach| {
            let device = &reach.device;
            device.registration_data_with::<DiskFamily, _>(|disk| access(&disk))?
        })
    }

    /// The disk, or its driver, cannot be relied on: it is not used before the next binding.
    pub(crate) fn drop_disk(&self, why: &str) {
        userlib::log!("{why}; it is not used before its driver starts again");
        self.disk.replace(None);
    }

    fn call(&self, job: Job, reply: Deferred<Outcome>) {
        if let Err((_, reply)) = self.calls.borrow_mut().push_back((job, reply)) {
            reply.reply(Err(Error::Busy));
        }
    }
}

/// Takes calls down.
struct Calls<'d>(&'d StorageDriver);

impl StorageServer for Calls<'_> {
    fn read(&mut self, name: ReadLoan, offset: u32, into: WriteLoan, reply: Deferred<Outcome>) {
        self.0
            .call(Job::of_file(name, Work::Read(offset, into)), reply);
    }

    fn write(&mut self, name: ReadLoan, offset: u32, bytes: ReadLoan, reply: Deferred<Outcome>) {
        self.0
            .call(Job::of_file(name, Work::Write(offset, bytes)), reply);
    }

    fn remove(&mut self, name: ReadLoan, reply: Deferred<Outcome>) {
        self.0.call(Job::of_file(name, Work::Remove), reply);
    }

    fn list(&mut self, index: u32, into: WriteLoan, reply: Deferred<Outcome>) {
        self.0.call(Job::new(Work::List(index, into)), reply);
    }

    fn space(&mut self, which: u32, reply: Deferred<Outcome>) {
        self.0.call(Job::new(Work::Space(which)), reply);
    }

    fn flush(&mut self, reply: Deferred<Outcome>) {
        self.0.call(Job::new(Work::Flush), reply);
    }
}

impl Driver for StorageDriver {
    type State = ForLt!(());

    const SERVES_UNBOUND: bool = true;
    const KEEPS_REPLIES: bool = true;

    fn probe<'cap>(&self, device: &Device<'cap, Core>) -> Result<(), Error> {
        let geometry = device.registration_data_with::<DiskFamily, _>(|disk| disk.geometry())?;
        if self.geometry.replace(Some(geometry)) != Some(geometry) {
            userlib::log!("a disk of {} KiB", geometry.sectors / 2);
        }
        let reach = Reach {
            device: device.bound(),
            timer: device.timer()?,
        };
        if let Some(deadline) = self.deadline.get() {
            reach.timer.set(deadline);
        }
        self.disk.replace(Some(DevresLt::new(device, reach)?));
        self.bindings.set(self.bindings.get().wrapping_add(1));
        Ok(())
    }

    fn request<'cap>(&self, (): &mut (), _: &Device<'cap, Core>, request: &Request<'_>) -> Answer {
        Calls(self).dispatch(request)
    }

    fn request_unbound(&self, request: &Request<'_>) -> Answer {
        Calls(self).dispatch(request)
    }

    fn replies_unbound(&self, kept: &mut Kept<'_>) {
        for (_, reply) in self.calls.borrow().iter() {
            kept.show(reply);
        }
        if let Some(reply) = &*self.current.borrow() {
            kept.show(reply);
        }
    }

    fn deadline_unbound(&self) -> Option<u64> {
        self.deadline.get()
    }

    fn unbind<'cap>(&self, (): &mut (), _: &Device<'cap, Core>) {
        self.disk.replace(None);
    }
}
