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

/// Multiplied by this, a word of 1 to 64 low ones has, in its top six bits, a code of its own
/// for their number. Base RV64 has no instruction that counts trailing zeros. (The de Bruijn
/// method of Leiserson, Prokop, Randall: "Using de Bruijn Sequences to Index a 1 in a Computer
/// Word", 1998, with the constant that Kim Walisch found for such words.)
///
/// An isolated lowest bit would do as well, but the compiler knows that form: it makes a table
/// of its own out of this one, wherever it is used.
const CODES: u64 = 0x03f7_9d71_b4cb_0a89;

/// From those six bits to the highest position of a one.
static POSITIONS: [u8; 64] = {
    let mut positions = [0; 64];
    let mut position = 0;
    while position < 64 {
        let ones = u64::MAX >> (63 - position);
        positions[(ones.wrapping_mul(CODES) >> 58) as usize] = position as u8;
        position += 1;
    }
    positions
};

/// The most important task in a set that is not empty.
#[inline(always)]
pub(crate) fn first(set: u64) -> usize {
    let ones = set ^ set.wrapping_sub(1);
    POSITIONS[(ones.wrapping_mul(CODES) >> 58) as usize] as usize
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
