//! What a checked manifest says: tasks by rank, the root lease's grants, sizes of tables.

use crate::manifest::{Bus, Chip, ClassDevices};
use crate::problem::{Problems, Source};
use leasehold_abi::GrantKind;
use std::collections::BTreeMap;
use std::ops::Range;

/// What a task may ask of the supervisor; the names are those of `userlib::policy::Authority`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Authority {
    /// What belongs to its own leases.
    Own,
    /// To look at what all tasks have.
    Observer,
    /// To give orders.
    Operator,
}

/// One image, before anything is compiled.
#[derive(Debug)]
pub struct Plan {
    /// Name of the app.
    pub app: String,
    /// Name of the board.
    pub board: String,
    /// The manifest's text, for errors that are found later.
    pub source: Source,
    /// The chip file's text.
    pub chip_source: Source,
    /// The files that manifest and chip file are like, if they are like others.
    pub alike: Vec<Source>,
    /// The chip.
    pub chip: Chip,
    /// Tasks by rank.
    pub tasks: Vec<Task>,
    /// The chip's devices.
    pub devices: Vec<Device>,
    /// Grants of the root lease.
    pub grants: Vec<Grant>,
    /// Sizes of the kernel's tables.
    pub tables: Tables,
    /// Values of constants in the tasks' programs, by package and name.
    pub settings: BTreeMap<(String, String), String>,
    /// Further words for the emulator, before the devices.
    pub qemu_options: Vec<String>,
    /// Values of the emulator's `-device`.
    pub qemu_devices: Vec<String>,
    /// MiB of the disk `disk`, which the devices may name.
    pub qemu_disk: Option<u32>,
    /// Words and devices of classes, after those: a plain run leaves them out.
    pub qemu_classes: ClassDevices,
    /// The port of the page in the network `net`, which the devices may name.
    pub qemu_page: Option<u16>,
    /// The debugger's name for the machine.
    pub debugger: &'static str,
    /// The warnings about the files.
    pub warnings: Problems,
}

impl Plan {
    /// The name of the kernel's platform, which the chip file has; also of the feature of the kernel's package.
    pub fn platform(&self) -> &str {
        let name = self.chip.kernel.get_ref().get("platform");
        let name = name.and_then(|name| name.get_ref().as_str());
        // The checks have found it.
        name.unwrap_or_default()
    }

    /// The level (`opt-level`) that the kernel is compiled with. On Arm, where the chip keeps its text in flash,
    /// `"s"` saves text and costs some instructions. On RISC-V it saves next to nothing (`docs/size.md`).
    pub fn kernel_level(&self) -> &'static str {
        if self.is_thumb() { "s" } else { "2" }
    }

    /// How many interrupt lines a task may have at once: those of all that it binds. A PCI function has one.
    pub fn interrupts(&self, task: &Task) -> usize {
        let is_line = |grant: &u16| self.grants[usize::from(*grant)].kind == GrantKind::Interrupt;
        let of = |bind: &Bind| match bind {
            Bind::Platform { device, .. } => {
                let grants = self.devices[*device].grants.iter();
                grants.filter(|grant| is_line(grant)).count()
            }
            Bind::Pci { .. } => 1,
            Bind::Auxiliary { .. } => 0,
        };
        task.binds.iter().map(of).sum()
    }

    /// Whether the instructions are Arm's.
    pub(crate) fn is_thumb(&self) -> bool {
        self.chip.chip.target.get_ref().starts_with("thumb")
    }
}

/// One task's share of the kernel's tables.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shares {
    /// Lease slots.
    pub leases: u32,
    /// Grant slots.
    pub grants: u32,
}

