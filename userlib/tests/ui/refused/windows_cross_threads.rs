//! A task has one thread: nothing of a binding may be sent to another one, or shared with it.
use userlib::DevresLt;
use userlib::ForLt;
use userlib::auxiliary::{LendRegion, Lent};
use userlib::interrupt::Interrupt;
use userlib::io::{Bar, Window};
use userlib::runtime::{Bound, Device, Plain};

fn sent<T: Send>() {}
fn shared<T: Sync>() {}

fn main() {
    sent::<Device<'static, Bound>>();
    shared::<Device<'static, Plain>>();
    sent::<Window<'static>>();
    sent::<Bar<'static>>();
    sent::<Interrupt<'static>>();
    sent::<LendRegion<'static>>();
    sent::<Lent<'static, u32>>();
    shared::<DevresLt<ForLt!(u32)>>();
}
