//! A wrong constant offset.
use userlib::io::Window;

fn read(window: &Window<'_, 0xfc>) -> u32 {
    window.read64::<0xf8>() as u32
}

fn main() {
    std::hint::black_box(read as fn(&Window<'_, 0xfc>) -> u32);
}
