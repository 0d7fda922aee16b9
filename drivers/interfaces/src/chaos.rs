//! How `chaos` misbehaves.

/// A way to misbehave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum ChaosKind {
    /// Load from an address that is not the task's.
    WildRead = 1,
    /// Store to an address that is not the task's.
    WildWrite = 2,
    /// Execute data.
    JumpIntoData = 3,
    /// Never come back.
    EndlessLoop = 4,
    /// Use more stack than there is.
    StackOverflow = 5,
    /// Use a lease that the task does not hold.
    ForgedLease = 6,
    /// Call a task that the manifest does not let it call.
    ForbiddenCall = 7,
}

impl ChaosKind {
    /// The kind with this number.
    pub const fn from_code(code: u32) -> Option<Self> {
        Some(match code {
            1 => Self::WildRead,
            2 => Self::WildWrite,
            3 => Self::JumpIntoData,
            4 => Self::EndlessLoop,
            5 => Self::StackOverflow,
            6 => Self::ForgedLease,
            7 => Self::ForbiddenCall,
            _ => return None,
        })
    }
}
