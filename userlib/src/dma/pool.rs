//! The DMA memory of a device: buffers are taken from it and given back.

use super::brand::Brand;
use super::buffer::{DmaBuffer, Reachable};
use super::bus_master::is_pool;
use super::cache;
use super::lent::LentDma;
use super::memory::Memory;
use crate::io::{ClaimGuard, Select};
use crate::lend::{WINDOW_GRANULE, zero};
use crate::runtime::{Bound, Device, Plain};
use crate::sys::{ClaimMode, Error, GrantKind, Notifications, Rights};
use core::fmt;
use core::marker::PhantomData;
use core::mem::ManuallyDrop;
use core::ptr::NonNull;
use zerocopy::{FromBytes, Immutable, IntoBytes};

/// Units that a pool is given out in, at most.
const UNITS: usize = 256;

/// The DMA memory of a device, given out once in each binding.
///
/// A device without DMA may have one too (`pool` in the manifest): memory that its driver lends on.
///
/// It stays claimed until the binding ends, so buffers need not be stored together with it. A buffer takes whole units:
/// 64 bytes, or a 256th part of a larger pool. One that is dropped is lost until the binding ends; [`DmaPool::free`]
/// makes its memory free again.
pub struct DmaPool<'cap> {
    base: NonNull<u8>,
    /// Address of `base` for the device.
    address: u64,
    length: usize,
    /// Bytes of a unit: a power of two.
    unit: usize,
    /// A bit for each unit that is taken.
    taken: [u32; UNITS / 32],
    device: Device<'static, Plain>,
    grant: usize,
    binding: Brand<'cap>,
}

impl<'cap> DmaPool<'cap> {
    /// Takes `count` zeroed values.
    ///
    /// # Errors
    /// `Exhausted`.
    pub fn buffer<T: FromBytes + IntoBytes + Immutable>(
        &mut self,
        count: usize,
    ) -> Result<DmaBuffer<'cap, T>, Error> {
        self.aligned_buffer(count, align_of::<T>())
    }

    /// As [`DmaPool::buffer`], for a device that needs addresses to be multiples of `align` (a power of two).
    ///
    /// # Errors
    /// `Exhausted`, `Invalid` when `align` is no power of two.
    pub fn aligned_buffer<T: FromBytes + IntoBytes + Immutable>(
        &mut self,
        count: usize,
        align: usize,
    ) -> Result<DmaBuffer<'cap, T>, Error> {
        if !align.is_power_of_two() {
            return Err(Error::Invalid);
        }
        let size = count.checked_mul(size_of::<T>()).ok_or(Error::Exhausted)?;
        let first = self.take(size, align.max(align_of::<T>()))?;
        // SAFETY: `first` is inside the pool.
        let base = unsafe { self.base.add(first) };
        // SAFETY: whole words of a pool, which is whole granules, and of units that nobody else has.
        unsafe { zero(base, size.next_multiple_of(size_of::<usize>())) };
        cache::flush(base.addr().get(), size);
        // SAFETY: inside the pool, which stays claimed for `'cap`, and aligned; nobody else has these bytes.
        let memory = unsafe { Memory::new(base.cast(), count) };
        Ok(DmaBuffer::new(memory, self.address + first as u64))
    }

    /// As [`DmaPool::buffer`], of whole granules of the board, so that it can be lent (see [`DmaPool::lend`]).
    ///
    /// # Errors
    /// `Exhausted`, `Invalid` when the values are no whole granules.
    pub fn lendable_buffer<T: FromBytes + IntoBytes + Immutable>(
        &mut self,
        count: usize,
    ) -> Result<DmaBuffer<'cap, T>, Error> {
        let size = count.checked_mul(size_of::<T>()).ok_or(Error::Exhausted)?;
        if size == 0 || !size.is_multiple_of(WINDOW_GRANULE) {
            return Err(Error::Invalid);
        }
        self.aligned_buffer(count, WINDOW_GRANULE)
    }

    /// A buffer of this pool, to lend with the payload of an auxiliary device: the child gets it as a
    /// [`DmaView`](super::DmaView). With `WRITE` among the rights the child may write it too.
    ///
    /// # Errors
    /// `Invalid` when it is of another pool, or not whole granules: see [`DmaPool::lendable_buffer`].
    pub fn lend<T, O: Reachable>(
        &self,
        buffer: &DmaBuffer<'cap, T, O>,
        rights: Rights,
    ) -> Result<LentDma<'cap, T>, Error> {
        let (offset, length) = self.offset_of(buffer.memory())?;
        let whole = |bytes: usize| bytes.is_multiple_of(WINDOW_GRANULE);
        let base = buffer.memory().base().addr().get();
        if length == 0 || !whole(base) || !whole(length) {
            return Err(Error::Invalid);
        }
        buffer.lent().set(true);
        Ok(LentDma::new(
            (self.device, self.grant),
            (offset, length),
            rights,
        ))
    }

    /// Takes a buffer back. Its memory is free for others.
    ///
    /// # Errors
    /// `Invalid` when it is of another pool, `Busy` when it was lent: a child may have it until the binding ends. Then
    /// its memory stays taken.
    pub fn free<T, O: Reachable>(&mut self, buffer: DmaBuffer<'cap, T, O>) -> Result<(), Error> {
        let (offset, length) = self.offset_of(buffer.memory())?;
        if buffer.lent().get() {
            return Err(Error::Busy);
        }
        let units = offset / self.unit..(offset + length).div_ceil(self.unit);
        units.for_each(|unit| self.taken[unit / 32] &= !(1 << (unit % 32)));
        Ok(())
    }

    /// Where in the pool a buffer is: offset and length in bytes.
    fn offset_of<T>(&self, memory: &Memory<T>) -> Result<(usize, usize), Error> {
        let (start, length) = memory.range();
        let offset = start.checked_sub(self.base.addr().get());
        let offset =
            offset.filter(|offset| *offset <= self.length && length <= self.length - offset);
        Ok((offset.ok_or(Error::Invalid)?, length))
    }

    /// The first free bytes of this size; where in the pool.
    fn take(&mut self, size: usize, align: usize) -> Result<usize, Error> {
        let base = self.base.addr().get();
        let units = self.length.div_ceil(self.unit);
        let mut first = 0;
        while first < units {
            let offset = first * self.unit;
            if size > self.length - offset {
                break;
            }
            let needed = size.div_ceil(self.unit);
            let used = (first..first + needed)
                .rev()
                .find(|unit| self.taken[unit / 32] & 1 << (unit % 32) != 0);
            match used {
                Some(used) => first = used + 1,
                None if !(base + offset).is_multiple_of(align) => first += 1,
                None => {
                    (first..first + needed)
                        .for_each(|unit| self.taken[unit / 32] |= 1 << (unit % 32));
                    return Ok(offset);
                }
            }
        }
        Err(Error::Exhausted)
    }
}

