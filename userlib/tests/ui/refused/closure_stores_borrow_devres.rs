//! One lifetime for the borrow and the payload would let the closure store the one in the other.
use core::cell::Cell;
use userlib::{DevresLt, ForLt};

struct Slot<'a> {
    number: u32,
    kept: Cell<Option<&'a u32>>,
}

fn keep(slot: &DevresLt<ForLt!(Slot<'_>)>) {
    slot.try_access_with(|slot| slot.kept.set(Some(&slot.number)));
}

fn main() {
    let _ = keep as fn(&DevresLt<ForLt!(Slot<'_>)>);
}
