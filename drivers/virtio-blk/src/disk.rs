//! The device: its queue, and what it is doing.

use crate::request::{Frame, HEADER};
use class_block::{BUFFER, Failure, Job, Operation, SLOTS, Server, Slot};
use core::mem::offset_of;
use driver_virtio::{Doorbell, Piece, Queue, Transport};
use userlib::Error;
use userlib::dma::{BusMaster, DmaBuffer, DmaPool, Ours, Theirs};
use userlib::runtime::{Bound, Device};

/// Descriptors of the queue: at most three for each request.
const DESCRIPTORS: usize = (3 * SLOTS).next_power_of_two();

/// What the disk has for a request.
struct Pending<'cap> {
    slot: Slot,
    operation: Operation,
    frame: DmaBuffer<'cap, Frame, Theirs>,
}

/// The disk. The transport resets it before its memory goes.
pub(crate) struct Disk<'cap> {
    transport: Transport<'cap>,
    doorbell: Doorbell<'cap>,
    queue: Queue<'cap, DESCRIPTORS, Pending<'cap>>,
    /// Frames that no request uses.
    frames: [Option<DmaBuffer<'cap, Frame, Ours>>; SLOTS],
    master: BusMaster<'cap>,
    /// The device was taken out of the machine.
    gone: bool,
}

/// Sectors (5.2.4).
pub(crate) fn capacity(transport: &Transport<'_>) -> Result<u64, Error> {
    let own = transport.device().ok_or(Error::NoDevice)?;
    let half = |offset| own.try_read32(offset).map(u64::from);
    Ok(half(4)? << 32 | half(0)?)
}

impl<'cap> Disk<'cap> {
    /// Starts the device.
    pub(crate) fn new(
        device: &Device<'cap, Bound>,
        transport: Transport<'cap>,
        pool: &mut DmaPool<'cap>,
    ) -> Result<Self, Error> {
        let queue = Queue::new(pool)?;
        let mut frames = [const { None }; SLOTS];
        for frame in &mut frames {
            *frame = Some(pool.buffer(1)?.owned());
        }
        let master = device.bus_master()?;
        let disk = Self {
            doorbell: transport.queue(0, &queue, &master)?,
            transport,
            queue,
            frames,
            master,
            gone: false,
        };
        disk.transport.start();
        Ok(disk)
    }

    /// Whether it does nothing.
    pub(crate) const fn is_idle(&self) -> bool {
        self.gone || self.queue.in_flight() == 0
    }

    /// Whether it can take no more.
    pub(crate) const fn is_full(&self) -> bool {
        !self.gone && self.queue.in_flight() as usize >= SLOTS
    }

    /// Whether the device was taken out of the machine, when it has not answered. From the first time on that it was,
    /// each request is answered so: those that it had here, unless the child `ends`.
    pub(crate) fn is_gone(&mut self, server: &Server<'cap>, ends: bool) -> bool {
        if self.transport.is_there() {
            return false;
        }
        self.gone = true;
        for pending in self.queue.abandon() {
            if !ends {
                // As in `finish`.
                let _ = server.answer(pending.slot, Err(Failure::Gone));
            }
        }
        true
    }

    /// Gives the disk what the child wants.
    ///
    /// # Errors
    /// `Protocol` of the child.
    pub(crate) fn start(&mut self, server: &Server<'cap>) -> Result<(), Error> {
        let mut rings = false;
        while !self.is_full()
            && let Some(job) = server.next()?
        {
            if self.gone {
                server.answer(job.slot, Err(Failure::Gone))?;
                continue;
            }
            self.give(server, job)?;
            rings = true;
        }
        if rings {
            self.doorbell.ring();
        }
        Ok(())
    }

    fn give(&mut self, server: &Server<'cap>, job: Job) -> Result<(), Error> {
        let Job { slot, operation } = job;
        let spare = self.frames.iter_mut().find_map(Option::take);
        let mut frame = spare.ok_or(Error::Exhausted)?;
        frame.write(0, Frame::new(operation))?;
        let buffer = slot.index() * BUFFER;
        let pending = Pending {
            slot,
            operation,
            frame: frame.to_device(&self.master),
        };
        let (queue, master) = (&mut self.queue, &self.master);
        let data = match operation {
            Operation::Read { bytes, .. } => {
                Some(Piece::written(server.buffers(), master).part(buffer, bytes)?)
            }
            Operation::Write { bytes, .. } => {
                Some(Piece::read(server.buffers(), master).part(buffer, bytes)?)
            }
            Operation::Flush => None,
        };
        let status = offset_of!(Frame, status);
        let given = match data {
            Some(data) => queue.give(pending, |pending| {
                Ok([
                    Piece::read_theirs(&pending.frame, master).part(0, HEADER)?,
                    data,
                    Piece::written_theirs(&pending.frame, master).part(status, 1)?,
                ])
            }),
            None => queue.give(pending, |pending| {
                Ok([
                    Piece::read_theirs(&pending.frame, master).part(0, HEADER)?,
                    Piece::written_theirs(&pending.frame, master).part(status, 1)?,
                ])
            }),
        };
        // There are descriptors for every frame.
        given.map(drop).map_err(|(error, _)| error)
    }

    /// Answers what the disk has done; if the child `ends`, nobody hears of it.
    ///
    /// # Errors
    /// `Protocol` of the disk.
    pub(crate) fn finish(&mut self, server: &Server<'cap>, ends: bool) -> Result<(), Error> {
        while let Some(used) = self.queue.take_back()? {
            let Pending {
                slot,
                operation,
                frame,
            } = used.buffers;
            let frame = frame.from_device();
            let result = frame.read(0)?.result(used.written, operation);
            let place = self.frames.iter_mut().find(|place| place.is_none());
            *place.ok_or(Error::Protocol)? = Some(frame);
            if !ends {
                // A child that leaves no room for it is found out by its next request.
                let _ = server.answer(slot, result);
            }
        }
        if !ends {
            server.publish();
        }
        Ok(())
    }

    /// The device's line came.
    ///
    /// # Errors
    /// `NoDevice` when it is gone, or cannot go on. One that is known to be gone says nothing.
    pub(crate) fn interrupted(&self) -> Result<(), Error> {
        if self.gone {
            return Ok(());
        }
        self.transport.interrupt().map(drop)
    }
}
