//! How many windows of a device the manifest lets this task claim at once (`windows` of a binding).
//!
//! The build relies on this number when it checks that the protection unit has enough entries for the task. A task that
//! claims more could only take entries from itself. So the runtime enforces the limit, not the kernel.

use crate::runtime::Slot;
use crate::sys::{Error, GrantKind};

/// The words that the build puts behind a task's constants, three for each binding with `windows`.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct WindowLimit {
    /// Label of the device's name.
    pub(crate) label: u32,
    /// Its instance number.
    pub(crate) id: u32,
    /// Windows at once.
    pub(crate) windows: u32,
}

#[cfg(target_os = "none")]
unsafe extern "C" {
    /// The first limit, by the link script.
    static __window_limits_start: WindowLimit;
    /// The end of the last limit.
    static __window_limits_end: WindowLimit;
}

/// All limits of this task.
#[cfg(target_os = "none")]
fn limits() -> &'static [WindowLimit] {
    let (start, end) = (
        &raw const __window_limits_start,
        &raw const __window_limits_end,
    );
    let count = (end.addr() - start.addr()) / size_of::<WindowLimit>();
    // SAFETY: the link script has three words for each limit between the two symbols, among the constants, which
    // nobody changes; any words are a limit.
    unsafe { core::slice::from_raw_parts(start, count) }
}

#[cfg(all(test, not(target_os = "none")))]
std::thread_local! {
    /// A thread stands for a task.
    pub(crate) static LIMITS: core::cell::Cell<&'static [WindowLimit]> = const { core::cell::Cell::new(&[]) };
}

/// On the host there is no manifest; tests make limits.
#[cfg(not(target_os = "none"))]
fn limits() -> &'static [WindowLimit] {
    #[cfg(test)]
    return LIMITS.get();
    #[cfg(not(test))]
    &[]
}

/// Whether one more window of the bound device may be claimed.
///
/// # Errors
/// `Exhausted`, with a line in the log that says why.
pub(super) fn check(slot: &Slot) -> Result<(), Error> {
    let of = |limit: &&WindowLimit| (limit.label, limit.id) == (slot.label.get(), slot.id.get());
    let Some(limit) = limits().iter().find(of) else {
        return Ok(());
    };
    let claimed = slot
        .grants()
        .filter(|(_, grant)| grant.is_claimed() && is_window(grant.kind));
    if claimed.count() < limit.windows as usize {
        return Ok(());
    }
    crate::log!(
        "claims more than {} windows at once: `windows` of this binding in the manifest",
        limit.windows
    );
    Err(Error::Exhausted)
}

/// Whether a claim of this kind takes an entry of a protection unit.
pub(super) const fn is_window(kind: GrantKind) -> bool {
    matches!(
        kind,
        GrantKind::Mmio | GrantKind::Memory | GrantKind::Config
    )
}
