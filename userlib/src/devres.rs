//! Values tied to a binding, behind handles that may outlive it.
//!
//! The runtime owns the values. When the binding ends it revokes them, the last made first, before the lease is
//! released. After that a handle gives no value. A value with a guard is dropped by its last guard. If a guard is kept
//! past the end of the binding, its value and the binding's slot stay until the task restarts.

use crate::runtime::{Bound, Device, Phase, Plain};
use crate::sys::Error;
use crate::{CovariantForLt, ForLt};
use core::fmt;
use core::marker::PhantomData;
use core::ops::Deref;
use core::ptr::NonNull;
use for_lt::Revocable;
use for_lt::revocable::RevocableGuard;

/// A handle on a value of the family `F` that lives as long as a binding.
///
/// ```
/// use driver_testing::Offer;
/// use userlib::io::IoMem;
/// use userlib::sys::GrantKind;
/// use userlib::{DevresLt, Error, ForLt};
///
/// struct Port<'cap> {
///     registers: IoMem<'cap, 8>,
///     sent: core::cell::Cell<u32>,
/// }
///
/// let offer = Offer::new("uart", 0, 0).with_ones("registers", GrantKind::Mmio, 8);
/// let kept = offer.bind(|device| {
///     let port = Port { registers: device.io_mem(0)?, sent: Default::default() };
///     let kept: DevresLt<ForLt!(Port<'_>)> = DevresLt::new(device, port)?;
///     // Any family by a closure; one that is covariant by a guard, with `access` and `try_access`.
///     kept.access_with(device, |port| {
///         port.registers.write8::<0>(b'x');
///         port.sent.set(1);
///     })?;
///     assert_eq!(kept.try_access_with(|port| port.sent.get()), Some(1));
///     Ok(kept)
/// })?;
/// assert_eq!(kept.try_access_with(|port| port.sent.get()), None, "the binding is over");
/// # Ok::<(), Error>(())
/// ```
///
/// To make one is safe: `value` names `'cap`, and the device is invariant in it, so the value lives as long as the
/// binding. A borrow of a local variable does not:
///
/// ```compile_fail
/// use userlib::runtime::{Bound, Device};
/// use userlib::{DevresLt, Error, ForLt};
/// fn forge<'cap>(device: &Device<'cap, Bound>) -> Result<DevresLt<ForLt!(&u32)>, Error> {
///     let local = 7;
///     DevresLt::new(device, &local) // `local` does not live long enough
/// }
/// ```
pub struct DevresLt<F: ForLt> {
    device: Device<'static, Plain>,
    /// A `Revocable<F::Of<'cap>>`, live until the device's generation advances.
    value: NonNull<u8>,
    /// Invariant: a subtype of `F` may be another family (`for<'b> fn(&'b u8)` is one of `fn(&'static u8)`).
    family: PhantomData<fn(F) -> F>,
}

impl<F: ForLt> DevresLt<F> {
    /// Gives `value` to the runtime, to keep until the binding of `device` ends or this is dropped.
    ///
    /// # Errors
    /// `Exhausted` when the binding has no room, `Revoked` while it ends. The value is dropped.
    pub fn new<'cap>(device: &Device<'cap, Bound>, value: F::Of<'cap>) -> Result<Self, Error> {
        // SAFETY: the value may be used for `'cap`, which is the binding of this device.
        unsafe { Self::keep(device.plain(), value) }
    }

    /// Gives `value` to the binding of `device`.
    ///
    /// # Safety
    /// The value may be used until that binding ends, whatever lifetime it names.
    ///
    /// # Errors
    /// As [`DevresLt::new`].
    pub(crate) unsafe fn keep(
        device: Device<'static, Plain>,
        value: F::Of<'_>,
    ) -> Result<Self, Error> {
        let slot = device.slot();
        if !device.is_bound() || slot.phase.get() != Phase::Bound {
            return Err(Error::Revoked);
        }
        // SAFETY: the binding ends after `Slot::end`, which drops the value unless a guard is
        // left; then everything of the binding stays.
        let value = unsafe { slot.values().insert(value)? };
        Ok(Self {
            device,
            value,
            family: PhantomData,
        })
    }

    /// The device, without a claim that it is bound.
    pub const fn device(&self) -> Device<'static, Plain> {
        self.device
    }

    /// The value, if the binding is not over. No system call.
    fn revocable(&self) -> Option<&Revocable<F::Of<'static>>> {
        // SAFETY: `value` is in the slot's memory until the generation advances. The lifetime
        // stands for the binding's; only this module sees it, and hands out shorter ones.
        self.device
            .is_bound()
            .then(|| unsafe { self.value.cast().as_ref() })
    }

    /// Access with the proof that the binding has not ended.
    ///
    /// # Errors
    /// `Invalid` with another device. `Revoked` only from a `Drop` while the binding ends.
    fn access_guard<'a>(
        &'a self,
        device: &'a Device<'_, Bound>,
    ) -> Result<DevresGuard<'a, F>, Error> {
        if !self.device.is_same(device) {
            return Err(Error::Invalid);
        }
        self.try_access_guard().ok_or(Error::Revoked)
    }

    fn try_access_guard(&self) -> Option<DevresGuard<'_, F>> {
        Some(DevresGuard {
            guard: self.revocable()?.try_access()?,
        })
    }

    /// Access by a closure, for any family, with the proof that the binding has not ended.
    ///
    /// # Errors
    /// As [`DevresLt::access`].
    pub fn access_with<R>(
        &self,
        device: &Device<'_, Bound>,
        access: impl for<'r, 'a> FnOnce(&'r F::Of<'a>) -> R,
    ) -> Result<R, Error> {
        let guard = self.access_guard(device)?;
        Ok(access(&guard.guard))
    }

    /// Access by a closure, for any family; `None` once the binding has ended. No system call.
    ///
    /// The borrow and the lifetime inside are two lifetimes, so that no reference of one kind can be stored as the
    /// other:
    ///
    /// ```compile_fail
    /// use core::cell::Cell;
    /// use userlib::{DevresLt, ForLt};
    /// struct Slot<'a> { number: u32, kept: Cell<Option<&'a u32>> }
    /// fn keep(slot: &DevresLt<ForLt!(Slot<'_>)>) {
    ///     slot.try_access_with(|slot| slot.kept.set(Some(&slot.number)));
    /// }
    /// ```
    pub fn try_access_with<R>(
        &self,
        access: impl for<'r, 'a> FnOnce(&'r F::Of<'a>) -> R,
    ) -> Option<R> {
        let guard = self.try_access_guard()?;
        Some(access(&guard.guard))
    }
}

