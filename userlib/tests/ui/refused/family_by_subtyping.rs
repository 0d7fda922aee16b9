//! A handle on a value of one family poses as a handle on another, of which the first's type is a subtype.
#![allow(coherence_leak_check)]
use std::marker::PhantomData;
use userlib::{DevresLt, ForLt};

struct Named<T>(PhantomData<T>);

impl ForLt for Named<for<'b> fn(&'b u8)> {
    type Of<'a> = usize;
}

impl ForLt for Named<fn(&'static u8)> {
    type Of<'a> = &'static [u8; 64];
}

fn forge(number: DevresLt<Named<for<'b> fn(&'b u8)>>) -> Option<u8> {
    let pointer: DevresLt<Named<fn(&'static u8)>> = number;
    pointer.try_access_with(|bytes| bytes[0])
}

fn main() {
    std::hint::black_box(forge as fn(_) -> _);
}
