//! How many windows of a device the manifest lets this task claim at once (`windows` of a binding).
//!
//! The build relies on this number when it checks that the protection unit has enough entries for the task. A task that
//! claims more could only take entries from itself. So the runtime enforces the limit, not the kernel.

use crate::manifest::{WindowLimit, if_needed, window_limits};
use crate::runtime::Slot;
use crate::sys::{Error, GrantKind};
use leasehold_abi::names::ANY_ID;

if_needed! {
    /// Whether one more window of the bound device may be claimed.
    ///
    /// # Errors
    /// `Exhausted`, with a line in the log that says why.
    pub(super) fn check(slot: &Slot) -> Result<(), Error>;
    __window_limit = __window_limit_of_manifest or __window_limit_of_none (Ok(()))
    {
        let of = |id: u32| {
            let of = |limit: &&WindowLimit| (limit.label, limit.id) == (slot.label.get(), id);
            window_limits().iter().find(of)
        };
        let Some(limit) = of(slot.id.get()).or_else(|| of(ANY_ID)) else {
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
}

/// Whether a claim of this kind takes an entry of a protection unit.
pub(super) const fn is_window(kind: GrantKind) -> bool {
    matches!(
        kind,
        GrantKind::Mmio | GrantKind::Memory | GrantKind::Config
    )
}
