//! Which parts of which bindings are to be polled, and who waits for what.

use super::parts::REQUEST;
use super::reply::Reply;
use crate::future::List;
use crate::runtime::MAX_BINDINGS;
use crate::sys::{self, Message, Notifications, TaskHandle};
use core::cell::Cell;
use core::task::{Context, Poll, RawWaker, RawWakerVTable, Waker};

/// What the futures of one binding wait for.
pub(crate) struct Binding {
    /// The parts that were woken, a bit each.
    woken: Cell<u32>,
    /// Whether there is a [`Posts`](crate::future::Posts).
    pub(crate) hears: Cell<bool>,
    /// What peers posted and the driver was not told yet.
    pub(crate) posted: Cell<Notifications>,
    /// Whom to wake for that.
    pub(crate) listener: Cell<Option<Waker>>,
}

impl Binding {
    /// Nothing is woken.
    const fn new() -> Self {
        Self {
            woken: Cell::new(0),
            hears: Cell::new(false),
            posted: Cell::new(Notifications::empty()),
            listener: Cell::new(None),
        }
    }

    /// The parts that were woken, once: they are being polled from now on.
    pub(super) fn begin_poll(&self) -> u32 {
        self.woken.take()
    }

    /// Hears nothing any more.
    pub(crate) fn deafen(&self) {
        self.hears.set(false);
        self.posted.set(Notifications::empty());
        self.listener.take();
    }
}

/// A request on its way to the future that will serve it.
pub(super) struct Incoming {
    /// The binding that is asked.
    pub(super) slot: u8,
    /// What the call says.
    pub(super) message: Message,
    /// Who calls.
    pub(super) reply: Reply,
}

/// Once a task that has asynchronous bindings. A task without any has none: nothing refers to it.
pub(crate) struct Reactor {
    /// The bindings that can take no more requests, a bit each.
    full: Cell<u32>,
    bindings: [Binding; MAX_BINDINGS],
    /// The request that is being handed to a part.
    pub(super) incoming: Cell<Option<Incoming>>,
    /// Number of the call that was received last: the runner replies to it, and waits for the next in the same system
    /// call.
    direct: Cell<Option<u32>>,
    /// The reply to that call.
    outgoing: Cell<Option<(TaskHandle, Message)>>,
    /// Interrupts that came and were not awaited yet.
    came: Cell<Notifications>,
    /// Whom to wake for an interrupt.
    lines: [Cell<Option<Waker>>; Notifications::INTERRUPT_COUNT],
    /// Who waits for a time.
    pub(crate) sleepers: List,
    /// The time that the kernel's timer is set to.
    armed: Cell<Option<u64>>,
}

impl Reactor {
    const fn new() -> Self {
        Self {
            full: Cell::new(0),
            bindings: [const { Binding::new() }; MAX_BINDINGS],
            incoming: Cell::new(None),
            direct: Cell::new(None),
            outgoing: Cell::new(None),
            came: Cell::new(Notifications::empty()),
            lines: [const { Cell::new(None) }; Notifications::INTERRUPT_COUNT],
            sleepers: List::new(),
            armed: Cell::new(None),
        }
    }

