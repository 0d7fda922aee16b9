//! Leases, one by one with the instructions of each call, and by the dozen: derived, claimed, released.

use crate::report::{Words, code, words};
use bench_machine as machine;
use leasehold_abi::{
    ClaimMode, LeaseEvent, LeaseHandle, Notifications, PayloadType, Rights, WHOLE,
};
use userlib::sys::{self, LentPart};

/// Claims a grant.
pub(crate) fn claim(lease: LeaseHandle, index: usize, bits: Notifications) -> Words {
    let before = machine::counter();
    let claimed = sys::grant_claim(lease, index, ClaimMode::Shared, bits);
    let after = machine::counter();
    let instructions = machine::between(before, after);
    words(&[code(claimed), instructions, claimed.unwrap_or(0)])
}

/// Releases a lease.
pub(crate) fn release(lease: LeaseHandle) -> Words {
    let before = machine::counter();
    let released = sys::lease_release(lease);
    let after = machine::counter();
    words(&[code(released), machine::between(before, after)])
}

/// Takes the next lease event.
pub(crate) fn event() -> Words {
    let before = machine::counter();
    let event = sys::lease_event();
    let after = machine::counter();
    let (code, lease) = match event {
        Some((_, lease)) => (0, lease.raw() as usize),
        None => (sys::Error::NotFound.code(), 0),
    };
    words(&[code, machine::between(before, after), lease])
}

/// Derives leases of all of the parent's first grant.
pub(crate) fn derive(given: Words) -> Words {
    let [parent, first, lessees, count, ..] = given;
    let parent = LeaseHandle::from_raw(parent as u32);
    let mut made = 0;
    for index in 0..count {
        let part = LentPart::new(0, 0, WHOLE, Rights::READ | Rights::WRITE);
        let lessee = first + index % lessees;
        let derived = sys::lease_lend(parent, lessee, 0, index as u32, PayloadType::NONE, &[part]);
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
