//! Which parts of which bindings are to be polled, and who waits for what.

use super::reply::Reply;
use super::waits::LineWaiter;
use crate::future::List;
use crate::runtime::{MAX_BINDINGS, tables};
use crate::sys::{self, Message, Notifications, TaskHandle};
use core::cell::Cell;
use core::task::{Context, Poll, RawWaker, RawWakerVTable, Waker};

/// The bit of a part of its own: a request is to be taken.
pub(super) const REQUEST: u32 = 31;

/// The interrupt lines of the task.
pub(super) fn all_lines() -> &'static [LineWaiter] {
    let places = tables::lines();
    // SAFETY: `Reactor::begin` wrote all of them before the first future was made. They are only ever shared.
    unsafe { core::slice::from_raw_parts(places.as_ptr().cast(), places.len()) }
}

/// The number of the first line's notification. The lines have those from there on, in their order in the table.
const FIRST_LINE: u32 = Notifications::INTERRUPTS.bits().trailing_zeros();

/// What hears peers. It is there once a binding hears them: a driver that never does has no code and no table for it.
pub(crate) struct Listener {
    /// These notifications of peers came.
    pub(crate) came: fn(Notifications),
    /// The binding in this slot is over.
    pub(crate) ended: fn(u8),
}

/// A request on its way to the future that will serve it.
pub(super) struct Incoming {
    /// The binding that is asked.
    pub(super) slot: u8,
    /// Who calls.
    pub(super) reply: Reply,
}

/// Once a task that has asynchronous bindings. A task without any has none: nothing refers to it.
pub(crate) struct Reactor {
    /// The parts of each binding that were woken, a bit each.
    woken: [Cell<u32>; MAX_BINDINGS],
    /// Those of the binding whose turn it is.
    turn: Cell<u32>,
    /// The bindings that can take no more requests, a bit each.
    full: Cell<u32>,
    /// The call that was received last: the request until a part has it, and then the reply.
    message: Cell<Message>,
    /// Who is to serve it, and has not taken it yet.
    incoming: Cell<Option<Incoming>>,
    /// Number of that call until the task waits: the runner replies to it, and waits for the next in the same system
    /// call.
    direct: Cell<Option<u32>>,
    /// Who gets the reply, once it is there.
    outgoing: Cell<Option<TaskHandle>>,
    /// Interrupts that came and were not awaited yet.
    came: Cell<Notifications>,
    /// Who waits for a time.
    pub(crate) sleepers: List,
    /// The time that the kernel's timer is set to, or [`UNSET`].
    armed: Cell<u64>,
    /// What to do when a time came, once somebody waited for one.
    pub(crate) timer: Cell<Option<fn()>>,
    /// What hears peers, once somebody does.
    pub(crate) peers: Cell<Option<&'static Listener>>,
}

/// The timer is not set. All is zero at first, so that the reactor is not in the task's initial data.
const UNSET: u64 = 0;
/// The first time of all, which is past.
const AT_ONCE: u64 = 1;

impl Reactor {
    const fn new() -> Self {
        Self {
            woken: [const { Cell::new(0) }; MAX_BINDINGS],
            turn: Cell::new(0),
            full: Cell::new(0),
            message: Cell::new(Message::EMPTY),
            incoming: Cell::new(None),
            direct: Cell::new(None),
            outgoing: Cell::new(None),
            came: Cell::new(Notifications::empty()),
            sleepers: List::new(),
            armed: Cell::new(UNSET),
            timer: Cell::new(None),
            peers: Cell::new(None),
        }
    }

