//! A request as the disk sees it (5.2.6).

use class_block::{Failure, Operation};
use zerocopy::{FromBytes, Immutable, IntoBytes};

/// Types of requests.
const IN: u32 = 0;
const OUT: u32 = 1;
const FLUSH: u32 = 4;

/// Statuses.
const OK: u8 = 0;
const UNSUPPORTED: u8 = 2;
/// None that a disk gives: it has not written yet.
const NONE: u8 = 0xff;

/// Bytes that the disk reads.
pub(crate) const HEADER: usize = 16;

/// What goes before and after the data: the disk reads the first [`HEADER`] bytes, and writes the status.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable)]
#[repr(C)]
pub(crate) struct Frame {
    kind: u32,
    reserved: u32,
    sector: u64,
    pub(crate) status: u8,
    padding: [u8; 7],
}

impl Frame {
    /// Of an operation.
    pub(crate) const fn new(operation: Operation) -> Self {
        let (kind, sector) = match operation {
            Operation::Read { sector, .. } => (IN, sector),
            Operation::Write { sector, .. } => (OUT, sector),
            Operation::Flush => (FLUSH, 0),
        };
        Self {
            kind,
            reserved: 0,
            sector,
            status: NONE,
            padding: [0; 7],
        }
    }

    /// What the disk made of it, when it says that it wrote so many bytes: those of a read, and the status.
    pub(crate) const fn result(&self, written: u32, operation: Operation) -> Result<(), Failure> {
        let wanted = match operation {
            Operation::Read { bytes, .. } => bytes + 1,
            _ => 1,
        };
        match self.status {
            OK if written as usize >= wanted => Ok(()),
            UNSUPPORTED => Err(Failure::Unsupported),
            _ => Err(Failure::Media),
        }
    }
}
