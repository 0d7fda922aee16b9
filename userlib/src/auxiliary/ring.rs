//! A ring in the memory that parent and child share: one puts entries in, the other takes them out.
//!
//! The protocol is that of [`lent_ring`]: no index of the other side is believed, no wake-up is lost and none is
//! superfluous.

use super::{LendRegion, Lendable, Lender, Receiver};
use crate::sys::Error;
use core::fmt;
use core::marker::PhantomData;
use core::ptr::NonNull;
use core::sync::atomic::{AtomicU32, Ordering, fence};
use lent_ring::{Consumer, Memory, Producer, Word};
use zerocopy::{FromBytes, Immutable, IntoBytes};

pub use lent_ring::Turn;

/// Where the entries are, after the four words; aligned for any plain entry.
const ENTRIES: usize = 16;

/// The memory of a ring.
struct RingMemory<'a, T, const N: usize> {
    base: NonNull<u8>,
    lent: PhantomData<&'a T>,
}

impl<T, const N: usize> RingMemory<'_, T, N> {
    /// Bytes of it.
    const LENGTH: usize = {
        assert!(
            align_of::<T>() <= ENTRIES,
            "an entry is aligned to at most 16 bytes"
        );
        ENTRIES + N * size_of::<T>()
    };

    /// The ring at this address.
    ///
    /// # Safety
    /// `LENGTH` bytes of shared memory, aligned to 16, mapped writable for the lifetime and reached by atomic and
    /// volatile accesses only.
    const unsafe fn new(base: NonNull<u8>) -> Self {
        Self {
            base,
            lent: PhantomData,
        }
    }

    fn word(&self, word: Word) -> &AtomicU32 {
        let index = match word {
            Word::Put => 0,
            Word::Taken => 1,
            Word::ConsumerWaits => 2,
            Word::ProducerWaits => 3,
        };
        // SAFETY: one of the four words, aligned, mapped for the lifetime, and only reached atomically.
        unsafe { AtomicU32::from_ptr(self.base.cast::<u32>().add(index).as_ptr()) }
    }

    /// The entry of this number.
    fn entry(&self, place: usize) -> NonNull<T> {
        // SAFETY: `N` entries follow the words.
        unsafe { self.base.add(ENTRIES).cast::<T>().add(place % N) }
    }
}

impl<T: FromBytes + IntoBytes + Immutable, const N: usize> Memory for RingMemory<'_, T, N> {
    type Entry = T;

    #[inline(always)]
    fn load(&self, word: Word) -> u32 {
        self.word(word).load(Ordering::Acquire)
    }

    #[inline(always)]
    fn store(&self, word: Word, value: u32) {
        self.word(word).store(value, Ordering::Release);
    }

    fn exchange(&self, word: Word, from: u32, to: u32) -> bool {
        let word = self.word(word);
        word.compare_exchange(from, to, Ordering::AcqRel, Ordering::Acquire)
            .is_ok()
    }

    #[inline(always)]
    fn fence(&self) {
        fence(Ordering::SeqCst);
    }

    #[inline(always)]
    fn read(&self, place: usize) -> T {
        // SAFETY: an entry of the ring, aligned; any bits are a `T`.
        unsafe { self.entry(place).read_volatile() }
    }

    #[inline(always)]
    fn write(&self, place: usize, entry: T) {
        // SAFETY: an entry of the ring, aligned, and no Rust object.
        unsafe { self.entry(place).write_volatile(entry) }
    }
}

/// The end of a ring that puts entries in: at the parent, or in a payload at the child.
///
/// ```
/// use userlib::auxiliary::{LendRegion, Lendable, LentEnd, Registration, RingReceiver, RingSender};
/// use userlib::runtime::{Bound, Device, notify_soon};
/// use userlib::sys::{Notifications, TaskHandle};
/// use userlib::{Error, ForLt};
///
/// /// What the child receives: numbers of packets that arrived.
/// #[derive(Lendable)]
/// #[offer(ArrivedOffer<'a>)]
/// struct Arrived<'a> {
///     packets: RingReceiver<'a, u32, 32>,
/// }
/// type ArrivedLt = ForLt!(Arrived<'_>);
///
/// /// What the parent gives for it.
/// struct ArrivedOffer<'a> {
///     packets: LentEnd<'a, RingReceiver<'a, u32, 32>>,
/// }
///
/// type Offered<'cap> = (RingSender<'cap, u32, 32>, Registration<'cap, ArrivedLt>);
///
/// fn offer<'cap>(device: &Device<'cap, Bound>) -> Result<Offered<'cap>, Error> {
///     let region = device.lend_region(0, 256)?;
///     let (sender, packets) = region.ring_to_child()?;
///     let offer = ArrivedOffer { packets };
///     Ok((sender, Registration::new(device, &region, "arrived", 0, offer)?))
/// }
///
/// /// The parent, woken by its interrupt.
/// fn arrived(sender: &RingSender<'_, u32, 32>, child: TaskHandle, bit: Notifications) -> Result<(), Error> {
///     sender.push(7)?; // `Exhausted`: the child is slow, and the packet is dropped
///     if sender.publish() {
///         notify_soon(child, bit);
///     }
///     Ok(())
/// }
///
/// /// The child, woken by the notification. Gives how many there were.
/// fn take(device: &Device<'_, Bound>, parent: TaskHandle, bit: Notifications) -> Result<u32, Error> {
///     device.registration_data_with::<ArrivedLt, _>(|data| {
///         let mut count = 0;
///         loop {
///             while data.packets.pop()?.is_some() {
///                 count += 1;
///             }
///             let turn = data.packets.turn()?;
///             if turn.notify {
///                 notify_soon(parent, bit);
///             }
///             if turn.wait {
///                 return Ok(count);
///             }
///         }
///     })?
/// }
/// ```
pub struct RingSender<'a, T, const N: usize> {
    memory: RingMemory<'a, T, N>,
    side: Producer<N>,
}

