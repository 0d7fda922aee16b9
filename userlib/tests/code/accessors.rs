//! Accesses as a driver makes them, to look at in the compiled code (`tests/accessor_cost.rs`).
#![no_std]

use userlib::io::{DevresIoMem, IoMem, ReadWriteable, Readable, Window, Writeable};
use userlib::runtime::{Bound, Device};
use userlib::{Devres, Error};

/// One load.
#[unsafe(no_mangle)]
pub fn read_once(registers: &IoMem<'_, 0x100>) -> u32 {
    registers.read32::<0x10>()
}

/// One store.
#[unsafe(no_mangle)]
pub fn write_once(registers: &IoMem<'_, 0x100>, value: u32) {
    registers.write32::<0x14>(value);
}

/// Accesses of different widths.
#[unsafe(no_mangle)]
pub fn several(registers: &Window<'_, 0x100>) -> u32 {
    registers.write8::<0x20>(1);
    registers.write16::<0x26>(2);
    u32::from(registers.read16::<0x22>()) + u32::from(registers.read8::<0x28>())
}

/// One load of a word of 8 bytes.
#[cfg(target_pointer_width = "64")]
#[unsafe(no_mangle)]
pub fn read_wide(registers: &Window<'_, 0x100>) -> u64 {
    registers.read64::<0x28>()
}

userlib::register_fields! { u32,
    /// Two fields.
    Control [
        ENABLE OFFSET(0) NUMBITS(1) [],
        MODE OFFSET(4) NUMBITS(2) [Fast = 2],
    ],
}

userlib::registers! {
    /// A block.
    struct Block: 0x100 {
        /// Both ways.
        control: ReadWrite<u32, Control> = 0x30;
        /// Ones clear.
        pending: WriteOneToClear<u32, Control> = 0x34;
        /// Several.
        channels: [ReadWrite<u32, Control>; 4] = 0x40 step 0x10;
    }
}

/// A block as a driver stores it.
pub struct Stored<'cap> {
    block: Block<'cap>,
}

/// A register of a block that is stored.
#[unsafe(no_mangle)]
pub fn stored_read(stored: &Stored<'_>) -> u32 {
    stored.block.control().get()
}

/// A register of an array, by a constant number.
#[unsafe(no_mangle)]
pub fn array_write(registers: &IoMem<'_, 0x100>) {
    Block::new(registers).channels().nth::<2>().set(1);
}

/// A field is looked at: one load.
#[unsafe(no_mangle)]
pub fn field_read(registers: &IoMem<'_, 0x100>) -> bool {
    Block::new(registers).control().is_set(Control::ENABLE)
}

/// Fields are written: one store.
#[unsafe(no_mangle)]
pub fn field_write(registers: &IoMem<'_, 0x100>) {
    let fields = Control::ENABLE::SET + Control::MODE::Fast;
    Block::new(registers).control().write(fields);
}

/// A bit is cleared: one store.
#[unsafe(no_mangle)]
pub fn field_clear(registers: &IoMem<'_, 0x100>) {
    Block::new(registers).pending().clear(Control::ENABLE::SET);
}

/// A field is changed: one load, one store.
#[unsafe(no_mangle)]
pub fn field_modify(registers: &IoMem<'_, 0x100>) {
    Block::new(registers).control().modify(Control::MODE::Fast);
}

/// A checked load.
#[unsafe(no_mangle)]
pub fn read_checked(registers: &Window<'_>, offset: usize) -> Result<u32, Error> {
    registers.try_read32(offset)
}

/// Access without a proof, then one load.
#[unsafe(no_mangle)]
pub fn try_access_window(kept: &DevresIoMem<0x100>) -> Option<u32> {
    kept.try_access().map(|guard| guard.get().read32::<0x54>())
}

/// Access with the proof, then one load.
#[unsafe(no_mangle)]
pub fn access_window(kept: &DevresIoMem<0x100>, device: &Device<'_, Bound>) -> Result<u32, Error> {
    Ok(kept.access(device)?.get().read32::<0x54>())
}

/// Access of a plain value.
#[unsafe(no_mangle)]
pub fn try_access_value(kept: &Devres<u32>) -> Option<u32> {
    kept.try_access().map(|value| *value)
}

/// What does make a system call, so that the search for one is seen to find it.
#[unsafe(no_mangle)]
pub fn system_call(device: &Device<'_, Bound>) -> Result<usize, Error> {
    device.io_mem::<0>(0).map(|window| window.len())
}
