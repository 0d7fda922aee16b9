//! Buffers, and whose they are.

use super::brand::Brand;
use super::memory::Memory;
use super::{BusMaster, Field, barrier, cache};
use crate::ipc::{ReadLoan, WriteLoan};
use crate::sys::Error;
use core::cell::Cell;
use core::fmt;
use core::marker::PhantomData;
use core::ops::Range;
use zerocopy::{FromBytes, Immutable, IntoBytes};

/// Whose a buffer is: [`Shared`], [`Ours`] or [`Theirs`].
pub trait Owner: sealed::Sealed {}

/// An owner that lets the driver read and write.
pub trait Reachable: Owner {
    /// Whether the device may use it meanwhile.
    #[doc(hidden)]
    const SHARED: bool;
}

/// Driver and device use it at the same time, as the queues of a device. Where their caches are apart, the two sides
/// must write different lines of 64 bytes.
#[derive(Debug)]
pub struct Shared;
/// It is the driver's.
#[derive(Debug)]
pub struct Ours;
/// It is the device's, until the device has said that it is done.
#[derive(Debug)]
pub struct Theirs;

impl Owner for Shared {}
impl Owner for Ours {}
impl Owner for Theirs {}
impl Reachable for Shared {
    const SHARED: bool = true;
}
impl Reachable for Ours {
    const SHARED: bool = false;
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::Shared {}
    impl Sealed for super::Ours {}
    impl Sealed for super::Theirs {}
}

/// `count` values of `T` in DMA memory.
///
/// The device may change them at any time. So values are copied in and out, by volatile accesses, and every bit pattern
/// must be a valid `T`.
///
/// A buffer is [`Shared`] at first. What is moved as a whole is better owned by one side at a time:
///
/// ```
/// use userlib::Error;
/// use userlib::dma::{DmaBuffer, DmaPool, Ours, Theirs};
/// use userlib::runtime::{Bound, Device};
///
/// /// Has the device write a block to its disk.
/// fn write_block(
///     device: &Device<'_, Bound>,
///     block: &[u8; 512],
///     start_and_wait: impl Fn(u64),
/// ) -> Result<(), Error> {
///     let mut pool = device.dma_pool()?;
///     let mut buffer: DmaBuffer<'_, u8, Ours> = pool.buffer(512)?.owned();
///     buffer.copy_from(0, block)?;
///     let master = device.bus_master()?; // dropped, the device is no bus master any more
///     let buffer: DmaBuffer<'_, u8, Theirs> = buffer.to_device(&master);
///     start_and_wait(buffer.device_address(&master));
///     let buffer = buffer.from_device();
///     pool.free(buffer) // for the next one
/// }
/// ```
/// What the device has is not read:
/// ```compile_fail
/// # use userlib::dma::{DmaBuffer, Theirs};
/// fn read(buffer: &DmaBuffer<'_, u8, Theirs>) -> u8 {
///     buffer.read(0).unwrap() // no method named `read`
/// }
/// ```
/// A type for which some bit patterns are invalid is refused:
/// ```compile_fail
/// # use userlib::dma::DmaPool;
/// fn flags(pool: &mut DmaPool<'_>) {
///     let _ = pool.buffer::<bool>(8); // `bool: FromBytes` is not satisfied
/// }
/// ```
pub struct DmaBuffer<'cap, T, O: Owner = Shared> {
    memory: Memory<T>,
    address: u64,
    /// A part of it was lent: it is never given to another use.
    lent: Cell<bool>,
    binding: Brand<'cap>,
    owner: PhantomData<O>,
}

impl<T> DmaBuffer<'_, T> {
    /// This memory, at this address for the device.
    pub(super) const fn new(memory: Memory<T>, address: u64) -> Self {
        Self {
            memory,
            address,
            lent: Cell::new(false),
            binding: PhantomData,
            owner: PhantomData,
        }
    }
}

impl<'cap, T, O: Owner> DmaBuffer<'cap, T, O> {
    /// Number of values.
    #[expect(
        clippy::len_without_is_empty,
        reason = "a buffer has a fixed number of places"
    )]
    pub const fn len(&self) -> usize {
        self.memory.count()
    }

    /// Where it is.
    pub(super) const fn memory(&self) -> &Memory<T> {
        &self.memory
    }

    /// Whether it was lent.
    pub(super) const fn lent(&self) -> &Cell<bool> {
        &self.lent
    }

    /// The same memory as another owner's.
    fn of<P: Owner>(self) -> DmaBuffer<'cap, T, P> {
        DmaBuffer {
            memory: self.memory,
            address: self.address,
            lent: self.lent,
            binding: PhantomData,
            owner: PhantomData,
        }
    }

    /// Writes back and drops the lines of all of it.
    fn flush(&self) {
        let (base, length) = self.memory.range();
        cache::flush(base, length);
    }
}

