//! What an asynchronous driver implements.

use super::super::{Bound, Device};
use crate::ForLt;
use crate::ipc::{Answer, Request};
use crate::sys::Error;

/// The state of an asynchronous driver of `D` that is bound for `'cap`.
pub type AsyncStateOf<'cap, D> = <<D as AsyncDriver>::State as ForLt>::Of<'cap>;

/// A driver whose functions await what they need: an [interrupt](crate::interrupt::Interrupt::wait), a
/// [time](crate::future::sleep), a [lock](crate::future::Lock), what a [peer](crate::future::Posts) posts.
///
/// All its futures borrow the state, and end with the binding. When the device is taken away, the runtime drops the
/// requests, then the loop, then the state, and gives the lease back. Nothing of that waits for a future.
///
/// ```
/// use userlib::future::{Lock, with_deadline};
/// use userlib::interrupt::Interrupt;
/// use userlib::io::{Bar, IoMem};
/// use userlib::ipc::{Answer, Request, interface};
/// use userlib::runtime::{AsyncDriver, Bound, Device};
/// use userlib::{Error, ForLt};
///
/// /// Squares numbers.
/// #[interface]
/// pub trait Square {
///     /// The square of a number.
///     fn square(&mut self, number: u32) -> Result<u32, Error>;
/// }
///
/// struct Unit<'cap> {
///     registers: IoMem<'cap, 8>,
///     line: Interrupt<'cap>,
/// }
///
/// /// The lock makes one request wait until the unit is free.
/// struct State<'cap>(Lock<Unit<'cap>>);
///
/// impl SquareAsyncServer for &State<'_> {
///     async fn square(self, number: u32) -> Result<u32, Error> {
///         let mut unit = self.0.lock().await;
///         unit.registers.write32::<0>(number);
///         with_deadline(100, unit.line.wait()).await?;
///         let square = unit.registers.read32::<4>();
///         unit.line.acknowledge()?;
///         Ok(square)
///     }
/// }
///
/// #[derive(Default)]
/// struct SquareDriver;
///
/// impl AsyncDriver for SquareDriver {
///     type State = ForLt!(State<'_>);
///     const REQUESTS: usize = 2;
///
///     async fn probe<'cap>(&self, device: &Device<'cap, Bound>) -> Result<State<'cap>, Error> {
///         Ok(State(Lock::new(Unit {
///             registers: device.io_mem(0)?,
///             line: device.interrupt(0)?,
///         })))
///     }
///
///     async fn request<'cap>(
///         &self,
///         state: &State<'cap>,
///         _: &Device<'cap, Bound>,
///         request: &Request<'_>,
///     ) -> Answer {
///         state.dispatch(request).await
///     }
/// }
/// userlib::driver!(async SquareDriver);
/// ```
pub trait AsyncDriver: Sized + 'static {
    /// The state, by the lifetime of the binding. Its futures share it.
    type State: ForLt;

    /// How many requests a binding serves at once, at most 30. While one of a task's bindings serves so many, further
    /// calls to the task wait in the kernel, in the order of the callers' priorities.
    ///
    /// Each takes as much of the task's memory as its future is large.
    const REQUESTS: usize = 1;

    /// Takes the device into use. On an error the runtime logs it and gives the lease back. Callers get `Unbound` until
    /// it is over.
    ///
    /// # Errors
    /// Whatever keeps the driver from using the device.
    fn probe<'cap>(
        &self,
        device: &Device<'cap, Bound>,
    ) -> impl Future<Output = Result<AsyncStateOf<'cap, Self>, Error>>;

    /// Serves a request of another task. With an interface, `state.dispatch(request).await`.
    ///
    /// An answer that is to come [later](Answer::Later) is `Unbound` to the client: await it here.
    fn request<'cap>(
        &self,
        state: &AsyncStateOf<'cap, Self>,
        device: &Device<'cap, Bound>,
        request: &Request<'_>,
    ) -> impl Future<Output = Answer> {
        let _ = (state, device, request);
        async { Answer::error(Error::Invalid) }
    }

    /// What the driver does of itself while it is bound: for example, a loop that takes what the device received. The
    /// binding lasts also when this is over.
    fn run<'cap>(
        &self,
        state: &AsyncStateOf<'cap, Self>,
        device: &Device<'cap, Bound>,
    ) -> impl Future<Output = ()> {
        let _ = (state, device);
        async {}
    }
}
