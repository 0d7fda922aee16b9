//! Call and reply when the other side waits: a few loads and stores, and the message stays
//! in registers. Anything else is left to the slow path, with nothing changed; what these
//! two change is exactly what the slow path would. A task that may use floating point is never resumed from here,
//! and the entry code brings none here.

use crate::schedule::{above, bit};
use crate::task::no_handle;
use crate::{Hardware, Kernel};
use leasehold_abi::{MAX_BORROWS, TaskState};

impl<H: Hardware, const T: usize, const L: usize, const G: usize, const B: u32>
    Kernel<H, T, L, G, B>
{
    /// [`Call::Call`](leasehold_abi::Call::Call) to a server that waits. The answer is the
    /// task to resume, the server, with `(0, handle of the caller, 0)` and the caller's message.
    ///
    /// The server's priority is higher than that of the caller, which was the first ready task. So the server is the
    /// one to run.
    #[inline(always)]
    pub fn fast_call(&mut self, destination: u32, borrows: usize, count: usize) -> Option<usize> {
        let server = destination as usize & 63;
        let client = self.current;
        if client >= T || server >= T || count > MAX_BORROWS || !self.reaper.is_idle() {
            return None;
        }
        if self.tasks[client].calls & bit(server) == 0 {
            return None;
        }
        let record = &mut self.tasks[server];
        if record.accepting != destination {
            return None;
        }
        record.accepting = no_handle(destination);
        record.state = TaskState::Ready;
        record.in_service |= bit(client);
        let caller = &mut self.tasks[client];
        caller.state = TaskState::AwaitingReply;
        caller.peer = server;
        caller.borrows = borrows;
        caller.borrow_count = count;
        self.ready ^= bit(client) | bit(server);
        self.current = server;
        Some(server)
    }

    /// [`Call::ReplyReceive`](leasehold_abi::Call::ReplyReceive) by a server with nothing else to do, to a client that
    /// is then the first ready task. The answer is the client, to be resumed with `(0, 0, 0)` and the server's
    /// message.
    #[inline(always)]
    pub fn fast_reply_receive(&mut self, client: u32, mask: u32) -> Option<usize> {
        let index = client as usize & 63;
        let server = self.current;
        if server >= T || index >= T || !self.reaper.is_idle() {
            return None;
        }
        let record = &mut self.tasks[server];
        let ready = self.ready ^ bit(server);
        if record.in_service & bit(index) == 0
            || record.waiting != 0
            || record.pending & mask != 0
            || !record.serving
            || ready & above(index) != 0
        {
            return None;
        }
        let caller = &mut self.tasks[index];
        if caller.fast != client {
            return None;
        }
        caller.state = TaskState::Ready;
        caller.peer = crate::task::NO_TASK;
        let record = &mut self.tasks[server];
        record.in_service ^= bit(index);
        record.accepting = record.fast;
        record.mask = mask;
        record.state = TaskState::Receiving;
        self.ready = ready | bit(index);
        self.current = index;
        Some(index)
    }
}
