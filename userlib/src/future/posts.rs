//! What peers post to the task, as something to await.

use crate::runtime::{Bound, Device, Hearing, Listener, Plain, Reactor, tables};
use crate::sys::{Error, Notifications};
use core::fmt;
use core::future::poll_fn;
use core::marker::PhantomData;
use core::task::Poll;

/// What the bindings hear. There is none before [`begin`].
pub(crate) fn hearings() -> &'static [Hearing] {
    let places = tables::hearings();
    // SAFETY: `begin` wrote all of them, and before it there is nothing that could ask. They are only ever shared.
    unsafe { core::slice::from_raw_parts(places.as_ptr().cast(), places.len()) }
}

/// The first time, makes them.
fn begin() {
    const LISTENER: Listener = Listener {
        came,
        ended: |slot| hearing(slot).deafen(),
    };
    let before = Reactor::current().peers.replace(Some(&LISTENER));
    if before.is_none() {
        for place in tables::hearings() {
            // SAFETY: there is room for it, and nothing in it yet.
            unsafe { place.get().write(Hearing::new()) };
        }
    }
}

/// That of the binding in a slot.
fn hearing(slot: u8) -> &'static Hearing {
    &hearings()[usize::from(slot)]
}

/// Peers posted something.
fn came(posts: Notifications) {
    for hearing in hearings().iter().filter(|hearing| hearing.hears.get()) {
        hearing.posted.set(hearing.posted.get() | posts);
        if let Some(waker) = hearing.listener.take() {
            waker.wake();
        }
    }
}

/// What peers post. Every binding of the task hears of it.
pub struct Posts<'cap> {
    device: Device<'static, Plain>,
    binding: PhantomData<&'cap ()>,
}

impl<'cap> Device<'cap, Bound> {
    /// What peers post from now on.
    ///
    /// # Errors
    /// `Busy` when the binding has it already, `Revoked`.
    pub fn posts(&self) -> Result<Posts<'cap>, Error> {
        self.live()?;
        begin();
        if hearing(self.slot_index()).hears.replace(true) {
            return Err(Error::Busy);
        }
        Ok(Posts {
            device: self.plain(),
            binding: PhantomData,
        })
    }
}

impl Posts<'_> {
    /// Waits until a peer has posted one of `wanted` since it was last told of. Of other bits than peers have, none.
    pub fn wait(&mut self, wanted: Notifications) -> impl Future<Output = Notifications> {
        poll_fn(move |context| {
            let heard = hearing(self.device.slot_index());
            let all = heard.posted.get();
            let came = all & wanted;
            // One that was leaked past its binding hears nothing.
            if came.is_empty() || !self.device.is_bound() {
                super::remember(&heard.listener, context.waker());
                return Poll::Pending;
            }
            heard.posted.set(all - came);
            Poll::Ready(came)
        })
    }
}

impl Drop for Posts<'_> {
    fn drop(&mut self) {
        if self.device.is_bound() {
            hearing(self.device.slot_index()).deafen();
        }
    }
}

impl fmt::Debug for Posts<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "posts of {:?}", self.device)
    }
}
