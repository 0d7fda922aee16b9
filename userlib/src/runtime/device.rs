//! The device that a driver is bound to, and what the context says about it.

use super::{Slot, Task};
use crate::ForLt;
use crate::sys::{Error, LeaseHandle};
use core::fmt;
use core::marker::PhantomData;
use core::ops::Deref;

/// What is known of a [`Device`]: [`Core`], [`Bound`] or [`Plain`].
pub trait DeviceContext: sealed::Sealed + 'static {}

/// A callback of the runtime is running for the device. Only ever lent to the callback.
#[derive(Debug)]
pub struct Core;
/// The device is bound to its driver for `'cap`.
#[derive(Debug)]
pub struct Bound;
/// Nothing.
#[derive(Debug)]
pub struct Plain;

impl DeviceContext for Core {}
impl DeviceContext for Bound {}
impl DeviceContext for Plain {}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::Core {}
    impl Sealed for super::Bound {}
    impl Sealed for super::Plain {}
}

/// A device, as known in context `C`.
///
/// `Device<'cap, Bound>` proves that the binding `'cap` has not ended: it is invariant in
/// `'cap`, which no other binding and no local borrow has. A callback gets `&Device<'cap, Core>`,
/// which it cannot keep; [`Device::bound`] is what a driver's state may hold.
///
/// ```compile_fail
/// use userlib::runtime::{Core, Device};
/// struct State<'cap>(&'cap Device<'cap, Core>);
/// fn keep<'cap>(device: &Device<'cap, Core>) -> State<'cap> {
///     State(device) // lifetime may not live long enough
/// }
/// ```
#[repr(transparent)]
pub struct Device<'cap, C: DeviceContext = Plain> {
    inner: Inner,
    brand: PhantomData<fn(&'cap ()) -> &'cap ()>,
    context: PhantomData<*const C>,
}

impl<C: DeviceContext> ForLt for Device<'static, C> {
    type Of<'a> = Device<'a, C>;
}

/// Names one binding of this task.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Inner {
    slot: u8,
    generation: u32,
}

impl<C: DeviceContext> Device<'_, C> {
    /// Puts one together.
    const fn of(inner: Inner) -> Self {
        Self {
            inner,
            brand: PhantomData,
            context: PhantomData,
        }
    }

    /// The binding's slot, live or not.
    pub(crate) fn slot(&self) -> &'static Slot {
        let slots = Task::current().slots();
        // SAFETY: `Device::core` gets the index of one of them.
        unsafe { slots.get_unchecked(usize::from(self.inner.slot)) }
    }

    /// Index of the slot.
    pub(crate) const fn slot_index(&self) -> u8 {
        self.inner.slot
    }

    /// Whether the binding has not ended.
    pub fn is_bound(&self) -> bool {
        self.slot().is_live(self.inner.generation)
    }

    /// The same device as a value that proves nothing. It can only be compared.
    pub const fn plain(&self) -> Device<'static, Plain> {
        Device::of(self.inner)
    }

    /// Whether both are the same binding of the same device.
    pub fn is_same<D: DeviceContext>(&self, other: &Device<'_, D>) -> bool {
        self.inner == other.inner
    }
}

impl<'cap> Device<'cap, Core> {
    /// For the runtime: a device of a live slot.
    pub(crate) const fn core(slot: u8, generation: u32) -> Self {
        Self::of(Inner { slot, generation })
    }

    /// The proof that the device is bound, to keep for `'cap`.
    pub const fn bound(&self) -> Device<'cap, Bound> {
        Device::of(self.inner)
    }
}

impl<'cap> Deref for Device<'cap, Core> {
    type Target = Device<'cap, Bound>;

    fn deref(&self) -> &Self::Target {
        // SAFETY: `Device` is a transparent wrapper of `Inner` for every context.
        unsafe { &*core::ptr::from_ref(self).cast() }
    }
}

impl Device<'_, Bound> {
    /// The live slot.
    ///
    /// # Errors
    /// `Revoked` when the binding is over. Only a value that was leaked can ask then.
    pub(crate) fn live(&self) -> Result<&'static Slot, Error> {
        let slot = self.slot();
        if slot.is_live(self.inner.generation) {
            Ok(slot)
        } else {
            Err(Error::Revoked)
        }
    }

    /// The live slot, for what must not be begun while the binding ends.
    ///
    /// # Errors
    /// `Revoked` when the binding is over or ending.
    pub(crate) fn steady(&self) -> Result<&'static Slot, Error> {
        let slot = self.slot();
        if slot.is_steady(self.inner.generation) {
            Ok(slot)
        } else {
            Err(Error::Revoked)
        }
    }

    /// The lease of the binding.
    ///
    /// # Errors
    /// `Revoked` when the binding is over.
    pub fn lease(&self) -> Result<LeaseHandle, Error> {
        Ok(self.live()?.lease.get())
    }

    /// Label of the device: [`label`](crate::sys::label) of its name, 0 once it is over.
    pub fn label(&self) -> u32 {
        self.live().map_or(0, |slot| slot.label.get())
    }

    /// Whether the device has this name.
    pub fn is_named(&self, name: &str) -> bool {
        self.label() == crate::sys::label(name)
    }

    /// Number of the device among those of one name; for a PCI function vendor << 16 | device.
    pub fn id(&self) -> u32 {
        self.live().map_or(0, |slot| slot.id.get())
    }
}

impl Clone for Device<'_, Bound> {
    fn clone(&self) -> Self {
        Self::of(self.inner)
    }
}

impl Clone for Device<'_, Plain> {
    fn clone(&self) -> Self {
        *self
    }
}

impl Copy for Device<'_, Plain> {}

impl<C: DeviceContext> fmt::Debug for Device<'_, C> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "device {}.{}",
            self.inner.slot, self.inner.generation
        )
    }
}

impl Slot {
    /// The device of this slot, the `index`-th, for a driver's function, which is generic in its lifetime.
    pub(super) fn device(&self, index: usize) -> Device<'static, Core> {
        Device::core(index as u8, self.generation.get())
    }
}
