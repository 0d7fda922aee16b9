//! The bytes that a DMA check sends and expects back.

/// A stream of bytes that repeats only after a long time. So a transfer that stops early, starts late or goes to
/// another place is noticed. Marsaglia, *Xorshift RNGs* (2003), 32 bits.
#[derive(Clone, Copy, Debug)]
pub struct Pattern(u32);

impl Pattern {
    /// The stream of this seed.
    pub const fn new(seed: u32) -> Self {
        // Zero is the one state that xorshift never leaves.
        Self(if seed == 0 { 0x9e37_79b9 } else { seed })
    }
}

impl Iterator for Pattern {
    type Item = u8;

    fn next(&mut self) -> Option<u8> {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        Some((self.0 >> 24) as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::Pattern;

    #[test]
    fn seeds_differ_and_one_seed_repeats_itself() {
        let take = |seed| Pattern::new(seed).take(4096).collect::<Vec<_>>();
        assert_eq!(take(7), take(7));
        assert_ne!(take(7), take(8));
        assert!(take(0).iter().any(|&byte| byte != 0));
    }
}
