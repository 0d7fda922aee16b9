//! What the build must know of a protection hardware.

use leasehold_abi::MAX_TASKS;

/// A protection hardware.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arch {
    /// RISC-V supervisor mode with three-level page tables (RISC-V Privileged Architecture,
    /// "Sv39: Page-Based 39-bit Virtual-Memory System").
    Sv39,
    /// RISC-V machine mode with 16 entries of physical memory protection (RISC-V Privileged
    /// Architecture, "Physical Memory Protection").
    Pmp,
    /// Armv7-M with a memory protection unit of 8 regions, each a power of two in size and cut into
    /// eighths (Armv7-M Architecture Reference Manual, B3.5).
    PmsaV7,
    /// Armv8-M main line with a memory protection unit of 8 regions, each from one multiple of 32
    /// to another (Armv8-M Architecture Reference Manual, B10).
    PmsaV8,
}

/// Machines in an ELF header (`e_machine`): `EM_ARM`, `EM_RISCV`.
const ELF_ARM: u16 = 40;
const ELF_RISCV: u16 = 243;
/// `e_flags`: `EF_ARM_EABI_VER5` (ELF for the Arm Architecture, 5.2); `EF_RISCV_RVC`.
const ELF_ARM_EABI: u32 = 0x0500_0000;
const ELF_RISCV_COMPRESSED: u32 = 1;

/// The largest alignment of an arena: a larger one would waste more memory before the arena than it gains.
const MOST_ARENA_ALIGNMENT: u64 = 1024;

impl Arch {
    /// All of them.
    pub(crate) const ALL: [Self; 4] = [Self::Sv39, Self::Pmp, Self::PmsaV7, Self::PmsaV8];

