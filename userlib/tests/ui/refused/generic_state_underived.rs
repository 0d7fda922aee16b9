//! In a generic function a type of the driver's own needs the derive; the library's types have it.
use userlib::io::{Bar, ExclusiveIoMem, IoMem};
use userlib::{CovariantForLt, ForLt};

struct Scope<'cap, const SIZE: usize>(Bar<'cap, SIZE>);

#[derive(userlib::for_lt::CovariantFamily)]
#[for_lt(crate = userlib::for_lt)]
struct Derived<'cap, const SIZE: usize>(Bar<'cap, SIZE>);

fn is_family<F: ForLt>() {}
fn is_covariant<F: CovariantForLt>() {}

fn generic<const SIZE: usize>() {
    is_family::<ForLt!(Bar<'_, SIZE>)>();
    is_covariant::<CovariantForLt!(IoMem<'_, SIZE>)>();
    is_covariant::<CovariantForLt!(ExclusiveIoMem<'_, SIZE>)>();
    is_family::<ForLt!(Derived<'_, SIZE>)>();
    is_covariant::<CovariantForLt!((Derived<'_, SIZE>, u32))>();
    is_family::<ForLt!(Scope<'_, SIZE>)>();
}

fn main() {
    generic::<8>();
}
