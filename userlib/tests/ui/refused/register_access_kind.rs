//! A register is only accessed in the ways that it has.
use userlib::io::{ReadWriteable, Readable, Window, Writeable};

userlib::register_fields! { u8,
    Event [DONE OFFSET(0) NUMBITS(1) []],
    Other [DONE OFFSET(0) NUMBITS(1) []],
}

userlib::registers! {
    /// Eight bytes.
    pub struct Block: 8 {
        /// Read.
        pub status: ReadOnly<u32> = 0x00;
        /// Written.
        pub command: WriteOnly<u16> = 0x04;
        /// Ones clear.
        pub pending: WriteOneToClear<u8, Event> = 0x06;
        /// A load clears.
        pub lost: ReadToClear<u8, Event> = 0x07;
    }
}

fn use_them(window: &Window<'_, 8>, larger: &Window<'_, 16>) {
    let block = Block::new(window);
    block.status().set(1);
    let _ = block.command().get();
    block.pending().modify(Event::DONE::SET);
    let _ = block.lost().get();
    block.pending().clear(Other::DONE::SET);
    let _ = Block::new(larger);
}

fn main() {}
