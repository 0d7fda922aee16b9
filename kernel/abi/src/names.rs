//! Names of grants that come from no chip file and no manifest: the parts of a PCI function, and the parts of an
//! auxiliary device.

/// A PCI function's configuration space.
pub const CONFIG: &str = "config";
/// Registers of a PCI function in its configuration space that its driver writes, each run of them.
pub const OWN: &str = "own";
/// A PCI function's windows, by the number of their base address register.
pub const BARS: [&str; 6] = ["bar0", "bar1", "bar2", "bar3", "bar4", "bar5"];
/// A PCI function's interrupt line, by its pin.
pub const INTX: &str = "intx";
/// The right to switch a PCI function's bus mastering on.
pub const BUS_MASTER: &str = "bus-master";
/// Memory for a PCI function's DMA.
pub const POOL: &str = "dma";
/// Memory with an auxiliary device's payload and cells.
pub const PAYLOAD: &str = "payload";
/// Memory with an auxiliary device's locks.
pub const SHARED: &str = "shared";
/// Windows that go with a payload, in the order in which it has them.
pub const WINDOWS: [&str; 4] = ["window0", "window1", "window2", "window3"];

/// All of them, for whoever has to find a name by its label.
pub fn all() -> impl Iterator<Item = &'static str> {
    [CONFIG, OWN, INTX, BUS_MASTER, POOL, PAYLOAD, SHARED]
        .into_iter()
        .chain(BARS)
        .chain(WINDOWS)
}

/// In the limit of a task's windows: any instance number. No device has it: of a PCI function it would be one that is
/// not there.
pub const ANY_ID: u32 = u32::MAX;
