//! Sets of tasks as words, and the most important task in one.

/// The set with only this task.
#[inline(always)]
pub(crate) const fn bit(task: usize) -> u64 {
    1 << (task & 63)
}

/// The tasks more important than this one.
#[inline(always)]
pub(crate) const fn above(task: usize) -> u64 {
    bit(task) - 1
}

/// A de Bruijn sequence: every six bits of it are different, so the isolated lowest bit of a
/// word, multiplied by it, leaves its position's code in the top six bits. Base RV64 has no
/// instruction that counts trailing zeros. (Leiserson, Prokop, Randall: "Using de Bruijn
/// Sequences to Index a 1 in a Computer Word", 1998.)
const SEQUENCE: u64 = 0x03f7_9d71_b4cb_0a89;

/// From those six bits to the position.
static POSITIONS: [u8; 64] = {
    let mut positions = [0; 64];
    let mut position = 0;
    while position < 64 {
        positions[(SEQUENCE.wrapping_shl(position) >> 58) as usize] = position as u8;
        position += 1;
    }
    positions
};

/// The most important task in a set that is not empty.
#[inline(always)]
pub(crate) fn first(set: u64) -> usize {
    let lowest = set & set.wrapping_neg();
    POSITIONS[(lowest.wrapping_mul(SEQUENCE) >> 58) as usize] as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_is_the_lowest_bit_of_every_single_bit_and_pair() {
        for low in 0..64 {
            for high in low..64 {
                assert_eq!(first(bit(low) | bit(high)), low);
            }
        }
    }

    #[test]
    fn above_holds_exactly_the_lower_indices() {
        for task in 0..64 {
            assert_eq!(above(task).count_ones() as usize, task);
            assert_eq!(above(task) & bit(task), 0);
        }
    }
}
