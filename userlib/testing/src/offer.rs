//! A device on offer: its windows with a model behind them, its lines, its memory for DMA.

use crate::memory::{Memory, Shared, hold};
use core::ops::Range;
use leasehold_abi::{Claim, GrantInfo, GrantKind, PayloadType, Rights, names};
use std::cell::RefCell;
use std::rc::Rc;
use userlib::sys::label;
use userlib::sys::mock::{self, DeviceModel};
use zerocopy::IntoBytes;

/// A device on offer.
#[derive(Default)]
pub struct Offer {
    pub(crate) label: u32,
    pub(crate) id: u32,
    pub(crate) payload_type: PayloadType,
    pub(crate) grants: Vec<GrantInfo>,
    pub(crate) task: String,
    pub(crate) pools: Vec<Rc<Shared>>,
}

impl Offer {
    /// A device of this name and number, whose payload is of the type with this hash; 0 for none.
    pub fn new(name: &str, id: u32, payload_type: u64) -> Self {
        Self {
            label: label(name),
            id,
            payload_type: PayloadType::from_hash(payload_type),
            grants: Vec::new(),
            task: String::new(),
            pools: Vec::new(),
        }
    }

    /// With a window on `length` bytes that all read as ones.
    pub fn with_ones(self, name: &str, kind: GrantKind, length: usize) -> Self {
        self.with(name, kind, vec![u64::MAX; length / 8])
    }

    /// With a window of `length` bytes that starts with `bytes`, zero after them.
    pub fn with_bytes(self, name: &str, kind: GrantKind, bytes: &[u8], length: usize) -> Self {
        let mut words = vec![0; length / 8];
        words.as_mut_bytes()[..bytes.len()].copy_from_slice(bytes);
        self.with(name, kind, words)
    }

    /// With a window of `length` bytes (a multiple of 8) whose registers are those of `model`. The test keeps a clone
    /// of `model`, to look at its state and to cause events.
    ///
    /// ```
    /// use driver_testing::{DeviceModel, Offer};
    /// use std::{cell::RefCell, rc::Rc};
    /// use userlib::sys::GrantKind;
    ///
    /// struct Counter(u64);
    /// impl DeviceModel for Counter {
    ///     fn load(&mut self, _offset: usize, _width: usize) -> u64 {
    ///         self.0 += 1;
    ///         self.0
    ///     }
    ///     fn store(&mut self, _offset: usize, _width: usize, value: u64) {
    ///         self.0 = value;
    ///     }
    /// }
    /// let model = Rc::new(RefCell::new(Counter(6)));
    /// let offer = Offer::new("counter", 0, 0).with_device("registers", model.clone(), 8);
    /// let read = offer.bind(|device| Ok(device.io_mem::<8>(0)?.read32::<0>()));
    /// assert_eq!((read, model.borrow().0), (Ok(7), 7));
    /// ```
    pub fn with_device(
        self,
        name: &str,
        model: Rc<RefCell<impl DeviceModel + 'static>>,
        length: usize,
    ) -> Self {
        let offer = self.with(name, GrantKind::Mmio, vec![0; length / 8]);
        let grant = offer.grants.last().expect("just added");
        let base = grant.base as usize;
        mock::place_device(base..base + length, model);
        offer
    }

    /// With memory of this name that the parent of an auxiliary device lends. The test keeps a clone, to change it as
    /// the parent would.
    pub fn with_memory(self, name: &str, memory: &Memory) -> Self {
        memory.0.master.set(true);
        let (base, length) = (memory.0.base as u64, memory.0.length as u64);
        self.with_grant(name, GrantKind::Memory, base, length)
    }

    /// With an interrupt line of this name.
    pub fn with_line(self, name: &str) -> Self {
        // Any number: each line has another one.
        let number = 32 + self.grants.len() as u64;
        self.with_grant(name, GrantKind::Interrupt, number, 1)
    }

    /// With memory for DMA, and the right to be a bus master. Said again, it is one pool more.
    pub fn with_pool(mut self, memory: &Memory) -> Self {
        let number = self.pools.len();
        memory.place_at(number);
        self.pools.push(memory.0.clone());
        let length = memory.0.length as u64;
        let offer = self.with_grant(names::POOL, GrantKind::Memory, memory.base(), length);
        match number {
            0 => offer.with_grant("bus-master", GrantKind::BusMaster, 0, 1),
            _ => offer,
        }
    }

    /// With these registers of the configuration space that was added before as the function's own: the driver may
    /// write them.
    ///
    /// # Panics
    /// If there is no configuration space.
    ///
    /// ```
    /// use driver_testing::Offer;
    /// use userlib::sys::GrantKind;
    ///
    /// let offer = Offer::new("pci", 0x1af4_1044, 0)
    ///     .with_bytes("config", GrantKind::Config, &[0; 256], 256)
    ///     .with_own_registers(0x40..0x50);
    /// let read = offer.bind(|device| {
    ///     device.own_registers()?.write16(0x42, 7)?;
    ///     device.config_space::<256>(0)?.try_read32(0x40)
    /// });
    /// assert_eq!(read, Ok(7 << 16));
    /// ```
    pub fn with_own_registers(mut self, registers: Range<usize>) -> Self {
        let config = self
            .grants
            .iter()
            .find(|grant| grant.kind == GrantKind::Config);
        let base = config.expect("configuration space").base + registers.start as u64;
        let length = registers.len() as u64;
        self = self.with_grant(names::OWN, GrantKind::Config, base, length);
        if let Some(own) = self.grants.last_mut() {
            own.rights = Rights::WRITE;
        }
        self
    }

    fn with(self, name: &str, kind: GrantKind, words: Vec<u64>) -> Self {
        let length = 8 * words.len() as u64;
        let base = hold(words.into_boxed_slice()).expose_provenance() as u64;
        self.with_grant(name, kind, base, length)
    }

    fn with_grant(mut self, name: &str, kind: GrantKind, base: u64, length: u64) -> Self {
        self.grants.push(GrantInfo {
            base,
            length,
            label: label(name),
            rights: Rights::READ | Rights::WRITE,
            kind,
            claim: Claim::None,
            reserved: [0; 6],
        });
        self
    }

    /// In an image whose first task has this name.
    pub fn with_task(mut self, name: &str) -> Self {
        self.task = name.to_owned();
        self
    }
}
