//! A driver whose own replies outlast a binding, and one whose replies do not.

use driver_testing::Offer;
use std::cell::{Cell, RefCell};
use userlib::ipc::{Answer, Deferred, Kept, Request, interface};
use userlib::runtime::{Core, Device, Driver, Events};
use userlib::sys::Notifications;
use userlib::{Error, ForLt, time};

/// Waits.
#[interface]
pub trait Wait {
    /// Until the driver says so.
    #[deferred]
    fn wait(&mut self) -> Result<u32, Error>;
}

/// Keeps one reply itself. A peer's notification answers it, or a time.
#[derive(Default)]
struct Keeper<const KEEPS: bool> {
    reply: RefCell<Option<Deferred<u32>>>,
    deadline: Cell<Option<u64>>,
}

struct Calls<'d, const KEEPS: bool>(&'d Keeper<KEEPS>);

impl<const KEEPS: bool> WaitServer for Calls<'_, KEEPS> {
    fn wait(&mut self, reply: Deferred<u32>) {
        self.0.reply.replace(Some(reply));
    }
}

impl<const KEEPS: bool> Keeper<KEEPS> {
    fn answer(&self, value: u32) {
        if let Some(reply) = self.reply.take() {
            reply.reply(Ok(value));
        }
    }
}

impl<const KEEPS: bool> Driver for Keeper<KEEPS> {
    type State = ForLt!(());

    const SERVES_UNBOUND: bool = true;
    const KEEPS_REPLIES: bool = KEEPS;

    fn probe<'cap>(&self, _: &Device<'cap, Core>) -> Result<(), Error> {
        Ok(())
    }

    fn request<'cap>(&self, (): &mut (), _: &Device<'cap, Core>, request: &Request<'_>) -> Answer {
        Calls(self).dispatch(request)
    }

    fn request_unbound(&self, request: &Request<'_>) -> Answer {
        Calls(self).dispatch(request)
    }

    fn replies_unbound(&self, kept: &mut Kept<'_>) {
        self.reply
            .borrow()
            .iter()
            .for_each(|reply| kept.show(reply));
    }

    fn notified_unbound(&self, events: Events) {
        if events.is_time() {
            self.deadline.set(None);
        }
        self.answer(if events.is_time() { 2 } else { 1 });
    }

    fn deadline_unbound(&self) -> Option<u64> {
        self.deadline.get()
    }
}

#[test]
fn a_kept_reply_outlasts_the_binding_and_is_given_without_a_device() {
    for by_time in [false, true] {
        let driver = Keeper::<true>::default();
        Offer::new("disk", 0, 0).play_callbacks(&driver, |stage| {
            let call = stage.begin(|peer| WaitClient::of(peer).wait());
            driver.deadline.set(by_time.then(|| time::ticks(5)));
            stage.revoke();
            assert!(stage.is_released());
            assert_eq!(stage.answer(&call), None, "its client does not notice");
            if by_time {
                stage.pass(4);
                assert_eq!(stage.answer(&call), None);
                stage.pass(1);
                assert_eq!(stage.answer(&call), Some(Ok(2)));
            } else {
                stage.post(Notifications::peer(0));
                assert_eq!(stage.answer(&call), Some(Ok(1)));
            }
        });
    }
}

#[test]
fn without_that_the_client_is_told_that_the_device_is_gone() {
    let driver = Keeper::<false>::default();
    Offer::new("disk", 0, 0).play_callbacks(&driver, |stage| {
        let call = stage.begin(|peer| WaitClient::of(peer).wait());
        stage.revoke();
        assert_eq!(stage.answer(&call), Some(Err(Error::Unbound)));
    });
}
