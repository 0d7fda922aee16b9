//! What a child of the sample remembers, in and out of its bindings.
//!
//! It lives as long as the task, not as long as a binding. So one can ask the child, after its parent has died, what is
//! left.

use crate::payload::Identity;
use core::cell::Cell;
use driver_interfaces::{HoldInfo, HoldState, SampleInfo, SampleParentClient, SampleState};
use userlib::ipc::Peer;
use userlib::runtime::{Bound, Device};
use userlib::sys::{LeaseHandle, Optional, TaskHandle};
use userlib::timer::Timer;
use userlib::{Error, time};

/// The parent's task, on every board.
pub const PARENT: &str = "aux-parent";

/// What a child knows of one of its devices.
#[derive(Debug, Default)]
pub struct Known {
    lease: Cell<Option<LeaseHandle>>,
    bindings: Cell<u32>,
    parent: Cell<Option<TaskHandle>>,
}

impl Known {
    /// The device is bound now, and its payload says this.
    ///
    /// # Errors
    /// `Denied` when the manifest lets this task not call the parent; `Revoked`.
    pub fn bound(
        &self,
        device: &Device<'_, Bound>,
        (index, identity): (u32, Identity),
    ) -> Result<(), Error> {
        self.lease.set(Some(device.lease()?));
        self.bindings.set(self.bindings.get() + 1);
        self.parent.set(Some(Peer::connect(PARENT)?.handle()));
        userlib::log!("device {index}: parent {identity}");
        Ok(())
    }

    /// What there is to tell. `seen` is what the child read of the payload just now: `None` if its access gave `None`.
    ///
    /// # Errors
    /// Those of the reading.
    pub fn info(&self, seen: Option<Result<(u32, Identity), Error>>) -> Result<SampleInfo, Error> {
        let mut info = SampleInfo {
            lease: self.lease.get().into(),
            bindings: self.bindings.get(),
            parent: self.parent.get().into(),
            ..SampleInfo::default()
        };
        info.state = match seen {
            Some(seen) => {
                let (index, identity) = seen?;
                (info.index, info.identity) = (index, identity.text);
                SampleState::Present
            }
            None if self.lease.get().is_some() => SampleState::Gone,
            None => SampleState::NoLease,
        };
        Ok(info)
    }
}

/// A long call to the parent, which somebody else asked the child to make.
#[derive(Debug, Default)]
pub struct LongCall {
    last: Cell<HoldInfo>,
    /// Milliseconds of the call to make once the timer runs out.
    wanted: Cell<Option<u32>>,
}

impl LongCall {
    /// Begins a call, by the timer of a binding: at once, but after the reply to whoever asked. That task is not to
    /// wait for the call to the parent.
    ///
    /// # Errors
    /// `Unbound` without a binding, `Busy` when a call is wanted already.
    pub fn begin(&self, timer: Option<&Timer<'_>>, milliseconds: u32) -> Result<(), Error> {
        let timer = timer.ok_or(Error::Unbound)?;
        if self.wanted.get().is_some() {
            return Err(Error::Busy);
        }
        self.wanted.set(Some(milliseconds));
        timer.set(0);
        Ok(())
    }

    /// The timer ran out: makes the call that is wanted, and waits for its end.
    pub fn make(&self) {
        let Some(milliseconds) = self.wanted.take() else {
            return;
        };
        let result = SampleParentClient::connect(PARENT).and_then(|mut parent| {
            self.last.set(HoldInfo {
                state: HoldState::InFlight,
                parent: Optional::some(parent.peer().handle()),
                ..HoldInfo::default()
            });
            parent.hold(milliseconds)
        });
        let mut hold = self.last.get();
        hold.ended_ms = time::milliseconds() as u32;
        (hold.state, hold.error) = match result {
            Ok(_) => (HoldState::Answered, 0),
            Err(error) => (HoldState::Failed, error as u32),
        };
        self.last.set(hold);
        if let Err(error) = result {
            userlib::log!("call to {PARENT}: {error}");
        }
    }

    /// Nothing is wanted any more: there is nobody to call.
    pub fn forget(&self) {
        self.wanted.set(None);
    }

    /// How the last call went.
    pub fn last(&self) -> HoldInfo {
        self.last.get()
    }
}
