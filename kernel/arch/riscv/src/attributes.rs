//! Attributes of a page that a vendor's processor takes from bits of its table entry.

use core::fmt::Debug;

/// What such a processor wants in the entries of pages. Where it wants nothing, all constants are 0.
pub trait Attributes: Copy + Debug + 'static {
    /// Physical addresses from here on are devices, those below are memory.
    const DEVICES: u64;
    /// Bits of the entry of a page of memory.
    const MEMORY: u64;
    /// Bits of the entry of a page of a device.
    const DEVICE: u64;
}

/// As the privileged architecture has it: the processor knows by itself what is memory.
#[derive(Clone, Copy, Debug)]
pub struct Standard;

impl Attributes for Standard {
    const DEVICES: u64 = u64::MAX;
    const MEMORY: u64 = 0;
    const DEVICE: u64 = 0;
}

/// T-Head's C910 in the TH1520, with MAEE on.
///
/// The bits: openC910 RTL, `ct_mmu_ptw.v`; Linux `arch/riscv/include/asm/pgtable-64.h`, `_PAGE_PMA_THEAD` and
/// `_PAGE_IO_THEAD`. An entry without any of them is legal: its memory is not cached, atomic operations on it fault,
/// and accesses to a device may be merged and overtaken. The processor looks at them in leaves only, and sets neither A
/// nor D. DRAM of the TH1520 is at most 16 GiB from address 0 on, and its devices are at `0xff_c000_0000` and above
/// (U-Boot `dts/upstream/src/riscv/thead/th1520.dtsi`).
#[derive(Clone, Copy, Debug)]
pub struct C910;

/// Strong order: each access is one, and they are in order.
const STRONG_ORDER: u64 = 1 << 63;
const CACHEABLE: u64 = 1 << 62;
const BUFFERABLE: u64 = 1 << 61;
const SHAREABLE: u64 = 1 << 60;

impl Attributes for C910 {
    const DEVICES: u64 = 1 << 38;
    const MEMORY: u64 = CACHEABLE | BUFFERABLE | SHAREABLE;
    const DEVICE: u64 = STRONG_ORDER | SHAREABLE;
}
