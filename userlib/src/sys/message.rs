//! Messages, and the buffers that go with them.

use super::make::{self, exchange, make, wait};
use super::status;
use super::words::Message;
use core::marker::PhantomData;
use leasehold_abi::{
    BeforeWait, Borrow, COPY_STEP, Call, Error, Notifications, Rights, TaskHandle, arguments,
};

/// A buffer lent for the time of one call.
///
/// It is only made from a Rust borrow. So the server cannot access it after the borrow, nor write shared data.
#[derive(Debug)]
#[repr(transparent)]
pub struct Loan<'a> {
    borrow: Borrow,
    lent: PhantomData<&'a mut [u8]>,
}

impl<'a> Loan<'a> {
    /// Lend bytes for the server to read.
    #[inline]
    pub fn read(bytes: &'a [u8]) -> Self {
        Self::new(
            bytes.as_ptr().expose_provenance(),
            bytes.len(),
            Rights::READ,
        )
    }

    /// Lend bytes for the server to read and write.
    #[inline]
    pub fn write(bytes: &'a mut [u8]) -> Self {
        let rights = Rights::READ.union(Rights::WRITE);
        Self::new(bytes.as_mut_ptr().expose_provenance(), bytes.len(), rights)
    }

    #[inline]
    fn new(base: usize, length: usize, rights: Rights) -> Self {
        let rights = rights.bits() as usize;
        Self {
            borrow: Borrow {
                base,
                length,
                rights,
            },
            lent: PhantomData,
        }
    }
}

/// The result of [`receive`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Received {
    /// A call of this client; the message is in the buffer.
    Message(TaskHandle),
    /// These notifications.
    Notified(Notifications),
}

/// About a buffer that a client lent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BorrowInfo {
    /// Length in bytes.
    pub length: usize,
    /// What the server may do with it.
    pub rights: Rights,
}

