//! Buffers: the check that one lies in a task's own memory, and copies out of and into the
//! buffers that a client lent with its call.
//!
//! The descriptors stay in the client's memory and are read anew, and checked anew, at each
//! use. The client is blocked, but another holder of its arena may change them; that
//! changes which of the client's *own* bytes are reached, and nothing else.

use crate::{Hardware, Kernel};
use leasehold_abi::{Borrow, COPY_STEP, Error, Rights, UNALIGNED_STEP};
use zerocopy::{FromZeros, IntoBytes};

impl<H: Hardware, const T: usize, const L: usize, const G: usize, const B: u32>
    Kernel<H, T, L, G, B>
{
    /// Check that a buffer lies in one region of a task's own memory, and can be written when
    /// it must be. An empty one lies anywhere.
    #[inline(never)]
    pub(crate) fn check(
        &self,
        task: usize,
        base: usize,
        length: usize,
        write: bool,
    ) -> Result<(), Error> {
        if length == 0 {
            return Ok(());
        }
        let config = self.config_of(task);
        let constant = config.constants.holds(base, length) || config.text.holds(base, length);
        if config.data.holds(base, length) || (constant && !write) {
            Ok(())
        } else {
            Err(Error::BadAddress)
        }
    }

    /// Write a record into the current task's memory.
    pub(crate) fn write_record(&mut self, to: usize, bytes: &[u8]) -> Result<(), Error> {
        self.check(self.current, to, bytes.len(), true)?;
        self.hardware.write(to, bytes);
        Ok(())
    }

    /// A buffer of a client that the current task owes a reply.
    fn borrow(&self, client: usize, index: usize) -> Result<(usize, Borrow), Error> {
        let client = self.client(client)?;
        let record = &self.tasks[client];
        if index >= record.borrow_count {
            return Err(Error::NotFound);
        }
        let size = size_of::<Borrow>();
        let at = record
            .borrows
            .checked_add(index * size)
            .ok_or(Error::BadAddress)?;
        self.check(client, at, size, false)?;
        let mut borrow = Borrow::new_zeroed();
        self.hardware.read(at, borrow.as_mut_bytes());
        Ok((client, borrow))
    }

    /// How much can be copied from or to `mine`, and the client's side of it.
    fn borrowed_range(
        &self,
        client: usize,
        index: usize,
        offset: usize,
        (mine, length): (usize, usize),
        write: bool,
    ) -> Result<(usize, usize), Error> {
        let (client, borrow) = self.borrow(client, index)?;
        let needed = if write { Rights::WRITE } else { Rights::READ };
        if borrow.rights & needed.bits() as usize == 0 {
            return Err(Error::Denied);
        }
        let rest = borrow.length.checked_sub(offset).ok_or(Error::Invalid)?;
        let at = borrow.base.checked_add(offset).ok_or(Error::BadAddress)?;
        let most = if (at | mine).is_multiple_of(size_of::<u64>()) {
            COPY_STEP
        } else {
            UNALIGNED_STEP
        };
        let length = length.min(rest).min(most);
        self.check(client, at, length, write)?;
        Ok((at, length))
    }

    /// [`Call::BorrowRead`](leasehold_abi::Call::BorrowRead).
    pub(crate) fn borrow_read(&mut self, arguments: [usize; 6]) -> Result<usize, Error> {
        let [client, index, offset, to, length, _] = arguments;
        let (from, length) = self.borrowed_range(client, index, offset, (to, length), false)?;
        self.check(self.current, to, length, true)?;
        if length != 0 {
            self.hardware.copy(from, to, length);
        }
        Ok(length)
    }

    /// [`Call::BorrowWrite`](leasehold_abi::Call::BorrowWrite).
    pub(crate) fn borrow_write(&mut self, arguments: [usize; 6]) -> Result<usize, Error> {
        let [client, index, offset, from, length, _] = arguments;
        let (to, length) = self.borrowed_range(client, index, offset, (from, length), true)?;
        self.check(self.current, from, length, false)?;
        if length != 0 {
            self.hardware.copy(from, to, length);
        }
        Ok(length)
    }

    /// [`Call::BorrowInfo`](leasehold_abi::Call::BorrowInfo): length and rights.
    pub(crate) fn borrow_info(&self, client: usize, index: usize) -> Result<(usize, usize), Error> {
        let (_, borrow) = self.borrow(client, index)?;
        let all = (Rights::READ | Rights::WRITE).bits() as usize;
        Ok((borrow.length, borrow.rights & all))
    }
}
