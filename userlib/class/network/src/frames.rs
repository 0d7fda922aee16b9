//! The end of the task above: takes frames that came, and gives frames to send.

use crate::{BUFFER, Done, Frame, Identity, MEMORY, MOST_FRAME, Network, NetworkFamily, is_length};
use class_queue::Slot;
use userlib::Error;
use userlib::runtime::{Bound, Device};

/// The queues of one binding.
///
/// After `Protocol` the driver is not to be relied on: use none of it any more.
#[derive(Debug)]
pub struct Frames<'cap> {
    queues: &'cap Network<'cap>,
    /// Where the next frame to send is written.
    next: Option<Slot>,
}

impl<'cap> Frames<'cap> {
    /// The queues of this device, as its driver lends them.
    ///
    /// # Errors
    /// `Protocol`: what it lends is not what this class says. Those of
    /// [`registration_data`](Device::registration_data).
    pub fn new(device: &Device<'cap, Bound>) -> Result<Self, Error> {
        let queues = device.registration_data::<NetworkFamily>()?.get_ref();
        let lengths = [&queues.received_memory, &queues.transmit_memory].map(|memory| memory.len());
        if lengths.iter().any(|length| *length < MEMORY) || !queues.transmit_memory.is_writable() {
            return Err(Error::Protocol);
        }
        // No controller has the address of a group of them (IEEE 802.3, 3.2.3: the first bit), and the stack above
        // stops at one.
        if queues.identity.address[0] & 1 != 0 {
            return Err(Error::Protocol);
        }
        Ok(Self { queues, next: None })
    }

    /// What the controller is like.
    pub const fn identity(&self) -> Identity {
        self.queues.identity
    }

    /// Whether there is a link, as the driver says.
    pub fn has_link(&self) -> bool {
        self.queues.link.read().is_ok_and(|link| link != 0)
    }

    /// Copies the next frame that came; gives its length. It is copied because driver and device could change what is
    /// in the buffer at any time.
    ///
    /// # Errors
    /// `Protocol`.
    pub fn receive(&mut self, into: &mut [u8; MOST_FRAME]) -> Result<Option<usize>, Error> {
        let Some((slot, frame)) = self.queues.received.request()? else {
            return Ok(None);
        };
        let length = frame.checked()?;
        let from = slot.index() * BUFFER;
        (self.queues.received_memory).copy_to(from, &mut into[..length])?;
        self.queues.received.answer(slot, |tag| Done { tag })?;
        Ok(Some(length))
    }

    /// Whether a frame can be sent now.
    ///
    /// # Errors
    /// `Protocol`.
    pub fn has_room(&mut self) -> Result<bool, Error> {
        if self.next.is_none() {
            while let Some((slot, _)) = self.queues.transmit.answer()? {
                self.queues.transmit.put_back(slot)?;
            }
            self.next = self.queues.transmit.slot();
        }
        Ok(self.next.is_some())
    }

    /// Sends a frame. The driver sees it after [`Frames::turn`].
    ///
    /// # Errors
    /// `Exhausted`: there is no room. `Invalid`: no frame has this length. `Protocol`.
    pub fn send(&mut self, frame: &[u8]) -> Result<(), Error> {
        if !is_length(frame.len()) {
            return Err(Error::Invalid);
        }
        if !self.has_room()? {
            return Err(Error::Exhausted);
        }
        let slot = self.next.take().ok_or(Error::Exhausted)?;
        let into = slot.index() * BUFFER;
        self.queues.transmit_memory.copy_from(into, frame)?;
        let length = frame.len() as u32;
        (self.queues.transmit).ask(slot, |tag| Frame { tag, length })
    }

    /// Whether a former life of this task has used the queues. Then nothing comes, and a new binding follows.
    pub const fn is_stale(&self) -> bool {
        self.queues.received.is_stale() || self.queues.transmit.is_stale()
    }

    /// Shows the driver all that was done, and says whether to wait for [`READY`](crate::READY): nothing came, and no
    /// room either if there is none.
    ///
    /// # Errors
    /// `Protocol`.
    pub fn turn(&mut self) -> Result<bool, Error> {
        let queues = self.queues;
        let mut notify = queues.received.publish() | queues.transmit.publish();
        let received = queues.received.turn()?;
        notify |= received.notify;
        let mut wait = received.wait;
        if !self.has_room()? && !self.is_stale() {
            let sent = queues.transmit.turn()?;
            notify |= sent.notify;
            wait &= sent.wait;
        }
        if notify {
            queues.driver.notify();
        }
        Ok(wait)
    }
}
