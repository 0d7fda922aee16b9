//! The supervisor's policy: which task binds which device, and what happens when a task ends.
//!
//! The build writes a `static POLICY: Policy` from the manifest into a Rust file, and the
//! supervisor includes it: `include!(env!("LEASEHOLD_POLICY"))`. All tables are in the
//! manifest's terms; a grant is named by its index in the root lease.

use crate::supervisor::{FunctionId, FunctionInfo};

/// Everything the supervisor knows about one image.
#[derive(Debug)]
pub struct Policy {
    /// The tasks by index, the supervisor first.
    pub tasks: &'static [TaskPolicy],
    /// The chip's devices, bound or not.
    pub devices: &'static [DevicePolicy],
    /// The chip.
    pub chip: ChipPolicy,
    /// Every name of the image that stands for a device or a grant, with its [`label`](leasehold_abi::label), by which
    /// they are sorted.
    pub names: &'static [(u32, &'static str)],
}

impl Policy {
    /// The name that a label stands for. The build refuses two names with one label.
    pub fn name_of(&self, label: u32) -> Option<&'static str> {
        let at = self
            .names
            .binary_search_by_key(&label, |(label, _)| *label)
            .ok()?;
        Some(self.names[at].1)
    }

    /// The device whose driver discovers PCI functions; a chip has one at most.
    pub fn host_bridge(&self) -> Option<&'static DevicePolicy> {
        self.devices
            .iter()
            .find(|device| device.discovers == Some(Bus::Pci))
    }
}

/// The chip, as in its file.
#[derive(Debug)]
pub struct ChipPolicy {
    /// Its name.
    pub name: &'static str,
    /// Rate of the kernel's clock.
    pub ticks_per_second: u64,
    /// All memory that can be written: first address, and length in bytes.
    pub memory: (u64, u64),
    /// The memory that text and constants lie in, if it is another one.
    pub flash: Option<(u64, u64)>,
    /// The firmware's part of `memory`, if there is firmware.
    pub firmware: Option<(u64, u64)>,
    /// Where the kernel's text lies.
    pub kernel: (u64, u64),
    /// Where its data lies: with flash in another place.
    pub kernel_data: (u64, u64),
    /// How far above the physical addresses the kernel's map of memory is; 0 without such a map.
    pub kernel_offset: u64,
    /// The devices that the kernel itself drives: their names in the chip file, and first addresses.
    pub kernel_devices: &'static [(&'static str, u64)],
    /// The unit of protection, in bytes.
    pub granule: usize,
    /// The unit in which tasks lend memory, in bytes.
    pub lend_granule: usize,
    /// Whether it has a floating-point unit for tasks.
    pub floating_point: bool,
}

impl ChipPolicy {
    /// The machine that the compiler and the tests run on: no chip.
    pub const HOST: Self = Self {
        name: "host",
        ticks_per_second: 1,
        memory: (0, 0),
        flash: None,
        firmware: None,
        kernel: (0, 0),
        kernel_data: (0, 0),
        kernel_offset: 0,
        kernel_devices: &[],
        granule: 1,
        lend_granule: 1,
        floating_point: false,
    };
}

/// The policy for one task.
#[derive(Debug)]
pub struct TaskPolicy {
    /// Name, as in the manifest.
    pub name: &'static str,
    /// Its index in the schedule, and in every kernel table.
    pub index: usize,
    /// Whether the kernel starts it at boot, without the supervisor.
    pub autostart: bool,
    /// The auxiliary devices that it may register.
    pub offers: &'static [Offer],
    /// The devices that it binds.
    pub binds: &'static [Bind],
    /// What happens after its end.
    pub restart: Restart,
    /// How often it is told that the supervisor works, in milliseconds; 0 for never.
    pub heartbeat_ms: u32,
    /// What it may ask of the supervisor.
    pub authority: Authority,
}

/// What a task may ask of the supervisor; each includes the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Authority {
    /// To write into the log and to read it, and what belongs to its own leases.
    Own,
    /// To look at leases, devices and stacks of all tasks.
    Observer,
    /// To give orders.
    Operator,
}

