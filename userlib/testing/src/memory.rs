//! Memory that a driver shares with its device, as the model of the device sees it.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::atomic::AtomicPtr;
use std::sync::{Mutex, PoisonError};

/// Where the first pool is for the device: below 4 GiB, as on a board.
const ADDRESS: u64 = 0x8100_0000;
/// How far the next one of the same device is from there.
const APART: u64 = 0x0100_0000;

/// What kernel, driver and device share.
pub(crate) struct Shared {
    pub(crate) base: usize,
    /// Where it is for the device.
    pub(crate) address: Cell<u64>,
    pub(crate) length: usize,
    /// Whether the device may use it.
    pub(crate) master: Cell<bool>,
}

/// A pool for DMA. The test makes it, gives a clone to the device's model, and offers it by
/// [`Offer::with_pool`](crate::Offer::with_pool).
///
/// An access outside of the pool, or while the driver does not let the device be a bus master, is a panic: on a board
/// it would be one to somebody else's memory, or be lost.
#[derive(Clone)]
pub struct Memory(pub(crate) Rc<Shared>);

impl Memory {
    /// A pool of so many bytes, a multiple of 4096, that begins at a page.
    pub fn new(length: usize) -> Self {
        const PAGE: usize = 4096;
        assert!(length.is_multiple_of(PAGE), "whole pages");
        let words = vec![0_u64; (length + PAGE) / size_of::<u64>()];
        let base = hold(words.into_boxed_slice()).expose_provenance();
        Self(Rc::new(Shared {
            base: base.next_multiple_of(PAGE),
            address: Cell::new(ADDRESS),
            length,
            master: Cell::new(false),
        }))
    }

    /// Memory that a driver lends, as its child reaches it.
    pub(crate) fn lent(base: usize, length: usize) -> Self {
        let master = Cell::new(true);
        Self(Rc::new(Shared {
            base,
            address: Cell::new(ADDRESS),
            length,
            master,
        }))
    }

    /// It is the pool of this number of its device.
    pub(crate) fn place_at(&self, number: usize) {
        self.0.address.set(ADDRESS + number as u64 * APART);
    }

    /// The first address, as the device sees it.
    pub fn base(&self) -> u64 {
        self.0.address.get()
    }

    /// The device reads.
    ///
    /// # Panics
    /// As the type says.
    pub fn read<const LENGTH: usize>(&self, address: u64) -> [u8; LENGTH] {
        let place = self.place(address, LENGTH);
        // SAFETY: `place` is in the pool, which is held for ever; the driver too accesses it as volatile bytes only.
        std::array::from_fn(|at| unsafe { place.add(at).read_volatile() })
    }

    /// The device writes.
    ///
    /// # Panics
    /// As the type says.
    pub fn write(&self, address: u64, bytes: &[u8]) {
        let place = self.place(address, bytes.len());
        for (at, byte) in bytes.iter().enumerate() {
            // SAFETY: as for a read.
            unsafe { place.add(at).write_volatile(*byte) };
        }
    }

    fn place(&self, address: u64, length: usize) -> *mut u8 {
        let Shared {
            base,
            length: all,
            master,
            ..
        } = &*self.0;
        assert!(
            master.get(),
            "the device is no bus master, and uses {address:#x}"
        );
        let offset = address.wrapping_sub(self.base()) as usize;
        assert!(
            offset <= *all && length <= all - offset,
            "the device uses {length} bytes at {address:#x}, outside of the pool"
        );
        core::ptr::with_exposed_provenance_mut(base + offset)
    }
}

/// Keeps memory for ever, in a place where a leak checker finds it.
pub(crate) fn hold(words: Box<[u64]>) -> *mut u64 {
    static HELD: Mutex<Vec<AtomicPtr<u64>>> = Mutex::new(Vec::new());
    let held = Box::into_raw(words).cast::<u64>();
    HELD.lock()
        .unwrap_or_else(PoisonError::into_inner)
        .push(AtomicPtr::new(held));
    held
}
