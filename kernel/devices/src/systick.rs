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
/// `SYST_CSR`: the timer has counted to 0 since this was read.
const RANG: u32 = 1 << 16;
/// How often the driver checks whether the timer has started. It starts with the next tick of the processor's clock; in
/// QEMU, when the emulator updates that clock.
const PATIENCE: u32 = 64;
/// `ICSR`: `PENDSTCLR` takes back an exception that is pending, `PENDSTSET` makes it so.
const STATE: usize = 0xd04;
const FORGET: u32 = 1 << 25;
const PEND: u32 = 1 << 26;

/// The timer.
#[derive(Debug)]
pub struct SysTick<B = Fixed<BASE>> {
    registers: B,
}

impl SysTick {
    /// Number of its exception (table B1-4).
    pub const EXCEPTION: u32 = 15;
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
    /// Rings once, as a rule, in so many ticks, 2 to [`SysTick::MOST`]. An earlier ring is forgotten.
    pub fn set(&mut self, ticks: u32) {
        let ticks = ticks.clamp(2, SysTick::MOST);
        self.stop();
        self.registers.write32(RELOAD, ticks - 1);
        // Any value clears it; it is reloaded then.
        self.registers.write32(CURRENT, 0);
        self.registers.write32(CONTROL, ON);
        for _ in 0..PATIENCE {
            let counts = self.registers.read32(CURRENT) != 0;
            if counts || self.registers.read32(CONTROL) & RANG != 0 {
                // With nothing to reload it stops after one period. QEMU 7.2, if idle time passes at once (`-icount
                // sleep=off`), may skip to the second ring, if there is one.
                self.registers.write32(RELOAD, 0);
                break;
            }
        }
    }

    /// Rings now.
    pub fn ring(&mut self) {
        self.registers.write32(STATE, PEND);
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

    /// Counts down as section B3.3.1 says, one tick an access.
    struct Model {
        control: u32,
        reload: u32,
        current: u32,
        pending: bool,
        /// Accesses that it takes to begin.
        delay: u32,
    }

    impl Model {
        fn tick(&mut self) {
            if self.control & 1 == 0 || self.delay > 0 {
                self.delay = self.delay.saturating_sub(1);
                return;
            }
            if self.current == 0 {
                self.current = self.reload;
            } else {
                self.current -= 1;
                if self.current == 0 {
                    self.control |= 1 << 16;
                    self.pending |= self.control & 2 != 0;
                }
            }
        }

        /// Ticks until it rings, or none of so many.
        fn ticks_until_it_rings(&mut self) -> Option<u32> {
            (1..=1 << 25).find(|_| {
                self.tick();
                self.pending
            })
        }
    }

    impl Bus for Model {
        fn read32(&mut self, offset: usize) -> u32 {
            self.tick();
            match offset {
                0x10 => {
                    let control = self.control;
                    self.control &= !(1 << 16);
                    control
                }
                0x18 => self.current,
                _ => panic!("read at {offset:#x}"),
            }
        }

        fn write32(&mut self, offset: usize, value: u32) {
            self.tick();
            match offset {
                0x10 => self.control = value,
                0x14 => self.reload = value & 0x00ff_ffff,
                0x18 => self.current = 0,
                0xd04 if value == 1 << 25 => self.pending = false,
                0xd04 if value == 1 << 26 => self.pending = true,
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
                delay: 0,
            },
        }
    }

    /// How many ticks after it was set it rings, the accesses by which it was set among them.
    fn rings_after(ticks: u32, delay: u32) -> u32 {
        let mut timer = timer();
        timer.registers.delay = delay;
        timer.set(ticks);
        let set = timer.registers.current;
        let rings = timer.registers.ticks_until_it_rings();
        let again = {
            timer.registers.pending = false;
            timer.registers.ticks_until_it_rings()
        };
        assert_eq!(again, None, "once is enough");
        assert_eq!(rings, Some(set), "what is left when it is set");
        set
    }

    #[test]
    fn it_rings_after_the_ticks_and_once() {
        for delay in [0, 1, 20] {
            for ticks in [100, 1000, SysTick::MOST] {
                let left = rings_after(ticks, delay);
                assert!((ticks - 16..ticks).contains(&left), "{left} of {ticks}");
            }
        }
    }

    #[test]
    fn what_is_too_long_rings_as_late_as_can_be() {
        assert!(rings_after(u32::MAX, 0) > SysTick::MOST - 16);
    }

    #[test]
    fn what_is_due_has_rung_when_it_is_set() {
        for ticks in [0, 1, 2] {
            let mut timer = timer();
            timer.set(ticks);
            assert!(timer.registers.pending);
        }
    }

    #[test]
    fn one_that_does_not_begin_is_left_to_ring_again_and_again() {
        let mut timer = timer();
        timer.registers.delay = 1000;
        timer.set(50);
        for _ in 0..2 {
            assert!(timer.registers.ticks_until_it_rings().is_some());
            timer.registers.pending = false;
        }
    }

    #[test]
    fn one_that_rang_can_be_made_to_ring_again() {
        let mut timer = timer();
        timer.stop();
        timer.ring();
        assert!(timer.registers.pending);
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
