//! The network stack: `smoltcp` above any driver of the class `network`, for other tasks by the interface `Sockets`.
//!
//! Sockets, and what clients wait for, live as long as the task. A binding has no more than the driver's queues
//! (`link`). So when the driver dies, a client waits on: its connection goes on with the queues of the next life.
//! While there is no driver, only times run out.
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

mod answers;
mod backlog;
mod calls;
mod link;
mod memory;
mod phy;
mod stack;
mod table;
#[cfg(test)]
mod tests;

use crate::answers::Answers;
use crate::calls::Calls;
use crate::link::Link;
pub use crate::memory::{Buffers, Places};
use crate::stack::Stack;
use core::cell::RefCell;
use driver_interfaces::SocketsServer;
use static_cell::ConstStaticCell;
use userlib::ipc::{Answer, Kept, Request};
use userlib::runtime::{Core, Device, Driver, Events};
use userlib::timer::Timer;
use userlib::{Error, ForLt, sys, time};

/// How often it is looked whether clients are still there, in milliseconds.
const CLIENTS_TIME: u64 = 1_000;

/// Polls at one wake-up, so that what others want has its turn.
const AT_ONCE: usize = 16;

/// The stack and its clients.
struct Inner {
    stack: Stack,
    calls: Calls,
    /// When it is to be looked for clients next, in ticks.
    clients: u64,
}

/// The driver, which lives as long as the task.
pub struct NetDriver(RefCell<Inner>);

impl NetDriver {
    /// With this memory.
    pub fn new(buffers: &'static mut Buffers, places: &'static mut Places) -> Self {
        Self(RefCell::new(Inner {
            stack: Stack::new(buffers, places),
            calls: Calls::default(),
            clients: 0,
        }))
    }
}

impl Default for NetDriver {
    /// With the task's memory, so only once.
    fn default() -> Self {
        static BUFFERS: ConstStaticCell<Buffers> = ConstStaticCell::new(Buffers::new());
        static PLACES: ConstStaticCell<Places> = ConstStaticCell::new(Places::new());
        Self::new(BUFFERS.take(), PLACES.take())
    }
}

/// One binding.
pub struct Bound<'cap> {
    link: Link<'cap>,
    timer: Timer<'cap>,
}

impl Inner {
    /// Does what there is to do, and gives when there is more: at which time, in ticks.
    fn work(&mut self, mut link: Option<&mut Link<'_>>) -> Option<u64> {
        let mut idle = false;
        for _ in 0..AT_ONCE {
            let changed = self.stack.poll(link.as_deref_mut(), sys::time());
            let answered = self.calls.advance(&mut self.stack);
            idle = link.as_deref_mut().is_none_or(Link::turn) && !answered && !changed;
            if idle {
                break;
            }
        }
        self.bury();
        let now = sys::time();
        if !idle {
            return Some(now);
        }
        // Without a driver nothing can be sent, so only clients have a time.
        let stack = match link {
            Some(link) if link.is_used() => {
                let delay = self.stack.delay();
                let delay = delay.map(|delay| now.saturating_add(time::ticks(delay)));
                // A frame that finds no room waits for the driver, not for a time.
                delay.max(link.is_full().then(|| now + time::ticks(10)))
            }
            _ => None,
        };
        stack.into_iter().chain(self.deadline()).min()
    }

    /// When a call or a look for clients is due, in ticks.
    fn deadline(&self) -> Option<u64> {
        let clients = (self.stack.table.count() > 0).then_some(self.clients);
        self.calls.deadline().into_iter().chain(clients).min()
    }

    /// Closes the sockets of clients that are gone.
    fn bury(&mut self) {
        let now = sys::time();
        if now < self.clients {
            return;
        }
        self.clients = now.saturating_add(time::ticks(CLIENTS_TIME));
        for index in self.stack.table.indexes() {
            let Some(owner) = self.stack.table.owner(index) else {
                continue;
            };
            let is_there = sys::task_info(owner.index())
                .is_ok_and(|info| info.handle == owner && !info.has_ended());
            if !is_there {
                self.calls.closed(&mut self.stack, index);
                self.stack.close(index);
            }
        }
    }
}

impl NetDriver {
    /// Works with a binding.
    fn work(&self, bound: &mut Bound<'_>) {
        let mut inner = self.0.borrow_mut();
        let before = bound.link.is_used();
        let next = inner.work(Some(&mut bound.link));
        let status = &mut inner.stack.status;
        status.frames = bound.link.count;
        status.has_link = u8::from(bound.link.has_link());
        if before && !bound.link.is_used() {
            status.dropped += 1;
        }
        match next {
            Some(next) => bound.timer.set(next),
            None => bound.timer.cancel(),
        }
    }
}

impl Driver for NetDriver {
    type State = ForLt!(Bound<'_>);

    const SERVES_UNBOUND: bool = true;
    const KEEPS_REPLIES: bool = true;

    fn probe<'cap>(&self, device: &Device<'cap, Core>) -> Result<Bound<'cap>, Error> {
        let link = Link::new(device)?;
        let mut bound = Bound {
            link,
            timer: device.timer()?,
        };
        self.0.borrow_mut().stack.bound(bound.link.hardware());
        self.work(&mut bound);
        Ok(bound)
    }

    fn request<'cap>(
        &self,
        bound: &mut Bound<'cap>,
        _: &Device<'cap, Core>,
        request: &Request<'_>,
    ) -> Answer {
        let answer = self.request_unbound(request);
        self.work(bound);
        answer
    }

    fn request_unbound(&self, request: &Request<'_>) -> Answer {
        let inner = &mut *self.0.borrow_mut();
        Answers::new(&mut inner.stack, &mut inner.calls, request.client()).dispatch(request)
    }

    fn replies_unbound(&self, kept: &mut Kept<'_>) {
        self.0.borrow().calls.show(kept);
    }

    fn notified<'cap>(&self, bound: &mut Bound<'cap>, _: &Device<'cap, Core>, _: Events) {
        self.work(bound);
    }

    fn notified_unbound(&self, _: Events) {
        self.0.borrow_mut().work(None);
    }

    fn deadline_unbound(&self) -> Option<u64> {
        self.0.borrow().deadline()
    }

    fn unbind<'cap>(&self, _: &mut Bound<'cap>, _: &Device<'cap, Core>) {
        let status = &mut self.0.borrow_mut().stack.status;
        (status.is_bound, status.has_link) = (0, 0);
        userlib::log!("no driver");
    }
}
