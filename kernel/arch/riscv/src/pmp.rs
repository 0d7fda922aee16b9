//! Physical memory protection of RV32: 16 entries a task (Privileged Architecture, section 3.7).
//!
//! The lowest entry that matches a byte decides. The first five entries are for the task's own regions, which are
//! adjacent in memory; the others are for windows. The entry code loads them whenever it switches to a task, except the
//! addresses behind the last entry that the task uses. An earlier task's addresses there have no rights, and come after
//! all entries that have rights.

mod entry;
mod slots;

use self::entry::{EXECUTE, Encoded, Entry, READ, WRITE};
use self::slots::Slots;
use crate::RegisterFile;
#[cfg(target_arch = "riscv32")]
use crate::{csr::has_protection, trap::loader};
use leasehold_abi::{Error, FaultKind, Rights};
use leasehold_arch_common::Protection;
use leasehold_core::{Region, Window};

/// The number of entries that are used. A hart with any entries has at least so many.
const ENTRIES: usize = 16;
/// The first of them, for the task's own regions.
const OWN: usize = 5;
/// The others, for windows.
const WINDOWS: usize = ENTRIES - OWN;
/// The unit of protection, which all memory protection units support.
const GRANULE: usize = 32;
/// Bytes of the widest access of RV32IMAC.
const WIDEST: u64 = 4;

/// What the registers hold while a task runs. The entry code knows the layout.
#[derive(Clone, Debug)]
#[repr(C, align(4))]
pub(crate) struct Image {
    /// The address in the entry code where loading begins: at the last entry in use.
    pub(crate) loader: usize,
    /// `pmpaddr0` to `pmpaddr15`.
    pub(crate) address: [u32; ENTRIES],
    /// `pmpcfg0` to `pmpcfg3`: a byte an entry.
    pub(crate) configuration: [u8; ENTRIES],
}

impl Image {
    const EMPTY: Self = Self {
        loader: 0,
        address: [Entry::EMPTY.address; ENTRIES],
        configuration: [Entry::EMPTY.configuration; ENTRIES],
    };

    fn set(&mut self, index: usize, entry: Entry) {
        if let (Some(address), Some(configuration)) = (
            self.address.get_mut(index),
            self.configuration.get_mut(index),
        ) {
            *address = entry.address;
            *configuration = entry.configuration;
        }
    }

    /// Empties an entry for windows: it then covers the first word of the text, for which the first entry decides.
    fn clear(&mut self, index: usize) {
        let [address, ..] = self.address;
        self.set(
            index,
            Entry {
                address,
                ..Entry::EMPTY
            },
        );
    }

    /// Moves an entry for windows.
    fn relocate(&mut self, from: usize, to: usize) {
        if let (Some(&address), Some(&configuration)) =
            (self.address.get(from), self.configuration.get(from))
        {
            let entry = Entry {
                address,
                configuration,
            };
            self.set(to, entry);
            self.clear(from);
        }
    }

    /// What user mode may do with the byte at `address`.
    fn rights(&self, address: u64) -> u8 {
        let mut before = 0;
        for (&at, &configuration) in self.address.iter().zip(&self.configuration) {
            let entry = Entry {
                address: at,
                configuration,
            };
            let (first, end) = entry.range(before);
            if (first..end).contains(&address) {
                return configuration & (READ | WRITE | EXECUTE);
            }
            before = at;
        }
        0
    }
}

/// What a task may reach.
#[derive(Clone, Debug)]
struct Space {
    image: Image,
    windows: Slots<WINDOWS>,
}

/// The protection of `T` tasks.
#[derive(Debug)]
pub struct Pmp<const T: usize> {
    spaces: [Space; T],
}

impl<const T: usize> Protection for Pmp<T> {
    type Context = RegisterFile;
    type Store = ();

    const STORE: () = ();
    const NEW: Self = Self {
        spaces: [const {
            Space {
                image: Image::EMPTY,
                windows: Slots::EMPTY,
            }
        }; T],
    };
    const GRANULE: usize = GRANULE;
    const WINDOW_MASK: usize = u32::MAX as usize;
    /// Machine mode reaches everything where it is.
    const KERNEL_OFFSET: usize = 0;

    fn start(&mut self, (): &'static mut (), tasks: usize) -> Result<(), Error> {
        if tasks > T || !has_protection() {
            return Err(Error::Exhausted);
        }
        Ok(())
    }

