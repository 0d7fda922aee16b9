//! A kernel that offers a driver one device, for host tests of the driver.
//!
//! [`Offer`] says what the device has: windows with a model behind them, lines, memory for DMA. [`Offer::play`] runs
//! the driver with it, and the test's [`Stage`] scripts what happens: requests, interrupts, time, the end.
//!
//! Only tests use it: it never frees memory.
#![cfg_attr(target_os = "none", no_std)]
#![cfg(not(target_os = "none"))]

mod kernel;
mod memory;
mod offer;
mod stage;
pub mod virtio;

use kernel::{Kernel, State};
use leasehold_abi::Error;
pub use memory::Memory;
pub use offer::Offer;
pub use stage::{Call, Stage};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use userlib::ForLt;
use userlib::runtime::{AsyncDriver, Core, Device, Driver, Engine, Runner, async_engine};
use userlib::sys::mock;
pub use userlib::sys::mock::DeviceModel;

/// The result for the device.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Devices bound when the driver waits for the next event.
    pub bound: usize,
    /// Whether the driver gave the lease back.
    pub released: bool,
}

impl Offer {
    /// Binds the device, calls `probe` with it, and ends the binding; gives what `probe` gave.
    ///
    /// ```
    /// use driver_testing::Offer;
    /// use userlib::sys::GrantKind;
    ///
    /// let offer = Offer::new("rtc", 0, 0).with_bytes("registers", GrantKind::Mmio, &[7], 8);
    /// let read = offer.bind(|device| Ok(device.io_mem::<8>(0)?.read32::<0>()));
    /// assert_eq!(read, Ok(7));
    /// ```
    ///
    /// # Errors
    /// Those of `probe`.
    ///
    /// # Panics
    /// When the runtime does not take the device.
    pub fn bind<R, P>(self, probe: P) -> Result<R, Error>
    where
        R: 'static,
        P: for<'cap> FnOnce(&Device<'cap, Core>) -> Result<R, Error> + 'static,
    {
        let driver = Once {
            probe: Cell::new(Some(probe)),
            result: Cell::new(None),
        };
        self.to(&driver);
        driver.result.take().expect("the runtime offers the device")
    }

    /// Lets a driver take one step with it.
    pub fn to<D: Driver>(self, driver: &D) -> Outcome {
        self.step(driver)
    }

    /// The same for an asynchronous driver, which serves so many requests at once.
    pub fn to_async<D: AsyncDriver, const REQUESTS: usize>(self, driver: &D) -> Outcome {
        self.step(async_engine::<D, REQUESTS>(driver))
    }

    /// Runs an asynchronous driver, which serves so many requests at once, for a test.
    ///
    /// ```
    /// use driver_testing::{DeviceModel, Offer};
    /// use std::{cell::RefCell, rc::Rc};
    /// use userlib::future::sleep;
    /// use userlib::io::IoMem;
    /// use userlib::ipc::{Answer, Request, interface};
    /// use userlib::runtime::{AsyncDriver, Bound, Device};
    /// use userlib::{Error, ForLt};
    ///
    /// /// A device that is slow.
    /// #[interface]
    /// pub trait Slow {
    ///     /// Its value, ten milliseconds later.
    ///     fn value(&mut self) -> Result<u32, Error>;
    /// }
    /// struct State<'cap>(IoMem<'cap, 8>);
    /// impl SlowAsyncServer for &State<'_> {
    ///     async fn value(self) -> Result<u32, Error> {
    ///         sleep(10).await;
    ///         Ok(self.0.read32::<0>())
    ///     }
    /// }
    /// struct SlowDriver;
    /// impl AsyncDriver for SlowDriver {
    ///     type State = ForLt!(State<'_>);
    ///     async fn probe<'cap>(&self, device: &Device<'cap, Bound>) -> Result<State<'cap>, Error> {
    ///         Ok(State(device.io_mem(0)?))
    ///     }
    ///     async fn request<'cap>(&self, state: &State<'cap>, _: &Device<'cap, Bound>, request: &Request<'_>) -> Answer {
    ///         state.dispatch(request).await
    ///     }
    /// }
    ///
    /// struct Model(u64);
    /// impl DeviceModel for Model {
    ///     fn load(&mut self, _: usize, _: usize) -> u64 {
    ///         self.0
    ///     }
    ///     fn store(&mut self, _: usize, _: usize, _: u64) {}
    /// }
    /// let model = Rc::new(RefCell::new(Model(6)));
    /// let offer = Offer::new("slow", 0, 0).with_device("registers", model.clone(), 8);
    /// offer.play::<_, 1>(&SlowDriver, |stage| {
    ///     let call = stage.begin(|peer| SlowClient::of(peer).value());
    ///     stage.pass(9);
    ///     assert_eq!(stage.answer(&call), None);
    ///     model.borrow_mut().0 = 7;
    ///     stage.pass(1);
    ///     assert_eq!(stage.answer(&call), Some(Ok(7)));
    /// });
    /// ```
    pub fn play<D: AsyncDriver, const REQUESTS: usize>(
        self,
        driver: &D,
        test: impl FnOnce(&mut Stage<'_>),
    ) {
        self.run(async_engine::<D, REQUESTS>(driver), test);
    }

    /// The same for a driver of callbacks.
    pub fn play_callbacks<D: Driver>(self, driver: &D, test: impl FnOnce(&mut Stage<'_>)) {
        self.run(driver, test);
    }

    fn step(self, engine: impl Engine) -> Outcome {
        let mut outcome = Outcome::default();
        self.run(engine, |stage| {
            outcome.bound = stage.bound();
            outcome.released = stage.is_released();
        });
        outcome
    }

    fn run(self, engine: impl Engine, test: impl FnOnce(&mut Stage<'_>)) {
        let state = Rc::new(RefCell::new(State::new(self)));
        mock::with(Kernel(state.clone()), || {
            let mut runner = Runner::new(engine);
            test(&mut Stage::new(&mut runner, state));
        });
    }
}

/// A driver of one probe.
struct Once<R, P> {
    probe: Cell<Option<P>>,
    result: Cell<Option<Result<R, Error>>>,
}

impl<R, P> Driver for Once<R, P>
where
    R: 'static,
    P: for<'cap> FnOnce(&Device<'cap, Core>) -> Result<R, Error> + 'static,
{
    type State = ForLt!(());

    fn probe<'cap>(&self, device: &Device<'cap, Core>) -> Result<(), Error> {
        let probe = self.probe.take().ok_or(Error::Busy)?;
        self.result.set(Some(probe(device)));
        Ok(())
    }
}
