//! A hostile driver in place of an entropy device's: its first lives answer nothing, or with lies; then it is
//! `virtio-rng`. A life ends when the supervisor is asked to crash it.
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

use core::future::pending;
use driver_virtio_rng::{Hardware, RngAsyncServer, VirtioRngDriver};
use userlib::future::Lock;
use userlib::ipc::{Answer, Request, WriteLoan};
use userlib::runtime::{AsyncDriver, Bound, Device};
use userlib::{Error, ForLt};

/// A lie: what is answered to who asks for bytes, of which none are filled in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lie {
    /// Nothing, ever.
    Silent,
    /// That so many were.
    Count(u32),
}

/// What it is in each life, and how that is logged. Later lives are honest.
pub const LIVES: [(Lie, &str); 4] = [
    (Lie::Silent, "it takes a call, and never answers"),
    (Lie::Count(3), "fewer bytes than were asked for"),
    (Lie::Count(0), "no bytes"),
    (Lie::Count(u32::MAX), "more bytes than there is room for"),
];

/// What it is in this life.
#[expect(
    clippy::large_enum_variant,
    reason = "there is one, in the task's memory, and no heap"
)]
pub enum State<'cap> {
    /// A liar.
    Lies(Lie),
    /// A driver.
    Honest(Lock<Hardware<'cap>>),
}

impl RngAsyncServer for Lie {
    async fn fill(self, _: WriteLoan) -> Result<u32, Error> {
        match self {
            Self::Silent => pending().await,
            Self::Count(count) => Ok(count),
        }
    }
}

/// The driver.
#[derive(Default)]
pub struct EntropyDriver(VirtioRngDriver);

impl AsyncDriver for EntropyDriver {
    type State = ForLt!(State<'_>);
    const REQUESTS: usize = 2;

    async fn probe<'cap>(&self, device: &Device<'cap, Bound>) -> Result<State<'cap>, Error> {
        match lives::lie("entropy lie", &LIVES) {
            Some(lie) => Ok(State::Lies(lie)),
            None => Ok(State::Honest(self.0.probe(device).await?)),
        }
    }

    async fn request<'cap>(
        &self,
        state: &State<'cap>,
        device: &Device<'cap, Bound>,
        request: &Request<'_>,
    ) -> Answer {
        match state {
            State::Lies(lie) => lie.dispatch(request).await,
            State::Honest(state) => self.0.request(state, device, request).await,
        }
    }
}
