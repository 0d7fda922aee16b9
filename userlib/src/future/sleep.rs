//! A time as something to await.

use super::list::{Item, Stage};
use crate::runtime::Reactor;
use crate::{Error, time};
use core::pin::Pin;
use core::task::{Context, Poll};

/// Waits until this time, in ticks since boot. If it is past, the future still yields once.
pub const fn sleep_until(deadline: u64) -> Sleep {
    Sleep {
        deadline,
        item: Item::new(),
    }
}

/// Waits for this many milliseconds from now.
pub fn sleep(milliseconds: u64) -> Sleep {
    sleep_until(time::after(milliseconds))
}

/// The future of [`sleep`] and [`sleep_until`]. A driver may have any number.
#[derive(Debug)]
#[must_use = "a future does nothing unless it is awaited"]
pub struct Sleep {
    deadline: u64,
    item: Item,
}

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let this = self.into_ref();
        // SAFETY: the item is never moved out of the future.
        let item = unsafe { this.map_unchecked(|this| &this.item) };
        match item.stage() {
            // The kernel's timer tells whether the time is past: no call to ask for it.
            Stage::Idle => {
                Reactor::current().await_times();
                // SAFETY: the list is in a static, and `drop` takes the item out.
                unsafe { Reactor::current().sleepers.insert(item, this.deadline) }
            }
            Stage::Waits => {}
            Stage::Called => return Poll::Ready(()),
        }
        item.set_waker(context.waker());
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        // One that never waited does not need the list.
        if self.item.stage() == Stage::Waits {
            Reactor::current().sleepers.remove(&self.item);
        }
    }
}

/// Awaits `future` for at most this many milliseconds.
///
/// The future is dropped when this one is, or when it is ready. It is polled first, so that a result that comes at the
/// last moment counts.
///
/// ```
/// use userlib::Error;
/// use userlib::future::with_deadline;
/// use userlib::interrupt::Interrupt;
///
/// async fn ready(line: &mut Interrupt<'_>) -> Result<(), Error> {
///     with_deadline(100, line.wait()).await // `TimedOut` after 100 ms
/// }
/// ```
pub fn with_deadline<F: Future>(milliseconds: u64, future: F) -> WithDeadline<F> {
    WithDeadline {
        future,
        sleep: sleep(milliseconds),
    }
}

/// The future of [`with_deadline`]; `TimedOut` when the time is over.
#[derive(Debug)]
#[must_use = "a future does nothing unless it is awaited"]
pub struct WithDeadline<F> {
    future: F,
    sleep: Sleep,
}

impl<F: Future> Future for WithDeadline<F> {
    type Output = Result<F::Output, Error>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        // SAFETY: both futures stay where they are until they are dropped with this one, which has no `Drop`.
        let (future, sleep) = unsafe {
            let this = self.get_unchecked_mut();
            (
                Pin::new_unchecked(&mut this.future),
                Pin::new_unchecked(&mut this.sleep),
            )
        };
        if let Poll::Ready(output) = future.poll(context) {
            return Poll::Ready(Ok(output));
        }
        sleep.poll(context).map(|()| Err(Error::TimedOut))
    }
}
