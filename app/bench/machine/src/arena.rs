//! The arena of the task, lent as a whole.

use leasehold_abi::{Error, LeaseHandle, PayloadType, Rights};
use userlib::sys::{self, LentPart};

unsafe extern "C" {
    /// First byte of the arena, by the link script.
    static __arena_start: u8;
    /// First byte after it.
    static __arena_end: u8;
}

/// Address and length.
pub fn arena() -> (usize, usize) {
    let (start, end) = (&raw const __arena_start, &raw const __arena_end);
    (start.expose_provenance(), end.addr() - start.addr())
}

/// Lends all of it, to be read and written, under a lease that the task holds.
///
/// # Errors
/// Those of [`sys::lease_lend`].
pub fn lend_arena(parent: LeaseHandle, lessee: usize) -> Result<LeaseHandle, Error> {
    let (start, length) = arena();
    // SAFETY: the bench's tasks access their arena by `load` and `store` alone.
    let part = unsafe { LentPart::own(start, length, Rights::READ | Rights::WRITE) };
    sys::lease_lend(parent, lessee, 0, 0, PayloadType::NONE, &[part])
}
