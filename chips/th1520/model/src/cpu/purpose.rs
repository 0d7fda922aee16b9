//! What an access is for, and the traps of each.

use super::trap::cause;

/// What an access is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Fetch,
    Load,
    Store,
}

impl Kind {
    pub(super) fn page_fault(self) -> u64 {
        match self {
            Self::Fetch => cause::FETCH_PAGE,
            Self::Load => cause::LOAD_PAGE,
            Self::Store => cause::STORE_PAGE,
        }
    }

    pub(super) fn access_fault(self) -> u64 {
        match self {
            Self::Fetch => cause::FETCH_ACCESS,
            Self::Load => cause::LOAD_ACCESS,
            Self::Store => cause::STORE_ACCESS,
        }
    }

    pub(super) fn misaligned(self) -> u64 {
        if self == Self::Load {
            cause::LOAD_MISALIGNED
        } else {
            cause::STORE_MISALIGNED
        }
    }
}
