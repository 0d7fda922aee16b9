//! Constant parts that are not in their window, not aligned, or empty.
use userlib::io::{Bar, Window};

fn past(bar: &Bar<'_, 0x100>) -> usize {
    bar.sub::<0x80, 0x88>().len()
}

fn over(window: &Window<'_, 0x100>) -> usize {
    window.sub::<{ usize::MAX - 7 }, 8>().len()
}

fn misaligned(window: &Window<'_, 0x100>) -> usize {
    window.sub::<6, 8>().len()
}

fn empty(window: &Window<'_, 0x100>) -> usize {
    window.sub::<8, 0>().len()
}

fn unknown(window: &Window<'_>) -> usize {
    window.sub::<0, 8>().len()
}

fn empty_at_run_time(window: &Window<'_>) -> usize {
    window.part::<0>(8).map_or(0, |part| part.len())
}

fn main() {
    std::hint::black_box((
        past as fn(&Bar<'_, 0x100>) -> usize,
        over as fn(&Window<'_, 0x100>) -> usize,
        misaligned as fn(&Window<'_, 0x100>) -> usize,
        empty as fn(&Window<'_, 0x100>) -> usize,
        unknown as fn(&Window<'_>) -> usize,
        empty_at_run_time as fn(&Window<'_>) -> usize,
    ));
}
