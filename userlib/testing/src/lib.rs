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
mod stage;
pub mod virtio;

use kernel::{Kernel, State};
use leasehold_abi::{Claim, Error, GrantInfo, GrantKind, Rights, names};
pub use memory::Memory;
pub use stage::{Call, Stage};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::atomic::AtomicPtr;
use std::sync::{Mutex, PoisonError};
use userlib::ForLt;
use userlib::runtime::{AsyncDriver, Core, Device, Driver, Engine, Futures, Runner, binding};
use userlib::sys::label;
use userlib::sys::mock;
pub use userlib::sys::mock::DeviceModel;
use zerocopy::IntoBytes;

/// A device on offer.
#[derive(Default)]
pub struct Offer {
    label: u32,
    id: u32,
    payload_type: u64,
    grants: Vec<GrantInfo>,
    task: String,
    memory: Option<Rc<memory::Shared>>,
}

/// The result for the device.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Devices bound when the driver waits for the next event.
    pub bound: usize,
    /// Whether the driver gave the lease back.
    pub released: bool,
}

impl Offer {
    /// A device of this name and number, whose payload is of this type.
    pub fn new(name: &str, id: u32, payload_type: u64) -> Self {
        Self {
            label: label(name),
            id,
            payload_type,
            grants: Vec::new(),
            task: String::new(),
            memory: None,
        }
    }

    /// With a window on `length` bytes that all read as ones.
    pub fn with_ones(self, name: &str, kind: GrantKind, length: usize) -> Self {
        self.with(name, kind, vec![u64::MAX; length / 8])
    }

    /// With a window of `length` bytes that starts with `bytes`, zero after them.
    pub fn with_bytes(self, name: &str, kind: GrantKind, bytes: &[u8], length: usize) -> Self {
        let mut words = vec![0; length / 8];
        words.as_mut_bytes()[..bytes.len()].copy_from_slice(bytes);
        self.with(name, kind, words)
    }

    /// With a window of `length` bytes (a multiple of 8) whose registers are those of `model`. The test keeps a clone
    /// of `model`, to look at its state and to cause events.
    ///
    /// ```
    /// use driver_testing::{DeviceModel, Offer};
    /// use std::{cell::RefCell, rc::Rc};
    /// use userlib::sys::GrantKind;
    ///
    /// struct Counter(u64);
    /// impl DeviceModel for Counter {
    ///     fn load(&mut self, _offset: usize, _width: usize) -> u64 {
    ///         self.0 += 1;
    ///         self.0
    ///     }
    ///     fn store(&mut self, _offset: usize, _width: usize, value: u64) {
    ///         self.0 = value;
    ///     }
    /// }
    /// let model = Rc::new(RefCell::new(Counter(6)));
    /// let offer = Offer::new("counter", 0, 0).with_device("registers", model.clone(), 8);
    /// let read = offer.bind(|device| Ok(device.io_mem::<8>(0)?.read32::<0>()));
    /// assert_eq!((read, model.borrow().0), (Ok(7), 7));
    /// ```
    pub fn with_device(
        self,
        name: &str,
        model: Rc<RefCell<impl DeviceModel + 'static>>,
        length: usize,
    ) -> Self {
        let offer = self.with(name, GrantKind::Mmio, vec![0; length / 8]);
        let grant = offer.grants.last().expect("just added");
        let base = grant.base as usize;
        mock::place_device(base..base + length, model);
        offer
    }

    /// With an interrupt line of this name.
    pub fn with_line(self, name: &str) -> Self {
        // Any number: each line has another one.
        let number = 32 + self.grants.len() as u64;
        self.with_grant(name, GrantKind::Interrupt, number, 1)
    }

    /// With memory for DMA, and the right to be a bus master.
    pub fn with_pool(mut self, memory: &Memory) -> Self {
        self.memory = Some(memory.0.clone());
        let length = memory.0.length as u64;
        self.with_grant(names::POOL, GrantKind::Memory, memory.base(), length)
            .with_grant("bus-master", GrantKind::BusMaster, 0, 1)
    }

    fn with(self, name: &str, kind: GrantKind, words: Vec<u64>) -> Self {
        let length = 8 * words.len() as u64;
        let base = hold(words.into_boxed_slice()).expose_provenance() as u64;
        self.with_grant(name, kind, base, length)
    }

    fn with_grant(mut self, name: &str, kind: GrantKind, base: u64, length: u64) -> Self {
        self.grants.push(GrantInfo {
            base,
            length,
            label: label(name),
            rights: Rights::READ | Rights::WRITE,
            kind,
            claim: Claim::None,
            reserved: [0; 6],
        });
        self
    }

    /// In an image whose first task has this name.
    pub fn with_task(mut self, name: &str) -> Self {
        self.task = name.to_owned();
        self
    }

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
        self.step(Futures::new(|device| {
            binding::<D, REQUESTS>(driver, device)
        }))
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
    /// impl SlowAsyncServer for State<'_> {
    ///     async fn value(&self) -> Result<u32, Error> {
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
        self.run(
            Futures::new(|device| binding::<D, REQUESTS>(driver, device)),
            test,
        );
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

/// Keeps memory for ever, in a place where a leak checker finds it.
fn hold(words: Box<[u64]>) -> *mut u64 {
    static HELD: Mutex<Vec<AtomicPtr<u64>>> = Mutex::new(Vec::new());
    let held = Box::into_raw(words).cast::<u64>();
    HELD.lock()
        .unwrap_or_else(PoisonError::into_inner)
        .push(AtomicPtr::new(held));
    held
}
