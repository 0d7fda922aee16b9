//! A call as the server sees it, and the ways to answer it.

use crate::ipc::describe::DESCRIBE;
use crate::ipc::{Kept, Reader, Writer, fits, of_bytes};
use crate::runtime::Task;
use crate::sys::{self, Error, Message, Rights, Tag, TaskHandle};
use core::marker::PhantomData;
use zerocopy::{Immutable, IntoBytes, TryFromBytes};

/// A call that arrived.
#[derive(Debug)]
pub struct Request<'a> {
    client: TaskHandle,
    message: &'a Message,
    /// Number of the call, when a future serves it: the runtime owes the reply.
    call: Option<u32>,
}

impl<'a> Request<'a> {
    /// A call of `client`.
    #[inline(always)]
    pub const fn new(client: TaskHandle, message: &'a Message) -> Self {
        Self {
            client,
            message,
            call: None,
        }
    }

    /// A call of this number of `client`.
    pub(crate) const fn of_call(client: TaskHandle, message: &'a Message, call: u32) -> Self {
        Self {
            client,
            message,
            call: Some(call),
        }
    }

    /// What the client sent.
    pub(crate) const fn message(&self) -> &'a Message {
        self.message
    }

    /// Who calls.
    pub const fn client(&self) -> TaskHandle {
        self.client
    }

    /// Which operation of the interface.
    #[inline(always)]
    pub const fn operation(&self) -> u16 {
        self.message.tag.operation()
    }

    /// The arguments.
    #[inline(always)]
    pub fn arguments(&self) -> Reader<'a> {
        Reader::new(&self.message.words, self.message.tag.words())
    }

    /// The client's loan `index`, to read.
    ///
    /// # Errors
    /// `NotFound` without such a loan, `Denied` when it may not be read, `Dead` when the client is gone.
    pub fn read_loan(&self, index: usize) -> Result<ReadLoan, Error> {
        ReadLoan::new(self.client, index)
    }

    /// The client's loan `index`, to write.
    ///
    /// # Errors
    /// As [`Request::read_loan`].
    pub fn write_loan(&self, index: usize) -> Result<WriteLoan, Error> {
        WriteLoan::new(self.client, index)
    }

    /// A copy of the record in the client's loan `index`. `room` is a buffer as large as the record.
    ///
    /// # Errors
    /// As [`Request::read_loan`]; `Invalid` when the loan has another size, or its bits are no `T`.
    pub fn record<T: TryFromBytes>(&self, index: usize, room: &mut [u8]) -> Result<T, Error> {
        let loan = self.read_loan(index)?;
        if loan.len() != room.len() || loan.read(0, room)? != room.len() {
            return Err(Error::Invalid);
        }
        of_bytes(room)
    }

    /// Answers with `result`: in the message, or, where it is too large, in the client's loan `index`.
    #[inline(always)]
    pub fn answer<T: IntoBytes + Immutable>(
        &self,
        index: usize,
        result: Result<T, Error>,
    ) -> Answer {
        if const { fits(&[size_of::<T>()]) } {
            return Answer::result(result);
        }
        Answer::result(result.and_then(|value| self.write_record(index, value.as_bytes())))
    }

    /// Answers a request for the description of one of the methods from number `first` on, whose lines these are:
    /// writes as much of the line as fits into the client's first loan. `Invalid` when it asks for something else.
    #[cold]
    #[inline(never)]
    pub fn describe(&self, first: u16, lines: &[&[u8]]) -> Answer {
        let at = self.operation().wrapping_sub(DESCRIBE | first);
        let written = match lines.get(usize::from(at)) {
            Some(line) => sys::borrow_write(self.client, 0, 0, line),
            None => Err(Error::Invalid),
        };
        match written {
            Ok(_) => Answer::Reply(Message::EMPTY),
            Err(error) => Answer::error(error),
        }
    }

    /// Writes a whole record, or refuses a loan of another size.
    fn write_record(&self, index: usize, record: &[u8]) -> Result<(), Error> {
        let loan = self.write_loan(index)?;
        if loan.len() == record.len() && loan.write(0, record)? == record.len() {
            Ok(())
        } else {
            Err(Error::Invalid)
        }
    }
}

/// What happens to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Reply with this now.
    Reply(Message),
    /// A [`Deferred`] replies later.
    Later,
}

impl Answer {
    /// An error as a reply.
    pub const fn error(error: Error) -> Self {
        Self::Reply(Message::error(error))
    }

