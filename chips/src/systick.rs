//! The system timer of Arm's M profile, as an alarm (Armv7-M Architecture Reference Manual, DDI 0403E.e, section B3.3).

use crate::registers::{Bus, Fixed};

/// The system control space.
const BASE: usize = 0xe000_e000;
/// `SYST_CSR`, `SYST_RVR`, `SYST_CVR`.
const CONTROL: usize = 0x10;
const RELOAD: usize = 0x14;
const CURRENT: usize = 0x18;
/// Counting, with an exception at 0, by the processor's clock.
const ON: u32 = 0b111;
/// `ICSR`: `PENDSTCLR` takes back an exception that is pending.
const STATE: usize = 0xd04;
const FORGET: u32 = 1 << 25;

/// The timer.
#[derive(Debug)]
pub struct SysTick<B = Fixed<BASE>> {
    registers: B,
}

impl SysTick {
    /// Most ticks until it rings.
    pub const MOST: u32 = 1 << 24;

    /// The timer.
    ///
    /// # Safety
    /// Call it on a processor of Arm's M profile, where nobody else uses the timer.
    pub const unsafe fn new() -> Self {
        Self {
            // SAFETY: the caller's promise; the address is the architecture's.
            registers: unsafe { Fixed::new() },
        }
    }
}

#[expect(private_bounds, reason = "only this crate's registers are one")]
impl<B: Bus> SysTick<B> {
    /// Rings in so many ticks, 2 to [`SysTick::MOST`], and again each time as many later. What rang before is forgotten.
    pub fn set(&mut self, ticks: u32) {
        let ticks = ticks.clamp(2, SysTick::MOST);
        self.registers.write32(RELOAD, ticks - 1);
        // Any value clears it; it is reloaded then.
        self.registers.write32(CURRENT, 0);
        self.registers.write32(CONTROL, ON);
        self.registers.write32(STATE, FORGET);
    }

    /// Rings no more.
    pub fn stop(&mut self) {
        self.registers.write32(CONTROL, 0);
        self.registers.write32(STATE, FORGET);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::assert_eq;

    /// Counts down as section B3.3.1 says.
    struct Model {
        control: u32,
        reload: u32,
        current: u32,
        pending: bool,
    }

    impl Model {
        fn tick(&mut self) {
            if self.control & 1 == 0 {
                return;
            }
            if self.current == 0 {
                self.current = self.reload;
            } else {
                self.current -= 1;
                self.pending |= self.current == 0 && self.control & 2 != 0;
            }
        }

        fn ticks_until_it_rings(&mut self) -> Option<u32> {
            (1..1 << 25).find(|_| {
                self.tick();
                self.pending
            })
        }
    }

    impl Bus for Model {
        fn read32(&mut self, offset: usize) -> u32 {
            panic!("read at {offset:#x}")
        }

        fn write32(&mut self, offset: usize, value: u32) {
            match offset {
                0x10 => self.control = value,
                0x14 => self.reload = value & 0x00ff_ffff,
                0x18 => self.current = 0,
                0xd04 if value == 1 << 25 => self.pending = false,
                _ => panic!("write at {offset:#x}"),
            }
        }
    }

    fn timer() -> SysTick<Model> {
        SysTick {
            registers: Model {
                control: 0,
                reload: 0,
                current: 77,
                pending: true,
            },
        }
    }

    #[test]
    fn it_rings_after_the_ticks_and_once_more_as_much_later() {
        for ticks in [2, 3, 1000, SysTick::MOST] {
            let mut timer = timer();
            timer.set(ticks);
            assert_eq!(timer.registers.ticks_until_it_rings(), Some(ticks));
            timer.registers.pending = false;
            assert_eq!(timer.registers.ticks_until_it_rings(), Some(ticks));
        }
    }

    #[test]
    fn what_is_too_short_or_too_long_rings_as_soon_or_as_late_as_can_be() {
        for (asked, ticks) in [(0, 2), (1, 2), (u32::MAX, SysTick::MOST)] {
            let mut timer = timer();
            timer.set(asked);
            assert_eq!(timer.registers.ticks_until_it_rings(), Some(ticks));
        }
    }

    #[test]
    fn stopped_it_never_rings_and_what_rang_is_forgotten() {
        let mut timer = timer();
        timer.set(10);
        timer.registers.pending = true;
        timer.stop();
        assert_eq!(timer.registers.ticks_until_it_rings(), None);
    }
}