impl<'cap> Device<'cap, Bound> {
    /// Claims the device's DMA memory: the first pool that the manifest gives it.
    ///
    /// # Errors
    /// `NoDevice` when the manifest gives none, `Busy` when it was taken in this binding, `Revoked`.
    pub fn dma_pool(&self) -> Result<DmaPool<'cap>, Error> {
        self.dma_pool_at(0)
    }

    /// Claims one of several pools, in the manifest's order, from 0.
    ///
    /// # Errors
    /// As [`Device::dma_pool`].
    pub fn dma_pool_at(&self, number: usize) -> Result<DmaPool<'cap>, Error> {
        let mut pools = (self.live()?.grants())
            .filter(|(_, grant)| grant.kind == GrantKind::Memory)
            .enumerate()
            .filter(|(_, (_, grant))| is_pool(grant));
        let (index, _) = pools.nth(number).ok_or(Error::NoDevice)?;
        // Shared with the children that a part is lent to.
        let (claim, info, base) = ClaimGuard::new(
            self,
            GrantKind::Memory,
            Select::Index(index),
            ClaimMode::Shared,
            Notifications::empty(),
        )?;
        let length = usize::try_from(info.length).map_err(|_| Error::Invalid)?;
        let base =
            NonNull::new(core::ptr::with_exposed_provenance_mut(base)).ok_or(Error::Invalid)?;
        // The memory stays claimed until the lease is released: buffers point into it.
        let claim = ManuallyDrop::new(claim);
        Ok(DmaPool {
            base,
            address: info.base,
            length,
            unit: length.div_ceil(UNITS).next_power_of_two().max(cache::LINE),
            taken: [0; UNITS / 32],
            device: claim.device(),
            grant: claim.grant().1,
            binding: PhantomData,
        })
    }
}

impl fmt::Debug for DmaPool<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let taken: u32 = self.taken.iter().map(|units| units.count_ones()).sum();
        write!(
            formatter,
            "DMA pool of {} bytes, {} used",
            self.length,
            self.unit * taken as usize
        )
    }
}
