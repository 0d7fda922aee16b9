//! The rights and the kind of memory of a region, the same for both memory protection units.

use leasehold_abi::{GrantKind, Rights};
use leasehold_core::{RegionKind, Window};

/// What a task may do in a region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permission {
    /// Load.
    Read,
    /// Load and store.
    ReadWrite,
    /// Load and fetch.
    ReadExecute,
}

/// What kind of memory it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Memory {
    /// Ordinary memory.
    Normal,
    /// Registers of a device: no access is merged, repeated, or made early.
    Device,
}

/// Whole units of 32 bytes: the first address, and the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    first: u32,
    last: u32,
}

impl Span {
    /// Bytes of the unit.
    pub const UNIT: u32 = 32;

    /// `length` bytes from `base` on. None unless the length is not 0 and both are multiples of the unit, below 4 GiB.
    pub const fn new(base: u64, length: u64) -> Option<Self> {
        if length == 0 || length > 1 << 32 || base > (1 << 32) - length {
            return None;
        }
        if !(base | length).is_multiple_of(Self::UNIT as u64) {
            return None;
        }
        Some(Self {
            first: base as u32,
            last: (base + length - 1) as u32,
        })
    }

    /// First address.
    pub const fn first(self) -> u32 {
        self.first
    }

    /// Last address.
    pub const fn last(self) -> u32 {
        self.last
    }
}

/// Most regions that one span may take: all that PMSAv7 has for windows. The build accepts a window if it fits into
/// those.
pub(crate) const MOST: usize = 5;

/// The fewest regions that cover a span and nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cover<E> {
    regions: [E; MOST],
    count: usize,
}

impl<E: Copy> Cover<E> {
    /// No region yet; `unused` fills the places.
    pub(crate) const fn new(unused: E) -> Self {
        Self {
            regions: [unused; MOST],
            count: 0,
        }
    }

    /// One region more, if there is a place.
    pub(crate) fn push(&mut self, region: E) -> Option<()> {
        *self.regions.get_mut(self.count)? = region;
        self.count += 1;
        Some(())
    }

    /// The regions.
    pub fn regions(&self) -> &[E] {
        self.regions.get(..self.count).unwrap_or_default()
    }
}

/// A region in the format of one of the two units.
pub trait Encoding: Copy {
    /// A region that matches nothing.
    const UNUSED: Self;

    /// The regions that cover a span and nothing else; none when it takes more than five.
    fn cover(span: Span, permission: Permission, memory: Memory) -> Option<Cover<Self>> {
        let mut cover = Cover::new(Self::UNUSED);
        Self::cover_by(&mut cover, span, permission, memory)?;
        Some(cover)
    }
    /// [`cover`](Self::cover) into an empty one, which is not copied then.
    fn cover_by(
        cover: &mut Cover<Self>,
        span: Span,
        permission: Permission,
        memory: Memory,
    ) -> Option<()>;
    /// The same region with this number, if the number is a part of its format.
    fn numbered(self, number: usize) -> Self;
}

/// What a task may do in a part of its own memory.
pub(crate) const fn of_region(kind: RegionKind) -> Permission {
    match kind {
        RegionKind::Text => Permission::ReadExecute,
        RegionKind::Constants => Permission::Read,
        RegionKind::Data => Permission::ReadWrite,
    }
}

/// What a task may do in a window, and what is there.
pub(crate) const fn of_window(window: &Window) -> (Permission, Memory) {
    let permission = if window.rights.contains(Rights::WRITE) {
        Permission::ReadWrite
    } else {
        Permission::Read
    };
    let memory = match window.kind {
        GrantKind::Memory => Memory::Normal,
        _ => Memory::Device,
    };
    (permission, memory)
}
