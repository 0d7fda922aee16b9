//! The driver: the port over a chip on lease, its interrupts, and the interface.

use crate::chip::Chip;
use crate::port::{Caller, Port};
use crate::uart::{TRANSMIT_RING, Uart};
use driver_interfaces::ConsoleServer;
use heapless::Vec;
use userlib::for_lt::Family;
use userlib::interrupt::Interrupt;
use userlib::ipc::{Answer, Deferred, Kept, ReadLoan, Request, WriteLoan};
use userlib::runtime::{Bound, Core, Device, Driver, Events, StateOf};
use userlib::sys::{self, Notifications, TaskHandle};
use userlib::{Error, time};

/// How long accepted bytes may take to leave when the console is unbound, in milliseconds: a
/// full ring at 115200 baud, ten bits a byte, and half as much again.
const DRAIN: u64 = (TRANSMIT_RING as u64 * 10 * 1000 / 115_200) * 3 / 2;

/// Most interrupt lines of a chip: one for each direction.
const LINES: usize = 2;

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

/// A model of UART: how to open a chip of this model.
pub trait Model: Default + 'static {
    /// The chip, over the resources of the device on lease.
    type Chip<'cap>: Chip;
    /// Its name in the log.
    const NAME: &'static str;
    /// Its interrupt lines, one or two. All have the same handler.
    const LINES: usize;

    /// Claims the device's registers and sets the chip up, with its interrupts off.
    ///
    /// # Errors
    /// `NoDevice` when no such chip answers; those of the claim.
    fn open<'cap>(&self, device: &Device<'cap, Bound>) -> Result<Self::Chip<'cap>, Error>;
}

/// The console while it is bound.
#[derive(Family)]
pub struct Console<'cap, M: Model> {
    port: Port<M::Chip<'cap>, Call>,
    lines: Vec<Interrupt<'cap>, LINES>,
    /// The task that is notified of input, and its notification.
    watcher: Option<(TaskHandle, Notifications)>,
    /// The task whose request is being answered.
    client: Option<TaskHandle>,
}

impl<M: Model> Console<'_, M> {
    fn tell(&mut self) {
        if self.port.uart().available() > 0
            && let Some((task, bits)) = self.watcher
            && sys::notify(task, bits).is_err()
        {
            self.watcher = None;
        }
    }
}

impl<M: Model> ConsoleServer for Console<'_, M> {
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

    fn watch(&mut self, wanted: Notifications) -> Result<(), Error> {
        // Tasks may post no other notifications to each other.
        if wanted.is_empty() || !Notifications::PEERS.contains(wanted) {
            return Err(Error::Invalid);
        }
        self.watcher = self.client.map(|client| (client, wanted));
        self.tell();
        Ok(())
    }
}

/// The driver of one model.
#[derive(Debug, Default)]
pub struct ConsoleDriver<M>(M);

impl<M: Model> Driver for ConsoleDriver<M> {
    type State = Console<'static, M>;

    fn probe<'cap>(&self, device: &Device<'cap, Core>) -> Result<Console<'cap, M>, Error> {
        let mut console = Console {
            port: Port::new(Uart::new(self.0.open(device)?)),
            lines: Vec::new(),
            watcher: None,
            client: None,
        };
        for number in 0..M::LINES {
            let line = device.interrupt(number)?;
            console.lines.push(line).map_err(|_| Error::Exhausted)?;
        }
        console.port.pump();
        userlib::log!("bound {}, 115200 baud", M::NAME);
        Ok(console)
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

    fn replies<'cap>(&self, state: &StateOf<'cap, Self>, kept: &mut Kept<'_>) {
        state.port.callers().for_each(|call| kept.show(&call.reply));
    }

    fn interrupt<'cap>(
        &self,
        state: &mut StateOf<'cap, Self>,
        _: &Device<'cap, Core>,
        events: Events,
    ) {
        state.port.pump();
        state.tell();
        for line in state.lines.iter().filter(|line| events.contains(*line)) {
            // `Revoked`: the binding is ending, and no more interrupts may come.
            let _ = line.acknowledge();
        }
    }

    fn unbind<'cap>(&self, state: &mut StateOf<'cap, Self>, _: &Device<'cap, Core>) {
        let end = time::after(DRAIN);
        while !state.port.uart().is_drained() && sys::time() < end {
            state.port.uart_mut().service();
        }
        state.port.uart_mut().quiet();
    }
}