impl<T: FromBytes + IntoBytes + Immutable, const N: usize> RingSender<'_, T, N> {
    /// Puts an entry in. The other side sees it after [`RingSender::publish`].
    ///
    /// # Errors
    /// `Exhausted` when the ring is full: it is as it was. `Protocol` when the other side says what cannot be.
    #[inline]
    pub fn push(&self, entry: T) -> Result<(), Error> {
        self.side.push(&self.memory, entry)
    }

    /// Shows the other side all entries. True when it waits, and is to be notified now.
    #[inline]
    #[must_use = "the other side waits for ever if it is not notified"]
    pub fn publish(&self) -> bool {
        self.side.publish(&self.memory)
    }

    /// Whether to wait for a notification because the ring is full. If not, there is room.
    ///
    /// # Errors
    /// `Busy` while entries are not published, `Protocol`.
    pub fn wait(&self) -> Result<bool, Error> {
        self.side.wait(&self.memory)
    }

    /// Empties the ring, as it was at first: at the parent, for the next child, after the registration is dropped. If
    /// somebody still has the other end, that finds words that cannot be.
    pub fn restart(&self) {
        self.side.restart(&self.memory);
    }

    /// Whether this side has used the ring, in this life or an earlier one.
    pub const fn has_begun(&self) -> bool {
        self.side.has_begun()
    }

    /// Whether the other side says that it has used the ring.
    pub fn other_has_begun(&self) -> bool {
        self.side.other_has_begun(&self.memory)
    }
}

/// The end of a ring that takes entries out: at the parent, or in a payload at the child. See [`RingSender`].
pub struct RingReceiver<'a, T, const N: usize> {
    memory: RingMemory<'a, T, N>,
    side: Consumer<N>,
}

impl<T: FromBytes + IntoBytes + Immutable, const N: usize> RingReceiver<'_, T, N> {
    /// Takes the next entry out. The other side has its room back after [`RingReceiver::release`].
    ///
    /// # Errors
    /// `Protocol` when the other side says what cannot be.
    #[inline]
    pub fn pop(&self) -> Result<Option<T>, Error> {
        self.side.pop(&self.memory)
    }

    /// Gives the room of what was taken back. True when the other side waits for it, and is to be notified now.
    #[inline]
    #[must_use = "the other side waits for ever if it is not notified"]
    pub fn release(&self) -> bool {
        self.side.release(&self.memory)
    }

    /// Gives room back, and says whether to wait because the ring is empty.
    ///
    /// # Errors
    /// As [`RingReceiver::pop`].
    pub fn turn(&self) -> Result<Turn, Error> {
        self.side.turn(&self.memory)
    }

    /// Empties the ring, as it was at first: at the parent, for the next child, after the registration is dropped. If
    /// somebody still has the other end, that finds words that cannot be.
    pub fn restart(&self) {
        self.side.restart(&self.memory);
    }

    /// Whether this side has used the ring, in this life or an earlier one.
    pub const fn has_begun(&self) -> bool {
        self.side.has_begun()
    }

    /// Whether the other side says that it has used the ring.
    pub fn other_has_begun(&self) -> bool {
        self.side.other_has_begun(&self.memory)
    }
}

/// The parent's way to give the child its end `E` of a ring.
pub struct LentEnd<'cap, E> {
    base: NonNull<u8>,
    kind: PhantomData<&'cap E>,
}

impl<'cap> LendRegion<'cap> {
    /// A ring of `N` entries from this task to the child: this task's end, and what goes into the payload for a
    /// [`RingReceiver`].
    ///
    /// # Errors
    /// `Exhausted` when the region's shared memory has no room: 16 bytes and the entries.
    pub fn ring_to_child<T: FromBytes + IntoBytes + Immutable, const N: usize>(
        &self,
    ) -> Result<
        (
            RingSender<'cap, T, N>,
            LentEnd<'cap, RingReceiver<'cap, T, N>>,
        ),
        Error,
    > {
        let (memory, end) = self.ring()?;
        let side = Producer::resume(&memory)?;
        Ok((RingSender { memory, side }, end))
    }

