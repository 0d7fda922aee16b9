//! How `chaos` misbehaves.

use leasehold_abi::Notifications;

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
    /// Loop for ever.
    EndlessLoop = 4,
    /// Use more stack than there is.
    StackOverflow = 5,
    /// Use a lease that the task does not hold.
    ForgedLease = 6,
    /// Call a task that the manifest does not let it call.
    ForbiddenCall = 7,
}

impl ChaosKind {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::WildRead,
        Self::WildWrite,
        Self::JumpIntoData,
        Self::EndlessLoop,
        Self::StackOverflow,
        Self::ForgedLease,
        Self::ForbiddenCall,
    ];

    /// The notification that asks for it.
    pub const fn notification(self) -> Notifications {
        Notifications::peer(self as usize)
    }
}
