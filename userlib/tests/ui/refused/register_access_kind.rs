//! A register that is only read is not written, and the other way round.
use userlib::io::Window;

userlib::registers! {
    /// Eight bytes.
    pub struct Block: 8 {
        /// Read.
        pub status: ReadOnly<u32> = 0x00;
        /// Written.
        pub command: WriteOnly<u16> = 0x04;
    }
}

fn use_them(window: &Window<'_, 8>, larger: &Window<'_, 16>) {
    let block = Block::new(window);
    block.status().write(1);
    block.status().modify(|status| status | 1);
    let _ = block.command().read();
    let _ = Block::new(larger);
}

fn main() {}
