//! A part of a window starts at a multiple of 4 bytes, so nothing in it is accessed by 8.
use userlib::io::{Part, Window, Writeable};

userlib::registers! {
    /// Sixteen bytes.
    pub struct Block: 16 {
        /// Eight of them.
        pub address: ReadWrite<u64> = 0x08;
    }
}

fn borrowed(part: Part<'_, 16, 4>) {
    Block::new(&part).address().set(1);
}

fn read(part: Part<'_, 16, 4>) -> u64 {
    part.read64::<8>()
}

fn array(window: &Window<'_, 0x100>) {
    let part = window.sub::<8, 16>();
    let _ = part.registers::<u32, (), (), 4, 4, 4>();
    let _ = part.register::<u32, (), (), 16>();
}

fn index(part: Part<'_, 16, 4>) {
    let _ = part.registers::<u32, (), (), 0, 4, 4>().nth::<4>();
}

fn main() {
    std::hint::black_box((
        borrowed as fn(Part<'static, 16, 4>),
        read as fn(Part<'static, 16, 4>) -> u64,
        array as fn(&Window<'_, 0x100>),
        index as fn(Part<'static, 16, 4>),
    ));
}
