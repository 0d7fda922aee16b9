//! The driver runtime: it binds, serves and unbinds; a driver gives it futures, or callbacks.
//!
//! # The brand
//! Every callback is generic over `'cap` and [`Device<'cap, _>`](Device) is invariant in it. So
//! nothing that a driver can name has exactly that lifetime except what came from the device, and
//! a value that names `'cap` lives as long as the binding. The runtime itself calls the callbacks
//! with `'static` for `'cap`: a generic function cannot tell, and the runtime alone ends bindings.
//!
//! # Order of an unbind
//! 1. Without another binding, the task stops serving: callers get `Unbound`.
//! 2. The state is dropped, with the windows, interrupts and registrations in it.
//! 3. Registrations that were forgotten end.
//! 4. [`Devres`](crate::Devres) values end, the last made first.
//! 5. The lease is released, and the binding's generation advances.

mod bindings;
mod current;
mod device;
mod driver;
mod end;
mod engine;
mod events;
mod futures;
mod ranges;
mod reach;
mod runner;
mod slot;
mod soon;
mod start;
pub(crate) mod tables;
mod values;

pub use current::notify_soon;
pub use device::{Bound, Core, Device, DeviceContext, Plain};
pub use driver::{Driver, StateOf};
pub use engine::Engine;
pub use events::{Events, Source};
#[doc(hidden)]
#[cfg(target_os = "none")]
pub use futures::run_futures_in;
pub use futures::{AsyncDriver, AsyncStateOf};
#[doc(hidden)]
pub use futures::{async_engine, binding};
#[doc(hidden)]
#[cfg(target_os = "none")]
pub use runner::run_in;
pub use runner::{Runner, run, run_beside};
pub use tables::{FuturePlace, MAX_BINDINGS, StatePlace, future_size};

pub(crate) use current::Task;
pub(crate) use events::sealed::Sealed as SealedSource;
pub(crate) use futures::{Hearing, Listener, Reactor};
pub(crate) use reach::is_reached_elsewhere;
pub(crate) use slot::{EndsOffers, Phase, Slot};
pub(crate) use soon::Line;

#[cfg(test)]
mod deferred_tests;
#[cfg(test)]
mod hostile_tests;
#[cfg(test)]
mod tests;
