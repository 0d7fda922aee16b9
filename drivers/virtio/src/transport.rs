//! The transport over PCI (4.1): the structures that capabilities point to, and the steps to a running device (3.1).

use crate::Queue;
use userlib::Error;
use userlib::dma::BusMaster;
use userlib::future::{sleep, with_deadline};
use userlib::io::{Part, ReadWriteable, Readable, Writeable};
use userlib::pci::{CONVENTIONAL, CapabilityId, ConfigSpace};
use userlib::runtime::{Bound, Device};

/// What a vendor capability of virtio points to (4.1.4).
const COMMON: u8 = 1;
const NOTIFY: u8 = 2;
const INTERRUPT: u8 = 3;
const DEVICE: u8 = 4;
/// Bytes of the structure of status and queues.
const COMMON_LENGTH: usize = 0x38;
/// BARs of a function.
const BARS: usize = 6;
/// How long a reset may take, in milliseconds.
const RESET_TIME: u64 = 100;
/// The interrupt's causes: a queue, and the device's own structure (4.1.4.5).
const QUEUE_CAUSE: u8 = 1;
const CONFIGURATION_CAUSE: u8 = 2;

userlib::register_fields! { u8,
    /// How far driver and device are (2.1).
    Status [
        /// The driver has seen the device.
        ACKNOWLEDGE OFFSET(0) NUMBITS(1) [],
        /// It knows how to drive it.
        DRIVER OFFSET(1) NUMBITS(1) [],
        /// It is ready.
        DRIVER_OK OFFSET(2) NUMBITS(1) [],
        /// Both agree on the features.
        FEATURES_OK OFFSET(3) NUMBITS(1) [],
        /// The device cannot go on without a reset.
        NEEDS_RESET OFFSET(6) NUMBITS(1) [],
        /// The driver gave up.
        FAILED OFFSET(7) NUMBITS(1) [],
    ],
}

userlib::registers! {
    /// Status, features and queues (4.1.4.3).
    struct Common: 0x38 {
        /// Which 32 features the next register shows.
        device_feature_select: ReadWrite<u32> = 0x00;
        /// Features that the device has.
        device_feature: ReadOnly<u32> = 0x04;
        /// Which 32 features the next register sets.
        driver_feature_select: ReadWrite<u32> = 0x08;
        /// Features that the driver uses.
        driver_feature: ReadWrite<u32> = 0x0c;
        /// How far driver and device are. 0 resets.
        status: ReadWrite<u8, Status> = 0x14;
        /// Which queue the rest is about.
        queue_select: ReadWrite<u16> = 0x16;
        /// Most descriptors, then how many there are; 0 where there is no such queue.
        queue_size: ReadWrite<u16> = 0x18;
        /// 1 switches the queue on.
        queue_enable: ReadWrite<u16> = 0x1c;
        /// Where the queue's doorbell is.
        queue_notify_offset: ReadOnly<u16> = 0x1e;
        /// Where the descriptors are; each address in two halves.
        descriptors: [ReadWrite<u32>; 2] = 0x20;
        /// Where the offered chains are.
        offered: [ReadWrite<u32>; 2] = 0x28;
        /// Where the used chains are.
        used: [ReadWrite<u32>; 2] = 0x30;
    }
}

/// Features, by their bits (6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Features(pub u64);

impl Features {
    /// The device is of version 1 or later. This library needs it.
    pub const VERSION_1: Self = Self(1 << 32);

    /// Whether all of `other` are among them.
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

/// Why the device interrupted (4.1.4.5).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cause {
    /// A queue has something.
    pub queue: bool,
    /// What is this kind of device's own has changed.
    pub configuration: bool,
}

/// A capability's structure: its BAR, and its place in it.
#[derive(Clone, Copy)]
struct Location {
    bar: usize,
    offset: usize,
    length: usize,
}

