//! A buffer that a driver lends to the driver of an auxiliary device: at the parent a [`LentDma`], at the child a
//! [`DmaView`].

use super::Field;
use super::memory::Memory;
use crate::auxiliary::{Lendable, Lender, Receiver, SubWindow};
use crate::ipc::{ReadLoan, WriteLoan};
use crate::runtime::{Device, Plain};
use crate::sys::{Error, Rights};
use core::fmt;
use core::marker::PhantomData;
use core::ops::Range;
use core::ptr::NonNull;
use zerocopy::{FromBytes, Immutable, IntoBytes};

/// The parent's end of a buffer in a payload; [`DmaPool::lend`](super::DmaPool::lend) makes it. The child receives it
/// as a [`DmaView`].
///
/// ```
/// use userlib::auxiliary::{LendRegion, Lendable, Registration};
/// use userlib::dma::{DmaBuffer, DmaPool, DmaView, LentDma};
/// use userlib::runtime::{Bound, Device};
/// use userlib::sys::Rights;
/// use userlib::{Error, ForLt};
///
/// /// What the child receives: 8 packets, each of 512 bytes.
/// #[derive(Lendable)]
/// #[offer(PacketsOffer<'a>)]
/// struct Packets<'a> {
///     packets: DmaView<'a, [u8; 512]>,
/// }
/// type PacketsLt = ForLt!(Packets<'_>);
///
/// /// What the parent gives for it.
/// struct PacketsOffer<'a> {
///     packets: LentDma<'a, [u8; 512]>,
/// }
///
/// fn offer<'cap>(
///     device: &Device<'cap, Bound>,
///     region: &LendRegion<'cap>,
///     pool: &mut DmaPool<'cap>,
/// ) -> Result<Registration<'cap, PacketsLt>, Error> {
///     let packets: DmaBuffer<'cap, [u8; 512]> = pool.lendable_buffer(8)?;
///     let packets = pool.lend(&packets, Rights::READ)?;
///     Registration::new(device, region, "packets", 0, PacketsOffer { packets })
/// }
///
/// /// In another task, which is bound to the auxiliary device: no copy but its own.
/// fn first_byte(device: &Device<'_, Bound>) -> Result<u8, Error> {
///     let packet = device
///         .registration_data_with::<PacketsLt, _>(|queue| queue.packets.read(0))??;
///     Ok(packet[0])
/// }
/// ```
pub struct LentDma<'cap, T> {
    part: SubWindow,
    kind: PhantomData<&'cap T>,
}

impl<T> LentDma<'_, T> {
    /// This part of a grant.
    pub(super) const fn new(
        (device, grant): (Device<'static, Plain>, usize),
        (offset, length): (usize, usize),
        rights: Rights,
    ) -> Self {
        Self {
            part: SubWindow {
                device,
                grant,
                offset,
                length,
                rights,
            },
            kind: PhantomData,
        }
    }
}

/// Values in the parent's DMA memory, which the parent, the child and the device use at the same time.
///
/// So they are copied in and out by volatile accesses, and every bit pattern must be a valid `T`. What is in them may
/// be wrong: the parent and its device are not trusted. Where the rights do not let the child write, a write is
/// `Denied`.
///
/// The lease ends with the parent's binding, in order. Until the child gives the lease back, the memory stays as the
/// parent left it, except for what the child and the device still write.
pub struct DmaView<'a, T> {
    memory: Memory<T>,
    writable: bool,
    lent: PhantomData<&'a ()>,
}

