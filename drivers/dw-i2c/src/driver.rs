//! The driver: registers and clock are two leases, each may end before the other, and targets are lent on.

use crate::bus::{Bus, Events, PATIENCE};
use crate::controller::Controller;
use crate::registers::{Registers, WINDOW};
use core::cell::{Cell, RefCell};
use core::future::poll_fn;
use core::task::{Poll, Waker};
use driver_interfaces::{I2C_MOST, I2cError, TargetsAsyncServer, i2c_shape};
use driver_th1520::Parts;
use driver_th1520::pads::{I2C, settings};
use embedded_hal::i2c::Operation;
use userlib::future::{Lock, with_deadline};
use userlib::interrupt::Interrupt;
use userlib::io::DevresIoMem;
use userlib::ipc::{Answer, ReadLoan, Request, WriteLoan};
use userlib::runtime::{AsyncDriver, Bound, Device};
use userlib::sys::TaskHandle;
use userlib::text::Text;
use userlib::{DevresLt, Error, ForLt};

/// Addresses of 7 bits that a target can have (NXP UM10204, 3.1.12: the others are reserved).
const ADDRESSES: core::ops::Range<u8> = 0x08..0x78;

/// The auxiliary devices with the gates and resets of the controllers.
const BLOCKS: [&str; 5] = [
    "control.i2c0",
    "control.i2c1",
    "control.i2c2",
    "control.i2c3",
    "control.i2c4",
];

/// Pads with the lines of a bus: of controllers 0 to 3 (U-Boot drivers/pinctrl/pinctrl-th1520.c, `I2C0_SCL` to
/// `I2C1_SDA` of group 2, `I2C2_SCL` to `I2C3_SDA` of group 3). No pad has a name from another one.
const PADS: [&str; 8] = [
    "pins.gpio0-6",
    "pins.gpio0-7",
    "pins.gpio0-8",
    "pins.gpio0-9",
    "pins.gpio2-9",
    "pins.gpio2-10",
    "pins.gpio2-11",
    "pins.gpio2-12",
];

/// The block's lease, under which targets are lent on: without its clock none answers.
#[derive(Debug)]
struct Block<'cap> {
    device: Device<'cap, Bound>,
    parts: RefCell<Option<Parts<'cap, u8>>>,
}

/// The family of [`Block`].
type BlockFamily = ForLt!(Block<'_>);

/// The driver. It lives as long as the task, so it has what its bindings share.
#[derive(Debug)]
pub struct I2cDriver {
    registers: RefCell<Option<DevresIoMem<WINDOW>>>,
    block: RefCell<Option<DevresLt<BlockFamily>>>,
    /// The rate of the controller's clock in Hz.
    rate: Cell<u32>,
    /// One transfer after the other has the controller.
    turn: Lock<()>,
    /// The interrupt came, and who waits for it.
    came: Cell<bool>,
    waiter: RefCell<Option<Waker>>,
}

impl Default for I2cDriver {
    fn default() -> Self {
        Self {
            registers: RefCell::default(),
            block: RefCell::default(),
            rate: Cell::default(),
            turn: Lock::new(()),
            came: Cell::default(),
            waiter: RefCell::default(),
        }
    }
}

/// What a binding is of.
#[derive(Debug)]
pub enum Binding<'cap> {
    /// The registers, and the controller's interrupt.
    Registers(Lock<Interrupt<'cap>>),
    /// The block's clock and reset.
    Block,
    /// A pad of the bus.
    Pad,
}

/// The registers by the driver, and its interrupt to wait for.
struct Awaited<'d>(&'d I2cDriver);

impl Bus for Awaited<'_> {
    fn registers<R, E: From<Error>>(
        &self,
        body: impl FnOnce(Registers<'_>) -> Result<R, E>,
    ) -> Result<R, E> {
        let registers = self.0.registers.borrow();
        let guard = registers.as_ref().and_then(DevresIoMem::try_access);
        let guard = guard.ok_or(Error::Unbound)?;
        body(Registers::new(guard.get()))
    }

    async fn event(&mut self, wanted: Events) -> Result<(), Error> {
        self.0.came.set(false);
        self.registers(|registers| registers.interrupts().try_write(wanted))?;
        let came = poll_fn(|context| {
            if self.0.came.get() {
                return Poll::Ready(());
            }
            self.0.waiter.replace(Some(context.waker().clone()));
            Poll::Pending
        });
        with_deadline(PATIENCE, came).await
    }
}

impl I2cDriver {
    /// What `body` does with the targets on offer.
    fn parts<R>(
        &self,
        body: impl FnOnce(&mut Parts<'_, u8>) -> Result<R, Error>,
    ) -> Result<R, Error> {
        let block = self.block.borrow();
        let block = block.as_ref().ok_or(Error::Unbound)?;
        let with = |block: &Block<'_>| match &mut *block.parts.borrow_mut() {
            Some(parts) => body(parts),
            None => Err(Error::Unbound),
        };
        block.try_access_with(with).unwrap_or(Err(Error::Unbound))
    }

