//! The driver of the class `network`.
//!
//! The chip does no DMA. So the class's buffers lie in a pool of the task's own, which is lent as a DMA pool is, and
//! this driver copies each frame once between the pool and a FIFO. What has no buffer stays in the chip, until the task
//! above gives one back.

use crate::chip::{Chip, MacRegister};
use crate::fifo::{self, Out};
use crate::phy::{Link, Phy};
use crate::registers::{Interrupts, MacControl};
use class_network::{BUFFERS, Identity, MEMORY, Port, Slot, Wants};
use core::cell::Cell;
use driver_interfaces::{EthernetControllerAsyncServer, EthernetCounters, EthernetInfo};
use embassy_futures::select::{Either, select};
use embassy_futures::yield_now;
use userlib::future::{Lock, Posts, sleep_until};
use userlib::interrupt::Interrupt;
use userlib::io::{Readable, Writeable};
use userlib::ipc::{Answer, Request};
use userlib::runtime::{AsyncDriver, Bound, Device};
use userlib::sys::Notifications;
use userlib::{Error, ForLt, sys, time};

/// The hardware address, where the chip has no memory with one. Source: the board's label.
const ADDRESS: [u8; 6] = userlib::setting!("address": [u8; 6] = [0; 6]);
/// A hardware address of a group (IEEE 802.3, 3.2.3).
const GROUP: u8 = 1;
/// How long the chip may take to have room for the next frame, in milliseconds. The slowest wire takes 1.3 ms for one.
const SEND_TIME: u64 = 2_000;
/// Interrupts one after the other without anything to do: more are not the chip's that the datasheet describes.
const MOST_FOR_NOTHING: u32 = 64;

/// The driver and the chip do not agree on what is in the FIFOs: only a reset helps.
const FATAL: u32 = Interrupts::RECEIVE_ERROR::SET.value
    | Interrupts::TRANSMIT_ERROR::SET.value
    | Interrupts::TRANSMIT_OVERRUN::SET.value
    | Interrupts::TRANSMIT_STATUS_OVERFLOW::SET.value;
/// What always interrupts.
const ALWAYS: u32 = FATAL | Interrupts::PHY::SET.value;
/// What interrupts while a frame waits for room.
const ROOM: u32 = Interrupts::TRANSMIT_ROOM::SET.value | Interrupts::TRANSMIT_STATUS::SET.value;

/// The device while it is bound.
pub struct State<'cap> {
    hardware: Lock<Hardware<'cap>>,
    info: EthernetInfo,
    counters: Cell<EthernetCounters>,
}

/// What the loop uses.
struct Hardware<'cap> {
    chip: Chip<'cap>,
    port: Port<'cap>,
    interrupt: Interrupt<'cap>,
    posts: Posts<'cap>,
    out: Out,
    /// A frame that waits for room in the chip.
    waits: Option<Waiting>,
    /// Frames that came wait for a buffer.
    is_short: bool,
    /// The causes that interrupt.
    enabled: u32,
    link: Link,
    /// Interrupts since there was something to do.
    for_nothing: u32,
}

/// A frame that waits for room in the chip.
struct Waiting {
    slot: Slot,
    length: usize,
    /// How long it does, in ticks.
    until: u64,
}

/// The hardware address to use.
fn address(chip: &Chip<'_>) -> Result<[u8; 6], Error> {
    if ADDRESS != [0; 6] {
        chip.set_address(ADDRESS)?;
    }
    let address = chip.address()?;
    if address == [0; 6] || address[0] & GROUP != 0 {
        userlib::log!("no hardware address in the chip: the manifest can set `address`");
        return Err(Error::Invalid);
    }
    Ok(address)
}

