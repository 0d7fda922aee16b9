//! The loop and the requests of a binding, each polled when it was woken.

use super::reactor::{REQUEST, Reactor, waker};
use super::reply::Reply;
use crate::ipc::Answer;
use crate::sys::{Error, Message};
use core::convert::Infallible;
use core::pin::Pin;
use core::task::{Context, Poll};

/// Number of the loop's part. The probe has it before. Requests have the numbers after it.
pub(super) const LOOP: u32 = 0;

/// A binding's futures. They are dropped from the last request to the first, then the loop.
pub(super) struct Pieces<R, W, const REQUESTS: usize> {
    run: Option<R>,
    requests: [Option<W>; REQUESTS],
}

impl<R, W, const REQUESTS: usize> Pieces<R, W, REQUESTS> {
    /// No requests yet.
    pub(super) fn new(run: R) -> Self {
        Self {
            run: Some(run),
            requests: [const { None }; REQUESTS],
        }
    }
}

impl<R, W, const REQUESTS: usize> Drop for Pieces<R, W, REQUESTS> {
    fn drop(&mut self) {
        // In place: they may be pinned.
        for request in self.requests.iter_mut().rev() {
            *request = None;
        }
        self.run = None;
    }
}

/// The future of all of them. It never ends.
pub(super) struct Parts<S, R, W, const REQUESTS: usize> {
    slot: u8,
    /// The places without a request, a bit each.
    free: u32,
    serve: S,
    pieces: Pieces<R, W, REQUESTS>,
}

impl<S, R, W, const REQUESTS: usize> Parts<S, R, W, REQUESTS>
where
    S: Fn(Message, Reply) -> W,
    R: Future<Output = ()>,
    W: Future<Output = ()>,
{
    /// Of the binding in a slot; `serve` makes the future of a request.
    pub(super) fn new(slot: u8, serve: S, pieces: Pieces<R, W, REQUESTS>) -> Self {
        Self {
            slot,
            free: (1 << REQUESTS) - 1,
            serve,
            pieces,
        }
    }
}

impl<S, R, W, const REQUESTS: usize> Future for Parts<S, R, W, REQUESTS>
where
    S: Fn(Message, Reply) -> W,
    R: Future<Output = ()>,
    W: Future<Output = ()>,
{
    type Output = Infallible;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Infallible> {
        // SAFETY: no future is moved once it was polled: each is dropped where it is.
        let this = unsafe { self.get_unchecked_mut() };
        let reactor = Reactor::current();
        let mut woken = reactor.turn();
        if woken & 1 << REQUEST != 0
            && let Some((message, reply)) = reactor.take_request()
        {
            woken &= !(1 << REQUEST);
            let place = this.free.trailing_zeros();
            match this.pieces.requests.get_mut(place as usize) {
                Some(request) => {
                    *request = Some((this.serve)(message, reply));
                    this.free &= this.free - 1;
                    woken |= 2 << place;
                }
                None if REQUESTS == 0 => reply.send(Answer::error(Error::Invalid)),
                // Cannot be: the task asks for no call while all places are taken.
                None => {}
            }
        }
        if woken & 1 << LOOP != 0 {
            poll_one(&mut this.pieces.run, this.slot, LOOP);
        }
        woken >>= LOOP + 1;
        while woken != 0 {
            let place = woken.trailing_zeros();
            woken &= woken - 1;
            if let Some(request) = this.pieces.requests.get_mut(place as usize)
                && poll_request(request, this.slot, place + LOOP + 1)
            {
                this.free |= 1 << place;
            }
        }
        reactor.set_full(this.slot, REQUESTS != 0 && this.free == 0);
        Poll::Pending
    }
}

/// Polls a request. Not inline: the stack that requests take would be taken all the time.
#[inline(never)]
fn poll_request<F: Future<Output = ()>>(place: &mut Option<F>, slot: u8, part: u32) -> bool {
    poll_one(place, slot, part)
}

/// Polls a future, and drops it when it is ready: true then.
fn poll_one<F: Future<Output = ()>>(place: &mut Option<F>, slot: u8, part: u32) -> bool {
    let Some(future) = place else {
        return false;
    };
    // SAFETY: it stays in its place until it is dropped there.
    let future = unsafe { Pin::new_unchecked(future) };
    let waker = waker(slot, part);
    let ready = future.poll(&mut Context::from_waker(&waker)).is_ready();
    if ready {
        *place = None;
    }
    ready
}
