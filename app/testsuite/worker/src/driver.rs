//! A driver of one interrupt line, run by the runtime's loop.

use leasehold_abi::{Notifications, TaskHandle};
use testsuite_protocol::{ASKED, CAME};
use userlib::interrupt::Interrupt;
use userlib::ipc::{Answer, Request};
use userlib::runtime::{self, Core, Device, Driver, Events, notify_soon};
use userlib::{Error, ForLt};

/// It tells a peer what happens.
struct LineDriver {
    peer: TaskHandle,
}

impl LineDriver {
    fn tell(&self, bits: u32) {
        notify_soon(self.peer, Notifications::from_bits_retain(bits));
    }
}

impl Driver for LineDriver {
    type State = ForLt!(Interrupt<'_>);

    fn probe<'cap>(&self, device: &Device<'cap, Core>) -> Result<Interrupt<'cap>, Error> {
        device.interrupt(0)
    }

    fn interrupt<'cap>(&self, _: &mut Interrupt<'cap>, _: &Device<'cap, Core>, _: Events) {
        self.tell(CAME);
    }

    fn notified<'cap>(&self, line: &mut Interrupt<'cap>, _: &Device<'cap, Core>, _: Events) {
        // It is bound.
        let _ = line.acknowledge();
    }

    fn request<'cap>(
        &self,
        line: &mut Interrupt<'cap>,
        _: &Device<'cap, Core>,
        _: &Request<'_>,
    ) -> Answer {
        self.tell(ASKED);
        Answer::result(line.acknowledge().map(|()| 0_u32))
    }
}

/// Drives the line of the lease that this task is offered, for ever.
pub(crate) fn drive(peer: usize) -> ! {
    let peer = TaskHandle::from_raw(peer as u32);
    runtime::run(&LineDriver { peer })
}
