//! A hostile driver in place of a disk's: each of its first lives tells one lie, and ends. Then it is `virtio-blk`.
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

pub mod lie;

use driver_virtio_blk::VirtioBlkDriver;
use lie::{LIES, Lies};
use userlib::future::{sleep, with_deadline};
use userlib::runtime::{AsyncDriver, Bound, Device};
use userlib::{Error, ForLt};

/// How long a lie may be found out, in milliseconds.
const TIME: u64 = 300;

/// What it is in this life.
#[expect(
    clippy::large_enum_variant,
    reason = "there is one, in the task's memory, and no heap"
)]
pub enum State<'cap> {
    /// A liar.
    Lies(Lies<'cap>),
    /// A driver.
    Honest(driver_virtio_blk::State<'cap>),
}

/// The driver.
#[derive(Debug, Default)]
pub struct LiarDriver(VirtioBlkDriver);

impl AsyncDriver for LiarDriver {
    type State = ForLt!(State<'_>);

    async fn probe<'cap>(&self, device: &Device<'cap, Bound>) -> Result<State<'cap>, Error> {
        match lives::lie("lie", &LIES) {
            Some(lie) => Ok(State::Lies(Lies::new(device, lie)?)),
            None => Ok(State::Honest(self.0.probe(device).await?)),
        }
    }

    async fn run<'cap>(&self, state: &State<'cap>, device: &Device<'cap, Bound>) {
        match state {
            State::Honest(state) => self.0.run(state, device).await,
            State::Lies(lies) => {
                // A child that finds out before it asks anything asks nothing.
                let _ = with_deadline(TIME, lies.tell()).await;
                sleep(TIME).await;
                panic!("the lie is told");
            }
        }
    }
}
