//! The registers: a word of gates has bits of many blocks, and so may a word of resets.

use driver_th1520::blocks::{Bits, Block};
use userlib::Error;
use userlib::io::{IoMem, Window};
use userlib::runtime::{Bound, Device};

/// Bytes of each of the two blocks of registers.
const WINDOW: usize = 0x1000;

/// Gates and resets.
#[derive(Debug)]
pub(crate) struct Switches<'cap> {
    clocks: IoMem<'cap, WINDOW>,
    resets: IoMem<'cap, WINDOW>,
}

impl<'cap> Switches<'cap> {
    /// Those of a device.
    ///
    /// # Errors
    /// As of a claim.
    pub(crate) fn new(device: &Device<'cap, Bound>) -> Result<Self, Error> {
        Ok(Self {
            clocks: device.io_mem("clocks")?,
            resets: device.io_mem("resets")?,
        })
    }

    /// Opens a block: as after a reset, but for one that stays.
    ///
    /// # Errors
    /// `NoDevice`: a register does not keep what is written.
    pub(crate) fn open(&self, block: &Block) -> Result<(), Error> {
        if !block.stays {
            clear(&self.resets, block.reset)?;
        }
        set(&self.clocks, block.gate)?;
        set(&self.resets, block.reset)
    }

    /// Closes a block. Gates that one of `others` needs stay open.
    pub(crate) fn close<'b>(&self, block: &Block, others: impl Iterator<Item = &'b Block>) {
        if block.stays {
            return;
        }
        let same = others.filter(|other| other.gate.offset == block.gate.offset);
        let needed = same.fold(0, |mask, other| mask | other.gate.mask);
        let gate = Bits {
            mask: block.gate.mask & !needed,
            ..block.gate
        };
        // The window may have gone with the lease.
        let _ = clear(&self.resets, block.reset);
        let _ = clear(&self.clocks, gate);
    }
}

fn set(window: &Window<'_, WINDOW>, bits: Bits) -> Result<(), Error> {
    change(window, bits, bits.mask)
}

fn clear(window: &Window<'_, WINDOW>, bits: Bits) -> Result<(), Error> {
    change(window, bits, 0)
}

fn change(window: &Window<'_, WINDOW>, bits: Bits, wanted: u32) -> Result<(), Error> {
    let Bits { offset, mask } = bits;
    let old = window.try_read32(offset)?;
    window.try_write32(offset, old & !mask | wanted)?;
    if window.try_read32(offset)? & mask == wanted {
        Ok(())
    } else {
        Err(Error::NoDevice)
    }
}

#[cfg(test)]
mod on_board;
#[cfg(test)]
mod tests;
