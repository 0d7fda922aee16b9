//! What becomes of the callers of a task.

/// What [`Call::SetServing`](crate::Call::SetServing) sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Serving {
    /// They get `Unbound`, received or not.
    Refuses = 0,
    /// They are received in the order of their priorities.
    Answers = 1,
    /// Those that were not received wait, as for a server that is busy; the task receives notifications only.
    Holds = 2,
}

impl Serving {
    /// From the register of the call.
    pub const fn from_register(register: usize) -> Option<Self> {
        match register {
            0 => Some(Self::Refuses),
            1 => Some(Self::Answers),
            2 => Some(Self::Holds),
            _ => None,
        }
    }
}
