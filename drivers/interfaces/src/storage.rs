//! A task that keeps files.

use core::fmt;
use leasehold_abi::{Error, Padded};
use userlib::ipc::{Described, interface};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// The calls of the task that keeps files. A file is named by at most eight characters, and three more after a dot.
///
/// A call gives an [`Outcome`]: a number, or why there is none. While the driver of the disk is away, a call waits for
/// it.
#[interface]
pub trait Storage {
    /// Copies bytes of a file from `offset` on; gives how many: fewer than fit only at the file's end.
    #[deferred]
    fn read(&mut self, name: &[u8], offset: u32, into: &mut [u8]) -> Result<Outcome, Error>;
    /// Writes a file. At offset 0 it begins anew: one that is there stays as it was until these bytes replace it, all
    /// at once. Otherwise `offset` is its length, and bytes are added. Gives its length then. It is on the medium after
    /// a `flush`.
    #[deferred]
    fn write(&mut self, name: &[u8], offset: u32, bytes: &[u8]) -> Result<Outcome, Error>;
    /// Removes a file.
    #[deferred]
    fn remove(&mut self, name: &[u8]) -> Result<Outcome, Error>;
    /// The `index`-th file; gives how many there are.
    #[deferred]
    fn list(&mut self, index: u32, into: &mut [u8]) -> Result<Outcome, Error>;
    /// KiB that are free (0), or that there are (1).
    #[deferred]
    fn space(&mut self, which: u32) -> Result<Outcome, Error>;
    /// All that was written before is on the medium when this is answered.
    #[deferred]
    fn flush(&mut self) -> Result<Outcome, Error>;
}

/// What a call gives.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout, Described,
)]
#[repr(C)]
pub struct Outcome {
    /// 0, or the number of a [`StorageError`].
    pub error: u32,
    /// The number.
    pub value: u32,
}

/// A file in a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct FileInfo {
    /// Its name.
    pub name: Padded<12>,
    /// Bytes.
    pub length: u32,
}

/// Why a call gives nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StorageError {
    /// There is no such file.
    NotFound,
    /// The name is no name of a file: eight characters, a dot, three characters.
    Name,
    /// The disk is full.
    Full,
    /// There is no such place in the file.
    Offset,
    /// The disk or the file is read-only.
    ReadOnly,
    /// The disk reports an error of the medium.
    Media,
    /// The disk has no file system that is known, or it is damaged.
    Format,
    /// There is no disk, or it does not answer.
    NoDisk,
    /// The caller's buffer is gone, or of the wrong size.
    Buffer,
    /// It is a folder.
    Folder,
    /// None of these.
    Other,
}

/// All of them, by their numbers from 1 on.
const ALL: [StorageError; 11] = [
    StorageError::NotFound,
    StorageError::Name,
    StorageError::Full,
    StorageError::Offset,
    StorageError::ReadOnly,
    StorageError::Media,
    StorageError::Format,
    StorageError::NoDisk,
    StorageError::Buffer,
    StorageError::Folder,
    StorageError::Other,
];

impl StorageError {
    /// One line for a person.
    pub const fn text(self) -> &'static str {
        match self {
            Self::NotFound => "no such file",
            Self::Name => "not a file's name: eight characters, a dot and three more",
            Self::Full => "the disk is full",
            Self::Offset => "no such place in the file",
            Self::ReadOnly => "read-only",
            Self::Media => "the disk reports an error of the medium",
            Self::Format => "no file system that is known, or a damaged one",
            Self::NoDisk => "no disk, or it does not answer",
            Self::Buffer => "the caller's buffer is gone or too small",
            Self::Folder => "it is a folder",
            Self::Other => "the file system gave up",
        }
    }
}

impl fmt::Display for StorageError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.text())
    }
}

impl Outcome {
    /// What a server gives.
    pub fn new(result: Result<u32, StorageError>) -> Self {
        match result {
            Ok(value) => Self { error: 0, value },
            Err(error) => {
                let place = ALL.iter().position(|known| *known == error);
                let error = 1 + place.unwrap_or(ALL.len() - 1) as u32;
                Self { error, value: 0 }
            }
        }
    }

    /// What a client makes of it.
    ///
    /// # Errors
    /// Why there is no number.
    pub fn result(self) -> Result<u32, StorageError> {
        match self.error {
            0 => Ok(self.value),
            number => Err(*ALL.get(number as usize - 1).unwrap_or(&StorageError::Other)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_error_has_its_number() {
        for error in ALL {
            assert_eq!(Outcome::new(Err(error)).result(), Err(error));
        }
        assert_eq!(Outcome::new(Ok(7)).result(), Ok(7));
        let unknown = Outcome {
            error: u32::MAX,
            value: 0,
        };
        assert_eq!(unknown.result(), Err(StorageError::Other));
    }
}
