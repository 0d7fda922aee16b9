//! What the supervisor tells of stacks.

use crate::{CONSOLE, EDU, SHELL, ask, booted};
use leasehold_abi::{Error, STACK_STEP};
use userlib::supervisor::StackUse;
use zerocopy::{FromBytes, IntoBytes};

/// The operation's place in the interface.
const STACK: u16 = 14;

#[test]
fn the_operator_learns_how_much_of_a_stack_was_used() {
    booted(|supervisor, kernel| {
        let mut used = |client, untouched: usize| {
            kernel.0.borrow_mut().stack = (0x1000, untouched);
            let task = (EDU as u32).to_ne_bytes();
            let status = ask(supervisor, kernel, client, STACK, &task, &[]);
            let words = kernel.0.borrow().reply;
            let (told, _) = StackUse::read_from_prefix(words.as_bytes()).expect("room");
            (status, told)
        };
        for untouched in [
            0,
            8,
            STACK_STEP - 8,
            STACK_STEP,
            STACK_STEP + 8,
            0xff8,
            0x1000,
        ] {
            let (size, at_least) = (0x1000, 0x1000 - untouched as u32);
            assert_eq!(used(SHELL, untouched), (None, StackUse { size, at_least }));
        }
        assert_eq!(used(CONSOLE, 8).0, Some(Error::Denied));
    });
}
