//! Memory of the parent for one auxiliary device.

use super::lent::{LentCell, copy_out};
use super::mutex::{LentMutex, VALUE_OFFSET};
use super::{PAYLOAD_LENGTH, offers::RegionState};
use crate::lend::Granules;
use crate::runtime::{Bound, Device, Plain, Task};
use crate::sys::Error;
use core::cell::Cell;
use core::marker::PhantomData;
use core::ptr::NonNull;
use zerocopy::{Immutable, IntoBytes, TryFromBytes};

/// Arena memory of a binding for one auxiliary device: cells that the child reads, locks that both use.
///
/// ```
/// use userlib::Error;
/// use userlib::auxiliary::LendRegion;
/// use userlib::runtime::{Bound, Device};
///
/// fn counters(device: &Device<'_, Bound>) -> Result<u32, Error> {
///     let region: LendRegion<'_> = device.lend_region(64, 64)?;
///     let mut received = region.cell(0_u32)?; // the child reads `received.lent()`
///     received.write(1);
///     let total = region.mutex(0_u64)?; // both change it, one at a time
///     total.try_lock()?.write(1);
///     received.lent().read()
/// }
/// assert_eq!(driver_testing::Offer::new("nic", 0, 0).bind(|device| counters(device)), Ok(1));
/// ```
/// A value is plain data; what holds an address is refused:
/// ```compile_fail
/// # use userlib::auxiliary::LendRegion;
/// fn cell<'cap>(region: &LendRegion<'cap>) {
///     let _ = region.cell("text"); // `&str: IntoBytes` is not satisfied
/// }
/// ```
///
/// It belongs to the binding and is free again after it. One [`Registration`](super::Registration)
/// at a time uses it.
#[derive(Debug)]
pub struct LendRegion<'cap> {
    device: Device<'static, Plain>,
    cells: Granules,
    cells_used: Cell<usize>,
    shared: Option<Granules>,
    shared_used: Cell<usize>,
    binding: PhantomData<&'cap ()>,
}

impl<'cap> Device<'cap, Bound> {
    /// Takes memory of the lend arena, for `cells` bytes that a child reads and `shared` bytes of locks.
    ///
    /// # Errors
    /// `Exhausted` when the arena or the table of regions is full, `Revoked`.
    pub fn lend_region(&self, cells: usize, shared: usize) -> Result<LendRegion<'cap>, Error> {
        let slot = self.steady()?;
        let arena = &Task::current().arena;
        let length = cells.checked_add(PAYLOAD_LENGTH).ok_or(Error::Exhausted)?;
        let cells = arena.take(length)?;
        let shared = match shared {
            0 => None,
            length => match arena.take(length) {
                Ok(granules) => Some(granules),
                Err(error) => {
                    arena.free(cells);
                    return Err(error);
                }
            },
        };
        if let Err(error) = slot.offers().keep(RegionState { cells, shared }) {
            arena.free(cells);
            shared.into_iter().for_each(|granules| arena.free(granules));
            return Err(error);
        }
        Ok(LendRegion {
            device: self.plain(),
            cells,
            cells_used: Cell::new(PAYLOAD_LENGTH),
            shared,
            shared_used: Cell::new(0),
            binding: PhantomData,
        })
    }
}

impl<'cap> LendRegion<'cap> {
    /// The device that it belongs to.
    pub(super) const fn device(&self) -> Device<'static, Plain> {
        self.device
    }

    /// Where the payload and the cells are.
    pub(super) const fn cells(&self) -> Granules {
        self.cells
    }

    /// Where the locks are.
    pub(super) const fn shared(&self) -> Option<Granules> {
        self.shared
    }

    /// Puts a value where the child can read it.
    ///
    /// # Errors
    /// `Exhausted`.
    pub fn cell<T: IntoBytes + TryFromBytes + Immutable + 'static>(
        &self,
        value: T,
    ) -> Result<LentCell<'cap, T>, Error> {
        let address = take(
            self.cells,
            &self.cells_used,
            size_of::<T>(),
            align_of::<T>(),
        )?;
        // SAFETY: just taken, so nobody else has it; it stays the binding's for `'cap`.
        let mut cell = unsafe { LentCell::new(address) };
        cell.write(value);
        Ok(cell)
    }

    /// Takes memory that parent and child can change. It is zeroed.
    pub(super) fn take_shared(&self, length: usize, align: usize) -> Result<NonNull<u8>, Error> {
        let shared = self.shared.ok_or(Error::Exhausted)?;
        take(shared, &self.shared_used, length, align)
    }

    /// Puts a value where parent and child can change it, one at a time.
    ///
    /// # Errors
    /// `Exhausted`.
    pub fn mutex<T: IntoBytes + TryFromBytes + Immutable + 'static>(
        &self,
        value: T,
    ) -> Result<LentMutex<'cap, T>, Error> {
        let address = self.take_shared(VALUE_OFFSET + size_of::<T>(), VALUE_OFFSET)?;
        // SAFETY: just taken and zeroed, which is a free lock.
        unsafe {
            copy_out(value.as_bytes(), address.add(VALUE_OFFSET));
            Ok(LentMutex::new(address))
        }
    }
}

/// Takes bytes off granules.
fn take(
    from: Granules,
    used: &Cell<usize>,
    length: usize,
    align: usize,
) -> Result<NonNull<u8>, Error> {
    // Granules are aligned for everything that fits them.
    let start = used
        .get()
        .checked_next_multiple_of(align)
        .ok_or(Error::Exhausted)?;
    let end = start
        .checked_add(length)
        .filter(|&end| end <= from.length());
    used.set(end.ok_or(Error::Exhausted)?);
    // SAFETY: inside the granules.
    Ok(unsafe { from.base.add(start) })
}