/// One binding of a task.
#[derive(Clone, Copy, Debug)]
pub enum Bind {
    /// A device of the chip.
    Platform {
        /// Name in the chip file.
        name: &'static str,
        /// [`label`](leasehold_abi::label) of the name.
        label: u32,
        /// Its DMA pools: indices of memory grants in the root lease.
        pools: &'static [u16],
    },
    /// A PCI function.
    Pci {
        /// Which.
        functions: Functions,
        /// Whether it may be a bus master.
        dma: bool,
        /// Whether it may write what is the function's own in its configuration space.
        writes: bool,
        /// Its DMA pools: indices of memory grants in the root lease.
        pools: &'static [u16],
    },
    /// An auxiliary device that another task registers.
    Auxiliary {
        /// `"<parent task>.<name>"`.
        name: &'static str,
        /// [`label`](leasehold_abi::label) of the name.
        label: u32,
        /// Instance number.
        id: u32,
    },
}

/// Which PCI function a binding is of.
#[derive(Clone, Copy, Debug)]
pub struct Functions {
    /// One of these; any if there are none.
    pub ids: &'static [FunctionId],
    /// Bits of the class code, and which of them count.
    pub class: (u32, u32),
    /// Where it is, as in [`FunctionInfo::address`].
    pub slot: Option<u16>,
    /// Its number among those that fit, in the order of the bus.
    pub nth: u8,
}

impl Functions {
    /// The functions with these identifiers, and the first of them.
    pub const fn of(ids: &'static [FunctionId]) -> Self {
        Self {
            ids,
            class: (0, 0),
            slot: None,
            nth: 0,
        }
    }

    /// Whether a function has all of what is said, apart from the number.
    pub fn fit(&self, function: &FunctionInfo) -> bool {
        let (class, mask) = self.class;
        (self.ids.is_empty() || self.ids.contains(&function.id))
            && (function.class.0 ^ class) & mask == 0
            && self.slot.is_none_or(|slot| slot == function.address.0)
    }
}

/// An auxiliary device that a task registers.
#[derive(Clone, Copy, Debug)]
pub struct Offer {
    /// `"<task>.<name>"`.
    pub name: &'static str,
    /// [`label`](leasehold_abi::label) of the name.
    pub label: u32,
}

/// What happens after the end of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Restart {
    /// Whether it is started again at all.
    pub always: bool,
    /// Wait before the first restart in a window, in milliseconds; it doubles with each.
    pub backoff_ms: u32,
    /// Ends within one window that put the task in quarantine.
    pub limit: u32,
    /// Length of the window, in milliseconds.
    pub window_ms: u32,
}

/// A device of the chip.
#[derive(Debug)]
pub struct DevicePolicy {
    /// Name in the chip file.
    pub name: &'static str,
    /// [`label`](leasehold_abi::label) of the name.
    pub label: u32,
    /// Its grants, as indices in the root lease.
    pub grants: &'static [u16],
    /// The bus on which its driver finds devices, if it does.
    pub discovers: Option<Bus>,
}

/// A bus on which a driver discovers devices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bus {
    /// PCI.
    Pci,
}

#[cfg(test)]
mod tests {
    use super::Functions;
    use crate::supervisor::{ClassCode, FunctionAddress, FunctionId, FunctionInfo};
    use zerocopy::FromZeros;

    const BLOCK: FunctionId = FunctionId::new(0x1af4, 0x1042);
    const OLD_BLOCK: FunctionId = FunctionId::new(0x1af4, 0x1001);
    const TURNED: FunctionId = FunctionId::new(0x1042, 0x1af4);

    #[test]
    fn a_function_fits_by_all_that_is_said_of_it() {
        let function = FunctionInfo {
            address: FunctionAddress(0x118),
            id: BLOCK,
            class: ClassCode(0x01_08_02),
            ..FunctionInfo::new_zeroed()
        };
        let any = Functions::of(&[]);
        let fits = |functions: Functions| functions.fit(&function);
        assert!(fits(any));
        assert!(fits(Functions::of(&[OLD_BLOCK, BLOCK])));
        assert!(!fits(Functions::of(&[OLD_BLOCK, TURNED])));
        for (class, mask, fit) in [
            (0x01_00_00, 0xff_00_00, true),
            (0x01_08_00, 0xff_ff_00, true),
            (0x01_08_02, 0xff_ff_ff, true),
            (0x02_00_00, 0xff_00_00, false),
            (0x01_06_00, 0xff_ff_00, false),
            (0x01_08_01, 0xff_ff_ff, false),
        ] {
            let class = (class, mask);
            assert_eq!(fits(Functions { class, ..any }), fit, "{class:x?}");
        }
        let slot = |slot| Functions {
            slot: Some(slot),
            ..any
        };
        assert!(fits(slot(0x118)) && !fits(slot(0x18)) && !fits(slot(0x119)));
        let both = Functions {
            ids: &[OLD_BLOCK],
            ..slot(0x118)
        };
        assert!(!fits(both), "all of it");
    }
}
