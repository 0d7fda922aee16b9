//! A kernel that offers a driver one device, for host tests of the driver.
//!
//! Only tests use it: it never frees memory.
#![cfg_attr(target_os = "none", no_std)]
#![cfg(not(target_os = "none"))]

use leasehold_abi::{
    Call, Claim, Error, GrantInfo, GrantKind, LeaseEvent, LeaseHandle, LeaseInfo, LeaseState,
    Padded, Rights, TaskInfo, TaskState,
};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::atomic::AtomicPtr;
use std::sync::{Mutex, PoisonError};
use userlib::ForLt;
use userlib::runtime::{AsyncDriver, Core, Device, Driver, Engine, Futures, Runner, binding};
pub use userlib::sys::mock::DeviceModel;
use userlib::sys::mock::{self, bytes_mut};
use userlib::sys::{Message, label};
use zerocopy::{FromZeros, IntoBytes};

/// A device on offer.
#[derive(Default)]
pub struct Offer {
    label: u32,
    id: u32,
    payload_type: u64,
    grants: Vec<GrantInfo>,
    task: String,
}

/// The result for the device.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Devices bound when the driver waits for the next event.
    pub bound: usize,
    /// Whether the driver gave the lease back.
    pub released: bool,
}

struct Kernel {
    offer: Offer,
    offered: bool,
    released: Rc<RefCell<bool>>,
}

const LEASE: LeaseHandle = LeaseHandle::new(7, 3);

impl Offer {
    /// A device of this name and number, whose payload is of this type.
    pub fn new(name: &str, id: u32, payload_type: u64) -> Self {
        Self {
            label: label(name),
            id,
            payload_type,
            grants: Vec::new(),
            task: String::new(),
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

    fn with(mut self, name: &str, kind: GrantKind, words: Vec<u64>) -> Self {
        let length = 8 * words.len() as u64;
        let base = hold(words.into_boxed_slice()).expose_provenance() as u64;
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

    fn step(self, engine: impl Engine) -> Outcome {
        let released = Rc::new(RefCell::new(false));
        let kernel = Kernel {
            offer: self,
            offered: false,
            released: released.clone(),
        };
        mock::with(kernel, || {
            let mut runner = Runner::new(engine);
            runner.step();
            Outcome {
                bound: runner.bound(),
                released: *released.borrow(),
            }
        })
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

impl Kernel {
    fn call(&mut self, call: Call, a: [usize; 6]) -> Result<[usize; 2], Error> {
        match call {
            Call::LeaseEvent if !self.offered => {
                self.offered = true;
                Ok([LeaseEvent::Offered as usize, LEASE.raw() as usize])
            }
            Call::LeaseEvent => Err(Error::NotFound),
            Call::LeaseInfo => {
                let mut info = LeaseInfo::new_zeroed();
                info.handle = LEASE;
                (info.label, info.id) = (self.offer.label, self.offer.id);
                info.payload_type = self.offer.payload_type;
                info.state = LeaseState::Active;
                write(a[1], info.as_bytes());
                Ok([0, 0])
            }
            Call::GrantInfo => {
                let grant = self.offer.grants.get(a[1]).ok_or(Error::NotFound)?;
                write(a[2], grant.as_bytes());
                Ok([0, 0])
            }
            Call::TaskInfo if a[0] == 0 => {
                let mut info = TaskInfo::new_zeroed();
                info.state = TaskState::Ready;
                info.name = Padded::new(&self.offer.task);
                write(a[1], info.as_bytes());
                Ok([0, 0])
            }
            Call::GrantClaim => {
                let grant = self.offer.grants.get_mut(a[1]).ok_or(Error::NotFound)?;
                grant.claim = Claim::Shared;
                Ok([grant.base as usize, 0])
            }
            Call::GrantUnclaim => {
                let grant = self.offer.grants.get_mut(a[1]).ok_or(Error::NotFound)?;
                grant.claim = Claim::None;
                Ok([0, 0])
            }
            Call::LeaseRelease => {
                *self.released.borrow_mut() = true;
                Ok([0, 0])
            }
            Call::SetServing | Call::SetTimer | Call::Time => Ok([0, 0]),
            _ => Err(Error::NotFound),
        }
    }
}

fn write(address: usize, from: &[u8]) {
    // SAFETY: the call lets the kernel write this much there.
    unsafe { bytes_mut(address, from.len()) }.copy_from_slice(from);
}

// SAFETY: windows are memory that is held for ever.
unsafe impl mock::Kernel for Kernel {
    fn system_call(&mut self, call: Call, arguments: [usize; 6]) -> [usize; 3] {
        match self.call(call, arguments) {
            Ok([first, second]) => [0, first, second],
            Err(error) => [error.code(), 0, 0],
        }
    }

    fn message(&mut self, call: Call, _: [usize; 3], _: &mut Message) -> [usize; 3] {
        match call {
            Call::Receive | Call::ReplyReceive => [0, u32::MAX as usize, 0],
            _ => [Error::Dead.code(), 0, 0],
        }
    }
}
