//! The schema of a chip file, `chips/<chip>/chip.toml`.

use serde::Deserialize;
use serde_spanned::Spanned;
use std::collections::BTreeMap;

/// A chip, or an emulated machine.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Chip {
    /// Name, target and clock.
    pub chip: ChipHeader,
    /// The name of the kernel's platform, and its parameters.
    pub kernel: Spanned<BTreeMap<Spanned<String>, Spanned<toml::Value>>>,
    /// How QEMU emulates it, if it does.
    pub qemu: Option<Qemu>,
    /// The program that stands for it, where QEMU has no such board.
    pub model: Option<Model>,
    /// Its memory.
    pub memory: Memory,
    /// The devices that tasks may bind, by name.
    #[serde(default)]
    pub devices: BTreeMap<Spanned<String>, Device>,
}

/// Name, target and clock of a chip.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ChipHeader {
    /// Its folder's name.
    pub name: Spanned<String>,
    /// Protection hardware.
    pub arch: Spanned<String>,
    /// Target triple of kernel and tasks.
    pub target: Spanned<String>,
    /// Rate of the kernel's clock.
    pub ticks_per_second: Spanned<u64>,
    /// The compiler's name (`-C target-cpu`) for the processor with its floating-point unit, if it has one. Tasks that
    /// use floating point are compiled for it.
    pub floating_point: Option<Spanned<String>>,
    /// Extensions of the instruction set that the processor has and `target` does not name. Kernel and tasks use them.
    #[serde(default)]
    pub extensions: Vec<Spanned<String>>,
    /// The instructions by which tasks write back and drop lines of the cache, if devices see memory beside it.
    pub dma_cache: Option<Spanned<String>>,
}

/// A chip file that says how it differs from another chip's.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct LikeChip {
    /// The folder of the other.
    pub like: Spanned<String>,
    /// Its own name and processor.
    pub chip: LikeHeader,
    /// The QEMU parameters that differ.
    #[serde(default)]
    pub qemu: QemuChange,
}

/// Name and target of a chip that is like another.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct LikeHeader {
    /// Its folder's name.
    pub name: Spanned<String>,
    /// Target triple of kernel and tasks.
    pub target: Spanned<String>,
    /// As in [`ChipHeader`]; it goes with the target.
    pub floating_point: Option<Spanned<String>>,
    /// As in [`ChipHeader`].
    #[serde(default)]
    pub extensions: Vec<Spanned<String>>,
}

/// The program that stands for a chip.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Model {
    /// The workspace's package with the program of the same name.
    pub package: String,
    /// The value of its `--board`.
    pub board: String,
}

/// How QEMU emulates a chip.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Qemu {
    /// Program.
    pub binary: String,
    /// Value of `-machine`.
    pub machine: String,
    /// Value of `-cpu`, where the machine has more than one.
    pub cpu: Option<String>,
    /// Value of `-m`, where the machine has no fixed size.
    pub memory: Option<String>,
    /// Value of `-bios`, where the machine takes one.
    pub bios: Option<String>,
    /// Further words of the command line.
    #[serde(default)]
    pub options: Vec<String>,
}

/// The keys of [`Qemu`] that differ.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct QemuChange {
    binary: Option<String>,
    machine: Option<String>,
    cpu: Option<String>,
    memory: Option<String>,
    bios: Option<String>,
    options: Option<Vec<String>>,
}

impl QemuChange {
    /// The other chip's table, with this chip's keys in place of the other's.
    pub fn changed(self, other: Option<Qemu>) -> Option<Qemu> {
        let other = other?;
        Some(Qemu {
            binary: self.binary.unwrap_or(other.binary),
            machine: self.machine.unwrap_or(other.machine),
            cpu: self.cpu.or(other.cpu),
            memory: self.memory.or(other.memory),
            bios: self.bios.or(other.bios),
            options: self.options.unwrap_or(other.options),
        })
    }
}

/// The memory map that the packer works in.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Memory {
    /// All that can be written.
    pub ram: Spanned<Range>,
    /// Memory that keeps its contents and is not written, if the chip has some: text and constants lie there.
    pub flash: Option<Spanned<Range>>,
    /// The part at its start that the firmware keeps.
    pub firmware: Option<Spanned<Range>>,
    /// Room for the kernel's text, data and page tables; with flash, for its text only, in the flash.
    pub kernel: Spanned<Range>,
    /// With flash, room in RAM for the kernel's data.
    pub kernel_data: Option<Spanned<Range>>,
}

/// The end of the addresses for an image: the kernel's tables keep addresses of tasks in 32 bits.
pub const IMAGE_END: u64 = 1 << 32;

impl Memory {
    /// The part of RAM that an image can lie in.
    pub fn for_image(&self) -> Range {
        below_image_end(self.ram.get_ref())
    }

    /// The same of the flash.
    pub fn flash_for_image(&self) -> Option<Range> {
        self.flash
            .as_ref()
            .map(|flash| below_image_end(flash.get_ref()))
    }

    /// The room in RAM that the kernel has.
    pub fn kernel_ram(&self) -> &Spanned<Range> {
        self.kernel_data.as_ref().unwrap_or(&self.kernel)
    }
}

fn below_image_end(memory: &Range) -> Range {
    Range {
        base: memory.base,
        size: memory.end().min(IMAGE_END).saturating_sub(memory.base),
    }
}

/// Addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Range {
    /// The first.
    pub base: u64,
    /// How many bytes.
    pub size: u64,
}

impl Range {
    /// One past the last address; saturates, so a range that wraps never looks small.
    pub fn end(&self) -> u64 {
        self.base.saturating_add(self.size)
    }

    /// Whether any byte is in both.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.base < other.end() && other.base < self.end()
    }

    /// Whether all of `other` is in this.
    pub fn contains(&self, other: &Self) -> bool {
        self.base <= other.base && other.end() <= self.end()
    }
}

/// A device of the chip.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Device {
    /// Its address ranges.
    #[serde(default)]
    pub windows: Vec<Spanned<Window>>,
    /// Its interrupt lines, in the interrupt controller's numbers.
    #[serde(default)]
    pub interrupts: Vec<Spanned<u32>>,
    /// The bus on which its driver finds devices, if it does.
    pub discovers: Option<Spanned<Bus>>,
}

/// A bus on which a driver discovers devices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Bus {
    /// PCI.
    Pci,
}

/// An address range of a device.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Window {
    /// Name, unique in the device.
    pub name: String,
    /// What it is.
    #[serde(default)]
    pub kind: WindowKind,
    /// First address.
    pub base: u64,
    /// How many bytes.
    pub size: u64,
}

impl Window {
    /// Its addresses.
    pub fn range(&self) -> Range {
        Range {
            base: self.base,
            size: self.size,
        }
    }
}

/// What a window is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WindowKind {
    /// Device registers.
    #[default]
    Mmio,
    /// PCI configuration space: tasks read it directly and write it through the kernel.
    Config,
    /// The right to switch bus mastering in that configuration space.
    BusMaster,
}
