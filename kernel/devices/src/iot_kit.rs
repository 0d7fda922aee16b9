//! The Secure privilege control block of Arm's IoT kit (CoreLink SSE-200 TRM, 101104, section 3.5.2; QEMU 7.2,
//! hw/misc/iotkit-secctl.c), which, in addition to the memory protection unit, limits what unprivileged code may reach.
//!
//! All code is Secure. So no peripheral is made Non-secure, and the memory protection controllers stay as they are
//! after reset.

use crate::registers::{Bus, Registers};

/// `SECRESPCFG`: a refused access is a bus error, and not ignored.
const RESPONSE: usize = 0x10;
/// Peripherals of the FPGA on the AHB (`AHBSPPPCEXP0`: GPIO, Ethernet), of the IoT kit on the APB (`APBSPPPC0`), and of
/// the FPGA there (`APBSPPPCEXP1`: UARTs, SPI, I2C; `APBSPPPCEXP2`: SCC, audio, FPGAIO). Their ports: hw/arm/mps2-tz.c,
/// `an505_ppcs`.
const AHB_EXPANSION_0: usize = 0xa0;
const APB: usize = 0xb0;
const APB_EXPANSION_1: usize = 0xc4;
const APB_EXPANSION_2: usize = 0xc8;
/// All ports of a group.
const ALL: u32 = 0xffff;
/// TIMER1 and the dual timer. TIMER0 is the kernel's.
const TIMERS: u32 = 0b110;

/// The block.
#[derive(Debug)]
pub struct IotKit<B = Registers> {
    registers: B,
}

impl IotKit {
    /// The block with its registers at `base`.
    ///
    /// # Safety
    /// The block's registers must be mapped at `base`, for as long as this lives, and nobody else may use it.
    pub const unsafe fn new(base: usize) -> Self {
        Self {
            // SAFETY: the caller's promise.
            registers: unsafe { Registers::new(base) },
        }
    }
}

#[expect(private_bounds, reason = "only this crate's registers are one")]
impl<B: Bus> IotKit<B> {
    /// Allows unprivileged code to access the devices that a task may get; the memory protection unit decides which
    /// task gets which.
    pub fn open(&mut self) {
        self.registers.write32(RESPONSE, 1);
        self.registers.write32(AHB_EXPANSION_0, ALL);
        self.registers.write32(APB, TIMERS);
        self.registers.write32(APB_EXPANSION_1, ALL);
        self.registers.write32(APB_EXPANSION_2, ALL);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::assert_eq;
    use std::collections::BTreeMap;

    struct Model(BTreeMap<usize, u32>);

    impl Bus for Model {
        fn read32(&mut self, offset: usize) -> u32 {
            self.0.get(&offset).copied().unwrap_or(0)
        }

        fn write32(&mut self, offset: usize, value: u32) {
            self.0.insert(offset, value);
        }
    }

    #[test]
    fn the_kernels_own_timer_and_the_memory_controllers_stay_closed() {
        let mut kit = IotKit {
            registers: Model(BTreeMap::new()),
        };
        kit.open();
        // The IoT kit's TIMER0 is port 0 of its APB; the memory protection controllers are the FPGA's first group.
        assert_eq!(kit.registers.read32(0xb0) & 1, 0);
        assert_eq!(kit.registers.read32(0xc0), 0);
        // Nothing is Non-secure: AHBNSPPCEXP0 to APBNSPPCEXP3.
        assert!(
            (0x50..0x90)
                .step_by(4)
                .all(|offset| kit.registers.read32(offset) == 0)
        );
    }
}
