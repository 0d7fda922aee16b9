//! Parts that mean nothing, or too much, in another address space.
use userlib::auxiliary::Lendable;

#[derive(Lendable)]
struct Pointer {
    raw: *const u32,
}

#[derive(Lendable)]
struct Reference<'a> {
    plain: &'a u32,
}

#[derive(Lendable)]
struct Owner {
    owned: Box<u32>,
}

#[repr(C)]
struct Padded {
    byte: u8,
    word: u32,
}

#[derive(Lendable)]
struct Leaking {
    padded: Padded,
}

fn main() {}
