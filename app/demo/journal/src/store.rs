//! Files, as the journal uses them.

use driver_interfaces::{FileInfo, Outcome, StorageClient, StorageError};
use userlib::Error;
use zerocopy::FromZeros;

/// Why a file was not read or written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// The task that keeps files is not there.
    Away(Error),
    /// It says so.
    Storage(StorageError),
}

impl From<Error> for Why {
    fn from(error: Error) -> Self {
        Self::Away(error)
    }
}

impl From<StorageError> for Why {
    fn from(error: StorageError) -> Self {
        Self::Storage(error)
    }
}

/// Files by name.
pub trait Store {
    /// Bytes of a file, or none if there is no such file.
    ///
    /// # Errors
    /// Why it cannot be looked for.
    fn length(&mut self, name: &str) -> Result<Option<u32>, Why>;
    /// Reads from `offset` on; gives how many bytes.
    ///
    /// # Errors
    /// Why not.
    fn read(&mut self, name: &str, offset: u32, into: &mut [u8]) -> Result<usize, Why>;
    /// Writes at the end of the file, which `offset` is, or anew at 0; gives the length.
    ///
    /// # Errors
    /// Why not.
    fn write(&mut self, name: &str, offset: u32, bytes: &[u8]) -> Result<u32, Why>;
    /// All is on the medium.
    ///
    /// # Errors
    /// Why not.
    fn flush(&mut self) -> Result<(), Why>;
}

impl Store for StorageClient {
    fn length(&mut self, name: &str) -> Result<Option<u32>, Why> {
        let mut index = 0;
        loop {
            let mut file = FileInfo::new_zeroed();
            let found = self.list(index, zerocopy::IntoBytes::as_mut_bytes(&mut file))?;
            match found.result() {
                Ok(_) if file.name == *name => return Ok(Some(file.length)),
                Ok(_) => index += 1,
                Err(StorageError::NotFound) => return Ok(None),
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn read(&mut self, name: &str, offset: u32, into: &mut [u8]) -> Result<usize, Why> {
        let read: Outcome = self.read(name.as_bytes(), offset, into)?;
        Ok(read.result()? as usize)
    }

    fn write(&mut self, name: &str, offset: u32, bytes: &[u8]) -> Result<u32, Why> {
        Ok(self.write(name.as_bytes(), offset, bytes)?.result()?)
    }

    fn flush(&mut self) -> Result<(), Why> {
        self.flush()?.result()?;
        Ok(())
    }
}
