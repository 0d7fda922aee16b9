//! A driver's queues as a device of `smoltcp`.
//!
//! `smoltcp` wants a slice of a frame that nobody changes meanwhile, and driver and device could change what is in a
//! lent buffer at any time. So each frame is copied once here, between the buffer and memory of this task.

use class_network::MOST_FRAME;
use smoltcp::phy::{self, DeviceCapabilities, Medium};
use smoltcp::time::Instant;

/// Where frames come from and go to.
pub(crate) trait Wire {
    /// Copies the next frame that came; gives its length.
    fn receive(&mut self, into: &mut [u8; MOST_FRAME]) -> Option<usize>;
    /// Whether a frame can be sent now.
    fn has_room(&mut self) -> bool;
    /// Sends a frame, if there is room.
    fn send(&mut self, frame: &[u8]);
}

/// No wire.
pub(crate) enum NoWire {}

impl Wire for NoWire {
    fn receive(&mut self, _: &mut [u8; MOST_FRAME]) -> Option<usize> {
        match *self {}
    }

    fn has_room(&mut self) -> bool {
        match *self {}
    }

    fn send(&mut self, _: &[u8]) {
        match *self {}
    }
}

/// The device: a wire, or none while there is no driver.
pub(crate) struct Phy<'a, W> {
    pub(crate) wire: Option<&'a mut W>,
    /// A frame that came, and one that is sent.
    pub(crate) frames: &'a mut [[u8; MOST_FRAME]; 2],
    /// Length of the frame that is given to `smoltcp` next.
    pub(crate) came: Option<usize>,
}

impl<W: Wire> Phy<'_, W> {
    /// Whether a frame can be answered now. Without room, what comes waits.
    pub(crate) fn has_room(&mut self) -> bool {
        self.wire.as_deref_mut().is_some_and(W::has_room)
    }

    /// Takes the next frame off the wire.
    pub(crate) fn fetch(&mut self) -> Option<&[u8]> {
        let wire = self.wire.as_deref_mut()?;
        let [received, _] = &mut *self.frames;
        self.came = wire.receive(received);
        received.get(..self.came?)
    }
}

/// A frame that came.
pub(crate) struct Received<'a>(&'a [u8]);

/// The right to send one.
pub(crate) struct Room<'a, W>(&'a mut W, &'a mut [u8; MOST_FRAME]);

impl phy::RxToken for Received<'_> {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, read: F) -> R {
        read(self.0)
    }
}

impl<W: Wire> phy::TxToken for Room<'_, W> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, length: usize, write: F) -> R {
        // `capabilities` says that no frame is longer.
        let length = length.min(MOST_FRAME);
        let frame = &mut self.1[..length];
        frame.fill(0);
        let result = write(frame);
        self.0.send(frame);
        result
    }
}

impl<W: Wire> phy::Device for Phy<'_, W> {
    type RxToken<'t>
        = Received<'t>
    where
        Self: 't;
    type TxToken<'t>
        = Room<'t, W>
    where
        Self: 't;

    fn receive(&mut self, _: Instant) -> Option<(Received<'_>, Room<'_, W>)> {
        let length = self.came.take()?;
        let wire = self.wire.as_deref_mut()?;
        let [received, sent] = &mut *self.frames;
        Some((Received(received.get(..length)?), Room(wire, sent)))
    }

    fn transmit(&mut self, _: Instant) -> Option<Room<'_, W>> {
        let wire = self.wire.as_deref_mut()?;
        wire.has_room().then_some(Room(wire, &mut self.frames[1]))
    }

    fn capabilities(&self) -> DeviceCapabilities {
        let mut capabilities = DeviceCapabilities::default();
        capabilities.medium = Medium::Ethernet;
        capabilities.max_transmission_unit = MOST_FRAME;
        capabilities
    }
}
