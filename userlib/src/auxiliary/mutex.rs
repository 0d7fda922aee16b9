//! A lock in memory that two tasks share. Nobody ever spins on it.

use super::lent::{copy_out, read};
use super::{Lendable, Lender, Receiver};
use crate::sys::{self, Error, TaskHandle};
use core::fmt;
use core::marker::PhantomData;
use core::ptr::NonNull;
use core::sync::atomic::{AtomicU32, Ordering};
use zerocopy::{Immutable, IntoBytes, TryFromBytes};

/// Where the value is, after the word with the owner: aligned for any plain value.
pub(super) const VALUE_OFFSET: usize = 16;

/// The owner word when nobody has the lock. A task handle is stored plus one, so that no handle is this.
const FREE: u32 = 0;

/// A value that two tasks change, one at a time.
///
/// The other task is another protection domain and may have any priority, so waiting for it by
/// spinning could be for ever: [`LentMutex::try_lock`] answers at once. A task that dies with
/// the lock is reported as [`Error::Dead`], and [`LentMutex::recover`] takes the lock from it.
/// The lock keeps honest tasks apart; against the other side's lies, each read is checked.
///
/// ```
/// use userlib::Error;
/// use userlib::auxiliary::LentMutex;
///
/// /// Counts, whatever became of the other side.
/// fn count(total: &LentMutex<'_, u64>) -> Result<u64, Error> {
///     let mut guard = match total.try_lock() {
///         Err(Error::Dead) => total.recover(0)?, // the holder died: its value may be half done
///         guard => guard?,                       // `Busy`: try again later
///     };
///     let value = guard.read()?;
///     guard.write(value + 1);
///     Ok(value)
/// }
/// ```
/// The value is reached by its guard only:
/// ```compile_fail
/// # use userlib::auxiliary::LentMutex;
/// fn read(total: &LentMutex<'_, u64>) -> u64 {
///     total.read().unwrap() // no method named `read`
/// }
/// ```
pub struct LentMutex<'a, T> {
    address: NonNull<u8>,
    lent: PhantomData<&'a T>,
}

impl<T> Clone for LentMutex<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for LentMutex<'_, T> {}

impl<'a, T: IntoBytes + TryFromBytes + Immutable + 'static> LentMutex<'a, T> {
    /// The lock at this address.
    ///
    /// # Safety
    /// `VALUE_OFFSET` bytes and a `T` of shared memory, aligned to `VALUE_OFFSET`, mapped
    /// writable for `'a` and reached by atomic and volatile accesses only.
    pub const unsafe fn new(address: NonNull<u8>) -> Self {
        const {
            assert!(
                align_of::<T>() <= VALUE_OFFSET,
                "a shared value is aligned to at most 16 bytes"
            )
        }
        Self {
            address,
            lent: PhantomData,
        }
    }

    fn owner(&self) -> &AtomicU32 {
        // SAFETY: aligned shared memory, mapped for `'a`, and only reached atomically.
        unsafe { AtomicU32::from_ptr(self.address.cast::<u32>().as_ptr()) }
    }

    /// Takes the lock if it is free.
    ///
    /// # Errors
    /// `Busy` while another holder lives, `Dead` when the holder died with it.
    pub fn try_lock(&self) -> Result<LentMutexGuard<'_, 'a, T>, Error> {
        self.replace(FREE).map_err(|owner| {
            if is_dead(owner) {
                Error::Dead
            } else {
                Error::Busy
            }
        })
    }

    /// Takes the lock from a holder that died, and puts `value` where its half-done one was.
    ///
    /// # Errors
    /// `Busy` while the holder lives or when there is none.
    pub fn recover(&self, value: T) -> Result<LentMutexGuard<'_, 'a, T>, Error> {
        let owner = self.owner().load(Ordering::Relaxed);
        if owner == FREE || !is_dead(owner) {
            return Err(Error::Busy);
        }
        let mut guard = self.replace(owner).map_err(|_| Error::Busy)?;
        guard.write(value);
        Ok(guard)
    }

    /// Takes the lock if this is what its owner word says.
    fn replace(&self, owner: u32) -> Result<LentMutexGuard<'_, 'a, T>, u32> {
        let own = sys::task_self().raw().wrapping_add(1);
        self.owner()
            .compare_exchange(owner, own, Ordering::Acquire, Ordering::Relaxed)?;
        Ok(LentMutexGuard { mutex: self, own })
    }
}

/// Whether the life that the owner word names is over. The word is not trusted to name any.
fn is_dead(owner: u32) -> bool {
    let handle = TaskHandle::from_raw(owner.wrapping_sub(1));
    sys::task_info(handle.index()).map_or(true, |info| {
        // A life that has ended keeps its handle until the next one begins, which may be never.
        info.handle != handle || info.has_ended()
    })
}

/// The right to use the value of a [`LentMutex`]; dropped, the lock is free.
pub struct LentMutexGuard<'m, 'a, T: IntoBytes + TryFromBytes + Immutable + 'static> {
    mutex: &'m LentMutex<'a, T>,
    own: u32,
}

impl<T: IntoBytes + TryFromBytes + Immutable + 'static> LentMutexGuard<'_, '_, T> {
    /// Copies the value.
    ///
    /// # Errors
    /// `Protocol` when the bytes are no `T`.
    pub fn read(&self) -> Result<T, Error> {
        // SAFETY: the value's shared memory.
        unsafe { read(self.mutex.address.add(VALUE_OFFSET)) }
    }

    /// Writes a new value.
    pub fn write(&mut self, value: T) {
        // SAFETY: as above, and this task has the lock.
        unsafe { copy_out(value.as_bytes(), self.mutex.address.add(VALUE_OFFSET)) }
    }
}

impl<T: IntoBytes + TryFromBytes + Immutable + 'static> Drop for LentMutexGuard<'_, '_, T> {
    fn drop(&mut self) {
        // Another word there is the other side's doing; it is not ours to clear.
        let _ = self.mutex.owner().compare_exchange(
            self.own,
            FREE,
            Ordering::Release,
            Ordering::Relaxed,
        );
    }
}

impl<'a, T: IntoBytes + TryFromBytes + Immutable + 'static> Lendable<'a> for LentMutex<'a, T> {
    type Offer = Self;

    fn lend(offer: &Self, to: &mut Lender<'_>) -> Result<(), Error> {
        to.put_shared(offer.address)
    }

    fn receive(from: &mut Receiver<'_, 'a>) -> Result<Self, Error> {
        let address = from.take_shared(VALUE_OFFSET + size_of::<T>(), VALUE_OFFSET)?;
        // SAFETY: checked to be inside the shared memory, which is claimed for `'a`.
        Ok(unsafe { Self::new(address) })
    }
}

impl<T> fmt::Debug for LentMutex<'_, T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "LentMutex({:p})", self.address)
    }
}

impl<T: IntoBytes + TryFromBytes + Immutable + 'static> fmt::Debug for LentMutexGuard<'_, '_, T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "LentMutexGuard({:p})", self.mutex.address)
    }
}
