//! Devices that a board may lack, by the tasks that drive them.

/// A device that a board may lack.
#[derive(Debug, PartialEq, Eq)]
pub struct Needs {
    /// The task that drives it. If the image has no such task, the board has no such device.
    pub task: &'static str,
    /// What it is, after "this board has no".
    pub what: &'static str,
}

/// The PCI device that computes.
pub static EDU: Needs = needs("edu", "edu device");

/// The real-time clock.
pub static CLOCK: Needs = needs("rtc", "real-time clock");

/// The LEDs.
pub static LEDS: Needs = needs("aux-leds", "LEDs");

/// Buttons and counters.
pub static BUTTONS: Needs = needs("aux-buttons", "buttons");

/// A timer beside the kernel's.
pub static TIMER: Needs = needs("timer", "timer for drivers");

/// The Ethernet controller.
pub static ETHERNET: Needs = needs("ethernet", "Ethernet controller");

/// A device driven by this task.
pub const fn needs(task: &'static str, what: &'static str) -> Needs {
    Needs { task, what }
}
