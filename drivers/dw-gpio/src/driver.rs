//! The driver: registers and clock are two leases, each may end before the other, and lines are lent on.

use crate::port::Port;
use crate::registers::WINDOW;
use core::cell::{Cell, RefCell};
use driver_interfaces::{LINE_EVENT, LineEvent, LinesServer};
use driver_th1520::Parts;
use userlib::interrupt::Interrupt;
use userlib::io::DevresIoMem;
use userlib::ipc::{Answer, Request};
use userlib::runtime::{Bound, Core, Device, Driver, Events, StateOf};
use userlib::supervisor::LET_GO;
use userlib::sys::{self, Notifications, TaskHandle};
use userlib::text::Text;
use userlib::{DevresLt, Error, ForLt};

/// Lines of a port at most.
const LINES: u8 = 32;

/// The auxiliary devices with the gates and resets of the ports.
const BLOCKS: [&str; 4] = [
    "control.gpio0",
    "control.gpio1",
    "control.gpio2",
    "control.gpio3",
];

/// The block's lease, under which lines are lent on: without its clock no line works.
#[derive(Debug)]
struct Block<'cap> {
    device: Device<'cap, Bound>,
    parts: RefCell<Option<Parts<'cap, u8>>>,
}

/// The family of [`Block`].
type BlockFamily = ForLt!(Block<'_>);

/// Who awaits an event of a line.
#[derive(Clone, Copy, Debug)]
struct Waiter {
    task: TaskHandle,
    came: bool,
}

/// The driver. It lives as long as the task, so it has what its bindings share.
#[derive(Debug, Default)]
pub struct GpioDriver {
    registers: RefCell<Option<DevresIoMem<WINDOW>>>,
    block: RefCell<Option<DevresLt<BlockFamily>>>,
    waiters: [Cell<Option<Waiter>>; LINES as usize],
}

/// What a binding is of.
#[derive(Debug)]
pub enum Binding<'cap> {
    /// The registers, and the port's interrupt.
    Registers(Interrupt<'cap>),
    /// The block's clock and reset.
    Block,
}

impl GpioDriver {
    /// What `body` does with the port.
    fn port<R>(&self, body: impl FnOnce(Port<'_>) -> Result<R, Error>) -> Result<R, Error> {
        let registers = self.registers.borrow();
        let guard = registers.as_ref().and_then(DevresIoMem::try_access);
        let guard = guard.ok_or(Error::Unbound)?;
        body(Port::new(guard.get()))
    }

    /// What `body` does with the lines on offer.
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

    /// Makes a line as nobody uses it.
    fn rest(&self, line: u8) {
        self.waiters[usize::from(line)].set(None);
        // The registers may be gone, or behind a closed gate: then nothing is driven.
        let _ = self.port(|port| port.rest(line));
    }

    /// Offers the lines, once registers and clock are there.
    fn offer(&self) -> Result<(), Error> {
        let block = self.block.borrow();
        if self.port(|_| Ok(())).is_err() {
            return Ok(());
        }
        let Some(block) = &*block else {
            return Ok(());
        };
        let with = |block: &Block<'_>| {
            if block.parts.borrow().is_some() {
                return Ok(());
            }
            let lines = (0..LINES).map(|line| (Text::of(format_args!("line{line}")), line));
            let parts = Parts::offer(&block.device, lines)?;
            userlib::log!("{} lines on offer", parts.len() as u32);
            for part in parts.iter() {
                self.rest(part.what());
            }
            block.parts.replace(Some(parts));
            Ok(())
        };
        block.try_access_with(with).unwrap_or(Ok(()))
    }

    /// Ends the leases of all lines.
    fn withdraw(&self) {
        while let Ok(Some(line)) = self.parts(|parts| Ok(parts.end_one())) {
            self.rest(line);
        }
        if let Some(block) = &*self.block.borrow() {
            block.try_access_with(|block| drop(block.parts.take()));
        }
    }

    /// Rests the lines whose leases are over.
    fn close_ended(&self) {
        while let Ok(Some(line)) = self.parts(|parts| Ok(parts.let_go())) {
            self.rest(line);
            userlib::log!("line {} is an input", u32::from(line));
        }
    }

    /// The port's interrupt: tells who awaits a line.
    fn came(&self) {
        let Ok(came) = self.port(|port| port.take()) else {
            return;
        };
        for line in (0..LINES).filter(|line| came >> line & 1 != 0) {
            let waiter = &self.waiters[usize::from(line)];
            if let Some(Waiter { task, .. }) = waiter.get() {
                waiter.set(Some(Waiter { task, came: true }));
                // `Dead`: its lease is over too.
                let _ = sys::notify(task, LINE_EVENT);
            }
        }
    }
}

impl Driver for GpioDriver {
    type State = ForLt!(Binding<'_>);

    fn probe<'cap>(&self, device: &Device<'cap, Core>) -> Result<Binding<'cap>, Error> {
        if BLOCKS.iter().any(|block| device.is_named(block)) {
            driver_th1520::open(device)?;
            let block = Block {
                device: device.bound(),
                parts: RefCell::new(None),
            };
            self.block.replace(Some(DevresLt::new(device, block)?));
            self.offer()?;
            return Ok(Binding::Block);
        }
        let window = device.io_mem::<WINDOW>(0)?.into_devres()?;
        self.registers.replace(Some(window));
        let interrupt = device.interrupt(0)?;
        self.offer()?;
        Ok(Binding::Registers(interrupt))
    }

    fn request<'cap>(
        &self,
        _: &mut StateOf<'cap, Self>,
        _: &Device<'cap, Core>,
        request: &Request<'_>,
    ) -> Answer {
        let client = request.client();
        Caller {
            driver: self,
            client,
        }
        .dispatch(request)
    }

    fn interrupt<'cap>(
        &self,
        binding: &mut StateOf<'cap, Self>,
        _: &Device<'cap, Core>,
        events: Events,
    ) {
        if let Binding::Registers(interrupt) = binding
            && events.contains(interrupt)
        {
            self.came();
            // `Revoked`: no more of them come.
            let _ = interrupt.acknowledge();
        }
    }

    fn notified<'cap>(
        &self,
        binding: &mut StateOf<'cap, Self>,
        _: &Device<'cap, Core>,
        events: Events,
    ) {
        // Each of the two bindings is told.
        if events.from_peer(LET_GO) && matches!(binding, Binding::Block) {
            self.close_ended();
        }
    }

    fn unbind<'cap>(&self, _: &mut StateOf<'cap, Self>, _: &Device<'cap, Core>) {
        // Without one of the two there is no line.
        self.withdraw();
    }
}