impl<T: FromBytes + IntoBytes + Immutable> DmaView<'_, T> {
    /// Number of values.
    #[expect(clippy::len_without_is_empty, reason = "never empty")]
    pub const fn len(&self) -> usize {
        self.memory.count()
    }

    /// Whether the parent lets the child write.
    pub const fn is_writable(&self) -> bool {
        self.writable
    }

    /// Refuses a write that would be a fault.
    fn writable(&self) -> Result<&Memory<T>, Error> {
        if self.writable {
            Ok(&self.memory)
        } else {
            Err(Error::Denied)
        }
    }

    /// Copies a value out.
    ///
    /// # Errors
    /// `Invalid` past the end.
    pub fn read(&self, index: usize) -> Result<T, Error> {
        self.memory.read(index)
    }

    /// Copies a value in.
    ///
    /// # Errors
    /// `Invalid` past the end, `Denied` when the child may not write.
    pub fn write(&self, index: usize, value: T) -> Result<(), Error> {
        self.writable()?.write(index, value)
    }

    /// Copies values out, from `index` on, until `into` is full.
    ///
    /// # Errors
    /// `Invalid` past the end; nothing is copied then.
    pub fn copy_to(&self, index: usize, into: &mut [T]) -> Result<(), Error> {
        self.memory.copy_to(index, into)
    }

    /// Copies all of `from` in, from `index` on.
    ///
    /// # Errors
    /// As [`DmaView::write`]; nothing is copied then.
    pub fn copy_from(&self, index: usize, from: &[T]) -> Result<(), Error> {
        self.writable()?.copy_from(index, from)
    }

    /// Copies a field of a value out; [`field!`](crate::field) names it.
    ///
    /// # Errors
    /// `Invalid` past the end.
    pub fn read_field<F>(&self, index: usize, field: Field<T, F>) -> Result<F, Error>
    where
        F: FromBytes + IntoBytes + Immutable,
    {
        self.memory.read_field(index, field)
    }

    /// Copies a field of a value in, and leaves the others as they are.
    ///
    /// # Errors
    /// As [`DmaView::write`].
    pub fn write_field<F>(&self, index: usize, field: Field<T, F>, value: F) -> Result<(), Error>
    where
        F: FromBytes + IntoBytes + Immutable,
    {
        self.writable()?.write_field(index, field, value)
    }
}

impl DmaView<'_, u8> {
    /// Copies all of `bytes` from a client's loan, from its `offset` on.
    ///
    /// # Errors
    /// `Invalid` past the end of either, `Denied` when the child may not write, `Dead` when the client is gone. A part
    /// may be copied then.
    pub fn take(&self, bytes: Range<usize>, loan: &ReadLoan, offset: usize) -> Result<(), Error> {
        self.writable()?.take(bytes, loan, offset)
    }

    /// Copies all of `bytes` into a client's loan, from its `offset` on.
    ///
    /// # Errors
    /// As [`DmaView::take`].
    pub fn give(&self, bytes: Range<usize>, loan: &WriteLoan, offset: usize) -> Result<(), Error> {
        self.memory.give(bytes, loan, offset)
    }
}

/// A child cannot lend it on: it claims what it wants to lend by itself.
impl<'a, T: FromBytes + IntoBytes + Immutable + 'static> Lendable<'a> for DmaView<'a, T> {
    type Offer = LentDma<'a, T>;

    fn lend(offer: &LentDma<'a, T>, to: &mut Lender<'_>) -> Result<(), Error> {
        to.put_window(offer.part)
    }

    fn receive(from: &mut Receiver<'_, 'a>) -> Result<Self, Error> {
        let (info, base) = from.take_memory()?;
        let length = usize::try_from(info.length).map_err(|_| Error::Protocol)?;
        let base = NonNull::new(core::ptr::with_exposed_provenance_mut::<T>(base));
        let base = base
            .filter(|base| base.is_aligned())
            .ok_or(Error::Protocol)?;
        let count = length.checked_div(size_of::<T>());
        let count = count.filter(|count| *count != 0).ok_or(Error::Protocol)?;
        Ok(Self {
            // SAFETY: just claimed, until the binding ends or the payload is refused; aligned, and no longer than that.
            memory: unsafe { Memory::new(base, count) },
            writable: info.rights.contains(Rights::WRITE),
            lent: PhantomData,
        })
    }
}

impl<T> Clone for LentDma<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for LentDma<'_, T> {}

impl<T> fmt::Debug for LentDma<'_, T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (offset, length) = (self.part.offset, self.part.length);
        write!(formatter, "LentDma({offset:#x}+{length:#x})")
    }
}

impl<T> fmt::Debug for DmaView<'_, T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (base, length) = self.memory.range();
        write!(formatter, "DmaView({base:#x}+{length:#x})")
    }
}
