//! Memory with one item for each binding of the task: as many as the manifest has, and only of the kinds that the
//! driver's code uses.
//!
//! A table is one item in a section of its own. The link script of a task (`build/src/link.rs`) makes it as long as the
//! task has bindings, or interrupt lines. A task that never refers to the item has no table: the linker leaves it out.

use super::driver::{Driver, StateOf};
use super::futures::{Hearing, LineWaiter};
use super::slot::Slot;
use super::values::Values;
use crate::auxiliary::Offers;
#[cfg(not(target_os = "none"))]
use crate::sys::Notifications;
use core::cell::UnsafeCell;
use core::mem::MaybeUninit;

pub use leasehold_abi::MAX_BINDINGS;

/// Room for one item of a table.
#[repr(transparent)]
pub(crate) struct Storage<T>(UnsafeCell<MaybeUninit<T>>);

// SAFETY: a task has one thread, and nothing interrupts it.
unsafe impl<T> Sync for Storage<T> {}

impl<T> Storage<T> {
    /// Nothing in it.
    pub(crate) const fn new() -> Self {
        Self(UnsafeCell::new(MaybeUninit::uninit()))
    }

    /// The item, or where it will be.
    pub(crate) const fn get(&self) -> *mut T {
        self.0.get().cast()
    }
}

/// How long the tables of each kind are.
#[cfg(target_os = "none")]
mod count {
    unsafe extern "C" {
        /// By the link script, at least 1.
        safe static __bindings: u32;
        /// By the link script, at least 1.
        safe static __interrupts: u32;
    }

    /// The bindings of this task.
    pub(super) fn bindings() -> usize {
        __bindings as usize
    }

    /// The interrupt lines of all its bindings.
    pub(super) fn interrupts() -> usize {
        __interrupts as usize
    }
}

/// The whole table. `one` is the item that the link script repeats so often.
#[cfg(target_os = "none")]
fn table<T>(one: &'static Storage<T>, count: usize) -> &'static [Storage<T>] {
    let first: *const Storage<T>;
    // SAFETY: no instruction. The compiler no longer knows that behind the pointer is only one item.
    unsafe {
        core::arch::asm!(
            "/* {0} */",
            inlateout(reg) core::ptr::from_ref(one) => first,
            options(nostack, preserves_flags)
        );
    }
    // SAFETY: the link script has so many of them one after another, and nothing else is there.
    unsafe { core::slice::from_raw_parts(first, count) }
}

/// Defines a function that gives a table.
macro_rules! tables {
    ($($(#[$documentation:meta])* $name:ident: [$item:ty; $count:ident up to $most:expr], $section:literal;)*) => { $(
        #[cfg(target_os = "none")]
        mod $name {
            use super::*;

            /// What the link script repeats.
            #[unsafe(link_section = $section)]
            pub(super) static ONE: Storage<$item> = Storage::new();
        }

        $(#[$documentation])*
        #[cfg(target_os = "none")]
        pub(crate) fn $name() -> &'static [Storage<$item>] {
            table(&$name::ONE, count::$count())
        }

        $(#[$documentation])*
        #[cfg(not(target_os = "none"))]
        pub(crate) fn $name() -> &'static [Storage<$item>] {
            std::thread_local! {
                static TABLE: &'static [Storage<$item>; $most] = {
                    let item = || Storage(UnsafeCell::new(MaybeUninit::new(<$item>::new())));
                    crate::sys::keep_shared(core::array::from_fn(|_| item()))
                };
            }
            TABLE.with(|table| *table)
        }
    )* };
}

tables! {
    /// The bindings.
    slots: [Slot; bindings up to MAX_BINDINGS], ".bss.bindings.slot";
    /// The values that are tied to them.
    values: [Values; bindings up to MAX_BINDINGS], ".bss.bindings.values";
    /// What they lend.
    offers: [Offers; bindings up to MAX_BINDINGS], ".bss.bindings.offers";
    /// What their futures hear from peers.
    hearings: [Hearing; bindings up to MAX_BINDINGS], ".bss.bindings.hearing";
    /// Whom the interrupts wake.
    lines: [LineWaiter; interrupts up to Notifications::INTERRUPT_COUNT], ".bss.interrupts.line";
}

/// Bytes of the future that `make` makes. Its type has no name.
#[doc(hidden)]
pub const fn future_size<A, B, F>(make: &impl Fn(A, B) -> F) -> usize {
    let _ = make;
    assert!(
        align_of::<Option<F>>() <= 16,
        "the link script lines up tables at 16 bytes"
    );
    size_of::<Option<F>>()
}

/// Room for the future of one binding, of `SIZE` bytes, of which the link script makes more.
#[doc(hidden)]
pub struct FuturePlace<const SIZE: usize>(Storage<[u8; SIZE]>);

impl<const SIZE: usize> Default for FuturePlace<SIZE> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const SIZE: usize> FuturePlace<SIZE> {
    /// Nothing in it.
    pub const fn new() -> Self {
        Self(Storage::new())
    }

    /// The futures of all bindings; none is bound.
    ///
    /// # Safety
    /// This is the item that the link script repeats, and nobody else uses it.
    #[cfg(target_os = "none")]
    #[allow(
        clippy::mut_from_ref,
        reason = "nobody else uses it, as the caller promises; clippy does not count an expectation here"
    )]
    pub(super) unsafe fn all<'s, F>(&'static self) -> &'s mut [Option<F>] {
        const {
            assert!(
                size_of::<Option<F>>() == SIZE && align_of::<Option<F>>() <= 16,
                "it is the future whose size was asked for"
            );
        }
        let places = table(&self.0, count::bindings());
        let first: *mut Option<F> = places.as_ptr().cast_mut().cast();
        for index in 0..places.len() {
            // SAFETY: there is room for it, lined up because the table is, and nothing in it yet.
            unsafe { first.add(index).write(None) };
        }
        // SAFETY: all have a value now, which nobody else uses.
        unsafe { core::slice::from_raw_parts_mut(first, places.len()) }
    }
}

/// Room for the state of one binding, of which the link script makes more.
#[doc(hidden)]
pub struct StatePlace<D: Driver>(Storage<Option<StateOf<'static, D>>>);

impl<D: Driver> Default for StatePlace<D> {
    fn default() -> Self {
        Self::new()
    }
}

impl<D: Driver> StatePlace<D> {
    /// Nothing in it.
    pub const fn new() -> Self {
        const {
            assert!(
                align_of::<Option<StateOf<'static, D>>>() <= 16,
                "the link script lines up tables at 16 bytes"
            );
        }
        Self(Storage::new())
    }

    /// The states of all bindings; none is bound.
    ///
    /// # Safety
    /// This is the item that the link script repeats, and nobody else uses it.
    #[cfg(target_os = "none")]
    #[allow(
        clippy::mut_from_ref,
        reason = "nobody else uses it, as the caller promises; clippy does not count an expectation here"
    )]
    pub(super) unsafe fn all(&'static self) -> &'static mut [Option<StateOf<'static, D>>] {
        let places = table(&self.0, count::bindings());
        for place in places {
            // SAFETY: there is room for it, and nothing in it yet.
            unsafe { place.get().write(None) };
        }
        // SAFETY: all have a value now, which nobody else uses.
        unsafe { core::slice::from_raw_parts_mut(places.as_ptr().cast_mut().cast(), places.len()) }
    }
}
