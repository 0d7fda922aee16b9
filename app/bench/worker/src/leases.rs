//! Leases by the dozen: derived, claimed, released.

use crate::report::{Words, words};
use leasehold_abi::{ClaimMode, LeaseEvent, LeaseHandle, Notifications, Rights, WHOLE};
use userlib::sys::{self, Part};

/// Derives leases of all of the parent's first grant.
pub(crate) fn derive(given: Words) -> Words {
    let [parent, first, lessees, count, ..] = given;
    let parent = LeaseHandle::from_raw(parent as u32);
    let mut made = 0;
    for index in 0..count {
        let part = Part::new(0, 0, WHOLE, Rights::READ | Rights::WRITE);
        let lessee = first + index % lessees;
        let derived = sys::lease_lend(parent, lessee, 0, index as u32, 0, &[part]);
        made += usize::from(derived.is_ok());
    }
    words(&[made])
}

/// Claims the first grant of every lease that was offered.
pub(crate) fn claim_offered() -> Words {
    let mut claimed = 0;
    while let Some((event, lease)) = sys::lease_event() {
        if event == LeaseEvent::Offered {
            claimed += usize::from(
                sys::grant_claim(lease, 0, ClaimMode::Shared, Notifications::empty()).is_ok(),
            );
        }
    }
    words(&[claimed])
}

/// Releases every lease that is ending.
pub(crate) fn release_ending() -> Words {
    let mut released = 0;
    while let Some((event, lease)) = sys::lease_event() {
        if event == LeaseEvent::Ending {
            released += usize::from(sys::lease_release(lease).is_ok());
        }
    }
    words(&[released])
}
