//! The memory protection unit of Armv8-M (Architecture Reference Manual, DDI 0553B.l: chapter B10, and the
//! registers in section D1.2).
//!
//! A region reaches from one multiple of 32 to another, so a window takes one region. Two regions over one address are
//! a fault (rule R_LLLP). No two windows of a task overlap, and no window overlaps the task's own memory.
//!
//! If tasks may only read a region, the same holds for privileged code. So the entry code switches the unit off while
//! the kernel works.

use crate::region::{Cover, Encoding, Memory, Permission, Span};

/// Attributes by their index in a region: [`Memory::Normal`], then [`Memory::Device`] (`MPU_MAIR0`). Normal is inner
/// and outer write-back, read- and write-allocate; device memory gathers and reorders nothing, and acknowledges early.
pub const ATTRIBUTES: u32 = 0xff | 0x04 << 8;

const NORMAL: u32 = 0;
const DEVICE: u32 = 1;

/// `MPU_RBAR`: not to be executed.
const EXECUTE_NEVER: u32 = 1;
/// All may load and store.
const READ_WRITE: u32 = 0b01 << 1;
/// All may load.
const READ: u32 = 0b11 << 1;
/// `MPU_RLAR`.
const ENABLE: u32 = 1;
const ATTRIBUTES_SHIFT: u32 = 1;

/// One region, as the entry code writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Region {
    rbar: u32,
    rlar: u32,
}

impl Region {
    /// The registers `MPU_RBAR` and `MPU_RLAR`.
    pub const fn bits(self) -> (u32, u32) {
        (self.rbar, self.rlar)
    }
}

impl Encoding for Region {
    const UNUSED: Self = Self { rbar: 0, rlar: 0 };

    fn cover_by(
        cover: &mut Cover<Self>,
        span: Span,
        permission: Permission,
        memory: Memory,
    ) -> Option<()> {
        let permission = match permission {
            Permission::Read => READ | EXECUTE_NEVER,
            Permission::ReadWrite => READ_WRITE | EXECUTE_NEVER,
            Permission::ReadExecute => READ,
        };
        let attributes = match memory {
            Memory::Normal => NORMAL,
            Memory::Device => DEVICE,
        };
        cover.push(Self {
            rbar: span.first() | permission,
            rlar: span.last() & !(Span::UNIT - 1) | attributes << ATTRIBUTES_SHIFT | ENABLE,
        })
    }

    /// Its number is the register that it is written to.
    fn numbered(self, _: usize) -> Self {
        self
    }
}

#[cfg(test)]
mod tests;
