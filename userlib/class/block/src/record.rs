//! What goes through the queue.

use crate::{BUFFER, SECTOR};
use class_queue::Tagged;
use core::fmt;
use userlib::Error;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// What a disk is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct Geometry {
    /// Sectors, each of [`SECTOR`] bytes.
    pub sectors: u64,
    /// Not 0: writes are refused.
    pub read_only: u32,
    /// Not 0: it has a cache, so that a write is on the medium only after a flush.
    pub cached: u32,
}

/// What is to be done. `sector` is the first, `bytes` a multiple of [`SECTOR`] of at most [`BUFFER`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Sectors into the slot's buffer.
    Read {
        /// The first sector.
        sector: u64,
        /// How much.
        bytes: usize,
    },
    /// The slot's buffer into sectors.
    Write {
        /// The first sector.
        sector: u64,
        /// How much.
        bytes: usize,
    },
    /// What was written before is to be on the medium.
    Flush,
}

/// Why a request was not done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The disk could not read or write the sectors.
    Media,
    /// The disk cannot do this.
    Unsupported,
    /// There are no such sectors, or it is no whole number of them, or more than a buffer.
    Range,
    /// The disk is read-only.
    ReadOnly,
    /// The disk was taken out of the machine.
    Gone,
}

impl Failure {
    /// One line for a person.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Media => "the disk reports an error of the medium",
            Self::Unsupported => "the disk cannot do this",
            Self::Range => "past the end of the disk",
            Self::ReadOnly => "the disk is read-only",
            Self::Gone => "the disk is gone",
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.text())
    }
}

/// Numbers of operations.
const READ: u32 = 1;
const WRITE: u32 = 2;
const FLUSH: u32 = 3;

/// A request, as it is in the ring.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct Request {
    tag: u32,
    operation: u32,
    sector: u64,
    bytes: u32,
    reserved: u32,
}

impl Tagged for Request {
    fn tag(&self) -> u32 {
        self.tag
    }
}

impl Request {
    /// The record of an operation in this slot.
    pub const fn new(tag: u32, operation: Operation) -> Self {
        let (number, sector, bytes) = match operation {
            Operation::Read { sector, bytes } => (READ, sector, bytes),
            Operation::Write { sector, bytes } => (WRITE, sector, bytes),
            Operation::Flush => (FLUSH, 0, 0),
        };
        Self {
            tag,
            operation: number,
            sector,
            // At most a buffer, or refused by the other side.
            bytes: bytes as u32,
            reserved: 0,
        }
    }

    /// What it asks of a disk of this geometry.
    ///
    /// # Errors
    /// `Protocol` for an operation that is none. Inside: why the disk does not do it.
    pub fn operation(&self, geometry: Geometry) -> Result<Result<Operation, Failure>, Error> {
        let (sector, bytes) = (self.sector, self.bytes as usize);
        let operation = match self.operation {
            READ => Operation::Read { sector, bytes },
            WRITE if geometry.read_only != 0 => return Ok(Err(Failure::ReadOnly)),
            WRITE => Operation::Write { sector, bytes },
            FLUSH => return Ok(Ok(Operation::Flush)),
            _ => return Err(Error::Protocol),
        };
        let end = sector.checked_add((bytes / SECTOR) as u64);
        let fits = bytes != 0
            && bytes <= BUFFER
            && bytes.is_multiple_of(SECTOR)
            && end.is_some_and(|end| end <= geometry.sectors);
        Ok(if fits {
            Ok(operation)
        } else {
            Err(Failure::Range)
        })
    }
}

/// An answer, as it is in the ring.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct Answer {
    tag: u32,
    status: u32,
}

impl Tagged for Answer {
    fn tag(&self) -> u32 {
        self.tag
    }
}

impl Answer {
    /// The record of a result in this slot.
    pub const fn new(tag: u32, result: Result<(), Failure>) -> Self {
        let status = match result {
            Ok(()) => 0,
            Err(Failure::Media) => 1,
            Err(Failure::Unsupported) => 2,
            Err(Failure::Range) => 3,
            Err(Failure::ReadOnly) => 4,
            Err(Failure::Gone) => 5,
        };
        Self { tag, status }
    }

    /// The result.
    ///
    /// # Errors
    /// `Protocol` for a status that is none.
    pub const fn result(&self) -> Result<Result<(), Failure>, Error> {
        Ok(match self.status {
            0 => Ok(()),
            1 => Err(Failure::Media),
            2 => Err(Failure::Unsupported),
            3 => Err(Failure::Range),
            4 => Err(Failure::ReadOnly),
            5 => Err(Failure::Gone),
            _ => return Err(Error::Protocol),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DISK: Geometry = Geometry {
        sectors: 16,
        read_only: 0,
        cached: 1,
    };

    #[test]
    fn what_a_disk_can_do_goes_through_as_it_is() {
        for operation in [
            Operation::Read {
                sector: 15,
                bytes: 512,
            },
            Operation::Write {
                sector: 8,
                bytes: BUFFER,
            },
            Operation::Flush,
        ] {
            let request = Request::new(3, operation);
            assert_eq!(
                (request.tag(), request.operation(DISK)),
                (3, Ok(Ok(operation)))
            );
        }
    }

    #[test]
    fn what_is_past_the_end_or_malformed_or_forbidden_is_refused_by_name() {
        for (sector, bytes) in [
            (16, 512),
            (15, 1024),
            (9, BUFFER),
            (u64::MAX, 512),
            (u64::MAX - 7, BUFFER),
            (0, 0),
            (0, 511),
            (0, BUFFER + 512),
            (0, u32::MAX as usize),
        ] {
            for operation in [
                Operation::Read { sector, bytes },
                Operation::Write { sector, bytes },
            ] {
                let asked = Request::new(0, operation).operation(DISK);
                assert_eq!(asked, Ok(Err(Failure::Range)), "{operation:?}");
            }
        }
        let read_only = Geometry {
            read_only: 1,
            ..DISK
        };
        let write = Operation::Write {
            sector: 0,
            bytes: 512,
        };
        let asked = Request::new(0, write).operation(read_only);
        assert_eq!(asked, Ok(Err(Failure::ReadOnly)));
        for number in [0, 4, u32::MAX] {
            let request = Request {
                operation: number,
                ..Request::new(0, Operation::Flush)
            };
            assert_eq!(request.operation(DISK), Err(Error::Protocol));
        }
    }

    #[test]
    fn each_result_has_a_status_and_no_other_status_is_one() {
        use Failure::{Gone, Media, Range, ReadOnly, Unsupported};
        for result in [
            Ok(()),
            Err(Media),
            Err(Unsupported),
            Err(Range),
            Err(ReadOnly),
            Err(Gone),
        ] {
            assert_eq!(Answer::new(1, result).result(), Ok(result));
        }
        for status in [6, u32::MAX] {
            assert_eq!(Answer { tag: 0, status }.result(), Err(Error::Protocol));
        }
    }
}
