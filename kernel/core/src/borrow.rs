//! Buffers: the check that one lies in a task's own memory, and copies out of and into the
//! buffers that a client lent with its call.
//!
//! The descriptors stay in the client's memory and are read anew, and checked anew, at each
//! use. The client is blocked, but another holder of its arena may change them; that
//! changes which of the client's *own* bytes are reached, and nothing else.

use crate::{Hardware, Kernel};
use core::mem::offset_of;
use leasehold_abi::arguments::BorrowRead;
use leasehold_abi::{Arguments, Borrow, COPY_STEP, Error, Registers, Rights, UNALIGNED_STEP};
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

    /// [`Kernel::check`], for copies: nearly always, a buffer is in the task's data.
    #[inline(always)]
    pub(crate) fn check_here(
        &self,
        task: usize,
        base: usize,
        length: usize,
        write: bool,
    ) -> Result<(), Error> {
        if self.config_of(task).data.holds(base, length) {
            return Ok(());
        }
        self.check(task, base, length, write)
    }

    /// A buffer of a client that the current task owes a reply.
    #[inline(always)]
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
        self.check_here(client, at, size, false)?;
        Ok((client, self.descriptor(at)))
    }

    #[inline(always)]
    fn descriptor(&self, at: usize) -> Borrow {
        if !at.is_multiple_of(align_of::<Borrow>()) {
            return self.misaligned_descriptor(at);
        }
        let load = |offset| self.hardware.load(at + offset);
        Borrow {
            base: load(offset_of!(Borrow, base)),
            length: load(offset_of!(Borrow, length)),
            rights: load(offset_of!(Borrow, rights)),
        }
    }

    #[cold]
    #[inline(never)]
    fn misaligned_descriptor(&self, at: usize) -> Borrow {
        let mut borrow = Borrow::new_zeroed();
        self.hardware.read(at, borrow.as_mut_bytes());
        borrow
    }

    /// How much can be copied from or to `mine`, and the client's side of it.
    #[inline(always)]
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
        self.check_here(client, at, length, write)?;
        Ok((at, length))
    }

    /// [`Call::BorrowRead`](leasehold_abi::Call::BorrowRead), and with `write`
    /// [`Call::BorrowWrite`](leasehold_abi::Call::BorrowWrite): an error's code, 0 for none, and the bytes copied.
    /// In one piece, without the many other registers that the other calls need.
    #[inline(never)]
    pub(crate) fn borrow_copy(&mut self, registers: Registers, write: bool) -> (usize, usize) {
        // Both calls have the same arguments.
        let BorrowRead {
            client,
            index,
            offset,
            own,
            length,
        } = Arguments::from_registers(registers);
        let (theirs, length) =
            match self.borrowed_range(client, index, offset, (own, length), write) {
                Ok(range) => range,
                Err(error) => return (error.code(), 0),
            };
        if let Err(error) = self.check_here(self.current, own, length, !write) {
            return (error.code(), 0);
        }
        let (from, to) = if write { (own, theirs) } else { (theirs, own) };
        if length != 0 {
            self.hardware.copy(from, to, length);
        }
        (0, length)
    }

    /// [`Call::BorrowInfo`](leasehold_abi::Call::BorrowInfo): length and rights.
    pub(crate) fn borrow_info(&self, client: usize, index: usize) -> Result<(usize, usize), Error> {
        let (_, borrow) = self.borrow(client, index)?;
        let all = (Rights::READ | Rights::WRITE).bits() as usize;
        Ok((borrow.length, borrow.rights & all))
    }
}