    /// Its name in a chip file.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Sv39 => "riscv64-sv39",
            Self::Pmp => "riscv32-pmp",
            Self::PmsaV7 => "armv7m-pmsa",
            Self::PmsaV8 => "armv8m-pmsa",
        }
    }

    /// By its name in a chip file.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|arch| arch.name() == name)
    }

    /// Beginnings of the compiler's targets that run on it.
    pub(crate) const fn targets(self) -> &'static [&'static str] {
        match self {
            Self::Sv39 => &["riscv64"],
            Self::Pmp => &["riscv32"],
            Self::PmsaV7 => &["thumbv7m-", "thumbv7em-"],
            Self::PmsaV8 => &["thumbv8m.main-"],
        }
    }

    /// Extensions of the instruction set that a chip may name: bit manipulation (The RISC-V Instruction Set Manual,
    /// Volume I, "B" Extension).
    pub(crate) const fn extensions(self) -> &'static [&'static str] {
        match self {
            Self::Sv39 | Self::Pmp => &["zba", "zbb", "zbs"],
            Self::PmsaV7 | Self::PmsaV8 => &[],
        }
    }

    /// Instructions by which tasks can write back and drop lines of a cache (`userlib`, `dma/cache.rs`).
    pub(crate) const fn dma_caches(self) -> &'static [&'static str] {
        match self {
            Self::Sv39 => &["xtheadcmo"],
            Self::Pmp | Self::PmsaV7 | Self::PmsaV8 => &[],
        }
    }

    /// Whether it translates addresses. Hardware that does not has a few regions instead.
    pub(crate) const fn has_pages(self) -> bool {
        matches!(self, Self::Sv39)
    }

    /// Most tasks of an image: the kernel keeps a set of tasks in one word.
    pub(crate) const fn most_tasks(self) -> usize {
        if self.has_pages() { MAX_TASKS } else { 32 }
    }

    /// The unit of protection, in bytes.
    pub(crate) const fn granule(self) -> u64 {
        if self.has_pages() { 4096 } else { 32 }
    }

    /// Bytes below a task's data that belong to nobody.
    pub(crate) const fn guard(self) -> u64 {
        if self.has_pages() { 4096 } else { 256 }
    }

    /// The unit in which a task lends memory (`userlib::lend::GRANULE`), in bytes.
    pub(crate) const fn lend_granule(self) -> u64 {
        if self.has_pages() { 4096 } else { 256 }
    }

    /// The alignment of a lend arena of so many bytes. Without pages each piece that a task lends is a power of two,
    /// aligned to its size. More pieces fit into an arena that is aligned in the same way.
    pub(crate) fn arena_alignment(self, arena: u64) -> u64 {
        if self.has_pages() || arena < self.lend_granule() {
            return self.lend_granule();
        }
        (1 << arena.ilog2()).min(MOST_ARENA_ALIGNMENT)
    }

    /// The difference between an address in the kernel and the physical address.
    pub(crate) const fn kernel_offset(self) -> u64 {
        match self {
            Self::Sv39 => 0xffff_ffc0_0000_0000,
            Self::Pmp | Self::PmsaV7 | Self::PmsaV8 => 0,
        }
    }

    /// The kernel's linker script, from the root of the repository. It puts the kernel at `LOAD`, and with flash its
    /// data at `DATA`.
    pub(crate) const fn kernel_script(self, flash: bool) -> &'static str {
        match self {
            _ if flash => "kernel/arch/arm/flash.ld",
            Self::Sv39 => "kernel/arch/riscv/sv39.ld",
            Self::Pmp | Self::PmsaV7 | Self::PmsaV8 => "kernel/arch/common/physical.ld",
        }
    }

    /// The linker's name for the machine (`-m`).
    pub(crate) const fn emulation(self) -> &'static str {
        match self {
            Self::Sv39 => "elf64lriscv",
            Self::Pmp => "elf32lriscv",
            Self::PmsaV7 | Self::PmsaV8 => "armelf",
        }
    }

    /// Whether its programs are ELF64 files rather than ELF32 ones.
    pub(crate) const fn is_64_bit(self) -> bool {
        matches!(self, Self::Sv39)
    }

    /// The end of its address space, if that is lower than a window's address could be: the kernel would reach
    /// something else there.
    pub(crate) const fn address_space(self) -> Option<u64> {
        if self.is_64_bit() {
            None
        } else {
            Some(1 << 32)
        }
    }

    /// The end of the addresses at which memory and devices are seen. A task sees them at the low bits of their
    /// addresses, the kernel sees them in its map of memory. Under Sv39 tasks have the lower half of 39 bits, and that
    /// map has as much of the upper half.
    pub(crate) const fn reach(self) -> u64 {
        if self.has_pages() { 1 << 38 } else { 1 << 32 }
    }

    /// Machine and flags of an ELF header.
    pub(crate) const fn elf_machine(self) -> (u16, u32) {
        match self {
            Self::Sv39 | Self::Pmp => (ELF_RISCV, ELF_RISCV_COMPRESSED),
            Self::PmsaV7 | Self::PmsaV8 => (ELF_ARM, ELF_ARM_EABI),
        }
    }

    /// The address of the instruction that a symbol or an entry point names: on Thumb, bit 0
    /// only says which instruction set it is.
    pub(crate) const fn instruction(self, address: u64) -> u64 {
        match self {
            Self::Sv39 | Self::Pmp => address,
            Self::PmsaV7 | Self::PmsaV8 => address & !1,
        }
    }

    /// The debugger's name for the machine.
    pub(crate) const fn debugger_name(self) -> &'static str {
        match self {
            Self::Sv39 => "riscv:rv64",
            Self::Pmp => "riscv:rv32",
            Self::PmsaV7 | Self::PmsaV8 => "arm",
        }
    }

    /// The processor's own registers among the addresses of devices, its protection unit included: first address and
    /// number of bytes (Armv7-M, B3.1: the private peripheral bus).
    pub(crate) const fn own_registers(self) -> Option<(u64, u64)> {
        match self {
            Self::Sv39 | Self::Pmp => None,
            Self::PmsaV7 | Self::PmsaV8 => Some((0xe000_0000, 0x10_0000)),
        }
    }

    /// The alignment of the borders between a task's parts. If two entries share a page of QEMU's, it keeps no
    /// translation of the code in it, and translates each instruction whenever it is executed (`accel/tcg/cputlb.c`,
    /// `get_page_addr_code_hostp`). Its pages are of 4 KiB with PMP (`target/riscv/pmp.c`, `pmp_get_tlb_size`), and of
    /// 1 KiB with a memory protection unit of Arm (`target/arm/cpu.c`, `arm_cpu_realizefn`). PMSAv7's regions begin and
    /// end at such borders anyway, unless they are smaller.
    pub(crate) const fn border(self) -> u64 {
        match self {
            Self::Pmp => 4096,
            Self::PmsaV8 => 1024,
            _ => self.granule(),
        }
    }

    /// Whether the text and constants of a task can lie in another memory than its data.
    pub(crate) const fn splits(self) -> bool {
        matches!(self, Self::PmsaV7 | Self::PmsaV8)
    }

    /// Rounds up to whole granules.
    pub(crate) const fn round(self, bytes: u64) -> u64 {
        bytes.next_multiple_of(self.granule())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_arch_is_found_by_its_name() {
        for arch in Arch::ALL {
            assert_eq!(Arch::from_name(arch.name()), Some(arch));
        }
        assert_eq!(Arch::from_name("riscv64-sv48"), None);
    }

    #[test]
    fn only_thumb_marks_the_instruction_set_in_an_address() {
        assert_eq!(Arch::PmsaV7.instruction(0x1001), 0x1000);
        assert_eq!(Arch::PmsaV8.instruction(0x1001), 0x1000);
        assert_eq!(Arch::Pmp.instruction(0x8000_0002), 0x8000_0002);
    }
}
