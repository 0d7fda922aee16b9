//! A hostile driver in place of a network controller's: each of its lives tells another lie, or it is `virtio-net`. A
//! life ends when the supervisor is asked to crash it.
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

pub mod lie;

use driver_virtio_net::VirtioNetDriver;
use lie::{Forged, Lie};
use userlib::runtime::{AsyncDriver, Bound, Device};
use userlib::{Error, ForLt};

/// What it is in each life, and how that is logged. Later lives are honest.
pub const LIVES: [(Option<Lie>, &str); 10] = [
    (
        Some(Lie::Frame(32, 64)),
        "a frame in a slot that does not exist",
    ),
    (Some(Lie::Frame(3, 13)), "a frame that is too short"),
    (Some(Lie::Frame(3, 1515)), "a frame that is too long"),
    (
        Some(Lie::Frame(3, u32::MAX)),
        "a frame that is longer than memory",
    ),
    (Some(Lie::Sent(17)), "it sent what nobody asked for"),
    (Some(Lie::Group), "the address of a group"),
    (Some(Lie::Small), "buffers that are too small"),
    (
        Some(Lie::ReadOnly),
        "buffers to write that can only be read",
    ),
    (None, "none"),
    (Some(Lie::Silent), "it sends nothing, and says nothing"),
];

/// What it is in this life.
#[expect(
    clippy::large_enum_variant,
    reason = "there is one, in the task's memory, and no heap"
)]
pub enum State<'cap> {
    /// A liar.
    Lies(Forged<'cap>),
    /// A driver.
    Honest(driver_virtio_net::State<'cap>),
}

/// The driver.
#[derive(Default)]
pub struct ForgerDriver(VirtioNetDriver);

impl AsyncDriver for ForgerDriver {
    type State = ForLt!(State<'_>);
    const REQUESTS: usize = 0;

    async fn probe<'cap>(&self, device: &Device<'cap, Bound>) -> Result<State<'cap>, Error> {
        match lives::lie("lie", &LIVES) {
            Some(lie) => Ok(State::Lies(Forged::new(device, lie)?)),
            None => Ok(State::Honest(self.0.probe(device).await?)),
        }
    }

    async fn run<'cap>(&self, state: &State<'cap>, device: &Device<'cap, Bound>) {
        match state {
            State::Honest(state) => self.0.run(state, device).await,
            State::Lies(forged) => forged.run().await,
        }
    }
}
