//! The machine that the tests run on. Its addresses come from the chip file, through the policy that the build
//! generates.

mod clock;
pub(crate) mod edu;
mod needs;

pub(crate) use clock::Clock;
pub(crate) use needs::Need;

#[allow(
    unreachable_pub,
    missing_docs,
    reason = "generated, for a supervisor's root"
)]
mod generated {
    include!(env!("LEASEHOLD_POLICY"));
}
pub(crate) use generated::POLICY;

use core::ops::Range;
use userlib::policy::ChipPolicy;

/// What the chip file says.
const CHIP: &ChipPolicy = &POLICY.chip;

/// Bytes of a register.
pub(crate) const WORD: usize = size_of::<usize>();
/// A number with no bit in the lower half of a register.
pub(crate) const HALF: usize = 1 << (usize::BITS / 2);
/// The highest bit of a register.
pub(crate) const TOP: usize = 1 << (usize::BITS - 1);

/// Ticks of the clock in a millisecond.
pub(crate) const TICKS_PER_MS: u64 = CHIP.ticks_per_second / 1000;
/// Bytes that are lent at once: a page where there are pages, else the unit that userlib lends in.
pub(crate) const PAGE: usize = CHIP.lend_granule;
/// Bytes that the hardware protects at once.
pub(crate) const GRANULE: usize = CHIP.granule;

/// How much higher the kernel's own addresses of physical memory are.
pub(crate) const KERNEL_OFFSET: usize = CHIP.kernel_offset as usize;
/// The kernel's first address, physical.
pub(crate) const KERNEL: usize = CHIP.kernel.0 as usize;
/// Where its data lies, perhaps in another memory.
pub(crate) const KERNEL_DATA: usize = CHIP.kernel_data.0 as usize;
/// Bytes that are the kernel's, in the memory of its data.
pub(crate) const KERNEL_LENGTH: usize = CHIP.kernel_data.1 as usize;
/// Memory of the firmware: its first address.
pub(crate) const FIRMWARE: Option<usize> = match CHIP.firmware {
    Some((base, _)) => Some(base as usize),
    None => None,
};
/// The machine's memory.
pub(crate) const RAM: Range<usize> = range(CHIP.memory);
/// The memory that text and constants lie in: the same, or flash.
pub(crate) const TEXT_MEMORY: Range<usize> = match CHIP.flash {
    Some(flash) => range(flash),
    None => RAM,
};

const fn range((base, length): (u64, u64)) -> Range<usize> {
    base as usize..(base + length) as usize
}

/// The devices that the kernel drives itself: names and first addresses.
pub(crate) const KERNEL_DEVICES: &[(&str, u64)] = CHIP.kernel_devices;

/// The lower bits of a number of 64, as many as a register has.
pub(crate) const fn wide(number: u64) -> usize {
    number as usize
}

/// Where a task sees a physical address: at its low bits, where tasks have fewer than the machine.
pub(crate) const fn seen(address: u64) -> usize {
    if KERNEL_OFFSET == 0 {
        return address as usize;
    }
    address as usize & !KERNEL_OFFSET
}

/// The grants of a device of the chip, as indices in the root lease.
pub(crate) fn device(name: &str) -> Option<&'static [u16]> {
    let device = POLICY.devices.iter().find(|device| device.name == name)?;
    Some(device.grants)
}

/// Whether the chip has a device of this name.
const fn has(name: &str) -> bool {
    let mut at = 0;
    while at < POLICY.devices.len() {
        if same(POLICY.devices[at].name, name) {
            return true;
        }
        at += 1;
    }
    false
}

/// Whether two texts are one.
const fn same(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    let mut at = 0;
    while at < one.len() && at < other.len() && one[at] == other[at] {
        at += 1;
    }
    at == one.len() && at == other.len()
}
