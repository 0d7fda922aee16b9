//! Needs of a test that not every board meets. If a need is not met, the test is listed as skipped, with the reason.

use super::{CHIP, FIRMWARE, KERNEL_OFFSET, has};
use attacks::Isa;

/// Something that not every board has.
#[derive(Clone, Copy)]
pub(crate) enum Need {
    /// The PCI bus, with the `edu` device on it.
    Edu,
    /// Firmware that keeps memory of its own.
    Firmware,
    /// A map of memory of the kernel's own.
    KernelMap,
    /// A floating-point unit, and tasks that may use it.
    FloatingPoint,
    /// One of Arm's.
    ArmFloatingPoint,
    /// Registers of 64 bits.
    Registers64,
    /// The RISC-V instruction set.
    RiscV,
    /// The Arm instruction set.
    Arm,
}

impl Need {
    /// Why the board does not meet it, if it does not.
    pub(crate) fn unmet(self) -> Option<&'static str> {
        let (met, reason) = match self {
            Self::Edu => (has("pci"), "no PCI bus"),
            Self::Firmware => (FIRMWARE.is_some(), "no firmware in memory"),
            Self::KernelMap => (KERNEL_OFFSET != 0, "the kernel has no map of its own"),
            Self::FloatingPoint => (CHIP.floating_point, "no floating-point unit"),
            Self::ArmFloatingPoint => (
                CHIP.floating_point && matches!(Isa::OWN, Isa::Arm),
                "no floating-point unit of Arm's",
            ),
            Self::Registers64 => (usize::BITS == 64, "no addresses above 4 GiB"),
            Self::RiscV => (matches!(Isa::OWN, Isa::RiscV), "RISC-V only"),
            Self::Arm => (matches!(Isa::OWN, Isa::Arm), "Arm only"),
        };
        (!met).then_some(reason)
    }
}