/// One request: who asks.
struct Caller<'d> {
    driver: &'d GpioDriver,
    client: TaskHandle,
}

impl Caller<'_> {
    /// The line of this label, if the client has it on lease.
    fn line(&self, label: u32) -> Result<u8, Error> {
        let granted = self
            .driver
            .parts(|parts| parts.granted(label, self.client))?;
        if !granted.is_on {
            // What was left of an earlier lease goes first.
            self.driver.close_ended();
            self.driver.parts(|parts| {
                parts.turned_on(&granted);
                Ok(())
            })?;
        }
        Ok(granted.what)
    }
}

impl LinesServer for Caller<'_> {
    fn drive(&mut self, line: u32, high: u32) -> Result<(), Error> {
        let line = self.line(line)?;
        self.driver.waiters[usize::from(line)].set(None);
        self.driver.port(|port| port.drive(line, high != 0))
    }

    fn sense(&mut self, line: u32) -> Result<(), Error> {
        let line = self.line(line)?;
        self.driver.rest(line);
        self.driver.port(|_| Ok(()))
    }

    fn level(&mut self, line: u32) -> Result<u32, Error> {
        let line = self.line(line)?;
        self.driver.port(|port| port.level(line)).map(u32::from)
    }

    fn driven(&mut self, line: u32) -> Result<u32, Error> {
        let line = self.line(line)?;
        self.driver.port(|port| port.driven(line)).map(u32::from)
    }

    fn arm(&mut self, line: u32, event: u32) -> Result<(), Error> {
        let event = LineEvent::from_number(event).ok_or(Error::Invalid)?;
        let line = self.line(line)?;
        // `Denied`: this task could not tell the client.
        sys::notify(self.client, Notifications::empty())?;
        let came = self.driver.port(|port| port.arm(line, event))?;
        let waiter = Waiter {
            task: self.client,
            came,
        };
        self.driver.waiters[usize::from(line)].set(Some(waiter));
        Ok(())
    }

    fn came(&mut self, line: u32) -> Result<u32, Error> {
        let line = self.line(line)?;
        let waiter = self.driver.waiters[usize::from(line)].get();
        Ok(waiter.is_some_and(|waiter| waiter.came).into())
    }
}
