//! A wrong constant offset.
use userlib::io::Window;

fn read(window: &Window<'_, 0x100>) -> u32 {
    window.read32::<0x100>()
}

fn main() {
    std::hint::black_box(read as fn(&Window<'_, 0x100>) -> u32);
}
