//! Virtio's entropy device: random bytes from the host.
//!
//! Source: OASIS, *Virtual I/O Device (VIRTIO) Version 1.2*, section 5.4. The device fills the buffers of its one queue
//! when it has random bytes; one is there at all times.
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

use driver_virtio::{Doorbell, Features, Piece, Queue, Transport};
use userlib::dma::{BusMaster, DmaBuffer, Ours, Theirs};
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

/// The device while it is bound. The transport resets it before its memory, and the right to reach it, go.
pub struct Hardware<'cap> {
    transport: Transport<'cap>,
    doorbell: Doorbell<'cap>,
    /// It has the buffer, except while bytes are copied out of it.
    queue: Queue<'cap, 1, DmaBuffer<'cap, u8, Theirs>>,
    interrupt: Interrupt<'cap>,
    master: BusMaster<'cap>,
}

impl<'cap> Hardware<'cap> {
    /// Gives the device the buffer.
    fn offer(&mut self, buffer: DmaBuffer<'cap, u8, Ours>) -> Result<(), Error> {
        let master = &self.master;
        self.queue
            .give(buffer.to_device(master), |buffer| {
                Ok([Piece::written_theirs(buffer, master)])
            })
            .map_err(|(error, _)| error)?;
        self.doorbell.ring();
        Ok(())
    }

    /// Awaits the buffer, and how many bytes of it are random.
    async fn filled(&mut self) -> Result<(DmaBuffer<'cap, u8, Ours>, usize), Error> {
        loop {
            match self.queue.take_back()? {
                // The device must not give back an empty one (5.4.6.2).
                Some(used) if used.written == 0 => return Err(Error::Protocol),
                Some(used) => return Ok((used.buffers.from_device(), used.written as usize)),
                None => with_deadline(TIME, self.interrupt.wait()).await?,
            }
            self.transport.interrupt()?;
            self.interrupt.acknowledge()?;
        }
    }
}

impl RngAsyncServer for &mut Hardware<'_> {
    async fn fill(self, into: WriteLoan) -> Result<u32, Error> {
        let mut done = 0;
        while done < into.len() {
            let (buffer, filled) = self.filled().await?;
            let length = filled.min(into.len() - done);
            let given = buffer.give(0..length, &into, done);
            // Also for a client that is gone: the next one finds the buffer with the device.
            self.offer(buffer)?;
            given?;
            done += length;
        }
        Ok(done as u32)
    }
}

/// The driver.
#[derive(Default)]
pub struct VirtioRngDriver;

impl AsyncDriver for VirtioRngDriver {
    /// One request at a time has the device.
    type State = ForLt!(Lock<Hardware<'_>>);
    const REQUESTS: usize = 2;

    async fn probe<'cap>(
        &self,
        device: &Device<'cap, Bound>,
    ) -> Result<Lock<Hardware<'cap>>, Error> {
        let transport = Transport::new(device, Features(0)).await?;
        let mut pool = device.dma_pool()?;
        let queue = Queue::new(&mut pool)?;
        let master = device.bus_master()?;
        let mut hardware = Hardware {
            doorbell: transport.queue(0, &queue, &master)?,
            transport,
            queue,
            interrupt: device.interrupt("intx")?,
            master,
        };
        hardware.transport.start();
        hardware.offer(pool.buffer(BUFFER)?.owned())?;
        userlib::log!("bound, irq {}", hardware.interrupt.line());
        Ok(Lock::new(hardware))
    }

    async fn request<'cap>(
        &self,
        state: &Lock<Hardware<'cap>>,
        _: &Device<'cap, Bound>,
        request: &Request<'_>,
    ) -> Answer {
        state.lock().await.dispatch(request).await
    }
}
