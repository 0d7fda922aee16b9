//! The memory protection unit of Armv7-M (Architecture Reference Manual, DDI 0403E.e, section B3.5).
//!
//! A region's size is a power of two, and its address a multiple of the size. Each of its eighths can be left out. So
//! one region covers any run of eighths; another range takes several regions. They may overlap, because all regions of
//! one window have the same rights.

use crate::region::{Cover, Encoding, Memory, Permission, Span};

/// Regions of 256 bytes and more have eighths (B3.5.9). Smaller regions cover nothing that those cannot.
const SMALLEST_SHIFT: u32 = 8;
/// Eighths.
const CUT_SHIFT: u32 = 3;

/// `RBAR` (B3.5.8): the region's number, below, is the one to be written.
const VALID: u32 = 1 << 4;
/// `RASR` (B3.5.9).
const ENABLE: u32 = 1;
const SIZE_SHIFT: u32 = 1;
const LEFT_OUT_SHIFT: u32 = 8;
/// Normal memory, inner and outer write-back, write-allocate: TEX 0b001, C, B (table B3-13).
const NORMAL: u32 = 0b001 << 19 | 1 << 17 | 1 << 16;
/// Device memory, shareable: TEX 0b000, S, B.
const DEVICE: u32 = 1 << 18 | 1 << 16;
/// Privileged code may load and store, unprivileged code may load (table B3-15).
const READ: u32 = 0b010 << 24;
/// All may load and store.
const READ_WRITE: u32 = 0b011 << 24;
const EXECUTE_NEVER: u32 = 1 << 28;

/// One region, as the entry code writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Region {
    rbar: u32,
    rasr: u32,
}

impl Region {
    /// The registers `MPU_RBAR` and `MPU_RASR`.
    pub const fn bits(self) -> (u32, u32) {
        (self.rbar, self.rasr)
    }
}

impl Encoding for Region {
    const UNUSED: Self = Self { rbar: 0, rasr: 0 };

    fn cover_by(
        cover: &mut Cover<Self>,
        span: Span,
        permission: Permission,
        memory: Memory,
    ) -> Option<()> {
        let attributes = attributes(permission, memory);
        let mut from = span.first();
        loop {
            let (Self { rbar, rasr }, last) = longest(span, from);
            let rasr = rasr | attributes;
            cover.push(Self { rbar, rasr })?;
            if last == span.last() {
                return Some(());
            }
            from = last + 1;
        }
    }

    fn numbered(self, number: usize) -> Self {
        Self {
            rbar: self.rbar & !0x1f | VALID | number as u32 & 0xf,
            rasr: self.rasr,
        }
    }
}

const fn attributes(permission: Permission, memory: Memory) -> u32 {
    let memory = match memory {
        Memory::Normal => NORMAL,
        Memory::Device => DEVICE,
    };
    let permission = match permission {
        Permission::Read => READ | EXECUTE_NEVER,
        Permission::ReadWrite => READ_WRITE | EXECUTE_NEVER,
        Permission::ReadExecute => READ,
    };
    memory | permission
}

/// Of all regions within the span that cover `from`: the one that reaches farthest, and how far it reaches.
///
/// The smallest block that contains both `from` and the span's last address reaches past its middle. Smaller blocks end
/// at the middle or before it. So the first block that covers `from` is the right one.
fn longest(span: Span, from: u32) -> (Region, u32) {
    let mut shift = (u32::BITS - (from ^ span.last()).leading_zeros()).max(SMALLEST_SHIFT);
    loop {
        let unit = shift - CUT_SHIFT;
        let rest = (1 << unit) - 1;
        // The mask of a block of 4 GiB would not fit.
        let inside = ((1_u64 << shift) - 1) as u32;
        let block = from & !inside;
        let begin = if span.first() > block {
            span.first() - block
        } else {
            0
        };
        let end = if span.last() - block < inside {
            span.last() - block
        } else {
            inside
        };
        // Eighths that are completely in the span: from `first` on, below `past`.
        let first = (begin >> unit) + (begin & rest != 0) as u32;
        let past = (end >> unit) + (end & rest == rest) as u32;
        let here = (from - block) >> unit;
        if (first..past).contains(&here) || shift == SMALLEST_SHIFT {
            let covered = (1_u32 << past) - (1 << first);
            let region = Region {
                rbar: block,
                rasr: !covered << LEFT_OUT_SHIFT & 0xff << LEFT_OUT_SHIFT
                    | (shift - 1) << SIZE_SHIFT
                    | ENABLE,
            };
            return (region, block + (past << unit).wrapping_sub(1));
        }
        shift -= 1;
    }
}

#[cfg(test)]
mod tests;
