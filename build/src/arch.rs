//! What the build must know of a protection hardware.

/// A protection hardware.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arch {
    /// RISC-V supervisor mode with three-level page tables (RISC-V Privileged Architecture,
    /// "Sv39: Page-Based 39-bit Virtual-Memory System").
    Sv39,
}

impl Arch {
    /// By its name in a chip file.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        (name == "riscv64-sv39").then_some(Self::Sv39)
    }

    /// All names.
    pub(crate) const NAMES: &[&str] = &["riscv64-sv39"];

    /// The unit of protection, in bytes.
    pub(crate) const fn granule(self) -> u64 {
        match self {
            Self::Sv39 => 4096,
        }
    }

    /// What is to be subtracted from an address in the kernel to get the physical one.
    pub(crate) const fn kernel_offset(self) -> u64 {
        match self {
            Self::Sv39 => 0xffff_ffc0_0000_0000,
        }
    }

    /// The kernel's linker script, from the root of the repository.
    pub(crate) const fn kernel_script(self) -> &'static str {
        match self {
            Self::Sv39 => "kernel/arch/riscv/sv39.ld",
        }
    }

    /// The linker's name for the machine (`-m`).
    pub(crate) const fn emulation(self) -> &'static str {
        match self {
            Self::Sv39 => "elf64lriscv",
        }
    }

    /// The debugger's name for the machine.
    pub(crate) const fn debugger_name(self) -> &'static str {
        match self {
            Self::Sv39 => "riscv:rv64",
        }
    }

    /// Rounds up to whole granules.
    pub(crate) const fn round(self, bytes: u64) -> u64 {
        bytes.next_multiple_of(self.granule())
    }
}
