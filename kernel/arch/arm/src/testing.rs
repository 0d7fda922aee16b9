//! For the tests of this crate.

#[path = "../../common/random.rs"]
mod random;

pub(crate) use random::Random;

impl Random {
    /// Base and length of a part of 4 GiB, in units, of any magnitude: often at a rounder address.
    pub(crate) fn span(&mut self, unit: u64) -> (u64, u64) {
        let units = (1 << 32) / unit;
        let most = 1 << self.below(units.ilog2() as u64 + 1);
        let length = 1 + self.below(most);
        let round = 1 << self.below(length.ilog2() as u64 + 1);
        let base = self.below(units - length + 1) / round * round;
        (base * unit, length * unit)
    }
}
