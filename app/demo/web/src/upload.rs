//! A body that comes: it is counted and hashed, and not kept.

use core::hash::Hasher;
use fnv::FnvHasher;

/// Most bytes of one.
pub(crate) const MOST: u64 = 1 << 30;

/// A body, of which a part has come.
pub(crate) struct Upload {
    length: u64,
    came: u64,
    hash: FnvHasher,
    stays: bool,
}

impl Upload {
    /// Of so many bytes; whether the connection stays afterwards.
    pub(crate) fn new(length: u64, stays: bool) -> Self {
        Self {
            length,
            came: 0,
            hash: FnvHasher::default(),
            stays,
        }
    }

    /// Takes the next bytes; gives how many of them belong to it.
    pub(crate) fn take(&mut self, bytes: &[u8]) -> usize {
        let left = usize::try_from(self.length - self.came).unwrap_or(usize::MAX);
        let taken = bytes.len().min(left);
        self.hash.write(&bytes[..taken]);
        self.came += taken as u64;
        taken
    }

    /// Whether all of it has come.
    pub(crate) const fn is_whole(&self) -> bool {
        self.came == self.length
    }

    pub(crate) const fn stays(&self) -> bool {
        self.stays
    }
}

impl core::fmt::Debug for Upload {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(formatter, "Upload({self} of {})", self.length)
    }
}

impl core::fmt::Display for Upload {
    /// Its length, and FNV-1a of 64 bits.
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(
            formatter,
            "{} bytes, hash {:016x}",
            self.came,
            self.hash.finish()
        )
    }
}
