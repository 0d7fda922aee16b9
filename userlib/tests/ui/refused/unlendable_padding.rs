//! Padding would show the child what was in the parent's memory before.
use zerocopy::{Immutable, IntoBytes, TryFromBytes};

#[derive(TryFromBytes, IntoBytes, Immutable)]
#[repr(C)]
struct Padded {
    byte: u8,
    word: u32,
}

fn main() {
    let _ = |padded: Padded| (padded.byte, padded.word);
}
