//! Virtio's entropy device: random bytes from the host.
//!
//! Source: OASIS, *Virtual I/O Device (VIRTIO) Version 1.2*, section 5.4. The device fills the buffers of its one queue
//! when it has random bytes; one is there at all times.
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

use driver_virtio::{Doorbell, Features, Piece, Queue, Transport};
use userlib::dma::{BusMaster, DmaBuffer};
use userlib::future::{Lock, with_deadline};
use userlib::interrupt::Interrupt;
use userlib::ipc::{Answer, Request, WriteLoan, interface};
use userlib::runtime::{AsyncDriver, Bound, Device};
use userlib::{Error, ForLt};

/// Bytes of the buffer.
const BUFFER: usize = 64;
/// How long the device may take for a buffer, in milliseconds.
const TIME: u64 = 1_000;

/// The calls that other tasks may make.
#[interface]
pub trait Rng {
    /// Fills `into` with random bytes; gives how many. `TimedOut` when the device gives none for a second.
    fn fill(&mut self, into: &mut [u8]) -> Result<u32, Error>;
}

/// The device while it is bound: one request at a time has it.
pub struct State<'cap>(Lock<Hardware<'cap>>);

/// What an operation uses. The transport resets the device before its memory, and the right to reach it, go.
struct Hardware<'cap> {
    transport: Transport<'cap>,
    doorbell: Doorbell<'cap>,
    queue: Queue<'cap, 1>,
    buffer: DmaBuffer<'cap, u8>,
    interrupt: Interrupt<'cap>,
    master: BusMaster<'cap>,
}

impl Hardware<'_> {
    /// Gives the device the buffer.
    fn offer(&mut self) -> Result<(), Error> {
        let piece = Piece::written(&self.buffer, &self.master);
        self.queue.offer(&[piece])?;
        self.doorbell.ring();
        Ok(())
    }

    /// Awaits the buffer; gives how many bytes of it are random.
    async fn filled(&mut self) -> Result<usize, Error> {
        loop {
            match self.queue.take()? {
                // The device must not give back an empty one (5.4.6.2).
                Some((_, 0)) => return Err(Error::Protocol),
                Some((_, length)) => return Ok(length as usize),
                None => with_deadline(TIME, self.interrupt.wait()).await?,
            }
            self.transport.interrupt()?;
            self.interrupt.acknowledge()?;
        }
    }

    async fn fill(&mut self, into: WriteLoan) -> Result<u32, Error> {
        let mut done = 0;
        while done < into.len() {
            let length = self.filled().await?.min(into.len() - done);
            self.buffer.give(0..length, &into, done)?;
            done += length;
            self.offer()?;
        }
        Ok(done as u32)
    }
}

impl RngAsyncServer for State<'_> {
    async fn fill(&self, into: WriteLoan) -> Result<u32, Error> {
        self.0.lock().await.fill(into).await
    }
}

/// The driver.
#[derive(Default)]
pub struct VirtioRngDriver;

impl AsyncDriver for VirtioRngDriver {
    type State = ForLt!(State<'_>);
    const REQUESTS: usize = 2;

    async fn probe<'cap>(&self, device: &Device<'cap, Bound>) -> Result<State<'cap>, Error> {
        let transport = Transport::new(device, Features(0)).await?;
        let mut pool = device.dma_pool()?;
        let queue = Queue::new(&mut pool)?;
        let master = device.bus_master()?;
        let mut hardware = Hardware {
            doorbell: transport.queue(0, &queue, &master)?,
            transport,
            queue,
            buffer: pool.buffer(BUFFER)?,
            interrupt: device.interrupt("intx")?,
            master,
        };
        hardware.transport.start();
        hardware.offer()?;
        userlib::log!("bound, irq {}", hardware.interrupt.line());
        Ok(State(Lock::new(hardware)))
    }

    fn request<'cap>(
        &self,
        state: &State<'cap>,
        _: &Device<'cap, Bound>,
        request: &Request<'_>,
    ) -> impl Future<Output = Answer> {
        state.dispatch(request)
    }
}
