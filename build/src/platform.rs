//! The families of machines that the kernel knows (`kernel/src/platform/`), and the parameters that the chip file gives
//! to each.

use crate::arch::Arch;

/// A family of machines.
#[derive(Debug)]
pub(crate) struct Platform {
    /// Its name in a chip file; with underscores, its module in the kernel.
    pub(crate) name: &'static str,
    /// Its type there.
    pub(crate) type_name: &'static str,
    /// The protection hardware with which it can be combined.
    pub(crate) archs: &'static [Arch],
    /// The fields of its `Config`, all of them numbers: as keys of the chip file.
    pub(crate) fields: &'static [&'static str],
    /// The field that says how many interrupt lines there are. The count includes the lowest numbers, which are no
    /// lines.
    pub(crate) lines: &'static str,
    /// How many of the lowest numbers are no lines.
    pub(crate) no_lines: u32,
    /// Most lines that the kernel supports: on machines where each line has a vector, those that it has vectors for.
    pub(crate) most_lines: u32,
    /// Optional fields: 0 if the chip file does not have them.
    pub(crate) optional: &'static [&'static str],
    /// Fields that are the first addresses of devices that only the kernel uses, with the devices' sizes in bytes. The
    /// console is not among them: the kernel writes to it only before its driver runs, and when the machine stops.
    pub(crate) own: &'static [(&'static str, u64)],
    /// The type in `leasehold_arch_riscv` with the attributes of pages, where the processor takes any from their
    /// entries.
    pub(crate) attributes: Option<&'static str>,
    /// The field that is the kernel's own interrupt line.
    pub(crate) own_line: Option<&'static str>,
}

/// All of them.
pub(crate) const PLATFORMS: &[Platform] = &[
    Platform {
        name: "virt-supervisor",
        type_name: "VirtSupervisor",
        archs: &[Arch::Sv39],
        fields: &[
            "plic-base",
            "plic-context",
            "plic-lines",
            "uart-base",
            "finisher-base",
        ],
        lines: "plic-lines",
        no_lines: 1,
        most_lines: 256,
        optional: &[],
        own: &[("plic-base", 0x60_0000), ("finisher-base", 0x1000)],
        attributes: None,
        own_line: None,
    },
    Platform {
        name: "th1520",
        type_name: "Th1520",
        archs: &[Arch::Sv39],
        fields: &[
            "plic-base",
            "plic-context",
            "plic-lines",
            "uart-base",
            "watchdog-base",
            "clocks-base",
            "resets-base",
        ],
        lines: "plic-lines",
        no_lines: 1,
        most_lines: 256,
        optional: &[],
        // As with the console, the kernel uses the watchdog, its gate and its reset only when the machine stops.
        own: &[("plic-base", 0x40_0000)],
        attributes: Some("C910"),
        own_line: None,
    },
    Platform {
        name: "virt-machine",
        type_name: "VirtMachine",
        archs: &[Arch::Pmp],
        fields: &[
            "plic-base",
            "plic-context",
            "plic-lines",
            "uart-base",
            "finisher-base",
            "clint-base",
        ],
        lines: "plic-lines",
        no_lines: 1,
        most_lines: 256,
        optional: &[],
        own: &[
            ("plic-base", 0x60_0000),
            ("finisher-base", 0x1000),
            ("clint-base", 0x1_0000),
        ],
        attributes: None,
        own_line: None,
    },
    Platform {
        name: "mps2",
        type_name: "Mps2",
        archs: &[Arch::PmsaV7, Arch::PmsaV8],
        fields: &["uart-base", "timer-base", "timer-line", "lines"],
        lines: "lines",
        no_lines: 0,
        most_lines: 128,
        optional: &["privilege-base"],
        own: &[("timer-base", 0x1000), ("privilege-base", 0x1000)],
        attributes: None,
        own_line: Some("timer-line"),
    },
];

impl Platform {
    /// By its name in a chip file.
    pub(crate) fn from_name(name: &str) -> Option<&'static Self> {
        PLATFORMS.iter().find(|platform| platform.name == name)
    }

    /// The path of its module in the kernel.
    pub(crate) fn module(&self) -> String {
        format!("crate::platform::{}", self.name.replace('-', "_"))
    }
}
