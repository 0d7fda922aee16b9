//! A task has one thread: nothing of a binding may be sent to another one, or shared with it.
use userlib::auxiliary::{LendRegion, Lent, LentCell, LentMutex, LentWindow, Registration};
use userlib::dma::{BusMaster, DmaBuffer};
use userlib::interrupt::Interrupt;
use userlib::io::{Bar, DevresIoMem, Part, Window};
use userlib::ipc::Deferred;
use userlib::runtime::{Bound, Device, Plain};
use userlib::{DevresGuard, DevresLt, ForLt, Guard};

fn sent<T: Send>() {}
fn shared<T: Sync>() {}

fn main() {
    sent::<Device<'static, Bound>>();
    shared::<Device<'static, Plain>>();
    sent::<Window<'static>>();
    sent::<Part<'static>>();
    shared::<Part<'static>>();
    sent::<Bar<'static>>();
    sent::<Interrupt<'static>>();
    sent::<LendRegion<'static>>();
    sent::<Lent<'static, u32>>();
    shared::<DevresLt<ForLt!(u32)>>();
    sent::<DevresLt<ForLt!(u32)>>();
    sent::<DevresGuard<'static, ForLt!(Bar<'_>)>>();
    sent::<Guard<'static, DevresIoMem>>();
    sent::<Registration<'static, ForLt!(u32)>>();
    sent::<LentCell<'static, u32>>();
    sent::<LentMutex<'static, u32>>();
    sent::<LentWindow<'static>>();
    sent::<DmaBuffer<'static, u32>>();
    sent::<BusMaster<'static>>();
    sent::<Deferred<u32>>();
}
