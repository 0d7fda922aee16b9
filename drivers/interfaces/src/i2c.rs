//! Targets on an I2C bus, each on a lease of its own, and one of them for crates that know `embedded-hal`.

use core::fmt;
use embedded_hal::i2c::{
    self, ErrorKind, ErrorType, NoAcknowledgeSource, Operation, SevenBitAddress,
};
use leasehold_abi::Error;
use userlib::ipc::interface;
use userlib::runtime::{Bound, Device};

/// Why a transfer did not take place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum I2cError {
    /// Nobody answers at this address.
    NoAddress,
    /// The target did not take a byte.
    NoData,
    /// Another master had the bus.
    Arbitration,
    /// A line of the bus is held.
    Stuck,
    /// There is no such transfer: without a byte, longer than [`I2C_MOST`], or to an address that is not on lease.
    Impossible,
    /// The system's reason.
    System(Error),
}

/// Bytes that one transfer may send, and receive.
pub const I2C_MOST: usize = 64;

/// Operations that one transfer may have.
pub const I2C_OPERATIONS: usize = 4;

/// In the description of an operation: it reads.
const READS: u16 = 1 << 15;

impl I2cError {
    const NUMBERS: [Self; 5] = [
        Self::NoAddress,
        Self::NoData,
        Self::Arbitration,
        Self::Stuck,
        Self::Impossible,
    ];

    /// The number of what came of a transfer; 0 is success. The system's reasons are told as such.
    ///
    /// # Errors
    /// The system's reason.
    pub fn number(result: Result<(), Self>) -> Result<u32, Error> {
        match result {
            Ok(()) => Ok(0),
            Err(Self::System(error)) => Err(error),
            Err(other) => {
                let index = Self::NUMBERS.iter().position(|one| *one == other);
                Ok(1 + index.unwrap_or(0) as u32)
            }
        }
    }

    fn of_number(number: Result<u32, Error>) -> Result<(), Self> {
        match number {
            Ok(0) => Ok(()),
            Ok(number) => {
                let error = Self::NUMBERS.get(number as usize - 1);
                Err(error.copied().unwrap_or(Self::System(Error::Protocol)))
            }
            Err(error) => Err(Self::System(error)),
        }
    }
}

impl From<Error> for I2cError {
    fn from(error: Error) -> Self {
        Self::System(error)
    }
}

impl i2c::Error for I2cError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::NoAddress => ErrorKind::NoAcknowledge(NoAcknowledgeSource::Address),
            Self::NoData => ErrorKind::NoAcknowledge(NoAcknowledgeSource::Data),
            Self::Arbitration => ErrorKind::ArbitrationLoss,
            Self::Stuck => ErrorKind::Bus,
            Self::Impossible | Self::System(_) => ErrorKind::Other,
        }
    }
}

impl fmt::Display for I2cError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::NoAddress => "nobody answers at this address",
            Self::NoData => "the target did not take a byte",
            Self::Arbitration => "another master has the bus",
            Self::Stuck => "a line of the bus is held",
            Self::Impossible => "there is no such transfer",
            Self::System(error) => return error.fmt(formatter),
        })
    }
}

impl core::error::Error for I2cError {}

/// What the parent of the targets on a bus does. Each target is an auxiliary device of it, and `target` is the
/// [`label`](leasehold_abi::label) of that.
#[interface]
pub trait Targets {
    /// Does up to [`I2C_OPERATIONS`] operations in one transfer. `shape` has 16 bits for each, the first in the lowest:
    /// how many bytes, and the top bit if they are read; 0 is no operation. `out` has the bytes to write, one operation
    /// after the other, and `into` takes those that are read. Gives an [`I2cError`] by number, 0 for success.
    ///
    /// `Denied`: the caller does not have the target on lease; `NotFound`: no such target is offered; `Unbound`: the
    /// controller's clock or registers are not there; `Invalid`: `shape` does not fit the buffers, or is too long.
    fn transfer(
        &mut self,
        target: u32,
        shape: u64,
        out: &[u8],
        into: &mut [u8],
    ) -> Result<u32, Error>;
}

/// The operations of a transfer: for each whether it reads, and its length.
///
/// # Errors
/// `Invalid`: more than [`I2C_MOST`] bytes in a direction.
pub fn i2c_shape(shape: u64) -> Result<[(bool, usize); I2C_OPERATIONS], Error> {
    let mut operations = [(false, 0); I2C_OPERATIONS];
    let mut sums = [0; 2];
    for (index, operation) in operations.iter_mut().enumerate() {
        let word = (shape >> (16 * index)) as u16;
        *operation = (word & READS != 0, usize::from(word & !READS));
        sums[usize::from(operation.0)] += operation.1;
    }
    if sums.iter().any(|sum| *sum > I2C_MOST) {
        return Err(Error::Invalid);
    }
    Ok(operations)
}

/// A target as a bus of `embedded-hal` on which it is alone, for the task that has it on lease.
#[derive(Debug)]
pub struct I2cTarget {
    targets: TargetsClient,
    label: u32,
    address: u8,
}

impl I2cTarget {
    /// The target of this auxiliary device, whose parent is the task `parent`, at this address.
    ///
    /// # Errors
    /// Those of a connection.
    pub fn new(
        device: &Device<'_, Bound>,
        parent: &'static str,
        address: u8,
    ) -> Result<Self, Error> {
        Ok(Self {
            targets: TargetsClient::connect(parent)?,
            label: device.label(),
            address,
        })
    }
}

impl ErrorType for I2cTarget {
    type Error = I2cError;
}

impl i2c::I2c for I2cTarget {
    fn transaction(
        &mut self,
        address: SevenBitAddress,
        operations: &mut [Operation<'_>],
    ) -> Result<(), I2cError> {
        if address != self.address || operations.len() > I2C_OPERATIONS {
            return Err(I2cError::Impossible);
        }
        let (mut out, mut into) = ([0; I2C_MOST], [0; I2C_MOST]);
        let (mut sends, mut receives, mut shape) = (0, 0, 0_u64);
        for (index, operation) in operations.iter().enumerate() {
            let (length, reads) = match operation {
                Operation::Write(bytes) => {
                    let room = out
                        .get_mut(sends..)
                        .and_then(|out| out.get_mut(..bytes.len()));
                    room.ok_or(I2cError::Impossible)?.copy_from_slice(bytes);
                    sends += bytes.len();
                    (bytes.len(), 0)
                }
                Operation::Read(buffer) => {
                    receives += buffer.len();
                    (buffer.len(), READS)
                }
            };
            if receives > I2C_MOST {
                return Err(I2cError::Impossible);
            }
            shape |= u64::from(length as u16 | reads) << (16 * index);
        }
        let number = self
            .targets
            .transfer(self.label, shape, &out[..sends], &mut into[..receives]);
        I2cError::of_number(number)?;
        let mut rest = &into[..];
        for operation in operations {
            if let Operation::Read(buffer) = operation {
                let (bytes, after) = rest.split_at(buffer.len());
                buffer.copy_from_slice(bytes);
                rest = after;
            }
        }
        Ok(())
    }
}
