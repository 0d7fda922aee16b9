//! The types of measurements and of the board that they run on.

/// A measurement, or why there is none.
pub(crate) type Outcome<T = ()> = Result<T, &'static str>;

/// Words of a command or a report.
pub(crate) type Words = [usize; 8];

/// Where a device's registers are, and its line.
pub(crate) type Device = (usize, usize);

/// What the board has.
pub(crate) struct Board {
    /// A clock that can interrupt at a given time.
    pub(crate) clock: Device,
    /// A device that interrupts at once.
    pub(crate) raiser: Device,
    /// Registers that are only mapped and unmapped.
    pub(crate) window: usize,
    /// A window of many pages, its first address and length, where the protection hardware has pages.
    pub(crate) wide: Option<(usize, usize)>,
}