/// A virtio device over PCI. When it is dropped, it is reset, and then uses no memory any more. So it is to be dropped
/// before the queues, and before the right of bus mastering.
pub struct Transport<'cap> {
    common: Common<'cap>,
    interrupt: Part<'cap, 1, 4>,
    doorbells: Part<'cap, 0, 4>,
    /// Bytes between two doorbells.
    step: usize,
    /// What is this kind of device's own, if it has any.
    device: Option<Part<'cap, 0, 4>>,
}

impl<'cap> Transport<'cap> {
    /// Finds the structures, resets the device, and agrees on `wanted` of its features.
    ///
    /// # Errors
    /// `NotFound`, `NoDevice`: no virtio device of version 1, or one that lacks a structure; `Invalid`: one that does
    /// not fit its BAR; `TimedOut`: it does not reset; `Protocol`: it does not take the features.
    pub async fn new(device: &Device<'cap, Bound>, wanted: Features) -> Result<Self, Error> {
        let none = Features(0);
        Ok(Self::with_optional(device, wanted, none).await?.0)
    }

    /// As [`Transport::new`], with those of the `optional` features that the device has; gives what was agreed on.
    ///
    /// # Errors
    /// As [`Transport::new`].
    pub async fn with_optional(
        device: &Device<'cap, Bound>,
        wanted: Features,
        optional: Features,
    ) -> Result<(Self, Features), Error> {
        let config = device.config_space::<CONVENTIONAL>("config")?;
        let mut windows: [Option<Part<'cap>>; BARS] = [None; BARS];
        let mut claim = |place: Location| -> Result<Part<'cap, 0, 4>, Error> {
            let window = windows.get_mut(place.bar).ok_or(Error::NoDevice)?;
            let window = match window {
                Some(window) => *window,
                None => *window.insert(device.bar::<0>(place.bar)?.keep()),
            };
            window.try_sub(place.offset, place.length)
        };
        let common = claim(structure(&config, COMMON)?.0)?;
        let (doorbells, behind) = structure(&config, NOTIFY)?;
        let step = config.try_read32(behind)?;
        let transport = Self {
            common: Common::from(common.part::<COMMON_LENGTH>(0)?),
            interrupt: claim(structure(&config, INTERRUPT)?.0)?.part(0)?,
            doorbells: claim(doorbells)?,
            step: usize::try_from(step).map_err(|_| Error::Invalid)?,
            device: match structure(&config, DEVICE) {
                Ok((place, _)) => Some(claim(place)?),
                Err(_) => None,
            },
        };
        transport.reset().await?;
        let agreed = transport.agree(wanted, optional)?;
        Ok((transport, agreed))
    }

    async fn reset(&self) -> Result<(), Error> {
        self.common.status().set(0);
        // It is not reset before it says so (4.1.4.3.2).
        with_deadline(RESET_TIME, async {
            while self.common.status().get() != 0 {
                sleep(1).await;
            }
        })
        .await
    }

    fn agree(&self, wanted: Features, optional: Features) -> Result<Features, Error> {
        let mut has = 0;
        for half in 0..2 {
            self.common.device_feature_select().set(half);
            has |= u64::from(self.common.device_feature().get()) << (32 * half);
        }
        let needed = wanted.0 | Features::VERSION_1.0;
        if needed & !has != 0 {
            return Err(Error::NoDevice);
        }
        let all = needed | optional.0 & has;
        let status = self.common.status();
        status.write(Status::ACKNOWLEDGE::SET);
        status.write(Status::ACKNOWLEDGE::SET + Status::DRIVER::SET);
        for half in 0..2 {
            self.common.driver_feature_select().set(half);
            self.common
                .driver_feature()
                .set((all >> (32 * half)) as u32);
        }
        let agreed = Status::ACKNOWLEDGE::SET + Status::DRIVER::SET + Status::FEATURES_OK::SET;
        status.write(agreed);
        if status.is_set(Status::FEATURES_OK) {
            Ok(Features(all))
        } else {
            Err(Error::Protocol)
        }
    }

