//! Attempts to prove a lie in safe code: every way to a witness other than the argument.

use for_lt::{CovariantForLt, ForLt, ProveCovariant, Witness};
use std::cell::Cell;
use std::marker::PhantomData;
use std::sync::Mutex;

macro_rules! slot {
    ($name:ident) => {
        struct $name;
        impl ForLt for $name {
            type Of<'a> = Cell<&'a str>;
        }
    };
}
slot!(Returns);
slot!(Constructs);
slot!(Stashes);
slot!(Borrows);
slot!(Bounds);
slot!(Implements);

impl ProveCovariant for Returns {
    fn prove<'short, 'long: 'short>(
        witness: Witness<Cell<&'long str>, Self>,
    ) -> Witness<Cell<&'short str>, Self> {
        witness
    }
}

impl ProveCovariant for Constructs {
    fn prove<'short, 'long: 'short>(
        _: Witness<Cell<&'long str>, Self>,
    ) -> Witness<Cell<&'short str>, Self> {
        Witness(PhantomData, PhantomData)
    }
}

/// Keeps a witness of an earlier call.
static STASH: Mutex<Option<Witness<Cell<&'static str>, Stashes>>> = Mutex::new(None);
impl ProveCovariant for Stashes {
    fn prove<'short, 'long: 'short>(
        _: Witness<Cell<&'long str>, Self>,
    ) -> Witness<Cell<&'short str>, Self> {
        STASH.lock().unwrap().take().unwrap()
    }
}

/// Takes the witness of an honest family.
struct Honest;
impl ForLt for Honest {
    type Of<'a> = &'a str;
}
impl ProveCovariant for Honest {
    fn prove<'short, 'long: 'short>(
        witness: Witness<&'long str, Self>,
    ) -> Witness<&'short str, Self> {
        witness
    }
}
impl ProveCovariant for Borrows {
    fn prove<'short, 'long: 'short>(
        witness: Witness<Cell<&'long str>, Self>,
    ) -> Witness<Cell<&'short str>, Self> {
        Honest::prove(witness)
    }
}

/// Asks for more than the trait does.
impl ProveCovariant for Bounds {
    fn prove<'short: 'long, 'long: 'short>(
        witness: Witness<Cell<&'long str>, Self>,
    ) -> Witness<Cell<&'short str>, Self> {
        witness
    }
}

/// Skips the proof.
impl CovariantForLt for Implements {
    fn check() {}
}

fn main() {}
