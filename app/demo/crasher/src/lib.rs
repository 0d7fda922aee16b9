//! Crashes drivers on order, and nothing else.
//!
//! Who may give orders to the supervisor may do anything with the board. So a task that is open to the world is no
//! operator: it calls this one, if its manifest says so, and can then crash drivers and no more.
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

use userlib::ipc::{Answer, Request, interface};
use userlib::runtime::{Core, Device, Driver};
use userlib::supervisor::{self, Name, SupervisorClient};
use userlib::sys::{self, MAX_TASKS};
use userlib::{Error, ForLt};

/// Orders to the crasher.
#[interface]
pub trait Crasher {
    /// Makes a driver panic. `NotFound`: there is no such task. `Denied`: it is no driver. `Busy`: it does not run.
    fn crash(&mut self, task: Name) -> Result<(), Error>;
}

/// The task, which has no device.
#[derive(Debug, Default)]
pub struct CrasherDriver;

/// The drivers of an image: the tasks that have a device by the manifest, as a set of indexes.
pub fn drivers(supervisor: &mut SupervisorClient) -> u64 {
    let mut drivers = 0;
    for index in 0.. {
        let Ok(device) = supervisor.device(index) else {
            break;
        };
        drivers |= device.task.get().map_or(0, |task| bit(task as usize));
    }
    drivers
}

/// A task in such a set.
pub const fn bit(task: usize) -> u64 {
    const { assert!(MAX_TASKS <= 64, "a bit for each task") };
    match 1_u64.checked_shl(task as u32) {
        Some(bit) => bit,
        None => 0,
    }
}

struct Orders;

impl CrasherServer for Orders {
    fn crash(&mut self, task: Name) -> Result<(), Error> {
        let is_it = |index: &usize| sys::task_info(*index).is_ok_and(|info| info.name == task);
        let index = (0..MAX_TASKS).find(is_it).ok_or(Error::NotFound)?;
        let mut supervisor = supervisor::connect()?;
        if drivers(&mut supervisor) & bit(index) == 0 {
            return Err(Error::Denied);
        }
        supervisor.crash(task)
    }
}

impl Driver for CrasherDriver {
    type State = ForLt!(());

    const SERVES_UNBOUND: bool = true;

    fn probe<'cap>(&self, _: &Device<'cap, Core>) -> Result<(), Error> {
        Err(Error::NoDevice)
    }

    fn request_unbound(&self, request: &Request<'_>) -> Answer {
        Orders.dispatch(request)
    }
}