impl<F: CovariantForLt> DevresLt<F> {
    /// Access with the proof that the binding has not ended.
    ///
    /// # Errors
    /// `Invalid` with another device. `Revoked` only from a `Drop` while the binding ends.
    pub fn access<'a>(
        &'a self,
        device: &'a Device<'_, Bound>,
    ) -> Result<DevresGuard<'a, F>, Error> {
        self.access_guard(device)
    }

    /// Access, or `None` once the binding has ended. No system call.
    pub fn try_access(&self) -> Option<DevresGuard<'_, F>> {
        self.try_access_guard()
    }
}

impl<F: ForLt> Drop for DevresLt<F> {
    fn drop(&mut self) {
        if self.device.is_bound() {
            self.device.slot().values().revoke(self.value);
        }
    }
}

impl<F: ForLt> fmt::Debug for DevresLt<F> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "DevresLt({:?})", self.device)
    }
}

/// Keeps a value of a [`DevresLt`] from being dropped.
///
/// There is no `Deref`: it would give out the value under the lifetime of the `DevresLt`, and a getter of the value
/// could carry a reference out of the guard.
///
/// ```compile_fail
/// use userlib::io::{DevresIoMem, IoMem};
/// fn escape<'a>(window: &'a DevresIoMem<16>) -> Option<&'a IoMem<'a, 16>> {
///     let guard = window.try_access()?;
///     Some(guard.get()) // returns a value referencing data owned by the current function
/// }
/// ```
#[must_use = "access ends when the guard is dropped"]
pub struct DevresGuard<'a, F: ForLt> {
    guard: RevocableGuard<'a, F::Of<'static>>,
}

impl<F: CovariantForLt> DevresGuard<'_, F> {
    /// The value, for no longer than the guard is borrowed.
    pub fn get<'g>(&'g self) -> &'g F::Of<'g> {
        F::cast_ref(&self.guard)
    }
}

impl<F: ForLt> fmt::Debug for DevresGuard<'_, F> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("DevresGuard")
    }
}

/// A handle on a value without lifetimes that lives as long as a binding.
///
/// ```
/// use driver_testing::Offer;
/// use userlib::{Devres, Error};
///
/// let kept = Offer::new("uart", 0, 0).bind(|device| {
///     let baud = Devres::new(device, 115_200_u32)?;
///     assert_eq!(*baud.access(device)?, 115_200); // by the proof that the binding lasts
///     assert_eq!(baud.try_access().map(|baud| *baud), Some(115_200)); // without
///     Ok(baud)
/// })?;
/// assert!(kept.try_access().is_none(), "the binding is over, and the value dropped");
/// # Ok::<(), Error>(())
/// ```
/// The value exists as long as the guard:
/// ```compile_fail
/// # use userlib::Devres;
/// fn escape(kept: &Devres<String>) -> Option<&str> {
///     let guard = kept.try_access()?;
///     Some(&guard) // returns a value referencing data owned by the current function
/// }
/// ```
#[derive(Debug)]
pub struct Devres<T: 'static> {
    inner: DevresLt<Constant<T>>,
}

/// The family of one type.
type Constant<T> = for_lt::families::Constant<T>;

impl<T: 'static> Devres<T> {
    /// Gives `value` to the runtime, to keep until the binding of `device` ends or this is dropped.
    ///
    /// # Errors
    /// As [`DevresLt::new`].
    pub fn new(device: &Device<'_, Bound>, value: T) -> Result<Self, Error> {
        Ok(Self {
            inner: DevresLt::new(device, value)?,
        })
    }

    /// The device, without a claim that it is bound.
    pub const fn device(&self) -> Device<'static, Plain> {
        self.inner.device()
    }

    /// Access with the proof that the binding has not ended.
    ///
    /// # Errors
    /// `Invalid` with another device. `Revoked` only from a `Drop` while the binding ends.
    pub fn access<'a>(&'a self, device: &'a Device<'_, Bound>) -> Result<Guard<'a, T>, Error> {
        Ok(Guard {
            guard: self.inner.access_guard(device)?.guard,
        })
    }

    /// Access, or `None` once the binding has ended. No system call.
    pub fn try_access(&self) -> Option<Guard<'_, T>> {
        Some(Guard {
            guard: self.inner.try_access_guard()?.guard,
        })
    }
}

/// Keeps a value of a [`Devres`] from being dropped.
#[derive(Debug)]
#[must_use = "access ends when the guard is dropped"]
pub struct Guard<'a, T: 'static> {
    guard: RevocableGuard<'a, T>,
}

impl<T: 'static> Deref for Guard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.guard
    }
}

#[cfg(test)]
mod hostile_tests;
#[cfg(test)]
mod tests;