    /// No entry is locked, so none binds machine mode.
    fn map_kernel(&mut self, _: u64, _: u64) {}

    #[expect(unsafe_code, reason = "there is nothing to do")]
    unsafe fn finish(&mut self) {}

    /// The address of the task's image.
    fn space(&self, task: usize) -> usize {
        self.spaces
            .get(task)
            .map_or(0, |space| (&raw const space.image).addr())
    }

    /// Text, constants directly behind it, then the guard, then the data.
    fn map_own(&mut self, task: usize, regions: &[Region]) -> Result<(), Error> {
        let [text, constants, data] = regions else {
            return Err(Error::Exhausted);
        };
        let range = |region: &Region| {
            let base = region.range.base() as u64;
            (base, base + region.range.length() as u64)
        };
        let ((text, text_end), (data, data_end)) = (range(text), range(data));
        let (constants, constants_end) = match range(constants) {
            (base, end) if base == end => (text_end, text_end),
            constants => constants,
        };
        // Anything else would take more entries.
        if text == text_end || constants != text_end || data < constants_end {
            return Err(Error::Exhausted);
        }
        let entries = [
            // This entry is needed for its address. The first instruction has 4 bytes, so none crosses the end of this
            // entry.
            Entry::word(text as u32, READ | EXECUTE),
            Entry::up_to(text_end, READ | EXECUTE),
            Entry::up_to(constants_end, READ),
            Entry::up_to(data, 0),
            Entry::up_to(data_end, READ | WRITE),
        ];
        let image = &mut self.spaces.get_mut(task).ok_or(Error::Exhausted)?.image;
        for (index, entry) in entries.into_iter().enumerate() {
            image.set(index, entry);
        }
        image.loader = loader(OWN);
        Ok(())
    }

    /// In one step. The hart sees it when it next enters the task.
    fn map_step(&mut self, task: usize, window: Window, _: &mut usize) -> Result<bool, Error> {
        let rights = if window.rights.contains(Rights::WRITE) {
            READ | WRITE
        } else {
            READ
        };
        let encoded = Encoded::new(window.base as u64, window.length as u64, rights)?;
        let Space { image, windows } = self.spaces.get_mut(task).ok_or(Error::Exhausted)?;
        let base = window.base as u32;
        match encoded {
            Encoded::One(entry) => {
                windows.put(base, &[entry], |index, entry| image.set(OWN + index, entry))
            }
            Encoded::Two(entries) => {
                let put = |windows: &mut Slots<WINDOWS>, image: &mut Image| {
                    windows.put_adjacent(base, &entries, |index, entry| {
                        image.set(OWN + index, entry);
                    })
                };
                put(windows, image).or_else(|_| {
                    // Windows do not overlap, so their order does not matter.
                    windows.compact(|from, to| image.relocate(OWN + from, OWN + to));
                    put(windows, image)
                })
            }
        }?;
        image.loader = loader(OWN + windows.used());
        Ok(true)
    }

    /// In one step. The hart sees it when it next enters the task.
    #[inline]
    fn unmap_at_once(&mut self, task: usize, (base, _): (usize, usize), _: usize) {
        if let Some(space) = self.spaces.get_mut(task) {
            let Space { image, windows } = space;
            windows.remove(base as u32, |index| image.clear(OWN + index));
            image.loader = loader(OWN + windows.used());
        }
    }

    /// The hart reports both a refused access and a device's bus error as an access fault. If the task's entries allow
    /// the access, over the width of the widest access, it was a bus error.
    fn fault_kind(&self, task: usize, kind: FaultKind, address: usize) -> FaultKind {
        let needed = match kind {
            FaultKind::Read => READ,
            FaultKind::Write => WRITE,
            _ => return kind,
        };
        let Some(space) = self.spaces.get(task) else {
            return kind;
        };
        let allowed = |address| space.image.rights(address) & needed != 0;
        let address = address as u64;
        // Regions end at multiples of the widest access. So only a misaligned access can begin inside and end outside.
        if allowed(address) && allowed(address + WIDEST - 1) {
            FaultKind::Bus
        } else {
            kind
        }
    }

    fn available(&self) -> Option<usize> {
        None
    }
}

/// On other targets there are no entries to load.
#[cfg(not(target_arch = "riscv32"))]
const fn loader(entries: usize) -> usize {
    entries
}

/// And none to look for.
#[cfg(not(target_arch = "riscv32"))]
const fn has_protection() -> bool {
    true
}

#[cfg(test)]
mod tests;
