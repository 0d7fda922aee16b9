//! Handing out bus addresses from the memory windows of the host bridge.

use leasehold_abi::Error;

/// Smallest piece: windows are leased in pages, so no two functions may share one.
pub(crate) const GRANULE: u64 = 4096;

/// Ranges that are taken already.
const MOST_RESERVED: usize = 64;

/// All windows of a host bridge: one below 4 GiB, and one that registers of 64 bits alone can reach.
pub(crate) type Apertures = heapless::Vec<Aperture, 2>;

/// The first free range of `size` bytes, in the chip file's order of windows; below 4 GiB for a register that is not
/// `wide`.
///
/// # Errors
/// As [`Aperture::allocate`]; `Exhausted` when no window has room.
pub(crate) fn allocate(apertures: &mut Apertures, size: u64, wide: bool) -> Result<u64, Error> {
    for aperture in apertures {
        if !wide && aperture.end > 1 << 32 {
            continue;
        }
        match aperture.allocate(size) {
            Err(Error::Exhausted) => {}
            result => return result,
        }
    }
    Err(Error::Exhausted)
}

/// A window of bus addresses, and what of it is taken.
#[derive(Debug)]
pub(crate) struct Aperture {
    base: u64,
    end: u64,
    reserved: heapless::Vec<(u64, u64), MOST_RESERVED>,
}

impl Aperture {
    /// The window of `size` bytes at `base`.
    ///
    /// # Errors
    /// `Invalid` when it reaches past the last address.
    pub(crate) fn new(base: u64, size: u64) -> Result<Self, Error> {
        let end = base.checked_add(size).ok_or(Error::Invalid)?;
        Ok(Self {
            base,
            end,
            reserved: heapless::Vec::new(),
        })
    }

    /// Keeps `size` bytes at `base` out of what is handed out. What is not in the window takes no room.
    ///
    /// # Errors
    /// `Exhausted` when too many ranges are taken.
    pub(crate) fn reserve(&mut self, base: u64, size: u64) -> Result<(), Error> {
        let range = (base, base.saturating_add(size.max(GRANULE)));
        if range.1 <= self.base || self.end <= range.0 {
            return Ok(());
        }
        self.reserved.push(range).map_err(|_| Error::Exhausted)
    }

    /// The lowest free range of `size` bytes, a power of two, aligned to its size.
    ///
    /// # Errors
    /// `Exhausted` when there is none, `Invalid` for a size that is no power of two.
    pub(crate) fn allocate(&mut self, size: u64) -> Result<u64, Error> {
        if !size.is_power_of_two() {
            return Err(Error::Invalid);
        }
        let size = size.max(GRANULE);
        let align = |at: u64| at.checked_next_multiple_of(size).ok_or(Error::Exhausted);
        let mut at = align(self.base)?;
        loop {
            let end = at.checked_add(size).ok_or(Error::Exhausted)?;
            if end > self.end {
                return Err(Error::Exhausted);
            }
            // Each step passes one reserved range at least, so this ends.
            match self
                .reserved
                .iter()
                .find(|range| range.0 < end && at < range.1)
            {
                Some(range) => at = align(range.1)?,
                None => break,
            }
        }
        self.reserve(at, size)?;
        Ok(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_aligned_apart_and_inside() {
        let mut aperture = Aperture::new(0x4000_0000, 0x40_0000).expect("a window");
        assert_eq!(aperture.allocate(16), Ok(0x4000_0000));
        assert_eq!(aperture.allocate(0x10_0000), Ok(0x4010_0000));
        assert_eq!(aperture.allocate(4096), Ok(0x4000_1000));
        assert_eq!(aperture.allocate(0x20_0000), Ok(0x4020_0000));
        assert_eq!(aperture.allocate(0x10_0000), Err(Error::Exhausted));
        assert_eq!(aperture.allocate(8192), Ok(0x4000_2000));
    }

    #[test]
    fn reserved_ranges_are_left_alone() {
        let mut aperture = Aperture::new(0x4000_0000, 0x40_0000).expect("a window");
        aperture.reserve(0x4000_0000, 0x10_0000).expect("room");
        assert_eq!(aperture.allocate(4096), Ok(0x4010_0000));
    }

    #[test]
    fn what_only_registers_of_64_bits_reach_is_given_to_them_when_the_rest_is_full() {
        let mut apertures = Apertures::new();
        for (base, size) in [(0x4000_0000, 0x4000_0000), (0x4_0000_0000, 0x4_0000_0000)] {
            assert!(
                apertures
                    .push(Aperture::new(base, size).expect("a window"))
                    .is_ok()
            );
        }
        let mut take = |size, wide| allocate(&mut apertures, size, wide);
        assert_eq!(take(0x1000, true), Ok(0x4000_0000));
        assert_eq!(take(0x8000_0000, true), Ok(0x4_0000_0000));
        assert_eq!(take(0x8000_0000, false), Err(Error::Exhausted));
        assert_eq!(take(0x2000_0000, false), Ok(0x6000_0000));
        assert_eq!(take(0x2000_0000, false), Err(Error::Exhausted));
        assert_eq!(take(0x2000_0000, true), Ok(0x4_8000_0000));
        assert_eq!(take(0x8_0000_0000, true), Err(Error::Exhausted));
        assert_eq!(take(3, true), Err(Error::Invalid));
    }

    #[test]
    fn what_cannot_be_is_refused() {
        assert!(Aperture::new(u64::MAX, 2).is_err());
        let mut aperture = Aperture::new(0xffff_ffff_ffff_0000, 0xffff).expect("a window");
        assert_eq!(aperture.allocate(3), Err(Error::Invalid));
        assert_eq!(aperture.allocate(0), Err(Error::Invalid));
        assert_eq!(aperture.allocate(1 << 63), Err(Error::Exhausted));
    }
}
