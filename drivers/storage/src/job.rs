//! A call that waits its turn, or is being done.

use crate::Files;
use crate::cached::{Flush, MediumError};
use driver_interfaces::StorageError;
use embedded_sdmmc::BlockDevice;
use userlib::ipc::{ReadLoan, WriteLoan};

/// Bytes of a name.
const NAME: usize = 12;

/// What a client wants.
#[derive(Debug)]
pub(crate) enum Work {
    /// Bytes of a file.
    Read(u32, WriteLoan),
    /// Bytes into a file.
    Write(u32, ReadLoan),
    /// No file of that name.
    Remove,
    /// The file of this number.
    List(u32, WriteLoan),
    /// How much room there is.
    Space(u32),
    /// All on the medium.
    Flush,
}

/// A call.
#[derive(Debug)]
pub(crate) struct Job {
    name: Option<ReadLoan>,
    work: Work,
}

impl Job {
    /// A call about no file.
    pub(crate) const fn new(work: Work) -> Self {
        Self { name: None, work }
    }

    /// A call about a file.
    pub(crate) const fn of_file(name: ReadLoan, work: Work) -> Self {
        let name = Some(name);
        Self { name, work }
    }

    /// Does it.
    pub(crate) fn run<D>(&self, files: &Files<D>) -> Result<u32, StorageError>
    where
        D: BlockDevice<Error = MediumError> + Flush,
    {
        let mut bytes = [0; NAME];
        let name = match &self.name {
            None => "",
            Some(loan) if loan.len() > NAME => return Err(StorageError::Name),
            Some(loan) => {
                let length = loan.read(0, &mut bytes).map_err(|_| StorageError::Buffer)?;
                let name = bytes.get(..length).ok_or(StorageError::Buffer)?;
                core::str::from_utf8(name).map_err(|_| StorageError::Name)?
            }
        };
        match &self.work {
            Work::Read(offset, into) => files.read(name, *offset, into.len(), |at, bytes| {
                into.write(at, bytes)
                    .is_ok_and(|count| count == bytes.len())
            }),
            Work::Write(offset, from) => files.write(name, *offset, from.len(), |at, bytes| {
                from.read(at, bytes).is_ok_and(|count| count == bytes.len())
            }),
            Work::Remove => files.remove(name).map(|()| 0),
            Work::List(index, into) => {
                let (file, count) = files.list(*index)?;
                let record = zerocopy::IntoBytes::as_bytes(&file);
                match into.write(0, record) {
                    Ok(written) if written == record.len() => Ok(count),
                    _ => Err(StorageError::Buffer),
                }
            }
            Work::Space(which) => {
                let (free, all) = files.space()?;
                Ok(if *which == 0 { free } else { all })
            }
            Work::Flush => files.flush().map(|()| 0),
        }
    }
}
