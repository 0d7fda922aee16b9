//! What a program did that the board does not forgive, or that works only by luck.

use std::fmt;

/// A rule that was broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Rule {
    /// A page of a device without the attribute SO: its accesses may be merged, delayed or overtaken.
    DeviceWithoutStrongOrder,
    /// A page of DRAM without the attribute C, and not one of the uncached type B|SH.
    MemoryWithoutCacheable,
    /// An entry has attribute bits while MAEE is off.
    AttributesWithoutSupport,
    /// A fetch from a page of strong order.
    FetchFromStrongOrder,
    /// An atomic operation on memory that is not cached, or on a device.
    AtomicUncached,
    /// An access past the caches to a line that they hold changed.
    UncachedAccessToDirtyLine,
    /// An address at which nothing is.
    NothingThere,
    /// A block that does not take accesses of this width or alignment.
    Width,
    /// A block whose clock is off.
    Gated,
    /// A block that is held in reset.
    InReset,
    /// A register that only machine mode may access.
    Privilege,
    /// A write to `LCR` while the UART was busy; it was ignored.
    UartBusy,
    /// A character arrived while the UART's FIFO was full, and is lost.
    UartOverrun,
    /// A completion of a line that is not enabled: it was ignored, and the line is dead.
    CompletionWhileDisabled,
    /// A write to a register that does not take one now.
    WriteIgnored,
    /// A write of bits that the register does not have.
    ReservedBits,
}

/// One such event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The rule.
    pub rule: Rule,
    /// The physical address that was accessed, or the virtual one where a page's entry is wrong.
    pub address: u64,
    /// The instruction.
    pub pc: u64,
    /// The time in nanoseconds.
    pub now: u64,
}

impl fmt::Display for Violation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            rule,
            address,
            pc,
            now,
        } = self;
        write!(formatter, "{rule:?} at {address:#x}, pc {pc:#x}, {now} ns")
    }
}
