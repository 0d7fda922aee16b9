//! The driver: the port over a window on lease, its interrupt, and the interface.

use crate::port::{Caller, Port};
use crate::registers::{Register, Registers, WINDOW};
use crate::uart::Uart;
use driver_interfaces::ConsoleServer;
use userlib::interrupt::Interrupt;
use userlib::io::ExclusiveIoMem;
use userlib::ipc::{Answer, Deferred, ReadLoan, Request, WriteLoan};
use userlib::runtime::{Core, Device, Driver, StateOf};
use userlib::sys::{self, TaskHandle};
use userlib::{Error, ForLt, time};

/// How long accepted bytes may take to leave when the console is unbound, in milliseconds: a
/// full ring takes 90 at 115200 baud.
const DRAIN: u64 = 120;

/// Notifications that a task may ask for: those that tasks post to each other.
const PEER_BITS: u32 = 0x7fff;

impl Registers for ExclusiveIoMem<'_, WINDOW> {
    #[inline]
    fn read(&self, register: Register) -> u8 {
        match register {
            Register::Data => self.read8::<0>(),
            Register::InterruptEnable => self.read8::<1>(),
            Register::FifoControl => self.read8::<2>(),
            Register::LineControl => self.read8::<3>(),
            Register::ModemControl => self.read8::<4>(),
            Register::LineStatus => self.read8::<5>(),
            Register::ModemStatus => self.read8::<6>(),
            Register::Scratch => self.read8::<7>(),
        }
    }

    #[inline]
    fn write(&mut self, register: Register, value: u8) {
        match register {
            Register::Data => self.write8::<0>(value),
            Register::InterruptEnable => self.write8::<1>(value),
            Register::FifoControl => self.write8::<2>(value),
            Register::LineControl => self.write8::<3>(value),
            Register::ModemControl => self.write8::<4>(value),
            Register::LineStatus => self.write8::<5>(value),
            Register::ModemStatus => self.write8::<6>(value),
            Register::Scratch => self.write8::<7>(value),
        }
    }
}

/// The buffer that came with a call.
#[derive(Debug)]
enum Buffer {
    None,
    In(ReadLoan),
    Out(WriteLoan),
}

/// A call that waits for its reply.
#[derive(Debug)]
pub struct Call {
    buffer: Buffer,
    reply: Deferred<u32>,
}

impl Caller for Call {
    fn copy_in(&self, offset: usize, into: &mut [u8]) -> Result<usize, Error> {
        match &self.buffer {
            Buffer::In(loan) => loan.read(offset, into),
            _ => Err(Error::Invalid),
        }
    }

    fn copy_out(&self, from: &[u8]) -> Result<usize, Error> {
        match &self.buffer {
            Buffer::Out(loan) => loan.write(0, from),
            _ => Err(Error::Invalid),
        }
    }

    fn length(&self) -> Result<usize, Error> {
        Ok(match &self.buffer {
            Buffer::None => 0,
            Buffer::In(loan) => loan.len(),
            Buffer::Out(loan) => loan.len(),
        })
    }

    fn reply(self, result: Result<usize, Error>) {
        self.reply.reply(result.map(|count| count as u32));
    }
}

/// The console while it is bound.
#[derive(Debug)]
pub struct Console<'cap> {
    port: Port<ExclusiveIoMem<'cap, WINDOW>, Call>,
    interrupt: Interrupt<'cap>,
    /// Who is told of input, and by which notification.
    watcher: Option<(TaskHandle, u32)>,
    /// Who makes the request that is being answered.
    client: Option<TaskHandle>,
}

impl Console<'_> {
    fn tell(&mut self) {
        if self.port.uart().available() > 0
            && let Some((task, bits)) = self.watcher
            && sys::notify(task, bits).is_err()
        {
            self.watcher = None;
        }
    }
}

impl ConsoleServer for Console<'_> {
    fn write(&mut self, bytes: ReadLoan, reply: Deferred<u32>) {
        self.port.write(Call {
            buffer: Buffer::In(bytes),
            reply,
        });
    }

    fn read(&mut self, bytes: WriteLoan, reply: Deferred<u32>) {
        self.port.read(Call {
            buffer: Buffer::Out(bytes),
            reply,
        });
    }

    fn read_ready(&mut self, bytes: WriteLoan, reply: Deferred<u32>) {
        self.port.read_ready(Call {
            buffer: Buffer::Out(bytes),
            reply,
        });
    }

    fn flush(&mut self, reply: Deferred<u32>) {
        self.port.flush(Call {
            buffer: Buffer::None,
            reply,
        });
    }

    fn watch(&mut self, bits: u32) -> Result<(), Error> {
        if bits == 0 || bits & !PEER_BITS != 0 {
            return Err(Error::Invalid);
        }
        self.watcher = self.client.map(|client| (client, bits));
        self.tell();
        Ok(())
    }
}

/// The driver.
#[derive(Debug, Default)]
pub struct ConsoleDriver;

impl Driver for ConsoleDriver {
    type State = ForLt!(Console<'_>);

    fn probe<'cap>(&self, device: &Device<'cap, Core>) -> Result<Console<'cap>, Error> {
        let registers = device.exclusive_io_mem::<WINDOW>(0)?;
        let interrupt = device.interrupt(0)?;
        let port = Port::new(Uart::new(registers)?);
        userlib::log!("bound NS16550A, 115200 baud");
        Ok(Console {
            port,
            interrupt,
            watcher: None,
            client: None,
        })
    }

    fn request<'cap>(
        &self,
        state: &mut StateOf<'cap, Self>,
        _: &Device<'cap, Core>,
        request: &Request<'_>,
    ) -> Answer {
        state.client = Some(request.client());
        state.dispatch(request)
    }

    fn interrupt<'cap>(&self, state: &mut StateOf<'cap, Self>, _: &Device<'cap, Core>, _: u32) {
        state.port.pump();
        state.tell();
        // `Revoked`: the binding is ending, and no interrupt is to come again.
        let _ = state.interrupt.acknowledge();
    }

    fn unbind<'cap>(&self, state: &mut StateOf<'cap, Self>, _: &Device<'cap, Core>) {
        let end = time::after(DRAIN);
        while !state.port.uart().is_drained() && sys::time() < end {
            state.port.uart_mut().service();
        }
        state.port.uart_mut().quiet();
    }
}
