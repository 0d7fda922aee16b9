//! The schema of an app's manifest, `app/<app>/<board>.toml`.

use serde::Deserialize;
use serde_spanned::Spanned;
use std::collections::BTreeMap;

/// An app on one board: its chip and its tasks.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Manifest {
    /// Folder under `chips/`.
    pub chip: Spanned<String>,
    /// Slots in the kernel's lease table; computed where absent.
    pub leases: Option<Spanned<u32>>,
    /// Slots in the kernel's grant table; computed where absent.
    pub grants: Option<Spanned<u32>>,
    /// Page tables that the kernel has in store; computed where absent.
    pub page_tables: Option<Spanned<u32>>,
    /// Parameters of the emulator, in addition to the chip's.
    #[serde(default)]
    pub qemu: QemuDevices,
    /// The tasks, by name.
    pub tasks: BTreeMap<Spanned<String>, Task>,
}

/// An app on a board that is to have the tasks of another board's manifest.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct LikeManifest {
    /// The other board.
    pub like: Spanned<String>,
    /// Folder under `chips/`.
    pub chip: Spanned<String>,
}

/// The app's part of the emulator's command line.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct QemuDevices {
    /// Words of the command line before the devices: backends that a device names, and whatever else.
    #[serde(default)]
    pub options: Vec<String>,
    /// Values of `-device`, in order.
    #[serde(default)]
    pub devices: Vec<String>,
    /// MiB of an image that a device names by `drive=disk`.
    pub disk: Option<Spanned<u32>>,
    /// The port of a page that a task serves in the network that a device names by `netdev=net`.
    pub page: Option<Spanned<u16>>,
    /// What a plain run leaves out.
    #[serde(default)]
    pub classes: ClassDevices,
}

/// Devices of classes (disk, network, display), and their backends.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ClassDevices {
    /// As [`QemuDevices::options`].
    #[serde(default)]
    pub options: Vec<String>,
    /// As [`QemuDevices::devices`], after those.
    #[serde(default)]
    pub devices: Vec<String>,
}

/// A list of names, with the place of each.
pub type Names = Spanned<Vec<Spanned<String>>>;

/// One task.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Task {
    /// Cargo package.
    pub package: Spanned<String>,
    /// Binary of the package; its name where absent.
    pub binary: Option<Spanned<String>>,
    /// Lower runs first; equal ones in the manifest's order.
    pub priority: Spanned<i64>,
    /// Bytes of stack.
    pub stack: Spanned<i64>,
    /// Its functions may change the stack pointer in any way: for a task that misbehaves on purpose.
    pub unchecked_stack: Option<Spanned<bool>>,
    /// Bytes of memory that it may lend.
    pub arena: Option<Spanned<i64>>,
    /// Started by the kernel at boot. The supervisor always is.
    pub autostart: Option<Spanned<bool>>,
    /// It may use floating-point registers.
    pub floating_point: Option<Spanned<bool>>,
    /// It may give orders to the supervisor, because an operator uses it.
    pub operator: Option<Spanned<bool>>,
    /// It may look at what the supervisor knows of leases, devices and stacks.
    pub observer: Option<Spanned<bool>>,
    /// Tasks that it may call, all of higher priority.
    pub calls: Option<Names>,
    /// Tasks that it may notify.
    pub notifies: Option<Names>,
    /// Tasks that it may lend to, beside the supervisor.
    pub lends: Option<Names>,
    /// Leases that it may have lent at once; computed where absent.
    pub leases: Option<Spanned<u32>>,
    /// Grants in them, in all.
    pub grants: Option<Spanned<u32>>,
    /// Names of the auxiliary devices that it registers.
    pub offers: Option<Names>,
    /// How long it may keep a revoked lease, in milliseconds.
    pub release_ms: Option<Spanned<u32>>,
    /// How often it is told that the supervisor works, in milliseconds.
    pub heartbeat_ms: Option<Spanned<u32>>,
    /// How many windows it maps at most at once of those that other tasks lend it by name. If absent, one for each task
    /// that may lend to it.
    pub windows: Option<Spanned<u32>>,
    /// The devices that it binds.
    #[serde(default)]
    pub binds: Vec<Spanned<Bind>>,
    /// What happens after its end.
    #[serde(default)]
    pub restart: Restart,
    /// Values of constants that its package declares.
    #[serde(default)]
    pub settings: BTreeMap<Spanned<String>, Spanned<toml::Value>>,
}

/// One binding: exactly one of `device`, `pci` and `auxiliary` is there.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Bind {
    /// A device of the chip file.
    pub device: Option<Spanned<String>>,
    /// A PCI function, as `"vendor:device"` in hexadecimal; several of those, between spaces.
    pub pci: Option<Spanned<String>>,
    /// Its class: the base class, with the subclass, with the interface; two hexadecimal digits each.
    pub pci_class: Option<Spanned<String>>,
    /// Where it is: `"bus:device.function"` in hexadecimal.
    pub pci_slot: Option<Spanned<String>>,
    /// Which of those that the others fit, in the order of the bus, from 0.
    pub nth: Option<Spanned<u32>>,
    /// The device may access memory itself: a PCI function as a bus master.
    pub dma: Option<Spanned<bool>>,
    /// The driver may write registers in the function's configuration space that are the function's own.
    pub config_writes: Option<Spanned<bool>>,
    /// Bytes of memory for its DMA.
    pub dma_pool: Option<Spanned<i64>>,
    /// The same for several pools, in place of one.
    pub dma_pools: Option<Spanned<Vec<Spanned<i64>>>>,
    /// Bytes of memory that the driver lends on with its device, where the device does no DMA.
    pub pool: Option<Spanned<i64>>,
    /// An auxiliary device, as `"parent task.name"`.
    pub auxiliary: Option<Spanned<String>>,
    /// Its instance number.
    pub id: Option<Spanned<u32>>,
    /// How many of its windows the task claims at most at once; computed where absent.
    pub windows: Option<Spanned<u32>>,
}

impl Bind {
    /// What says which PCI function, the first of it, if it is one.
    pub fn function(&self) -> Option<&Spanned<String>> {
        let parts = [&self.pci, &self.pci_class, &self.pci_slot];
        parts.into_iter().find_map(Option::as_ref)
    }

    /// The sizes of its pools, in their order.
    pub fn pools(&self) -> impl Iterator<Item = &Spanned<i64>> {
        let several = self.dma_pools.iter().flat_map(|pools| pools.get_ref());
        self.dma_pool.iter().chain(several).chain(&self.pool)
    }
}

/// What happens after the end of a task.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Restart {
    /// Whether it starts again.
    pub policy: RestartPolicy,
    /// First wait, in milliseconds; it doubles.
    pub backoff_ms: Option<Spanned<u32>>,
    /// Ends in one window that put it in quarantine.
    pub limit: Option<Spanned<u32>>,
    /// The window, in milliseconds.
    pub window_ms: Option<Spanned<u32>>,
}

/// Whether a task starts again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RestartPolicy {
    /// After every end that nobody asked for.
    #[default]
    Always,
    /// Only when somebody asks.
    Never,
}