impl Hardware<'_> {
    /// Sets the MAC to what is connected, and lets it work.
    fn follow_link(&mut self) -> Result<(), Error> {
        let mut control = MacControl::TRANSMITS::SET + MacControl::RECEIVES::SET;
        if self.link.is_full {
            control += MacControl::FULL_DUPLEX::SET;
        }
        self.chip.set_mac(MacRegister::Control, control.value)
    }

    /// Does all that there is to do, and says whether to wait.
    fn work(&mut self, count: &mut EthernetCounters) -> Result<bool, Error> {
        let before = (count.received, count.sent, count.wrong, count.failed);
        if self.port.renews() {
            // What was written is in the chip, so no buffer is in use.
            self.waits = None;
            self.port.renew_free()?;
        }
        let more = self.receive(count)? | self.send(count)?;
        if before != (count.received, count.sent, count.wrong, count.failed) {
            self.for_nothing = 0;
        }
        self.enable();
        let wants = Wants {
            buffers: self.is_short,
            frames: self.waits.is_none(),
        };
        // A child that broke the protocol just now loses its queues at once: the chip has no buffer of it.
        Ok(self.port.turn(wants) && !more && !self.port.renews())
    }

    /// Reads frames that came; whether there may be more, and room for them.
    fn receive(&mut self, count: &mut EthernetCounters) -> Result<bool, Error> {
        let Self { chip, port, .. } = self;
        self.is_short = false;
        for _ in 0..BUFFERS {
            if !fifo::has_arrived(chip) {
                return Ok(false);
            }
            let Some(slot) = port.free() else {
                self.is_short = true;
                return Ok(false);
            };
            let frame = fifo::arrived(chip)?;
            let mut kept = 0;
            fifo::read(chip, frame, |at, bytes| {
                // What is longer than a buffer is no frame, and is dropped below.
                if port.put(&slot, at, bytes).is_ok() {
                    kept += bytes.len();
                }
                Ok(())
            })?;
            let is_good = frame.is_good && kept == frame.length && class_network::is_length(kept);
            *(if is_good {
                &mut count.received
            } else {
                &mut count.wrong
            }) += 1;
            port.received(slot, if is_good { kept } else { 0 })?;
        }
        Ok(true)
    }

    /// Writes frames to send; whether there may be more, and room for them.
    fn send(&mut self, count: &mut EthernetCounters) -> Result<bool, Error> {
        let Self { chip, port, .. } = self;
        for _ in 0..BUFFERS {
            let [sent, failed] = self.out.statuses(chip)?;
            count.sent = count.sent.wrapping_add(sent);
            count.failed = count.failed.wrapping_add(failed);
            let waited = self.waits.take();
            let until = waited.as_ref().map(|waiting| waiting.until);
            let waited = waited.map(|waiting| (waiting.slot, waiting.length));
            let Some((slot, length)) = waited.or_else(|| port.to_send()) else {
                return Ok(false);
            };
            if !self.out.has_room(chip, length) {
                let until = until.unwrap_or_else(|| time::after(SEND_TIME));
                if sys::time() >= until {
                    return Err(Error::TimedOut);
                }
                self.waits = Some(Waiting {
                    slot,
                    length,
                    until,
                });
                return Ok(false);
            }
            let written = (self.out).write(chip, length, |at, into| port.get(&slot, at, into));
            written?;
            port.sent(slot);
        }
        Ok(true)
    }

    /// Has the chip interrupt for what is waited for, and for nothing else: with no buffer for it, a frame that came
    /// would interrupt for ever.
    fn enable(&mut self) {
        let mut enabled = ALWAYS;
        if !self.is_short {
            enabled |= Interrupts::RECEIVED::SET.value;
        }
        if self.waits.is_some() {
            enabled |= ROOM;
        }
        if enabled != self.enabled {
            self.chip.registers().enabled().set(enabled);
            self.enabled = enabled;
        }
    }

    /// What one wake-up is about.
    async fn woken(&mut self, count: &mut EthernetCounters) -> Result<(), Error> {
        let until = self.waits.as_ref().map(|waiting| waiting.until);
        let woken = select(self.interrupt.wait(), self.posts.wait(Notifications::PEERS));
        let woken = match until {
            None => woken.await,
            Some(until) => match select(woken, sleep_until(until)).await {
                Either::First(woken) => woken,
                Either::Second(()) => return Ok(()),
            },
        };
        match woken {
            Either::First(()) => {
                self.interrupted(count)?;
                self.interrupt.acknowledge()
            }
            Either::Second(bits) => {
                self.for_nothing = 0;
                self.port.posted(bits);
                Ok(())
            }
        }
    }

    fn interrupted(&mut self, count: &mut EthernetCounters) -> Result<(), Error> {
        self.for_nothing += 1;
        if self.for_nothing > MOST_FOR_NOTHING {
            return Err(Error::Protocol);
        }
        let registers = self.chip.registers();
        let causes = registers.causes().extract();
        // Before the FIFOs are read: what comes meanwhile interrupts again.
        registers.causes().clear_bits(causes.get());
        if causes.get() & FATAL != 0 {
            return Err(Error::Protocol);
        }
        if causes.is_set(Interrupts::DROPPED) {
            let dropped = registers.dropped().take().get();
            count.dropped = count.dropped.wrapping_add(dropped);
        }
        if causes.is_set(Interrupts::PHY) {
            let phy = Phy(&self.chip);
            phy.take_events()?;
            let link = phy.link()?;
            if link != self.link {
                self.for_nothing = 0;
                self.link = link;
                self.follow_link()?;
                self.port.set_link(link.is_up);
            }
        }
        Ok(())
    }

    /// Works until something is wrong.
    async fn run(&mut self, counters: &Cell<EthernetCounters>) -> Error {
        loop {
            let mut count = counters.get();
            let done = self.work(&mut count);
            counters.set(count);
            let done = match done {
                Ok(true) => {
                    let mut count = counters.get();
                    let woken = self.woken(&mut count).await;
                    counters.set(count);
                    woken
                }
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

impl EthernetControllerAsyncServer for &State<'_> {
    async fn identity(self) -> Result<EthernetInfo, Error> {
        Ok(self.info)
    }

    async fn counters(self) -> Result<EthernetCounters, Error> {
        Ok(self.counters.get())
    }
}

/// The driver.
#[derive(Debug, Default)]
pub struct NetworkDriver;

impl AsyncDriver for NetworkDriver {
    type State = ForLt!(State<'_>);

    async fn probe<'cap>(&self, device: &Device<'cap, Bound>) -> Result<State<'cap>, Error> {
        let chip = Chip::new(device.io_mem(0)?);
        chip.reset().await?;
        let address = address(&chip)?;
        let info = chip.identify()?;
        Phy(&chip).start()?;
        let link = Phy(&chip).link()?;
        let mut pool = device.dma_pool()?;
        let buffers = [pool.lendable_buffer(MEMORY)?, pool.lendable_buffer(MEMORY)?];
        let interrupt = device.interrupt(0)?;
        let posts = device.posts()?;
        let identity = Identity {
            address,
            reserved: [0; 2],
        };
        let port = Port::new(device, (identity, link.is_up), pool, buffers)?;
        let mut hardware = Hardware {
            chip,
            port,
            interrupt,
            posts,
            out: Out::default(),
            waits: None,
            is_short: false,
            enabled: 0,
            link,
            for_nothing: 0,
        };
        hardware.follow_link()?;
        userlib::log!(
            "bound LAN9118: chip {:04x}, revision {}, irq {}",
            info.chip,
            info.revision,
            hardware.interrupt.line()
        );
        Ok(State {
            hardware: Lock::new(hardware),
            info,
            counters: Cell::default(),
        })
    }

    async fn run<'cap>(&self, state: &State<'cap>, _: &Device<'cap, Bound>) {
        let error = state.hardware.lock().await.run(&state.counters).await;
        // `Revoked`: the device has just been taken away.
        if error != Error::Revoked {
            userlib::log!("the device is of no use: {error}");
            panic!("network controller");
        }
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
