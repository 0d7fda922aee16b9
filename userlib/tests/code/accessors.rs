//! Accesses as a driver makes them, to look at in the compiled code (`tests/accessor_cost.rs`).
#![no_std]

use userlib::io::{IoMem, Window};

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

/// Accesses of the other widths that the target has.
#[unsafe(no_mangle)]
pub fn several(registers: &Window<'_, 0x100>) -> u64 {
    registers.write8::<0x20>(1);
    #[cfg(target_pointer_width = "64")]
    let wide = registers.read64::<0x28>();
    #[cfg(not(target_pointer_width = "64"))]
    let wide = 0;
    u64::from(registers.read16::<0x22>()) + wide
}