    /// Gives the device queue `number`, and returns its doorbell.
    ///
    /// # Errors
    /// `NotFound`: it has no such queue; `Invalid`: it takes fewer descriptors, or has no doorbell for it.
    pub fn queue<B, const SIZE: usize>(
        &self,
        number: u16,
        queue: &Queue<'cap, SIZE, B>,
        master: &BusMaster<'cap>,
    ) -> Result<Doorbell<'cap>, Error> {
        let common = &self.common;
        common.queue_select().set(number);
        match common.queue_size().get() {
            0 => return Err(Error::NotFound),
            most if usize::from(most) < SIZE => return Err(Error::Invalid),
            _ => common.queue_size().set(SIZE as u16),
        }
        let [descriptors, offered, used] = queue.places(master);
        for half in 0..2 {
            let part = |address: u64| (address >> (32 * half)) as u32;
            common
                .descriptors()
                .get(half)
                .ok_or(Error::Invalid)?
                .set(part(descriptors));
            common
                .offered()
                .get(half)
                .ok_or(Error::Invalid)?
                .set(part(offered));
            common
                .used()
                .get(half)
                .ok_or(Error::Invalid)?
                .set(part(used));
        }
        let offset = usize::from(common.queue_notify_offset().get()) * self.step;
        let doorbell = self.doorbells.part(offset)?;
        common.queue_enable().set(1);
        Ok(Doorbell { doorbell, number })
    }

    /// The driver is ready: from now on the device uses its queues.
    pub fn start(&self) {
        self.common.status().modify(Status::DRIVER_OK::SET);
    }

    /// What the device has to say since this was asked last. To ask lets the line be silent.
    ///
    /// # Errors
    /// `NoDevice` when the device is not there any more, or cannot go on.
    pub fn interrupt(&self) -> Result<Cause, Error> {
        let cause = self.interrupt.read8::<0>();
        let status = self.common.status();
        // An absent device reads as ones.
        if cause == u8::MAX || status.is_set(Status::NEEDS_RESET) {
            return Err(Error::NoDevice);
        }
        Ok(Cause {
            queue: cause & QUEUE_CAUSE != 0,
            configuration: cause & CONFIGURATION_CAUSE != 0,
        })
    }

    /// Whether the device is in the machine: an absent one reads as ones.
    pub fn is_there(&self) -> bool {
        self.common.status().get() != u8::MAX
    }

    /// What is this kind of device's own.
    pub const fn device(&self) -> Option<&Part<'cap, 0, 4>> {
        self.device.as_ref()
    }
}

impl Drop for Transport<'_> {
    fn drop(&mut self) {
        self.common.status().set(0);
    }
}

/// Where a queue's device is told that something was offered (4.1.4.4).
pub struct Doorbell<'cap> {
    doorbell: Part<'cap, 2, 4>,
    number: u16,
}

impl Doorbell<'_> {
    /// Tells it.
    pub fn ring(&self) {
        self.doorbell.write16::<0>(self.number);
    }
}

/// The first structure of this kind (4.1.4): its place, and the offset in configuration space behind the capability.
fn structure(config: &ConfigSpace<'_, CONVENTIONAL>, kind: u8) -> Result<(Location, usize), Error> {
    let mut capabilities = config
        .capabilities()
        .filter(|one| one.id == CapabilityId::VENDOR);
    let found = capabilities.find(|one| config.try_read8(one.offset + 3) == Ok(kind));
    let at = found.ok_or(Error::NotFound)?.offset;
    let word = |offset| -> Result<usize, Error> {
        usize::try_from(config.try_read32(at + offset)?).map_err(|_| Error::Invalid)
    };
    let place = Location {
        bar: usize::from(config.try_read8(at + 4)?),
        offset: word(8)?,
        length: word(12)?,
    };
    Ok((place, at + 16))
}
