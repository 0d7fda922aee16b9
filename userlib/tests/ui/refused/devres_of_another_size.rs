//! The size is a part of the type: a handle on a small window is none on a large one, in generic
//! functions as well.
use userlib::io::{DevresIoMem, IoMem};
use userlib::{DevresLt, Error, ForLt};

fn larger(kept: DevresIoMem<0x20>) -> DevresIoMem<0x40> {
    kept
}

fn any<const SIZE: usize>(window: IoMem<'_, SIZE>) -> Result<DevresIoMem, Error> {
    window.into_devres()
}

fn other<const SIZE: usize>(kept: DevresIoMem<SIZE>) -> DevresLt<ForLt!(IoMem<'_, 8>)> {
    kept
}

fn main() {}
