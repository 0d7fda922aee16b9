//! The map of a task's 32 notifications: who posts which.

use bitflags::bitflags;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// A set of a task's notifications. The kernel keeps posted ones until the task receives them.
///
/// The kernel itself posts `TASK` and `LEASE`. It lets peers post `PEERS` and the supervisor `CRASH`. A task chooses
/// the bits of its interrupts and its timer; `INTERRUPTS` and `TIMER` are kept for that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(transparent)]
pub struct Notifications(u32);

bitflags! {
    impl Notifications: u32 {
        /// Bits 0–14: what tasks post to each other, by [`Call::Notify`](crate::Call::Notify).
        const PEERS = 0x7fff;
        /// Bit 15: the supervisor asks the task to crash.
        const CRASH = 1 << 15;
        /// Bits 16–28: interrupt lines ([`Call::GrantClaim`](crate::Call::GrantClaim)).
        const INTERRUPTS = 0x1fff_0000;
        /// Bit 29: the task's timer ([`Call::SetTimer`](crate::Call::SetTimer)).
        const TIMER = 1 << 29;
        /// Bit 30, to the supervisor only: a task faulted, or a stopped one has lost its last lease.
        const TASK = 1 << 30;
        /// Bit 31: there is a lease event to fetch ([`Call::LeaseEvent`](crate::Call::LeaseEvent)), or a lease that
        /// this task lent is over.
        const LEASE = 1 << 31;
    }
}

impl Notifications {
    /// The bits that only the kernel posts: no task may use them for an interrupt or a timer.
    pub const KERNEL: Self = Self::TASK.union(Self::LEASE);

    /// How many notifications peers have.
    pub const PEER_COUNT: usize = Self::PEERS.bits().count_ones() as usize;

    /// How many interrupt lines a task may tell apart.
    pub const INTERRUPT_COUNT: usize = Self::INTERRUPTS.bits().count_ones() as usize;

    /// The peers' notification of this number.
    ///
    /// # Panics
    /// When peers have none of this number.
    pub const fn peer(number: usize) -> Self {
        assert!(number < Self::PEER_COUNT, "peers post bits 0 to 14");
        Self::from_bits_retain(1 << number)
    }

    /// The interrupts' notification of this number.
    ///
    /// # Panics
    /// When interrupts have none of this number.
    pub const fn interrupt(number: usize) -> Self {
        assert!(number < Self::INTERRUPT_COUNT, "13 lines have bits");
        Self::from_bits_retain(1 << (Self::INTERRUPTS.bits().trailing_zeros() as usize + number))
    }

    /// What a register of a call has.
    pub const fn from_register(register: usize) -> Self {
        Self::from_bits_retain(register as u32)
    }

    /// The value for a register of a call.
    pub const fn register(self) -> usize {
        self.bits() as usize
    }
}

#[cfg(test)]
mod tests {
    use super::Notifications as N;

    /// Each bit belongs to exactly one set.
    #[test]
    fn the_map_has_each_bit_once() {
        let parts = [
            N::PEERS,
            N::CRASH,
            N::INTERRUPTS,
            N::TIMER,
            N::TASK,
            N::LEASE,
        ];
        let bits: u32 = parts.iter().map(|part| part.bits().count_ones()).sum();
        assert_eq!(bits, 32);
        assert_eq!(N::all().bits(), u32::MAX);
        let all = |count, one: fn(usize) -> N| {
            (0..count).fold(N::empty(), |all, number| {
                assert!(!all.intersects(one(number)));
                all | one(number)
            })
        };
        assert_eq!(all(N::PEER_COUNT, N::peer), N::PEERS);
        assert_eq!(all(N::INTERRUPT_COUNT, N::interrupt), N::INTERRUPTS);
    }
}
