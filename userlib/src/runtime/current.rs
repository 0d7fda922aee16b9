//! What the runtime keeps once a task.

use super::soon::Soon;
use crate::ipc::Owed;
use crate::lend::Arena;
use crate::sys::{self, Error, Notifications, Serving};
use core::cell::Cell;

/// Most interrupt lines of a task: each has a notification bit of its own.
const BITS: usize = Notifications::INTERRUPT_COUNT;

/// No binding. A byte each, in place of the two of an `Option`; and zero, so that the table is not in the initial data.
const NOBODY: u8 = 0;

/// The binding in a slot.
const fn owner(slot: u8) -> u8 {
    slot + 1
}

/// Everything of the runtime that is not on its stack.
pub(crate) struct Task {
    /// The memory that this task lends.
    pub(crate) arena: Arena,
    /// Set when [`Notifications::LEASE`] was taken while waiting for something else.
    pub(crate) lease_events: Cell<bool>,
    /// Whether there was ever a [`Runner`](super::Runner).
    pub(super) begun: Cell<bool>,
    /// Whether a [`Runner`](super::Runner) exists: a second would end bindings under the first.
    pub(crate) running: Cell<bool>,
    /// Whether the task answers calls.
    pub(crate) serving: Cell<bool>,
    /// Whether calls wait in the kernel for now, because the driver can take no more.
    holding: Cell<bool>,
    /// Clients whose calls were put off.
    pub(crate) owed: Owed,
    /// What is done with the next wait.
    pub(crate) soon: Soon,
    /// Sets the task's timer anew, once a binding has a [`Timer`](crate::timer::Timer). A task without one has no code
    /// for it.
    pub(crate) sets_timer: Cell<Option<fn(&Task)>>,
    /// Which binding has the interrupts' notification of this index, or [`NOBODY`].
    bits: [Cell<u8>; BITS],
}

impl Task {
    /// No bindings.
    pub(crate) const fn new() -> Self {
        Self {
            arena: Arena::new(),
            lease_events: Cell::new(false),
            begun: Cell::new(false),
            running: Cell::new(false),
            serving: Cell::new(false),
            holding: Cell::new(false),
            owed: Owed::new(),
            soon: Soon::new(),
            sets_timer: Cell::new(None),
            bits: [const { Cell::new(NOBODY) }; BITS],
        }
    }

    /// Answers calls from now on, or not.
    pub(crate) fn serve(&self, serving: bool) {
        self.serving.set(serving);
        self.holding.set(false);
        // The kernel refuses neither value.
        let _ = sys::set_serving(if serving {
            Serving::Answers
        } else {
            Serving::Refuses
        });
        if !serving {
            self.owed.all_answered();
        }
    }

    /// While it answers calls: whether those to come are to wait.
    pub(super) fn hold(&self, holding: bool) {
        if self.serving.get() && self.holding.replace(holding) != holding {
            // The kernel refuses neither value.
            let _ = sys::set_serving(if holding {
                Serving::Holds
            } else {
                Serving::Answers
            });
        }
    }

    /// Takes a notification bit for an interrupt of the binding in `slot`.
    pub(crate) fn take_bit(&self, slot: u8) -> Result<Notifications, Error> {
        let free = self.bits.iter().position(|owner| owner.get() == NOBODY);
        let index = free.ok_or(Error::Exhausted)?;
        self.bits[index].set(owner(slot));
        Ok(Notifications::interrupt(index))
    }

    /// Gives a bit back.
    pub(crate) fn free_bit(&self, bit: Notifications) {
        let index = (0..BITS).find(|&index| Notifications::interrupt(index) == bit);
        if let Some(owner) = index.and_then(|index| self.bits.get(index)) {
            owner.set(NOBODY);
        }
    }

    /// Gives all bits of a binding back.
    pub(crate) fn free_bits(&self, slot: u8) {
        for bit in self.bits.iter().filter(|bit| bit.get() == owner(slot)) {
            bit.set(NOBODY);
        }
    }

    /// The bits of a binding's interrupts.
    pub(crate) fn bits_of(&self, slot: u8) -> Notifications {
        let owned = |index: &usize| self.bits[*index].get() == owner(slot);
        (0..BITS)
            .filter(owned)
            .fold(Notifications::empty(), |bits, index| {
                bits | Notifications::interrupt(index)
            })
    }

    /// The bits of all interrupts that no other binding than this one has.
    pub(super) fn bits_but(&self, slot: u8) -> Notifications {
        let free = |index: &usize| [owner(slot), NOBODY].contains(&self.bits[*index].get());
        (0..BITS)
            .filter(free)
            .fold(Notifications::empty(), |bits, index| {
                bits | Notifications::interrupt(index)
            })
    }

    /// Which bits are taken, for tests.
    #[cfg(test)]
    pub(crate) fn bits_taken(&self) -> usize {
        self.bits.iter().filter(|bit| bit.get() != NOBODY).count()
    }

    /// The calling task's.
    #[cfg(target_os = "none")]
    pub(crate) fn current() -> &'static Self {
        use crate::one_thread::OneThread;
        static TASK: OneThread<Task> = OneThread::new(Task::new());
        TASK.get()
    }

    /// The calling thread's: on the host a thread stands for a task.
    #[cfg(not(target_os = "none"))]
    pub(crate) fn current() -> &'static Self {
        std::thread_local! {
            static TASK: &'static Task = sys::keep_shared(Task::new());
        }
        TASK.with(|task| *task)
    }
}

/// Notifies a peer when the driver loop waits next, or sooner. That is one system call less than [`sys::notify`] takes.
/// A peer that is not alive then is passed over; one that was restarted gets the notification in its new life.
///
/// # Panics
/// The driver loop panics if the manifest does not allow it (`notifies`), or if peers do not post these bits.
pub fn notify_soon(peer: sys::TaskHandle, bits: Notifications) {
    Task::current().soon.notify(peer, bits);
}
