//! The records that the supervisor and its clients exchange.

use core::fmt;
use leasehold_abi::{ClassCode, FunctionId, InterruptPin};
use leasehold_abi::{LeaseHandle, Optional, Padded, TaskHandle, TaskInfo};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, TryFromBytes};

/// A PCI function that discovery found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct FunctionInfo {
    /// Where it is.
    pub address: FunctionAddress,
    /// Which device it is.
    pub id: FunctionId,
    /// Which interrupt pin it uses.
    pub interrupt_pin: InterruptPin,
    /// Revision.
    pub revision: u8,
    /// What it does.
    pub class: ClassCode,
    /// Interrupt line that the pin is wired to, if it has a pin.
    pub interrupt: Optional<u32>,
    /// Address and length in bytes of each memory BAR as assigned; length 0 for none.
    pub bars: [BarInfo; 6],
}

/// Where a PCI function is: bus (bits 15–8), device (7–3), function (2–0).
#[derive(Clone, Copy, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(transparent)]
pub struct FunctionAddress(pub u16);

impl FunctionAddress {
    /// The function of these numbers; device and function are cut to 5 and 3 bits.
    pub const fn new(bus: u8, device: u8, function: u8) -> Self {
        Self((bus as u16) << 8 | (device as u16 & 0x1f) << 3 | function as u16 & 7)
    }

    /// Its bus; 0 is the host bridge's own.
    pub const fn bus(self) -> u8 {
        (self.0 >> 8) as u8
    }

    /// The device on its bus, 0 to 31.
    pub const fn device(self) -> u8 {
        (self.0 >> 3 & 0x1f) as u8
    }

    /// Offset of the function's 4 KiB in the host bridge's configuration space (ECAM).
    pub const fn offset(self) -> usize {
        (self.0 as usize) << 12
    }
}

/// As people write it: bus, device, function.
impl fmt::Display for FunctionAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (bus, function) = (self.0 >> 8, self.0 & 7);
        write!(formatter, "{bus:02x}:{:02x}.{function}", self.device())
    }
}

impl fmt::Debug for FunctionAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

/// A base address register, as assigned.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct BarInfo {
    /// First address, as the processor sees it.
    pub base: u64,
    /// Length in bytes; 0 for none.
    pub length: u64,
}

/// A lease, for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, TryFromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct LeaseLine {
    /// The lease.
    pub lease: leasehold_abi::LeaseInfo,
    /// Name of its device if the supervisor knows it.
    pub device: DeviceName,
}

/// Who has an auxiliary device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct Lessee {
    /// The life of the task.
    pub task: TaskHandle,
    /// Its lease. No other has this handle, before or after.
    pub lease: LeaseHandle,
}

/// A grant, for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, TryFromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct GrantLine {
    /// The grant.
    pub grant: leasehold_abi::GrantInfo,
    /// Its name if the image has one.
    pub name: DeviceName,
}

/// Longest name of a device, in bytes.
pub const DEVICE_NAME: usize = 32;

/// The state of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, TryFromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(u32)]
pub enum DeviceState {
    /// The manifest names no driver for it.
    NoDriver = 0,
    /// A driver holds it on a lease.
    Bound = 1,
    /// Its driver is not running.
    Waiting = 2,
    /// An operator took it away.
    HeldBack = 3,
    /// Its driver gave it back in this life: it could not use it.
    Refused = 4,
    /// The lease on it is ending.
    Ending = 5,
}

impl DeviceState {
    /// A word or two for a person.
    pub const fn text(self) -> &'static str {
        match self {
            Self::NoDriver => "no driver",
            Self::Bound => "bound",
            Self::Waiting => "waiting",
            Self::HeldBack => "unbound",
            Self::Refused => "refused",
            Self::Ending => "ending",
        }
    }
}

/// What a device is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, TryFromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(u16)]
pub enum DeviceKind {
    /// A device of the chip.
    Chip = 0,
    /// A PCI function.
    Function = 1,
    /// A part of a driver's device that the driver offered.
    Auxiliary = 2,
}

/// A name of a device in a record, or as an argument; longer ones are cut.
pub type DeviceName = Padded<DEVICE_NAME>;

/// One device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, TryFromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct DeviceInfo {
    /// Name.
    pub name: DeviceName,
    /// Its state.
    pub state: DeviceState,
    /// Index of the task that the manifest names.
    pub task: Optional<u32>,
    /// The lease that the task holds.
    pub lease: Optional<LeaseHandle>,
    /// What it is.
    pub kind: DeviceKind,
    /// Where a PCI function is; of other devices without meaning.
    pub address: FunctionAddress,
}

/// How much of its stack a task has used in this life, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct StackUse {
    /// The stack's size.
    pub size: u32,
    /// The least that was used: from the top to the lowest word that is not zero (at the start all are zero). Zeros
    /// that were written, and frames that were entered but not written to, are not seen.
    pub at_least: u32,
}

/// How the supervisor looks after a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, TryFromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(u32)]
pub enum Care {
    /// Not started yet: none of its devices is there.
    Idle = 0,
    /// Started.
    Running = 1,
    /// It ended, and will be started again.
    Waiting = 2,
    /// It ended too often.
    Quarantined = 3,
    /// It ended, and by the manifest it does not start again.
    Left = 4,
}

/// A fault of a task in one line: kind, address, program counter. The program counter is 0 if the processor lost it. An
/// Arm processor does so when the task's stack has no room for the registers that it pushes.
#[derive(Clone, Copy, Debug)]
pub struct FaultText<'a>(pub &'a TaskInfo);

impl fmt::Display for FaultText<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let info = self.0;
        write!(
            formatter,
            "{} at {:#x}, pc ",
            info.fault.text(),
            info.fault_address
        )?;
        match info.fault_pc {
            0 => formatter.write_str("lost"),
            pc => write!(formatter, "{pc:#x}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use leasehold_abi::FaultKind;
    use std::format;
    use zerocopy::FromZeros;

    #[test]
    fn a_fault_tells_its_program_counter_or_that_it_is_lost() {
        let mut info = TaskInfo::new_zeroed();
        info.fault = FaultKind::Read;
        info.fault_address = 0x10;
        assert_eq!(
            format!("{}", FaultText(&info)),
            "read fault at 0x10, pc lost"
        );
        info.fault_pc = 0x8040_0000;
        assert_eq!(
            format!("{}", FaultText(&info)),
            "read fault at 0x10, pc 0x80400000"
        );
    }
}
