//! Calls, receives and replies, by the slow path: the current task's registers are saved.
//!
//! A client that called is in exactly one set of its server: `waiting` until the server has
//! received the message, `in_service` until it replies. Notifications go before messages.
//! Whatever ends a wait goes through [`Kernel::resume`], or its `end_wait`, so state and sets cannot part.

use crate::schedule::{bit, first_shared};
use crate::task::{Task, no_handle};
use crate::{Context, Hardware, Kernel, Next, TaskSet};
use leasehold_abi::{BeforeWait, Error, MAX_BORROWS, Serving, TaskHandle, TaskState};

impl<H: Hardware, const T: usize, const L: usize, const G: usize, const B: u32>
    Kernel<H, T, L, G, B>
{
    /// [`Call::Call`](leasehold_abi::Call::Call). The results are set unless the caller blocks.
    ///
    /// With `Dead` the second result is the handle to use from now on
    /// ([`Task::successor`](crate::task::Task::successor)), the third 1 when that life has begun.
    pub(crate) fn call(&mut self, destination: usize, borrows: usize, count: usize) {
        if let Err(results) = self.try_call(destination, borrows, count) {
            self.tasks[self.current].context.set_results(results);
        }
    }

    fn try_call(
        &mut self,
        destination: usize,
        borrows: usize,
        count: usize,
    ) -> Result<(), [usize; 3]> {
        let plain = |error: Error| [error.code(), 0, 0];
        let client = self.current;
        let handle = TaskHandle::from_raw(destination as u32);
        let server = self.task_index(handle.index()).map_err(plain)?;
        if count > MAX_BORROWS {
            return Err(plain(Error::Invalid));
        }
        if self.tasks[client].calls & bit(server) == 0 {
            return Err(plain(Error::Denied));
        }
        let record = &mut self.tasks[server];
        if record.handle != handle.raw() || !record.is_alive() {
            let alive = record.is_alive() as usize;
            return Err([Error::Dead.code(), record.successor(), alive]);
        }
        if !record.serving && !record.holding {
            return Err(plain(Error::Unbound));
        }
        let receiving = record.serving && record.state == TaskState::Receiving;
        if receiving {
            record.in_service |= bit(client);
        } else {
            record.waiting |= bit(client);
        }
        let record = &mut self.tasks[client];
        record.state = if receiving {
            TaskState::AwaitingReply
        } else {
            TaskState::Calling
        };
        record.peer = server;
        record.borrows = borrows;
        record.borrow_count = count;
        self.ready &= !bit(client);
        if receiving {
            self.hand_over(client, server);
        }
        Ok(())
    }

    /// Give a client's message to the server that receives.
    #[inline(never)]
    fn hand_over(&mut self, client: usize, server: usize) {
        let (words, tag) = self.tasks[client].context.message();
        let handle = self.tasks[client].handle as usize;
        self.tasks[server].context.set_message(words, tag);
        self.resume(server, [0, handle, 0]);
    }

    /// [`Call::Receive`](leasehold_abi::Call::Receive), for entry code that tells it apart.
    #[inline(always)]
    pub fn wait(&mut self, mask: usize, before: usize, peers: usize) -> Next {
        self.wait_here(mask, before, peers);
        self.chosen()
    }

    /// [`Kernel::wait`], whose answer is read from what was chosen.
    pub(crate) fn wait_here(&mut self, mask: usize, before: usize, peers: usize) {
        let peers = peers as TaskSet;
        if self.current >= T {
            return self.choose();
        }
        if peers != 0 {
            let bits = BeforeWait::bits(before);
            let notified = if peers & (peers - 1) == 0 {
                self.notify_peer(peers, bits)
            } else {
                self.notify_peers(peers, bits)
            };
            if let Err(error) = notified {
                return self.refused(error);
            }
        }
        self.rearm(BeforeWait::line(before));
        self.receive(mask);
        self.choose();
    }

    #[inline(never)]
    fn refused(&mut self, error: Error) {
        self.tasks[self.current]
            .context
            .set_results([error.code(), 0, 0]);
        self.choose_shared();
    }

    /// The message of the first of those who wait for the current task.
    #[inline(never)]
    fn take_message(&mut self) {
        let server = self.current;
        let record = &mut self.tasks[server];
        let client = first_shared(record.waiting);
        record.waiting &= !bit(client);
        record.in_service |= bit(client);
        self.tasks[client].state = TaskState::AwaitingReply;
        self.hand_over(client, server);
    }

    /// Wait, with nothing to do before.
    #[inline(always)]
    fn receive(&mut self, mask: usize) {
        let server = self.current;
        let record = &mut self.tasks[server];
        let arrived = record.pending & mask as u32;
        if arrived != 0 {
            record.pending &= !arrived;
            record
                .context
                .set_results([0, u32::MAX as usize, arrived as usize]);
            return;
        }
        if record.serving && record.waiting != 0 {
            return self.take_message();
        }
        record.mask = mask as u32;
        record.state = TaskState::Receiving;
        record.accepting = if record.serving {
            record.fast
        } else {
            no_handle(record.handle)
        };
        self.ready &= !bit(server);
    }

    /// [`Call::ReplyReceive`](leasehold_abi::Call::ReplyReceive).
    pub(crate) fn reply_receive(&mut self, client: usize, mask: usize) {
        // A client that is gone is passed over in silence.
        let _ = self.reply(client);
        self.wait_here(mask, BeforeWait::NOTHING.register(), 0);
    }

    /// [`Call::Reply`](leasehold_abi::Call::Reply), also for entry code that tells
    /// [`Call::ReplyReceive`](leasehold_abi::Call::ReplyReceive) apart: then [`Kernel::wait`] comes next.
    ///
    /// # Errors
    /// `Dead` when the current task does not owe it a reply.
    pub fn reply(&mut self, client: usize) -> Result<(), Error> {
        let index = self.client(client)?;
        let server = self.current;
        self.tasks[server].in_service &= !bit(index);
        let (words, tag) = self.tasks[server].context.message();
        self.tasks[index].context.set_message(words, tag);
        self.resume(index, [0, 0, 0]);
        Ok(())
    }

    /// The task that a handle names, if the current one owes it a reply.
    #[inline(always)]
    pub(crate) fn client(&self, handle: usize) -> Result<usize, Error> {
        let handle = TaskHandle::from_raw(handle as u32);
        let index = handle.index();
        if index >= T
            || self.tasks[self.current].in_service & bit(index) == 0
            || self.tasks[index].handle != handle.raw()
        {
            return Err(Error::Dead);
        }
        Ok(index)
    }

    /// [`Call::SetServing`](leasehold_abi::Call::SetServing).
    pub(crate) fn set_serving(&mut self, on: usize) -> Result<(), Error> {
        let current = self.current;
        let record = &mut self.tasks[current];
        let serving = Serving::from_register(on).ok_or(Error::Invalid)?;
        record.serving = serving == Serving::Answers;
        record.holding = serving == Serving::Holds;
        if serving == Serving::Refuses && record.waiting | record.in_service != 0 {
            self.reaper.waking |= bit(current);
            self.reaper.queued_by(current);
        }
        Ok(())
    }

    /// Take a task that dies out of its server's sets.
    pub(crate) fn leave_server(&mut self, client: usize) {
        let Task { state, peer, .. } = self.tasks[client];
        if matches!(state, TaskState::Calling | TaskState::AwaitingReply)
            && let Some(server) = self.tasks.get_mut(peer)
        {
            server.waiting &= !bit(client);
            server.in_service &= !bit(client);
        }
    }
}