impl<'cap, T> DmaBuffer<'cap, T> {
    /// The same buffer, as one that belongs to one side at a time: first to the driver.
    pub fn owned(self) -> DmaBuffer<'cap, T, Ours> {
        self.flush();
        self.of()
    }

    /// Address of the first value for the device. The device can use it as long as `master` exists. The token of
    /// another device does not compile.
    ///
    /// Earlier writes are visible to the device when a later store tells it to read them.
    pub fn device_address(&self, master: &BusMaster<'cap>) -> u64 {
        let _ = master;
        barrier();
        self.address
    }
}

impl<'cap, T> DmaBuffer<'cap, T, Ours> {
    /// Hands it over to the device, which is a bus master. All that was written is visible to the device when a later
    /// store tells it to read.
    pub fn to_device(self, master: &BusMaster<'cap>) -> DmaBuffer<'cap, T, Theirs> {
        let _ = master;
        self.flush();
        barrier();
        self.of()
    }
}

impl<'cap, T> DmaBuffer<'cap, T, Theirs> {
    /// Address of the first value for the device.
    pub const fn device_address(&self, _: &BusMaster<'cap>) -> u64 {
        self.address
    }

    /// Takes it back, after the device has said that it is done. A device that goes on all the same changes values, and
    /// nothing else.
    pub fn from_device(self) -> DmaBuffer<'cap, T, Ours> {
        barrier();
        self.flush();
        self.of()
    }
}

impl<T: FromBytes + IntoBytes + Immutable, O: Reachable> DmaBuffer<'_, T, O> {
    /// What the device may have changed since.
    #[inline(always)]
    fn refresh(&self, index: usize, count: usize) {
        if O::SHARED {
            let base = self.memory.base().addr().get();
            let offset = index.saturating_mul(size_of::<T>());
            let length = count.saturating_mul(size_of::<T>());
            if index < self.memory.count() {
                cache::flush(base + offset, length.min(self.memory.range().1 - offset));
            }
        }
    }

    /// Copies a value out.
    ///
    /// # Errors
    /// `Invalid` past the end.
    pub fn read(&self, index: usize) -> Result<T, Error> {
        self.refresh(index, 1);
        self.memory.read(index)
    }

    /// Copies a value in.
    ///
    /// # Errors
    /// `Invalid` past the end.
    pub fn write(&mut self, index: usize, value: T) -> Result<(), Error> {
        self.memory.write(index, value)?;
        self.refresh(index, 1);
        Ok(())
    }

    /// Copies values out, from `index` on, until `into` is full.
    ///
    /// # Errors
    /// `Invalid` past the end; nothing is copied then.
    pub fn copy_to(&self, index: usize, into: &mut [T]) -> Result<(), Error> {
        self.refresh(index, into.len());
        self.memory.copy_to(index, into)
    }

    /// Copies all of `from` in, from `index` on.
    ///
    /// # Errors
    /// As [`DmaBuffer::copy_to`].
    pub fn copy_from(&mut self, index: usize, from: &[T]) -> Result<(), Error> {
        self.memory.copy_from(index, from)?;
        self.refresh(index, from.len());
        Ok(())
    }

    /// Copies a field of a value out: [`field!`](crate::field) names it. It is one load if it has the width and the
    /// place of one.
    ///
    /// # Errors
    /// `Invalid` past the end.
    pub fn read_field<F>(&self, index: usize, field: Field<T, F>) -> Result<F, Error>
    where
        F: FromBytes + IntoBytes + Immutable,
    {
        self.refresh(index, 1);
        self.memory.read_field(index, field)
    }

    /// Copies a field of a value in, and leaves the others as they are.
    ///
    /// # Errors
    /// As [`DmaBuffer::read_field`].
    pub fn write_field<F>(
        &mut self,
        index: usize,
        field: Field<T, F>,
        value: F,
    ) -> Result<(), Error>
    where
        F: FromBytes + IntoBytes + Immutable,
    {
        self.memory.write_field(index, field, value)?;
        self.refresh(index, 1);
        Ok(())
    }
}

impl<O: Reachable> DmaBuffer<'_, u8, O> {
    /// Copies all of `bytes` from a client's loan, from its `offset` on.
    ///
    /// # Errors
    /// `Invalid` past the end of either, `Dead` when the client is gone. A part may be copied then.
    pub fn take(
        &mut self,
        bytes: Range<usize>,
        loan: &ReadLoan,
        offset: usize,
    ) -> Result<(), Error> {
        let (start, length) = (bytes.start, bytes.len());
        let taken = self.memory.take(bytes, loan, offset);
        self.refresh(start, length);
        taken
    }

    /// Copies all of `bytes` into a client's loan, from its `offset` on.
    ///
    /// # Errors
    /// As [`DmaBuffer::take`].
    pub fn give(&self, bytes: Range<usize>, loan: &WriteLoan, offset: usize) -> Result<(), Error> {
        self.refresh(bytes.start, bytes.len());
        self.memory.give(bytes, loan, offset)
    }
}

impl<T, O: Owner> fmt::Debug for DmaBuffer<'_, T, O> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "DMA buffer at {:#x}", self.address)
    }
}