    /// The calling task's.
    #[cfg(target_os = "none")]
    pub(crate) fn current() -> &'static Self {
        use crate::one_thread::OneThread;
        static REACTOR: OneThread<Reactor> = OneThread::new(Reactor::new());
        REACTOR.get()
    }

    /// The calling thread's: on the host a thread stands for a task.
    #[cfg(not(target_os = "none"))]
    pub(crate) fn current() -> &'static Self {
        std::thread_local! {
            static REACTOR: &'static Reactor = sys::keep_shared(Reactor::new());
        }
        REACTOR.with(|reactor| *reactor)
    }

    /// What the futures of the binding in a slot wait for.
    pub(crate) fn binding(&self, slot: u8) -> &Binding {
        &self.bindings[usize::from(slot) % MAX_BINDINGS]
    }

    /// Has a part polled.
    pub(super) fn wake(&self, slot: u8, part: u32) {
        let binding = self.binding(slot);
        binding.woken.set(binding.woken.get() | 1 << (part % 32));
    }

    /// Whether the binding in a slot can take no more requests.
    pub(super) fn set_full(&self, slot: u8, full: bool) {
        let bit = 1 << (usize::from(slot) % MAX_BINDINGS);
        let others = self.full.get() & !bit;
        self.full.set(if full { others | bit } else { others });
    }

    /// Whether some binding can take no more requests.
    pub(super) fn is_full(&self) -> bool {
        self.full.get() != 0
    }

    /// Whether parts of a binding were woken.
    pub(super) fn is_woken(&self, slot: u8) -> bool {
        self.binding(slot).woken.get() != 0
    }

    /// Has a request served in the binding's next turn.
    pub(super) fn hand_over(&self, incoming: Incoming) {
        self.wake(incoming.slot, REQUEST);
        self.direct.set(Some(incoming.reply.call()));
        self.incoming.set(Some(incoming));
    }

    /// Replies to a call when the task waits next; none if it is another than was received last.
    pub(super) fn reply(&self, client: TaskHandle, call: u32, message: Message) -> Option<Message> {
        if self.direct.get() != Some(call) {
            return Some(message);
        }
        self.outgoing.set(Some((client, message)));
        None
    }

    /// The reply to the call that was received last, if it is there. From now on that call is as any other.
    pub(super) fn take_reply(&self) -> Option<(TaskHandle, Message)> {
        self.direct.take()?;
        self.outgoing.take()
    }

    /// Waits for the interrupt of this notification.
    pub(crate) fn poll_interrupt(&self, bit: Notifications, context: &Context<'_>) -> Poll<()> {
        let came = self.came.get();
        if came.intersects(bit) {
            self.came.set(came - bit);
            return Poll::Ready(());
        }
        self.each_line(bit, |line| crate::future::remember(line, context.waker()));
        Poll::Pending
    }

    /// Does something with who waits for each of these interrupts.
    #[inline]
    fn each_line(&self, lines: Notifications, act: impl Fn(&Cell<Option<Waker>>)) {
        let mut left = lines.bits() >> Notifications::INTERRUPTS.bits().trailing_zeros();
        // Most tasks have one line, the first.
        let mut all = self.lines.iter();
        while left != 0
            && let Some(line) = all.next()
        {
            if left & 1 != 0 {
                act(line);
            }
            left >>= 1;
        }
    }

    /// Wakes those who wait for these notifications.
    pub(super) fn notified(&self, came: Notifications) {
        let lines = came & Notifications::INTERRUPTS;
        self.came.set(self.came.get() | lines);
        self.each_line(lines, |line| {
            if let Some(waker) = line.take() {
                waker.wake();
            }
        });
        if came != lines {
            self.notified_otherwise(came);
        }
    }

    fn notified_otherwise(&self, came: Notifications) {
        let posts = came & Notifications::PEERS;
        if !posts.is_empty() {
            for binding in self.bindings.iter().filter(|binding| binding.hears.get()) {
                binding.posted.set(binding.posted.get() | posts);
                if let Some(waker) = binding.listener.take() {
                    waker.wake();
                }
            }
        }
        if came.contains(Notifications::TIMER) {
            self.armed.set(None);
            let now = sys::time();
            while self.sleepers.pop(now) {}
        }
    }

    /// Before the task waits: has the kernel end the wait when the first sleeper's time has come, or at once, when a
    /// part is still to be polled.
    pub(super) fn set_timer(&self) {
        let woken = self.bindings.iter().any(|binding| binding.woken.get() != 0);
        let first = if woken {
            Some(0)
        } else {
            self.sleepers.first_key()
        };
        // A timer that comes too early is harmless, and cheaper than to cancel it.
        if let Some(first) = first
            && self.armed.get().is_none_or(|armed| first < armed)
        {
            self.armed.set(Some(first));
            // The own timer can always be set.
            let _ = sys::set_timer(first, Notifications::TIMER);
        }
    }

    /// Forgets what the binding in a slot waited for. No other binding has the interrupts of these notifications.
    pub(super) fn end(&self, slot: u8, lines: Notifications) {
        let binding = self.binding(slot);
        binding.deafen();
        self.each_line(lines, |line| _ = line.take());
        self.came.set(self.came.get() - lines);
        binding.woken.set(0);
        self.set_full(slot, false);
        // One that no turn came to: its client is told.
        let incoming = self.incoming.take();
        self.incoming
            .set(incoming.filter(|incoming| incoming.slot != slot));
    }

    /// How many wakers are kept, for tests.
    #[cfg(test)]
    pub(super) fn wakers(&self) -> usize {
        let kept = |cell: &Cell<Option<Waker>>| {
            let waker = cell.take();
            let is_kept = waker.is_some();
            cell.set(waker);
            is_kept
        };
        self.lines.iter().filter(|cell| kept(cell)).count()
            + self
                .bindings
                .iter()
                .filter(|binding| kept(&binding.listener))
                .count()
    }
}

/// The waker of a part. It is two numbers, so it can be kept for any time: at worst it wakes what is in their place.
pub(super) fn waker(slot: u8, part: u32) -> Waker {
    let data = core::ptr::without_provenance(usize::from(slot) << 8 | part as usize);
    // SAFETY: the functions use no memory behind the pointer, and have no state to race for.
    unsafe { Waker::new(data, &TABLE) }
}

static TABLE: RawWakerVTable =
    RawWakerVTable::new(|data| RawWaker::new(data, &TABLE), wake, wake, |_| {});

fn wake(data: *const ()) {
    let numbers = data.addr();
    Reactor::current().wake((numbers >> 8) as u8, (numbers & 0xff) as u32);
}