    /// A ring of `N` entries from the child to this task: this task's end, and what goes into the payload for a
    /// [`RingSender`].
    ///
    /// # Errors
    /// As [`LendRegion::ring_to_child`].
    pub fn ring_from_child<T: FromBytes + IntoBytes + Immutable, const N: usize>(
        &self,
    ) -> Result<
        (
            RingReceiver<'cap, T, N>,
            LentEnd<'cap, RingSender<'cap, T, N>>,
        ),
        Error,
    > {
        let (memory, end) = self.ring()?;
        let side = Consumer::resume(&memory)?;
        Ok((RingReceiver { memory, side }, end))
    }

    fn ring<T, E, const N: usize>(
        &self,
    ) -> Result<(RingMemory<'cap, T, N>, LentEnd<'cap, E>), Error> {
        let base = self.take_shared(RingMemory::<T, N>::LENGTH, ENTRIES)?;
        // SAFETY: just taken, so nobody else has it; it stays the binding's for `'cap`.
        let memory = unsafe { RingMemory::new(base) };
        let end = LentEnd {
            base,
            kind: PhantomData,
        };
        Ok((memory, end))
    }
}

impl<E> Clone for LentEnd<'_, E> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E> Copy for LentEnd<'_, E> {}

/// The child's end in this task, for host tests that play both.
#[cfg(not(target_os = "none"))]
impl<'cap, T: FromBytes + IntoBytes + Immutable, const N: usize>
    LentEnd<'cap, RingReceiver<'cap, T, N>>
{
    /// Takes the end as a child would.
    ///
    /// # Errors
    /// `Protocol` when the ring's words cannot be.
    pub fn take(&self) -> Result<RingReceiver<'cap, T, N>, Error> {
        // SAFETY: the region's memory, which stays the binding's for `'cap`.
        let memory = unsafe { RingMemory::new(self.base) };
        let side = Consumer::resume(&memory)?;
        Ok(RingReceiver { memory, side })
    }
}

/// As above.
#[cfg(not(target_os = "none"))]
impl<'cap, T: FromBytes + IntoBytes + Immutable, const N: usize>
    LentEnd<'cap, RingSender<'cap, T, N>>
{
    /// Takes the end as a child would.
    ///
    /// # Errors
    /// `Protocol` when the ring's words cannot be.
    pub fn take(&self) -> Result<RingSender<'cap, T, N>, Error> {
        // SAFETY: as above.
        let memory = unsafe { RingMemory::new(self.base) };
        let side = Producer::resume(&memory)?;
        Ok(RingSender { memory, side })
    }
}

/// The child's end, when it takes the payload.
fn received<'a, T, const N: usize>(
    from: &mut Receiver<'_, 'a>,
) -> Result<RingMemory<'a, T, N>, Error> {
    let base = from.take_shared(RingMemory::<T, N>::LENGTH, ENTRIES)?;
    // SAFETY: checked to be inside the shared memory, which is claimed for `'a`.
    Ok(unsafe { RingMemory::new(base) })
}

impl<'a, T, const N: usize> Lendable<'a> for RingSender<'a, T, N>
where
    T: FromBytes + IntoBytes + Immutable + 'static,
{
    type Offer = LentEnd<'a, Self>;

    fn lend(offer: &LentEnd<'a, Self>, to: &mut Lender<'_>) -> Result<(), Error> {
        to.put_shared(offer.base)
    }

    fn receive(from: &mut Receiver<'_, 'a>) -> Result<Self, Error> {
        let memory = received(from)?;
        let side = Producer::resume(&memory)?;
        Ok(Self { memory, side })
    }
}

impl<'a, T, const N: usize> Lendable<'a> for RingReceiver<'a, T, N>
where
    T: FromBytes + IntoBytes + Immutable + 'static,
{
    type Offer = LentEnd<'a, Self>;

    fn lend(offer: &LentEnd<'a, Self>, to: &mut Lender<'_>) -> Result<(), Error> {
        to.put_shared(offer.base)
    }

    fn receive(from: &mut Receiver<'_, 'a>) -> Result<Self, Error> {
        let memory = received(from)?;
        let side = Consumer::resume(&memory)?;
        Ok(Self { memory, side })
    }
}

impl<T, const N: usize> fmt::Debug for RingSender<'_, T, N> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "RingSender({:p})", self.memory.base)
    }
}

impl<T, const N: usize> fmt::Debug for RingReceiver<'_, T, N> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "RingReceiver({:p})", self.memory.base)
    }
}

impl<E> fmt::Debug for LentEnd<'_, E> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "LentEnd({:p})", self.base)
    }
}