    /// A value, or an error, as a reply.
    #[inline(always)]
    pub fn result<T: IntoBytes + Immutable>(result: Result<T, Error>) -> Self {
        match result {
            Ok(value) => {
                let mut writer = Writer::new();
                writer.put(&value);
                let (words, count) = writer.finish();
                Self::Reply(Message::new(Tag::new(0, count), words))
            }
            Err(error) => Self::error(error),
        }
    }
}

/// The duty to answer a call later. If it is dropped, it answers `Unbound`.
///
/// A driver shows the ones that it keeps in [`Driver::replies`](crate::runtime::Driver::replies). One that is not
/// shown, for example because it was leaked, counts as dropped.
#[derive(Debug)]
#[must_use = "the client waits until this replies"]
pub struct Deferred<T: IntoBytes + Immutable> {
    client: TaskHandle,
    /// Which call of the client.
    call: u32,
    /// A pointer, so it is not `Send`: it answers only for this task, which on the host is this thread.
    result: PhantomData<*const fn(T)>,
}

impl<T: IntoBytes + Immutable> Deferred<T> {
    /// The duty to answer this request.
    pub fn new(request: &Request<'_>) -> Self {
        Self {
            client: request.client,
            call: request
                .call
                .unwrap_or_else(|| Task::current().owed.begin(request.client)),
            result: PhantomData,
        }
    }

    /// Who waits.
    pub const fn client(&self) -> TaskHandle {
        self.client
    }

    /// Answers. Has no effect if the client is gone or was answered already.
    pub fn reply(self, result: Result<T, Error>) {
        self.send(result);
    }

    fn send(&self, result: Result<T, Error>) {
        if Task::current().owed.end(self.client, self.call)
            && let Answer::Reply(message) = Answer::result(result)
        {
            // `Dead`: the client no longer waits, so it does not miss the reply.
            let _ = sys::reply(self.client, &message);
        }
    }
}

impl<T: IntoBytes + Immutable> Drop for Deferred<T> {
    fn drop(&mut self) {
        // No effect if it was answered.
        self.send(Err(Error::Unbound));
    }
}

impl Kept<'_> {
    /// Shows this reply: it still exists, and will be used or dropped.
    pub fn show<T: IntoBytes + Immutable>(&mut self, reply: &Deferred<T>) {
        self.note(reply.client, reply.call);
    }
}

/// Bytes of a client that the server may read until it replies.
#[derive(Clone, Copy, Debug)]
pub struct ReadLoan {
    client: TaskHandle,
    index: usize,
    length: usize,
}

/// Bytes of a client that the server may write until it replies.
#[derive(Clone, Copy, Debug)]
pub struct WriteLoan {
    client: TaskHandle,
    index: usize,
    length: usize,
}

/// The length of a loan that has `rights`.
fn checked_length(client: TaskHandle, index: usize, rights: Rights) -> Result<usize, Error> {
    let info = sys::borrow_info(client, index)?;
    if info.rights.contains(rights) {
        Ok(info.length)
    } else {
        Err(Error::Denied)
    }
}

#[expect(clippy::len_without_is_empty, reason = "a loan is not a collection")]
impl ReadLoan {
    fn new(client: TaskHandle, index: usize) -> Result<Self, Error> {
        let length = checked_length(client, index, Rights::READ)?;
        Ok(Self {
            client,
            index,
            length,
        })
    }

    /// Length in bytes.
    pub const fn len(&self) -> usize {
        self.length
    }

    /// Copies bytes from `offset` on until `into` or the loan is full; gives how many.
    ///
    /// # Errors
    /// `Dead` once the client does not wait any more, `Invalid` when `offset` is past the end.
    pub fn read(&self, offset: usize, into: &mut [u8]) -> Result<usize, Error> {
        let room = self.length.checked_sub(offset).ok_or(Error::Invalid)?;
        let length = room.min(into.len());
        sys::borrow_read(self.client, self.index, offset, &mut into[..length])
    }
}

#[expect(clippy::len_without_is_empty, reason = "a loan is not a collection")]
impl WriteLoan {
    fn new(client: TaskHandle, index: usize) -> Result<Self, Error> {
        let length = checked_length(client, index, Rights::WRITE)?;
        Ok(Self {
            client,
            index,
            length,
        })
    }

    /// Length in bytes.
    pub const fn len(&self) -> usize {
        self.length
    }

    /// Copies `from` to `offset` on until the loan is full; gives how many bytes.
    ///
    /// # Errors
    /// As [`ReadLoan::read`].
    pub fn write(&self, offset: usize, from: &[u8]) -> Result<usize, Error> {
        let room = self.length.checked_sub(offset).ok_or(Error::Invalid)?;
        let length = room.min(from.len());
        sys::borrow_write(self.client, self.index, offset, &from[..length])
    }
}
