//! Memory that a device accesses itself.

use crate::io::{Claim, Select};
use crate::runtime::{Bound, Device};
use crate::sys::{ClaimMode, Error, GrantKind, Notifications};
use core::fmt;
use core::marker::PhantomData;
use core::mem::ManuallyDrop;
use core::ptr::NonNull;
use core::sync::atomic::{Ordering, fence};
use zerocopy::{FromBytes, Immutable, IntoBytes};

/// The binding that a value belongs to: invariant, so that the lifetimes of two bindings are never the same.
type Brand<'cap> = PhantomData<fn(&'cap ()) -> &'cap ()>;

/// The right of a PCI function to be a bus master: bus mastering is on while this exists.
pub struct BusMaster<'cap> {
    _claim: Claim,
    binding: Brand<'cap>,
}

/// The DMA memory of a device, given out once in each binding.
///
/// It stays claimed until the binding ends, so buffers need not be stored together with it.
pub struct DmaPool<'cap> {
    base: NonNull<u8>,
    /// Address of `base` for the device.
    address: u64,
    length: usize,
    used: usize,
    binding: Brand<'cap>,
}

/// `count` values of `T` in DMA memory.
///
/// The device may change them at any time. So values are copied in and out, by volatile accesses, and every bit pattern
/// must be a valid `T`.
///
/// ```
/// use userlib::Error;
/// use userlib::dma::barrier;
/// use userlib::runtime::{Bound, Device};
///
/// /// Has the device copy a word by itself, and reads what it wrote.
/// fn copy(device: &Device<'_, Bound>, start: impl Fn(u64, u64)) -> Result<u32, Error> {
///     let mut pool = device.dma_pool()?;
///     let mut from = pool.buffer::<u32>(1)?;
///     let to = pool.aligned_buffer::<u32>(1, 64)?;
///     from.write(0, 7)?;
///     let master = device.bus_master()?; // dropped, the device is no bus master any more
///     start(from.device_address(&master), to.device_address(&master));
///     barrier();
///     to.read(0)
/// }
/// ```
/// A type for which some bit patterns are invalid is refused:
/// ```compile_fail
/// # use userlib::dma::DmaPool;
/// fn flags(pool: &mut DmaPool<'_>) {
///     let _ = pool.buffer::<bool>(8); // `bool: FromBytes` is not satisfied
/// }
/// ```
pub struct DmaBuffer<'cap, T> {
    base: NonNull<T>,
    address: u64,
    count: usize,
    binding: Brand<'cap>,
}

impl<'cap> DmaPool<'cap> {
    /// Allocates `count` zeroed values in the pool.
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
        let align = align.max(align_of::<T>());
        let size = count.checked_mul(size_of::<T>()).ok_or(Error::Exhausted)?;
        let start = self.base.addr().get() + self.used;
        let padding = start.wrapping_neg() & (align - 1);
        let first = self.used.checked_add(padding).ok_or(Error::Exhausted)?;
        let end = first.checked_add(size).filter(|&end| end <= self.length);
        self.used = end.ok_or(Error::Exhausted)?;
        // SAFETY: `first` is inside the pool.
        let base = unsafe { self.base.add(first) };
        for at in 0..size {
            // SAFETY: the bytes were free until now and are inside the pool.
            unsafe { base.add(at).write_volatile(0) };
        }
        let address = self.address + first as u64;
        Ok(DmaBuffer {
            base: base.cast(),
            address,
            count,
            binding: PhantomData,
        })
    }
}

#[expect(
    clippy::len_without_is_empty,
    reason = "a buffer has a fixed number of places"
)]
impl<'cap, T: FromBytes + IntoBytes + Immutable> DmaBuffer<'cap, T> {
    /// Number of values.
    pub const fn len(&self) -> usize {
        self.count
    }

    /// Copies a value out.
    ///
    /// # Errors
    /// `Invalid` past the end.
    pub fn read(&self, index: usize) -> Result<T, Error> {
        let place = self.place(index)?;
        // SAFETY: inside the buffer and aligned; any bits are a `T`.
        Ok(unsafe { place.read_volatile() })
    }

    /// Copies a value in.
    ///
    /// # Errors
    /// `Invalid` past the end.
    pub fn write(&mut self, index: usize, value: T) -> Result<(), Error> {
        let place = self.place(index)?;
        // SAFETY: inside the buffer and aligned; only this owner writes, beside the device.
        unsafe { place.write_volatile(value) };
        Ok(())
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

    fn place(&self, index: usize) -> Result<NonNull<T>, Error> {
        if index >= self.count {
            return Err(Error::Invalid);
        }
        // SAFETY: inside the buffer.
        Ok(unsafe { self.base.add(index) })
    }
}

/// Orders all earlier accesses before all later ones, of memory and devices. Use it before the store that starts a
/// device, and after the device has reported that it is done.
#[inline(always)]
pub fn barrier() {
    fence(Ordering::SeqCst);
    #[cfg(any(target_arch = "riscv64", target_arch = "riscv32"))]
    // SAFETY: a fence changes nothing. `fence(SeqCst)` orders memory only.
    unsafe {
        core::arch::asm!("fence iorw, iorw", options(nostack));
    }
}

impl<'cap> Device<'cap, Bound> {
    /// Claims the device's DMA memory (the grant named `dma`).
    ///
    /// # Errors
    /// `NoDevice` when the manifest gives none, `Busy` when it was taken in this binding, `Revoked`.
    pub fn dma_pool(&self) -> Result<DmaPool<'cap>, Error> {
        let select = Select::Name(leasehold_abi::names::POOL);
        let (claim, info, base) = Claim::new(
            self,
            GrantKind::Memory,
            select,
            ClaimMode::Exclusive,
            Notifications::empty(),
        )?;
        let length = usize::try_from(info.length).map_err(|_| Error::Invalid)?;
        let base =
            NonNull::new(core::ptr::with_exposed_provenance_mut(base)).ok_or(Error::Invalid)?;
        // The memory stays claimed until the lease is released: buffers point into it.
        let _ = ManuallyDrop::new(claim);
        Ok(DmaPool {
            base,
            address: info.base,
            length,
            used: 0,
            binding: PhantomData,
        })
    }

    /// Lets the device be a bus master.
    ///
    /// # Errors
    /// `NoDevice` when the manifest does not allow it, `Busy` when it is one already, `Revoked`.
    pub fn bus_master(&self) -> Result<BusMaster<'cap>, Error> {
        let kind = GrantKind::BusMaster;
        let (claim, ..) = Claim::new(
            self,
            kind,
            Select::Index(0),
            ClaimMode::Exclusive,
            Notifications::empty(),
        )?;
        Ok(BusMaster {
            _claim: claim,
            binding: PhantomData,
        })
    }
}

impl fmt::Debug for BusMaster<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("BusMaster")
    }
}

impl fmt::Debug for DmaPool<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "DMA pool of {} bytes, {} used",
            self.length, self.used
        )
    }
}

impl<T> fmt::Debug for DmaBuffer<'_, T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "DMA buffer at {:#x}", self.address)
    }
}

#[cfg(test)]
mod tests;
