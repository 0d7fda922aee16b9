//! A part of a window starts at a multiple of 4 bytes, so a block with a register of 8 bytes is not made of it.
use userlib::io::Window;

userlib::registers! {
    /// Sixteen bytes.
    pub struct Block: 16 {
        /// Eight of them.
        pub address: ReadWrite<u64> = 0x08;
    }
}

fn block<'w>(window: &'w Window<'_, 0x100>) -> Block<'w> {
    Block::from(window.sub::<8, 16>())
}

fn main() {}
