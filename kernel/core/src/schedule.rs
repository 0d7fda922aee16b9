//! Sets of tasks as words, and the first task in one: that of the highest priority.

use crate::TaskSet;

/// Tasks that a set has room for.
pub(crate) const ROOM: usize = TaskSet::BITS as usize;

/// The set with only this task.
#[inline(always)]
pub(crate) const fn bit(task: usize) -> TaskSet {
    1 << (task & (ROOM - 1))
}

/// The tasks that run before this one.
#[inline(always)]
pub(crate) const fn above(task: usize) -> TaskSet {
    bit(task) - 1
}

/// Multiplied by this, a word of 1 to [`ROOM`] low ones has, in its top bits, a code of its own
/// for their number. RISC-V without Zbb has no instruction that counts trailing zeros. (The de Bruijn
/// method of Leiserson, Prokop, Randall: "Using de Bruijn Sequences to Index a 1 in a Computer
/// Word", 1998, with the constants that Kim Walisch and Eric Cole found for such words.)
///
/// An isolated lowest bit would do as well, but the compiler knows that form: it makes a table
/// of its own out of this one, wherever it is used.
const CODES: TaskSet = if ROOM == 64 {
    0x03f7_9d71_b4cb_0a89_u64 as TaskSet
} else {
    0x07c4_acdd
};

/// By how much a product is shifted to get its code.
const SHIFT: u32 = TaskSet::BITS - TaskSet::BITS.ilog2();

/// What finding the first task of a set needs in memory, for the entry code too: the multiplier, and the table.
#[derive(Debug)]
#[repr(C)]
pub struct First {
    pub(crate) codes: TaskSet,
    pub(crate) positions: [u8; ROOM],
}

impl First {
    /// Where the multiplier lies.
    pub const CODES: usize = core::mem::offset_of!(Self, codes);
    /// Where the table lies.
    pub const POSITIONS: usize = core::mem::offset_of!(Self, positions);
    /// By how much a product is shifted right to be an index of the table.
    pub const SHIFT: u32 = SHIFT;
}

/// The multiplier and the table.
pub static FIRST: First = First {
    codes: CODES,
    positions: POSITIONS,
};

/// From a code to the highest position of a one.
const POSITIONS: [u8; ROOM] = {
    let mut positions = [u8::MAX; ROOM];
    let mut position = 0;
    while position < ROOM {
        let ones = TaskSet::MAX >> (ROOM - 1 - position);
        let code = ones.wrapping_mul(CODES) >> SHIFT;
        assert!(positions[code] == u8::MAX, "two numbers have the same code");
        positions[code] = position as u8;
        position += 1;
    }
    positions
};

/// The first task in a set that is not empty.
#[inline(always)]
pub(crate) fn first(set: TaskSet) -> usize {
    if cfg!(any(target_arch = "arm", target_feature = "zbb")) {
        return set.trailing_zeros() as usize;
    }
    let ones = set ^ set.wrapping_sub(1);
    FIRST.positions[ones.wrapping_mul(CODES) >> SHIFT] as usize
}

/// [`first`], once for all places where a few instructions do not count. Where it is one instruction, it stays that.
#[cfg_attr(any(target_arch = "arm", target_feature = "zbb"), inline(always))]
#[cfg_attr(not(any(target_arch = "arm", target_feature = "zbb")), inline(never))]
pub(crate) fn first_shared(set: TaskSet) -> usize {
    first(set)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_is_the_lowest_bit_of_every_single_bit_and_pair() {
        for low in 0..ROOM {
            for high in low..ROOM {
                assert_eq!(first(bit(low) | bit(high)), low);
            }
        }
    }

    #[test]
    fn above_holds_exactly_the_lower_indices() {
        for task in 0..ROOM {
            assert_eq!(above(task).count_ones() as usize, task);
            assert_eq!(above(task) & bit(task), 0);
        }
    }
}
