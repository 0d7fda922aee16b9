//! Memory for the values that are tied to one binding, and their orderly end.

use super::ranges::Ranges;
use crate::auxiliary::ReceivedPayload;
use crate::sys::Error;
use core::alloc::Layout;
use core::cell::{Cell, UnsafeCell};
use core::mem::{ManuallyDrop, MaybeUninit};
use core::ptr::NonNull;
use for_lt::Revocable;
use for_lt::revocable::Status;

/// Bytes for the values of one binding.
const BYTES: usize = 1024;
/// Most values of one binding.
const ENTRIES: usize = 16;

/// The memory, aligned for any value that a driver stores.
#[repr(C, align(16))]
struct Bytes([MaybeUninit<u8>; BYTES]);

/// One value and how it ends.
#[derive(Clone, Copy)]
struct Entry {
    value: NonNull<u8>,
    size: usize,
    /// Revokes it; true when it has been dropped.
    end: unsafe fn(NonNull<u8>) -> bool,
}

/// The values of one binding: made one after another, freed all at once.
pub(crate) struct Values {
    bytes: UnsafeCell<Bytes>,
    used: Cell<usize>,
    entries: [Cell<Option<Entry>>; ENTRIES],
    /// The payload that came with the device.
    pub(crate) received: ReceivedPayload,
    /// The windows that a value may reach which a guard keeps past the binding's end.
    pub(super) kept: Ranges,
}

/// Room that is free again when this is dropped, unless it is kept.
pub(crate) struct Room<'v> {
    values: &'v Values,
    place: NonNull<u8>,
    /// How much was used before and with it.
    used: (usize, usize),
}

impl Room<'_> {
    /// The room, until the binding is over.
    pub(crate) fn keep(self) -> NonNull<u8> {
        ManuallyDrop::new(self).place
    }
}

impl Drop for Room<'_> {
    fn drop(&mut self) {
        let (before, with) = self.used;
        if self.values.used.get() == with {
            self.values.used.set(before);
        }
    }
}

/// Revokes the `Revocable<T>` at `value`.
///
/// # Safety
/// There is a live `Revocable<T>` at `value`.
unsafe fn end<T>(value: NonNull<u8>) -> bool {
    // SAFETY: the caller's promise.
    let value = unsafe { value.cast::<Revocable<T>>().as_ref() };
    value.revoke();
    value.status() == Status::Gone
}

impl Values {
    /// No values.
    #[cfg(not(target_os = "none"))]
    pub(crate) const fn new() -> Self {
        Self {
            bytes: UnsafeCell::new(Bytes([MaybeUninit::uninit(); BYTES])),
            used: Cell::new(0),
            entries: [const { Cell::new(None) }; ENTRIES],
            received: ReceivedPayload::new(),
            kept: Ranges::new(),
        }
    }

    /// No values, made in place: the memory for them is not touched.
    ///
    /// # Safety
    /// There is room at `place`, and nobody uses it.
    pub(super) unsafe fn make_at(place: *mut Self) {
        // SAFETY: these are all fields but the memory, which may have any bytes.
        unsafe {
            (&raw mut (*place).used).write(Cell::new(0));
            (&raw mut (*place).entries).write([const { Cell::new(None) }; ENTRIES]);
            (&raw mut (*place).received).write(ReceivedPayload::new());
            (&raw mut (*place).kept).write(Ranges::new());
        }
    }

    /// Room for a value of this layout.
    ///
    /// # Errors
    /// `Exhausted`.
    pub(crate) fn reserve(&self, layout: Layout) -> Result<Room<'_>, Error> {
        if layout.align() > align_of::<Bytes>() {
            return Err(Error::Exhausted);
        }
        let before = self.used.get();
        let start = before.next_multiple_of(layout.align());
        let end = start.checked_add(layout.size()).filter(|&end| end <= BYTES);
        let end = end.ok_or(Error::Exhausted)?;
        let base = NonNull::new(self.bytes.get().cast::<u8>()).ok_or(Error::Exhausted)?;
        self.used.set(end);
        Ok(Room {
            values: self,
            // SAFETY: `start <= end <= BYTES`.
            place: unsafe { base.add(start) },
            used: (before, end),
        })
    }

    /// Keeps a value until it is revoked; gives its place.
    ///
    /// # Safety
    /// `T` may be used and dropped until the binding ends, whatever lifetimes it names.
    ///
    /// # Errors
    /// `Exhausted`; the value is dropped.
    pub(crate) unsafe fn insert<T>(&self, value: T) -> Result<NonNull<u8>, Error> {
        let entry = self
            .entries
            .iter()
            .find(|entry| entry.get().is_none())
            .ok_or(Error::Exhausted)?;
        let at = self.reserve(Layout::new::<Revocable<T>>())?.keep();
        // SAFETY: the room has that layout and nobody else's value in it.
        unsafe { at.cast::<Revocable<T>>().write(Revocable::new(value)) };
        entry.set(Some(Entry {
            value: at,
            size: size_of::<Revocable<T>>(),
            end: end::<T>,
        }));
        Ok(at)
    }

    /// Revokes one value; its room is used again if it is the last.
    pub(crate) fn revoke(&self, value: NonNull<u8>) {
        let is_it = |entry: &Entry| entry.value == value;
        let Some(cell) = self
            .entries
            .iter()
            .find(|cell| cell.get().as_ref().is_some_and(is_it))
        else {
            return;
        };
        if let Some(entry) = cell.get()
            // SAFETY: a value is live until its entry is taken out.
            && unsafe { (entry.end)(entry.value) }
        {
            cell.set(None);
            let start = entry.value.addr().get() - self.bytes.get().addr();
            if start + entry.size == self.used.get() {
                self.used.set(start);
            }
        }
    }

    /// Revokes all values, the last made first. True when all were dropped; otherwise some
    /// guard was kept. No value may be made meanwhile.
    pub(crate) fn end_all(&self) -> bool {
        let mut below = usize::MAX;
        loop {
            let before = |entry: &Entry| entry.value.addr().get() < below;
            let next = self.entries.iter().filter_map(Cell::get).filter(before);
            let Some(entry) = next.max_by_key(|entry| entry.value.addr()) else {
                break;
            };
            below = entry.value.addr().get();
            // SAFETY: a value is live until its entry is taken out.
            unsafe { (entry.end)(entry.value) };
        }
        // A value that had guards was dropped by the last of them, perhaps in another value.
        for cell in &self.entries {
            if let Some(entry) = cell.get()
                // SAFETY: as above; revoking again only asks.
                && unsafe { (entry.end)(entry.value) }
            {
                cell.set(None);
            }
        }
        self.entries.iter().all(|cell| cell.get().is_none())
    }
}
