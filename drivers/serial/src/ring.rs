//! A ring of bytes that accepts or returns as many as possible.

/// A first-in, first-out store of `SIZE` bytes.
#[derive(Debug)]
pub struct Ring<const SIZE: usize> {
    bytes: [u8; SIZE],
    /// Where the oldest byte is.
    head: usize,
    length: usize,
}

impl<const SIZE: usize> Ring<SIZE> {
    /// An empty ring.
    pub const fn new() -> Self {
        Self {
            bytes: [0; SIZE],
            head: 0,
            length: 0,
        }
    }

    /// Bytes in it.
    pub const fn len(&self) -> usize {
        self.length
    }

    /// Whether nothing is in it.
    pub const fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Bytes that still fit.
    pub const fn room(&self) -> usize {
        SIZE - self.length
    }

    /// Adds one byte; `false` when there is no room, and then nothing changed.
    pub fn push(&mut self, byte: u8) -> bool {
        if self.length == SIZE {
            return false;
        }
        let at = (self.head + self.length) % SIZE;
        self.bytes[at] = byte;
        self.length += 1;
        true
    }

    /// Takes the oldest byte.
    pub fn pop(&mut self) -> Option<u8> {
        if self.length == 0 {
            return None;
        }
        let byte = self.bytes[self.head];
        self.head = (self.head + 1) % SIZE;
        self.length -= 1;
        Some(byte)
    }

    /// Adds bytes from the front of `bytes` while there is room. Returns how many.
    pub fn push_slice(&mut self, bytes: &[u8]) -> usize {
        bytes.iter().take_while(|&&byte| self.push(byte)).count()
    }

    /// Moves the oldest bytes to the front of `out`. Returns how many.
    pub fn pop_slice(&mut self, out: &mut [u8]) -> usize {
        let mut count = 0;
        for slot in out {
            let Some(byte) = self.pop() else { break };
            *slot = byte;
            count += 1;
        }
        count
    }
}

impl<const SIZE: usize> Default for Ring<SIZE> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::Ring;

    #[test]
    fn keeps_order_across_the_wrap() {
        let mut ring = Ring::<4>::new();
        let mut out = [0; 4];
        for round in 0..10_u8 {
            assert_eq!(ring.push_slice(&[round, round + 1, round + 2]), 3);
            assert_eq!(ring.pop_slice(&mut out), 3);
            assert_eq!(out[..3], [round, round + 1, round + 2]);
        }
        assert!(ring.is_empty());
    }

    #[test]
    fn takes_no_more_than_fits() {
        let mut ring = Ring::<4>::new();
        assert_eq!(ring.push_slice(b"abcdef"), 4);
        assert_eq!(ring.room(), 0);
        assert!(!ring.push(b'x'));
        assert_eq!(ring.pop(), Some(b'a'));
        assert!(ring.push(b'e'));
        let mut out = [0; 8];
        assert_eq!(ring.pop_slice(&mut out), 4);
        assert_eq!(&out[..4], b"bcde");
        assert_eq!(ring.pop(), None);
    }
}