    /// Before the first future is made.
    #[cfg(target_os = "none")]
    pub(super) fn begin() {
        for line in tables::lines() {
            // SAFETY: there is room for it, and nothing in it yet.
            unsafe { line.get().write(LineWaiter::new()) };
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

    /// The woken parts of the binding in a slot.
    fn woken(&self, slot: u8) -> &Cell<u32> {
        &self.woken[usize::from(slot) % MAX_BINDINGS]
    }

    /// It is the turn of the binding in a slot: the parts that were woken are being polled from now on.
    pub(super) fn begin_turn(&self, slot: u8) {
        self.turn.set(self.woken(slot).take());
    }

    /// The parts whose turn it is.
    pub(super) fn turn(&self) -> u32 {
        self.turn.get()
    }

    /// Has a part polled.
    pub(super) fn wake(&self, slot: u8, part: u32) {
        let woken = self.woken(slot);
        woken.set(woken.get() | 1 << (part % 32));
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
        self.woken(slot).get() != 0
    }

    /// Has a request served in the binding's next turn.
    pub(super) fn hand_over(&self, incoming: Incoming, message: &Message) {
        self.wake(incoming.slot, REQUEST);
        self.direct.set(Some(incoming.reply.call()));
        self.message.set(*message);
        self.incoming.set(Some(incoming));
    }

    /// The request that was handed over, once.
    pub(super) fn take_request(&self) -> Option<(Message, Reply)> {
        let incoming = self.incoming.take()?;
        Some((self.message.get(), incoming.reply))
    }

    /// Replies to a call when the task waits next; none if it is another than was received last.
    pub(super) fn reply(&self, client: TaskHandle, call: u32, message: Message) -> Option<Message> {
        if self.direct.get() != Some(call) {
            return Some(message);
        }
        // Who answers has the request already, or it is dropped.
        self.message.set(message);
        self.outgoing.set(Some(client));
        None
    }

    /// Who gets the reply to the call that was received last, if it is there; it is put into `message`. From now on
    /// that call is as any other.
    pub(super) fn take_reply(&self, message: &mut Message) -> Option<TaskHandle> {
        self.direct.take()?;
        let client = self.outgoing.take()?;
        *message = self.message.get();
        Some(client)
    }

    /// Waits for the interrupt of this notification.
    pub(crate) fn poll_interrupt(&self, bit: Notifications, context: &Context<'_>) -> Poll<()> {
        let came = self.came.get();
        if came.intersects(bit) {
            self.came.set(came - bit);
            return Poll::Ready(());
        }
        let number = bit.bits().trailing_zeros() - FIRST_LINE;
        if let Some(line) = all_lines().get(number as usize) {
            crate::future::remember(&line.waker, context.waker());
        }
        Poll::Pending
    }

    /// Wakes those who wait for these notifications.
    pub(super) fn notified(&self, came: Notifications) {
        let lines = came & Notifications::INTERRUPTS;
        self.came.set(self.came.get() | lines);
        self.wake_lines(lines);
        if came != lines {
            self.notified_otherwise(came);
        }
    }

    /// Wakes those who wait for these interrupts.
    fn wake_lines(&self, lines: Notifications) {
        let mut left = lines.bits() >> FIRST_LINE;
        let mut all = all_lines().iter();
        while left != 0
            && let Some(line) = all.next()
        {
            if left & 1 != 0
                && let Some(waker) = line.waker.take()
            {
                waker.wake();
            }
            left >>= 1;
        }
    }

    fn notified_otherwise(&self, came: Notifications) {
        let posts = came & Notifications::PEERS;
        if !posts.is_empty()
            && let Some(listener) = self.peers.get()
        {
            (listener.came)(posts);
        }
        if came.contains(Notifications::TIMER) {
            self.armed.set(UNSET);
            if let Some(came) = self.timer.get() {
                came();
            }
        }
    }

    /// Before the first wait for a time.
    pub(crate) fn await_times(&self) {
        self.timer.set(Some(|| {
            let now = sys::time();
            while Self::current().sleepers.pop(now) {}
        }));
    }

    /// Before the task waits: has the kernel end the wait when the first sleeper's time has come, or at once, when a
    /// part is still to be polled.
    pub(super) fn set_timer(&self) {
        let woken = self.woken.iter().any(|woken| woken.get() != 0);
        let first = if woken {
            Some(AT_ONCE)
        } else {
            self.sleepers.first_key().map(|first| first.max(AT_ONCE))
        };
        let armed = self.armed.get();
        // A timer that comes too early is harmless, and cheaper than to cancel it.
        if let Some(first) = first
            && (armed == UNSET || first < armed)
        {
            self.armed.set(first);
            // The own timer can always be set.
            let _ = sys::set_timer(first, Notifications::TIMER);
        }
    }

    /// Forgets what the binding in a slot waited for. No other binding has the interrupts of these notifications.
    pub(super) fn end(&self, slot: u8, lines: Notifications) {
        if let Some(listener) = self.peers.get() {
            (listener.ended)(slot);
        }
        self.came.set(self.came.get() - lines);
        // Nobody is there any more whom that would wake.
        self.wake_lines(lines);
        self.woken(slot).set(0);
        self.set_full(slot, false);
        // One that no turn came to: its client is told.
        if let Some(incoming) = self.incoming.take()
            && incoming.slot != slot
        {
            self.incoming.set(Some(incoming));
        }
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
