//! Arm's MPS2 boards: an NVIC and SysTick, a timer and a UART of the Cortex-M System Design Kit. The machine is turned
//! off by semihosting.

use super::Platform;
use crate::image::CHIP;
use leasehold_arch_arm::system;
use leasehold_core::NEVER;
use leasehold_devices::{CmsdkTimer, CmsdkUart, IotKit, Nvic, SysTick, semihosting};

/// The parameters in the chip file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Config {
    /// First register of the early console.
    pub(crate) uart_base: usize,
    /// First register of the clock, and its interrupt.
    pub(crate) timer_base: usize,
    pub(crate) timer_line: usize,
    /// Interrupt lines.
    pub(crate) lines: usize,
    /// First register of the Secure privilege control block, 0 where there is none.
    pub(crate) privilege_base: usize,
}

const _: () = assert!(
    CHIP.lines <= leasehold_arch_arm::trap::LINES && CHIP.timer_line < CHIP.lines,
    "each line has a vector"
);

/// The clock's interrupt is the kernel's own.
const CLOCK: u32 = CHIP.timer_line as u32;

/// The machine.
pub(crate) struct Mps2 {
    nvic: Nvic,
    alarm: SysTick,
    clock: CmsdkTimer<{ CHIP.timer_base }>,
    console: CmsdkUart,
}

impl Platform for Mps2 {
    // SAFETY: the chip file says that these devices are there, and the kernel reaches them by their addresses.
    const NEW: Self = unsafe {
        Self {
            nvic: Nvic::new(CHIP.lines as u32),
            alarm: SysTick::new(),
            clock: CmsdkTimer::new(),
            console: CmsdkUart::new(CHIP.uart_base),
        }
    };
    const DEVICES: &'static [usize] = &[];

    unsafe fn start(&mut self) {
        if CHIP.privilege_base != 0 {
            // SAFETY: the chip file says that the block is there; it is used here alone.
            unsafe { IotKit::new(CHIP.privilege_base) }.open();
        }
        self.nvic.start(system::KERNEL_PRIORITY);
        self.alarm.stop();
        self.clock.start();
        self.nvic.unmask(CLOCK);
    }

    #[inline(always)]
    fn now(&self) -> u64 {
        self.clock.now()
    }

    /// If the time is farther away than the alarm can be set, the alarm rings too early.
    fn set_alarm(&mut self, at: u64) {
        if at == NEVER {
            self.alarm.stop();
        } else {
            let ticks = at.saturating_sub(self.now());
            self.alarm.set(ticks.min(SysTick::MOST.into()) as u32);
        }
    }

    #[inline(always)]
    fn interrupt_pending(&self) -> bool {
        self.nvic.is_pending()
    }

    #[inline(always)]
    fn take_line(&mut self) -> Option<u32> {
        let active = system::active();
        if active == SysTick::EXCEPTION {
            // An exception is over when its handler runs, but an alarm is over only when the next one is set. Until
            // then a line may be taken first, and the two timers take turns.
            self.alarm.ring();
        }
        let line = self.nvic.take(active)?;
        if line == CLOCK {
            return self.take_line_after_clock();
        }
        Some(line)
    }

    fn unmask_line(&mut self, line: u32) {
        if line != CLOCK {
            self.nvic.unmask(line);
        }
    }

    fn mask_line(&mut self, line: u32) {
        if line != CLOCK {
            self.nvic.mask(line);
        }
    }

    fn print(&mut self, bytes: &[u8]) {
        self.console.print(bytes);
    }

    fn off(&mut self, code: u32, reset: bool) -> ! {
        if !reset {
            semihosting::exit(code);
        }
        system::reset()
    }
}

impl Mps2 {
    /// Counts a turn of the clock. Then takes another line, if one is pending.
    #[cold]
    #[inline(never)]
    fn take_line_after_clock(&mut self) -> Option<u32> {
        self.clock.count_turn();
        let line = self.nvic.take(0);
        self.nvic.unmask(CLOCK);
        line
    }
}
