//! What a driver implements.

use super::{Core, Device, Events};
use crate::ForLt;
use crate::ipc::{Answer, Kept, Request};
use crate::sys::Error;

/// The state of a driver of `D` that is bound for `'cap`.
pub type StateOf<'cap, D> = <<D as Driver>::State as ForLt>::Of<'cap>;

/// A driver: callbacks around a state that lives as long as a binding.
///
/// The value itself lives as long as the task; it may keep [`Devres`](crate::Devres) handles.
///
/// ```
/// use userlib::runtime::{Core, Device, Driver};
/// use userlib::io::IoMem;
/// use userlib::{Error, ForLt};
///
/// struct Clock<'cap> {
///     registers: IoMem<'cap, 0x20>,
/// }
///
/// #[derive(Default)]
/// struct ClockDriver;
///
/// impl Driver for ClockDriver {
///     type State = ForLt!(Clock<'_>);
///
///     fn probe<'cap>(&self, device: &Device<'cap, Core>) -> Result<Clock<'cap>, Error> {
///         Ok(Clock { registers: device.io_mem("rtc")? })
///     }
/// }
/// userlib::driver!(ClockDriver);
/// ```
///
/// # Generic drivers
/// A driver may be generic over a size or a type, and so may functions that name
/// `ForLt!(Bar<'_, SIZE>)` or another type of this library. A type of the driver's own is a family
/// then by a derive:
///
/// ```
/// use driver_testing::Offer;
/// use userlib::for_lt::Family;
/// use userlib::io::Bar;
/// use userlib::runtime::{Core, Device, Driver};
/// use userlib::sys::GrantKind;
/// use userlib::{Error, ForLt};
///
/// #[derive(Family)]
/// #[for_lt(crate = userlib::for_lt)] // not needed with a dependency on `for-lt`
/// struct Scope<'cap, const SIZE: usize> {
///     samples: Bar<'cap, SIZE>,
/// }
///
/// struct ScopeDriver<const SIZE: usize>;
///
/// impl<const SIZE: usize> Driver for ScopeDriver<SIZE> {
///     type State = ForLt!(Scope<'_, SIZE>);
///
///     fn probe<'cap>(&self, device: &Device<'cap, Core>) -> Result<Scope<'cap, SIZE>, Error> {
///         Ok(Scope { samples: device.bar(0)? })
///     }
/// }
/// let offer = Offer::new("scope", 0, 0).with_ones("bar0", GrantKind::Mmio, 0x40);
/// assert_eq!(offer.to(&ScopeDriver::<0x40>).bound, 1);
/// ```
/// Without the derive it is refused, and the compiler says what to add:
/// ```compile_fail
/// # use userlib::{ForLt, io::Bar};
/// struct Scope<'cap, const SIZE: usize>(Bar<'cap, SIZE>);
/// fn is_family<F: ForLt>() {}
/// fn generic<const SIZE: usize>() {
///     is_family::<ForLt!(Scope<'_, SIZE>)>(); // `Scope<'static, SIZE>` is not a family of types
/// }
/// ```
pub trait Driver: 'static {
    /// The state, by the lifetime of the binding.
    type State: ForLt;

    /// Whether the task answers calls without a device too, by [`Driver::request_unbound`]: for
    /// a child that outlives its parent. Otherwise callers get `Unbound` then.
    const SERVES_UNBOUND: bool = false;

    /// Whether replies that the driver itself keeps (not a state) outlast a binding: for a child whose clients are not
    /// to notice that its parent was restarted. Otherwise all clients that wait get `Unbound` when the last binding
    /// ends. Needs `SERVES_UNBOUND`. A driver that registers auxiliary devices of its own must not have it: their
    /// children could wait for it while it waits for them.
    const KEEPS_REPLIES: bool = false;

    /// Takes the device into use. On an error the runtime logs it and gives the lease back.
    ///
    /// # Errors
    /// Whatever keeps the driver from using the device.
    fn probe<'cap>(&self, device: &Device<'cap, Core>) -> Result<StateOf<'cap, Self>, Error>
    where
        Self: Sized;

    /// Answers a request of another task. With an interface, `state.dispatch(request)`.
    fn request<'cap>(
        &self,
        state: &mut StateOf<'cap, Self>,
        device: &Device<'cap, Core>,
        request: &Request<'_>,
    ) -> Answer
    where
        Self: Sized,
    {
        let _ = (state, device, request);
        Answer::error(Error::Invalid)
    }

    /// Answers a request of another task for which there is no device.
    fn request_unbound(&self, request: &Request<'_>) -> Answer
    where
        Self: Sized,
    {
        let _ = request;
        Answer::error(Error::Unbound)
    }

    /// Shows the replies that `state`, or the driver, keeps for later: each [`Deferred`](crate::ipc::Deferred)
    /// that is still there. Asked for after other callbacks, while a client waits for one.
    ///
    /// Who waits for a reply that is not shown gets `Unbound` then: nobody could answer it any more.
    ///
    /// ```
    /// use userlib::ipc::{Answer, Deferred, Kept, Request, interface};
    /// use userlib::runtime::{Core, Device, Driver};
    /// use userlib::{Error, ForLt};
    ///
    /// /// Waits for the device.
    /// #[interface]
    /// pub trait Wait {
    ///     /// Until it is ready.
    ///     #[deferred]
    ///     fn ready(&mut self) -> Result<u32, Error>;
    /// }
    ///
    /// #[derive(Default)]
    /// struct State(Option<Deferred<u32>>);
    /// impl WaitServer for State {
    ///     fn ready(&mut self, reply: Deferred<u32>) {
    ///         self.0 = Some(reply); // who waited before gets `Unbound`
    ///     }
    /// }
    /// struct Waits;
    /// impl Driver for Waits {
    ///     type State = ForLt!(State);
    ///
    ///     fn probe<'cap>(&self, _: &Device<'cap, Core>) -> Result<State, Error> {
    ///         Ok(State::default())
    ///     }
    ///     fn request<'cap>(&self, state: &mut State, _: &Device<'cap, Core>, request: &Request<'_>) -> Answer {
    ///         state.dispatch(request)
    ///     }
    ///     fn replies<'cap>(&self, state: &State, kept: &mut Kept<'_>) {
    ///         state.0.iter().for_each(|reply| kept.show(reply));
    ///     }
    /// }
    /// ```
    fn replies<'cap>(&self, state: &StateOf<'cap, Self>, kept: &mut Kept<'_>)
    where
        Self: Sized,
    {
        let _ = (state, kept);
    }

    /// As [`Driver::replies`], for replies to [`Driver::request_unbound`].
    fn replies_unbound(&self, kept: &mut Kept<'_>)
    where
        Self: Sized,
    {
        let _ = kept;
    }

    /// Some of the [interrupts](crate::interrupt::Interrupt) that the state has registered came.
    fn interrupt<'cap>(
        &self,
        state: &mut StateOf<'cap, Self>,
        device: &Device<'cap, Core>,
        events: Events,
    ) where
        Self: Sized,
    {
        let _ = (state, device, events);
    }

    /// A peer posted something, which every bound device hears of, or the binding's [timer](crate::timer::Timer) came.
    fn notified<'cap>(
        &self,
        state: &mut StateOf<'cap, Self>,
        device: &Device<'cap, Core>,
        events: Events,
    ) where
        Self: Sized,
    {
        let _ = (state, device, events);
    }

    /// As [`Driver::notified`], without a device, for a driver that [keeps replies](Driver::KEEPS_REPLIES): a peer
    /// posted something, or the time of [`Driver::deadline_unbound`] has come.
    fn notified_unbound(&self, events: Events)
    where
        Self: Sized,
    {
        let _ = events;
    }

    /// When, in ticks since boot, [`Driver::notified_unbound`] is to be called while there is no device. Asked for
    /// before each wait without a device, if the driver [keeps replies](Driver::KEEPS_REPLIES).
    fn deadline_unbound(&self) -> Option<u64>
    where
        Self: Sized,
    {
        None
    }

    /// The device is about to go. The state is dropped next; this is for what `Drop` cannot do.
    fn unbind<'cap>(&self, state: &mut StateOf<'cap, Self>, device: &Device<'cap, Core>)
    where
        Self: Sized,
    {
        let _ = (state, device);
    }
}
