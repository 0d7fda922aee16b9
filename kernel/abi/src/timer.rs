//! The arguments of [`Call::SetTimer`], the one call with a 64-bit quantity among them.

use crate::{Arguments, Call, Registers};

/// The arguments of [`Call::SetTimer`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SetTimer {
    /// When, in ticks since boot: one register on machines of 64 bits, two (low, high) on those of 32.
    pub deadline: u64,
    /// Bits of the notifications that are posted then; none disarm the timer.
    pub bits: usize,
}

impl Arguments for SetTimer {
    const CALL: Call = Call::SetTimer;

    const REGISTERS: usize = (size_of::<u64>() + size_of::<usize>()) / size_of::<usize>();

    #[inline(always)]
    fn from_registers(registers: Registers) -> Self {
        #[cfg(target_pointer_width = "64")]
        let ([low, bits, ..], high) = (registers, 0);
        #[cfg(target_pointer_width = "32")]
        let [low, high, bits, ..] = registers;
        Self {
            deadline: low as u64 | (high as u64) << 32,
            bits,
        }
    }

    #[inline(always)]
    fn registers(self) -> Registers {
        let (low, bits) = (self.deadline as usize, self.bits);
        #[cfg(target_pointer_width = "64")]
        let registers = [low, bits, 0, 0, 0, 0];
        #[cfg(target_pointer_width = "32")]
        let registers = [low, (self.deadline >> 32) as usize, bits, 0, 0, 0];
        registers
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_set_is_read_again() {
        let set = SetTimer {
            deadline: 0x0123_4567_89ab_cdef,
            bits: 1 << 29,
        };
        assert_eq!(SetTimer::from_registers(set.registers()), set);
    }
}
