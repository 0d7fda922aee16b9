//! Cached translations. An entry stays until a fence names it, as on hardware, so that a forgotten fence shows.

/// Entries of each cache.
const ENTRIES: usize = 256;

/// One page's translation, for one kind of access in one context.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    /// The page number with the context's number above it; 0 is no entry, because no context has the number 0.
    pub(crate) key: u64,
    /// The memory's frame, or the page of decoded instructions.
    pub(crate) index: u32,
    asid: u16,
    /// log₂ of how many pages the leaf entry maps: 0, 9, or 18.
    size: u8,
    global: bool,
}

impl Entry {
    const EMPTY: Self = Self {
        key: 0,
        index: 0,
        asid: 0,
        size: 0,
        global: false,
    };
}

/// What a walk says of a translation's life.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Life {
    pub(crate) asid: u16,
    pub(crate) size: u8,
    pub(crate) global: bool,
}

/// A direct-mapped cache of translations.
#[derive(Clone, Debug)]
pub(crate) struct Tlb {
    entries: Box<[Entry; ENTRIES]>,
}

impl Tlb {
    pub(crate) fn new() -> Self {
        Self {
            entries: Box::new([Entry::EMPTY; ENTRIES]),
        }
    }

    /// The entry that a page would be in.
    #[inline(always)]
    pub(crate) fn at(&self, address: u64) -> &Entry {
        &self.entries[(address >> 12) as usize % ENTRIES]
    }

    pub(crate) fn insert(&mut self, address: u64, context: u64, index: u32, life: Life) {
        self.entries[(address >> 12) as usize % ENTRIES] = Entry {
            key: address >> 12 | context,
            index,
            asid: life.asid,
            size: life.size,
            global: life.global,
        };
    }

    pub(crate) fn clear(&mut self) {
        self.entries.fill(Entry::EMPTY);
    }

    /// `sfence.vma`: an address or all, an address space or all (with the global pages).
    pub(crate) fn fence(&mut self, address: Option<u64>, asid: Option<u16>) {
        const PAGE_NUMBER: u64 = (1 << 52) - 1;
        for entry in self.entries.iter_mut() {
            let size = u32::from(entry.size);
            let page = entry.key & PAGE_NUMBER;
            let here = address.is_none_or(|address| page >> size == address >> 12 >> size);
            let of_space = asid.is_none_or(|asid| entry.asid == asid && !entry.global);
            if here && of_space {
                *entry = Entry::EMPTY;
            }
        }
    }
}
