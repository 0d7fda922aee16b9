//! Virtio's network controller, as a driver of the class `network`.
//!
//! Source: OASIS, *Virtual I/O Device (VIRTIO) Version 1.2*, section 5.1. Queue 0 takes buffers for frames to come, and
//! queue 1 takes frames to send. Each chain has a header and a frame; the frame lies in a buffer that is lent to the
//! task above, so the driver copies nothing.
//!
//! A device that does not keep to the document ends the driver with a panic: the next life resets it.
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

mod direction;

use crate::direction::{Direction, HEADER, Parts};
use class_network::{BUFFER, BUFFERS, Identity, Port, Wants};
use driver_virtio::{Features, Transport};
use embassy_futures::select::{Either, select};
use embassy_futures::yield_now;
use userlib::dma::BusMaster;
use userlib::future::{Lock, Posts};
use userlib::interrupt::Interrupt;
use userlib::runtime::{AsyncDriver, Bound, Device};
use userlib::sys::Notifications;
use userlib::{Error, ForLt};

/// Features (5.1.3): the device has an address, and says whether there is a link.
const MAC: u64 = 1 << 5;
const STATUS: u64 = 1 << 16;
/// What is this device's own (5.1.4): the address, and behind it the status, whose first bit is the link.
const ADDRESS_AT: usize = 0;
const STATUS_AT: usize = 6;
const LINK: u16 = 1;

/// With fewer buffers than this for frames to come, the driver is woken when one is given back.
const FEW: usize = BUFFERS / 2;

/// The device while it is bound.
pub struct State<'cap>(Lock<Hardware<'cap>>);

/// What the loop uses. The transport resets the device before its memory, and the right to reach it, go.
struct Hardware<'cap> {
    transport: Transport<'cap>,
    receive: Direction<'cap>,
    transmit: Direction<'cap>,
    port: Port<'cap>,
    interrupt: Interrupt<'cap>,
    posts: Posts<'cap>,
    _master: BusMaster<'cap>,
}

/// The hardware address, and whether there is a link.
fn identify(transport: &Transport<'_>) -> Result<(Identity, bool), Error> {
    let own = transport.device().ok_or(Error::NoDevice)?;
    let mut identity = Identity::default();
    for (at, byte) in identity.address.iter_mut().enumerate() {
        *byte = own.try_read8(ADDRESS_AT + at)?;
    }
    Ok((identity, own.try_read16(STATUS_AT)? & LINK != 0))
}

impl Hardware<'_> {
    /// Does all that there is to do, and says whether to wait.
    fn work(&mut self) -> Result<bool, Error> {
        while let Some((slot, bytes)) = self.receive.take()? {
            // Less than a header is no frame either.
            self.port.received(slot, bytes.saturating_sub(HEADER))?;
        }
        while let Some((slot, _)) = self.transmit.take()? {
            self.port.sent(slot);
        }
        if self.port.renews() && self.transmit.in_flight() == 0 {
            let receive = &mut self.receive;
            self.port.renew(|slot| match receive.renew(slot) {
                Some(slot) => receive.offer(slot, BUFFER),
                None => Ok(()),
            })?;
        }
        while let Some(slot) = self.port.free() {
            self.receive.offer(slot, BUFFER)?;
        }
        while let Some((slot, length)) = self.port.to_send() {
            self.transmit.offer(slot, length)?;
        }
        self.receive.tell();
        self.transmit.tell();
        Ok(self.port.turn(Wants {
            buffers: self.receive.in_flight() < FEW,
            frames: true,
        }))
    }

    /// What one wake-up is about.
    async fn woken(&mut self) -> Result<(), Error> {
        match select(self.interrupt.wait(), self.posts.wait(Notifications::PEERS)).await {
            Either::First(()) => {
                if self.transport.interrupt()?.configuration {
                    let (_, has_link) = identify(&self.transport)?;
                    self.port.set_link(has_link);
                }
                self.interrupt.acknowledge()
            }
            Either::Second(bits) => {
                self.port.posted(bits);
                Ok(())
            }
        }
    }

    /// Works until something is wrong.
    async fn run(&mut self) -> Error {
        loop {
            let done = match self.work() {
                Ok(true) => self.woken().await,
                Ok(false) => {
                    yield_now().await;
                    Ok(())
                }
                Err(error) => Err(error),
            };
            if let Err(error) = done {
                return error;
            }
        }
    }
}

/// The driver.
#[derive(Default)]
pub struct VirtioNetDriver;

impl AsyncDriver for VirtioNetDriver {
    type State = ForLt!(State<'_>);
    const REQUESTS: usize = 0;

    async fn probe<'cap>(&self, device: &Device<'cap, Bound>) -> Result<State<'cap>, Error> {
        let transport = Transport::new(device, Features(MAC | STATUS)).await?;
        let own = identify(&transport)?;
        let mut pool = device.dma_pool()?;
        let [receive, transmit] = [Parts::new(&mut pool)?, Parts::new(&mut pool)?];
        let master = device.bus_master()?;
        let (receive, received) = receive.start(&transport, 0, &master, true)?;
        let (transmit, to_send) = transmit.start(&transport, 1, &master, false)?;
        let interrupt = device.interrupt("intx")?;
        let posts = device.posts()?;
        let port = Port::new(device, own, pool, [received, to_send])?;
        transport.start();
        userlib::log!("bound, irq {}", interrupt.line());
        Ok(State(Lock::new(Hardware {
            transport,
            receive,
            transmit,
            port,
            interrupt,
            posts,
            _master: master,
        })))
    }

    async fn run<'cap>(&self, state: &State<'cap>, _: &Device<'cap, Bound>) {
        let error = state.0.lock().await.run().await;
        // `Revoked`: the device has just been taken away.
        if error != Error::Revoked {
            userlib::log!("the device is of no use: {error}");
            panic!("network controller");
        }
    }
}