/// A task.
#[derive(Debug)]
pub struct Task {
    /// Name.
    pub name: String,
    /// Where the manifest has it.
    pub span: Range<usize>,
    /// Cargo package.
    pub package: String,
    /// Its binary.
    pub binary: String,
    /// Priority, as written.
    pub priority: i64,
    /// Bytes of stack.
    pub stack: u64,
    /// The build does not check how far below its stack it may reach.
    pub unchecked_stack: bool,
    /// Bytes of lend arena, whole granules.
    pub arena: u64,
    /// Started by the kernel.
    pub autostart: bool,
    /// It may use floating-point registers.
    pub floating_point: bool,
    /// The tasks that it may call, notify or lend to by its `calls`, `notifies` and `lends`, by rising rank.
    pub peers: Vec<Peer>,
    /// Set of ranks that it may call.
    pub calls: u64,
    /// Set of ranks that it may notify.
    pub notifies: u64,
    /// Set of ranks that it may lend to.
    pub lends: u64,
    /// Its shares of the kernel's tables, for what it lends: slots and grants.
    pub shares: Shares,
    /// Deadline for a revoked lease.
    pub release_ms: u32,
    /// Names of the auxiliary devices that it registers, `"<task>.<name>"`.
    pub offers: Vec<String>,
    /// What it binds.
    pub binds: Vec<Bind>,
    /// How many windows of a binding it may claim at once, if the manifest says so.
    pub window_limits: Vec<WindowLimit>,
    /// What follows its end.
    pub restart: Restart,
    /// How often it is told that the supervisor works; 0 for never.
    pub heartbeat_ms: u32,
    /// What it may ask of the supervisor.
    pub authority: Authority,
    /// Entries of the protection unit that it may take at once, its own memory among them; 0
    /// where there is no such unit.
    pub entries: u32,
}

/// A task as another task's program finds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer {
    /// Label of its name.
    pub label: u32,
    /// Its rank.
    pub rank: u32,
}

/// How many windows of a device a task may claim at once. The device is named as in its lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WindowLimit {
    /// Label of its name.
    pub label: u32,
    /// Instance number.
    pub id: u32,
    /// Windows.
    pub windows: u32,
}

/// What follows the end of a task.
#[derive(Clone, Copy, Debug)]
pub struct Restart {
    /// Whether it starts again.
    pub always: bool,
    /// First wait, in milliseconds; it doubles.
    pub backoff_ms: u32,
    /// Ends in one window that put it in quarantine.
    pub limit: u32,
    /// The window, in milliseconds.
    pub window_ms: u32,
}

/// A binding. Grants are indices in [`Plan::grants`].
#[derive(Debug)]
pub enum Bind {
    /// Of a chip's device, an index in [`Plan::devices`].
    Platform {
        /// The device.
        device: usize,
        /// Its pools' grants.
        pools: Vec<u16>,
    },
    /// Of a PCI function.
    Pci {
        /// Which.
        functions: Functions,
        /// May be a bus master.
        dma: bool,
        /// May write what is its own in configuration space.
        writes: bool,
        /// Its pools' grants.
        pools: Vec<u16>,
    },
    /// Of an auxiliary device.
    Auxiliary {
        /// `"<parent task>.<name>"`.
        name: String,
        /// Instance number.
        id: u32,
    },
}

/// Which PCI function a binding is of: one that has all of this.
#[derive(Debug)]
pub struct Functions {
    /// Vendor and device, one of these; any if there are none.
    pub ids: Vec<(u16, u16)>,
    /// Bits of the class code, and which of them count.
    pub class: (u32, u32),
    /// Bus, device and function.
    pub slot: Option<u16>,
    /// Number among those that fit.
    pub nth: u8,
}

/// A device of the chip.
#[derive(Debug)]
pub struct Device {
    /// Name.
    pub name: String,
    /// Its grants.
    pub grants: Vec<u16>,
    /// What its driver finds, where it finds devices.
    pub discovers: Option<Bus>,
}

/// A grant of the root lease.
#[derive(Debug)]
pub struct Grant {
    /// Name, from which the label comes.
    pub name: String,
    /// Kind of resource.
    pub kind: GrantKind,
    /// First address or line. A pool gets it from the packer.
    pub base: u64,
    /// Bytes, or 1 for a line.
    pub length: u64,
    /// The rank of the task whose DMA pool this is.
    pub pool: Option<usize>,
}

/// Sizes of the kernel's tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tables {
    /// Lease slots.
    pub leases: u32,
    /// Grant slots.
    pub grants: u32,
    /// Page tables in store.
    pub page_tables: u32,
}
