//! Virtio's disk, as the class of block devices: see the crate `class-block`.
//!
//! Source: OASIS, *Virtual I/O Device (VIRTIO) Version 1.2*, section 5.2. Data go straight between the disk and the
//! buffers that the task above fills and reads.
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

mod disk;
mod request;

use class_block::{Geometry, READY, Server};
use core::future::poll_fn;
use core::pin::pin;
use core::task::Poll;
use disk::Disk;
use driver_virtio::{Features, Transport};
use userlib::future::{Lock, Posts, with_deadline};
use userlib::interrupt::Interrupt;
use userlib::runtime::{AsyncDriver, Bound, Device};
use userlib::supervisor::LET_GO;
use userlib::sys::Notifications;
use userlib::{Error, ForLt};

/// The disk is read-only (5.2.3).
const READ_ONLY: Features = Features(1 << 5);
/// It has a cache, and flushes it (5.2.3).
const FLUSH: Features = Features(1 << 9);
/// How long the disk may take for a request, in milliseconds. A host that is busy with a sync may take seconds.
const TIME: u64 = 30_000;
/// How long it may say nothing until the driver looks whether it is there, in milliseconds.
const LOOK: u64 = 1_000;

/// The device while it is bound: the loop has it.
pub struct State<'cap>(Lock<Hardware<'cap>>);

/// What the loop uses. The registration goes first, its child with it; then the transport, which resets the device
/// before its memory, and the right to reach it, go.
struct Hardware<'cap> {
    server: Server<'cap>,
    disk: Disk<'cap>,
    interrupt: Interrupt<'cap>,
    posts: Posts<'cap>,
}

impl<'cap> Hardware<'cap> {
    /// Serves children for ever.
    ///
    /// # Errors
    /// What of the device or of the registration cannot go on.
    async fn serve(&mut self, device: &Device<'cap, Bound>) -> Result<(), Error> {
        // A child broke the rules, or let go in the middle: its requests run out, and then there is a new queue.
        let mut ends = false;
        // Since when the disk says nothing, by the number of looks; and that it did again.
        let (mut looks, mut failed) = (0, None);
        loop {
            self.disk.finish(&self.server, ends)?;
            if let Some(error) = failed.take() {
                self.silent(error, &mut looks, ends)?;
            }
            if ends && self.disk.is_idle() {
                self.server.renew(device)?;
                ends = false;
            }
            if !ends {
                match self.disk.start(&self.server) {
                    Ok(()) => self.server.publish(),
                    Err(Error::Protocol) => {
                        userlib::log!("the child breaks the rules of the queue, and loses it");
                        ends = true;
                        continue;
                    }
                    Err(error) => return Err(error),
                }
            }
            // Requests that found no place with the disk wait for its interrupt.
            if !ends && !self.disk.is_full() && self.server.wait() != Ok(true) {
                // There is something, or a lie, which the next turn finds out.
                continue;
            }
            let woken = if self.disk.is_idle() {
                self.woken().await
            } else {
                with_deadline(LOOK, self.woken()).await.flatten()
            };
            match woken {
                Ok(let_go) => {
                    ends |= let_go;
                    looks = 0;
                }
                Err(error) => failed = Some(error),
            }
        }
    }

    /// The disk says nothing, or was not there, and what it had done before is answered: it was taken out, or it may
    /// take its time.
    ///
    /// # Errors
    /// When it can do neither.
    #[cold]
    fn silent(&mut self, error: Error, looks: &mut u64, ends: bool) -> Result<(), Error> {
        if !matches!(error, Error::TimedOut | Error::NoDevice) {
            return Err(error);
        }
        if self.disk.is_gone(&self.server, ends) {
            userlib::log!("the disk is gone");
        } else if error == Error::TimedOut && *looks < TIME / LOOK - 1 {
            *looks += 1;
        } else {
            return Err(error);
        }
        Ok(())
    }

    /// Waits for the disk or a child. True when a child that used the queue let go.
    async fn woken(&mut self) -> Result<bool, Error> {
        let Self {
            interrupt, posts, ..
        } = self;
        let (came, rang) = {
            let mut line = pin!(interrupt.wait());
            let mut posts = pin!(posts.wait(READY | LET_GO));
            poll_fn(|context| {
                let rang = line.as_mut().poll(context).is_ready();
                match posts.as_mut().poll(context) {
                    Poll::Ready(came) => Poll::Ready((came, rang)),
                    Poll::Pending if rang => Poll::Ready((Notifications::empty(), rang)),
                    Poll::Pending => Poll::Pending,
                }
            })
            .await
        };
        if rang {
            let told = self.disk.interrupted();
            // Others may have the line, also when the disk is gone.
            self.interrupt.acknowledge()?;
            told?;
        }
        Ok(came.contains(LET_GO) && self.server.let_go())
    }
}

/// The driver.
#[derive(Debug, Default)]
pub struct VirtioBlkDriver;

impl AsyncDriver for VirtioBlkDriver {
    type State = ForLt!(State<'_>);

    async fn probe<'cap>(&self, device: &Device<'cap, Bound>) -> Result<State<'cap>, Error> {
        let optional = Features(READ_ONLY.0 | FLUSH.0);
        let (transport, agreed) = Transport::with_optional(device, Features(0), optional).await?;
        let geometry = Geometry {
            sectors: disk::capacity(&transport)?,
            read_only: agreed.has(READ_ONLY).into(),
            cached: agreed.has(FLUSH).into(),
        };
        let mut pool = device.dma_pool()?;
        let disk = Disk::new(device, transport, &mut pool)?;
        let interrupt = device.interrupt("intx")?;
        let posts = device.posts()?;
        let server = Server::new(device, &mut pool, geometry)?;
        userlib::log!(
            "bound, {} sectors{}, irq {}",
            geometry.sectors,
            if geometry.read_only != 0 {
                ", read-only"
            } else {
                ""
            },
            interrupt.line()
        );
        Ok(State(Lock::new(Hardware {
            server,
            disk,
            interrupt,
            posts,
        })))
    }

    async fn run<'cap>(&self, state: &State<'cap>, device: &Device<'cap, Bound>) {
        let mut hardware = state.0.lock().await;
        // The supervisor starts the driver again, which resets the disk: what is in flight is asked again then.
        match hardware.serve(device).await {
            Ok(()) => {}
            Err(Error::TimedOut) => panic!("the disk does not answer"),
            Err(Error::Protocol) => panic!("the disk breaks the rules of its queue"),
            Err(Error::Revoked) => {}
            Err(error) => panic!("the disk cannot go on: {error}"),
        }
    }
}
