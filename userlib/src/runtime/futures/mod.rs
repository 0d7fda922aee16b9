//! Bindings as futures: what a [`Runner`](super::Runner) runs for an asynchronous driver.
//!
//! A binding is one future, [`binding`](binding::binding). It has in it the driver's state, its loop, and the requests
//! that are being served. Each of those is a *part* with a number and a waker of its own. [`Reactor`] has a bit for
//! each part that was woken, and the runner polls those parts and no others.

mod binding;
mod driver;
mod engine;
mod parts;
mod reactor;
mod reply;
mod waits;

pub use binding::binding;
pub use driver::{AsyncDriver, AsyncStateOf};
pub use engine::async_engine;
#[cfg(target_os = "none")]
pub use engine::run_futures_in;
pub(crate) use reactor::{Listener, Reactor};
pub(crate) use waits::{Hearing, LineWaiter};

#[cfg(test)]
mod tests;
