//! A constant offset into a window of a size that is only known at run time.
use userlib::io::Window;

fn read(window: &Window<'_>) -> u32 {
    window.read32::<0>()
}

fn main() {
    std::hint::black_box(read as fn(&Window<'_>) -> u32);
}