/// Sends `message` to `destination`, lends `loans`, waits; `message` becomes the reply.
///
/// # Errors
/// `Dead` (no reply will come), `Unbound`, `Denied`, `Invalid`. The message is undefined then.
#[inline(always)]
pub fn call(
    destination: TaskHandle,
    loans: &mut [Loan<'_>],
    message: &mut Message,
) -> Result<(), Error> {
    let borrows = if loans.is_empty() {
        0
    } else {
        loans.as_mut_ptr().expose_provenance()
    };
    // SAFETY: `Loan` is a `Borrow` of memory that is borrowed for longer than this call, with the rights of that
    // borrow.
    let [code, ..] = unsafe {
        exchange(
            arguments::Call {
                destination: destination.register(),
                borrows,
                count: loans.len(),
            },
            message,
        )
    };
    status(code)
}

/// Reads the results of a receive.
#[inline(always)]
fn received([code, client, bits]: [usize; 3]) -> Result<Received, Error> {
    status(code)?;
    if client as u32 == u32::MAX {
        Ok(Received::Notified(Notifications::from_register(bits)))
    } else {
        Ok(Received::Message(TaskHandle::from_raw(client as u32)))
    }
}

/// The arguments of a wait.
#[inline(always)]
const fn waiting(before: BeforeWait, peers: Peers, mask: Notifications) -> arguments::Receive {
    arguments::Receive {
        mask: mask.register(),
        before: before.register(),
        peers: peers.0,
    }
}

/// Waits for a call, or for any notification in `mask` (delivered bits are cleared). With notifications, `message` is
/// undefined.
///
/// # Errors
/// `Invalid` only by a mistake of the caller's.
#[inline(always)]
pub fn receive(mask: Notifications, message: &mut Message) -> Result<Received, Error> {
    // SAFETY: no argument is an address.
    received(unsafe { wait(waiting(BeforeWait::NOTHING, Peers::NONE, mask), message) })
}

/// A set of tasks that a receive notifies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peers(usize);

impl Peers {
    /// Nobody.
    pub const NONE: Self = Self(0);

    /// This task besides, whatever life it is in.
    pub const fn with(self, task: TaskHandle) -> Self {
        Self(self.0 | 1_usize.wrapping_shl(task.index() as u32))
    }
}

/// [`receive`], but first one line may come again and some peers are notified, as `before` says: one call instead of
/// three. A line that the task has not claimed and a peer that is not alive are passed over.
///
/// # Errors
/// `Denied` (not peers of the manifest) and `Invalid` (other bits than peers post, or more peers than
/// [`MOST_PEERS`](leasehold_abi::MOST_PEERS)); nothing was done then.
#[inline(always)]
pub fn receive_after(
    before: BeforeWait,
    peers: Peers,
    mask: Notifications,
    message: &mut Message,
) -> Result<Received, Error> {
    // SAFETY: no argument is an address.
    let results = unsafe { wait(waiting(before, peers, mask), message) };
    // What a driver's loop mostly gets is looked for first. With an error the client is 0.
    if results[1] as u32 == u32::MAX {
        return Ok(Received::Notified(Notifications::from_register(results[2])));
    }
    received(results)
}

/// [`reply`] to `client` with `message`, then [`receive`] into it. It is no error if the client is gone.
///
/// # Errors
/// As [`receive`].
#[inline(always)]
pub fn reply_receive(
    client: TaskHandle,
    mask: Notifications,
    message: &mut Message,
) -> Result<Received, Error> {
    // SAFETY: no argument is an address.
    received(unsafe {
        exchange(
            arguments::ReplyReceive {
                client: client.register(),
                mask: mask.register(),
            },
            message,
        )
    })
}

/// Replies to a client and continues.
///
/// # Errors
/// `Dead` when the client no longer waits for this task.
#[inline(always)]
pub fn reply(client: TaskHandle, message: &Message) -> Result<(), Error> {
    let mut sent = *message;
    // SAFETY: no argument is an address.
    let [code, ..] = unsafe {
        exchange(
            arguments::Reply {
                client: client.register(),
            },
            &mut sent,
        )
    };
    status(code)
}

/// Copies from the client's loan `index`, starting at `offset`, until `into` or the loan is full; gives the bytes
/// copied.
///
/// # Errors
/// `Dead` when the client no longer waits; `NotFound` without such a loan; `Denied` without the right.
pub fn borrow_read(
    client: TaskHandle,
    index: usize,
    offset: usize,
    into: &mut [u8],
) -> Result<usize, Error> {
    let length = into.len();
    let base = into.as_mut_ptr().expose_provenance();
    // SAFETY: the kernel writes `length` bytes from `base` on at most, which is `into`.
    unsafe { copy(Call::BorrowRead, client, index, offset, base, length) }
}

/// Copies `from` into the client's loan `index`, starting at `offset`; gives the bytes copied.
///
/// # Errors
/// As [`borrow_read`].
pub fn borrow_write(
    client: TaskHandle,
    index: usize,
    offset: usize,
    from: &[u8],
) -> Result<usize, Error> {
    let base = from.as_ptr().expose_provenance();
    // SAFETY: the kernel reads `length` bytes from `base` on at most, which is `from`.
    unsafe { copy(Call::BorrowWrite, client, index, offset, base, from.len()) }
}

/// Copies in steps between a loan, from `offset` on, and own memory at `base`.
///
/// # Safety
/// The kernel may do to the `length` bytes at `base` what `call` does.
unsafe fn copy(
    call: Call,
    client: TaskHandle,
    index: usize,
    offset: usize,
    base: usize,
    length: usize,
) -> Result<usize, Error> {
    let mut done = 0;
    while done < length {
        let step = (length - done).min(COPY_STEP);
        // SAFETY: `step` bytes at `base + done` are among those the caller answers for.
        let [code, copied, _] = unsafe {
            make::copy(
                call,
                arguments::BorrowRead {
                    client: client.register(),
                    index,
                    offset: offset + done,
                    own: base + done,
                    length: step,
                },
            )
        };
        status(code)?;
        done += copied.min(step);
        if copied == 0 {
            break;
        }
    }
    Ok(done)
}

/// Length and rights of a client's loan.
///
/// # Errors
/// As [`borrow_read`].
pub fn borrow_info(client: TaskHandle, index: usize) -> Result<BorrowInfo, Error> {
    // SAFETY: no argument is an address.
    let [code, length, rights] = unsafe {
        make(arguments::BorrowInfo {
            client: client.register(),
            index,
        })
    };
    status(code)?;
    Ok(BorrowInfo {
        length,
        rights: Rights::from_bits_truncate(rights as u32),
    })
}
