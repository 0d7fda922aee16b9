//! Notifications: 32 bits a task, set by interrupts, timers, leases and peers.

use crate::TaskSet;
use crate::schedule::{bit, first, first_shared};
use crate::{Hardware, Kernel};
use leasehold_abi::{Error, MOST_PEERS, Notifications, TaskHandle, TaskState};

/// What tasks post to each other.
const PEERS: usize = Notifications::PEERS.register();

impl<H: Hardware, const T: usize, const L: usize, const G: usize, const B: u32>
    Kernel<H, T, L, G, B>
{
    /// Set bits of a task, and end its wait if it waits for one of them. A task that is not
    /// alive keeps none.
    #[inline(never)]
    pub(crate) fn post(&mut self, task: usize, bits: Notifications) {
        self.post_here(task, bits);
    }

    /// [`Kernel::post`], for the callers where each instruction counts.
    #[inline(always)]
    pub(crate) fn post_here(&mut self, task: usize, bits: Notifications) {
        let record = &mut self.tasks[task];
        let pending = record.pending | bits.bits();
        if record.state == TaskState::Receiving {
            let arrived = pending & record.mask;
            record.pending = pending & !arrived;
            if arrived != 0 {
                self.end_wait(task, [0, u32::MAX as usize, arrived as usize]);
            }
        } else if record.is_alive() {
            record.pending = pending;
        }
    }

    /// [`Call::Notify`](leasehold_abi::Call::Notify).
    pub(crate) fn notify(&mut self, handle: usize, bits: usize) -> Result<(), Error> {
        const CRASH: usize = Notifications::CRASH.register();
        let others = bits & !PEERS;
        // The first task is the supervisor. On 64 bits the register may have more than there are notifications.
        if others != 0 && (others != CRASH || self.current != 0) {
            return Err(Error::Invalid);
        }
        let handle = TaskHandle::from_raw(handle as u32);
        let task = self.task_index(handle.index())?;
        if self.config_of(self.current).notifies & bit(task) == 0 {
            return Err(Error::Denied);
        }
        if self.tasks[task].handle != handle.raw() || !self.tasks[task].is_alive() {
            return Err(Error::Dead);
        }
        self.post_here(task, Notifications::from_register(bits));
        Ok(())
    }

    /// Post to one peer, whatever life it is in, if the current task may. If it is not alive, it is passed over.
    #[inline(always)]
    pub(crate) fn notify_peer(&mut self, peer: TaskSet, bits: usize) -> Result<(), Error> {
        self.may_notify(peer, bits)?;
        self.post_here(first(peer), Notifications::from_register(bits));
        Ok(())
    }

    /// The same for several.
    #[inline(never)]
    pub(crate) fn notify_peers(&mut self, peers: TaskSet, bits: usize) -> Result<(), Error> {
        self.may_notify(peers, bits)?;
        if peers.count_ones() as usize > MOST_PEERS {
            return Err(Error::Invalid);
        }
        let mut rest = peers;
        while rest != 0 {
            self.post(first_shared(rest), Notifications::from_register(bits));
            rest &= rest - 1;
        }
        Ok(())
    }

    #[inline(always)]
    fn may_notify(&self, peers: TaskSet, bits: usize) -> Result<(), Error> {
        if bits & !PEERS != 0 {
            return Err(Error::Invalid);
        }
        if peers & !self.config_of(self.current).notifies != 0 {
            return Err(Error::Denied);
        }
        Ok(())
    }
}