    /// Offers the targets, once registers and clock are there and the controller answers.
    fn offer(&self) -> Result<(), Error> {
        let block = self.block.borrow();
        let Some(block) = &*block else {
            return Ok(());
        };
        if self.registers.borrow().is_none() {
            return Ok(());
        }
        let with = |block: &Block<'_>| {
            if block.parts.borrow().is_some() {
                return Ok(());
            }
            Controller::new(Awaited(self), self.rate.get())?;
            let name = |address| Text::of(format_args!("target{address:02x}"));
            let targets = ADDRESSES.map(|address| (name(address), address));
            let parts = Parts::offer(&block.device, targets)?;
            userlib::log!("{} targets on offer", parts.len() as u32);
            block.parts.replace(Some(parts));
            Ok(())
        };
        block.try_access_with(with).unwrap_or(Ok(()))
    }

    /// The address of this label, if the client has it on lease.
    fn target(&self, label: u32, client: TaskHandle) -> Result<u8, Error> {
        self.parts(|parts| Ok(parts.granted(label, client)?.what))
    }

    /// The interrupt came. The registers of an event stay as they are until the transfer has looked.
    fn interrupted(&self) {
        let _ = Awaited(self).registers(|registers| registers.interrupts().try_set(0));
        self.came.set(true);
        if let Some(waiter) = self.waiter.take() {
            waiter.wake();
        }
    }
}

impl AsyncDriver for I2cDriver {
    type State = ForLt!(Binding<'_>);
    /// One has the bus, the other waits for its turn.
    const REQUESTS: usize = 2;

    async fn probe<'cap>(&self, device: &Device<'cap, Bound>) -> Result<Binding<'cap>, Error> {
        if BLOCKS.iter().any(|block| device.is_named(block)) {
            self.rate.set(driver_th1520::open(device)?);
            let block = Block {
                device: device.clone(),
                parts: RefCell::new(None),
            };
            self.block.replace(Some(DevresLt::new(device, block)?));
            self.offer()?;
            return Ok(Binding::Block);
        }
        if PADS.iter().any(|pad| device.is_named(pad)) {
            driver_th1520::connect(device, I2C, settings::INPUT | settings::USUAL)?;
            return Ok(Binding::Pad);
        }
        let window = device.io_mem::<WINDOW>(0)?.into_devres()?;
        self.registers.replace(Some(window));
        let interrupt = device.interrupt(0)?;
        self.offer()?;
        Ok(Binding::Registers(Lock::new(interrupt)))
    }

    async fn request<'cap>(
        &self,
        _: &Binding<'cap>,
        _: &Device<'cap, Bound>,
        request: &Request<'_>,
    ) -> Answer {
        let client = request.client();
        let caller = Caller {
            driver: self,
            client,
        };
        caller.dispatch(request).await
    }

    async fn run<'cap>(&self, binding: &Binding<'cap>, _: &Device<'cap, Bound>) {
        let Binding::Registers(interrupt) = binding else {
            return;
        };
        let mut interrupt = interrupt.lock().await;
        loop {
            interrupt.wait().await;
            self.interrupted();
            // `Revoked`: no more of them come.
            let _ = interrupt.acknowledge();
        }
    }
}

/// One request: who asks.
struct Caller<'d> {
    driver: &'d I2cDriver,
    client: TaskHandle,
}

impl TargetsAsyncServer for Caller<'_> {
    async fn transfer(
        self,
        target: u32,
        shape: u64,
        out: ReadLoan,
        into: WriteLoan,
    ) -> Result<u32, Error> {
        let shape = i2c_shape(shape)?;
        let _turn = self.driver.turn.lock().await;
        let address = self.driver.target(target, self.client)?;
        let lengths = |wanted| {
            let of = shape.iter().filter(|(reads, _)| *reads == wanted);
            of.map(|(_, length)| *length).sum::<usize>()
        };
        if (lengths(false), lengths(true)) != (out.len(), into.len()) {
            return Err(Error::Invalid);
        }
        let (mut sends, mut receives) = ([0; I2C_MOST], [0; I2C_MOST]);
        out.read(0, &mut sends)?;
        let (mut send, mut receive) = (&sends[..], &mut receives[..]);
        let mut operations = shape.map(|(reads, length)| {
            if reads {
                let (bytes, rest) = core::mem::take(&mut receive).split_at_mut(length);
                receive = rest;
                Operation::Read(bytes)
            } else {
                let (bytes, rest) = send.split_at(length);
                send = rest;
                Operation::Write(bytes)
            }
        });
        let mut controller = Controller::new(Awaited(self.driver), self.driver.rate.get())?;
        let done = controller.transfer(address, &mut operations).await;
        let number = I2cError::number(done)?;
        into.write(0, &receives[..into.len()])?;
        Ok(number)
    }
}
