//! A window that lives with the binding, carried out of the guard that keeps it there: no kind of
//! handle lets it.
use userlib::io::{Bar, DevresBar, DevresExclusiveIoMem, DevresIoMem, ExclusiveIoMem, Window};
use userlib::runtime::{Bound, Device};

fn io_mem(kept: &DevresIoMem<0x20>) -> Option<&Window<'_, 0x20>> {
    let guard = kept.try_access()?;
    Some(guard.get())
}

fn exclusive<'a>(kept: &'a DevresExclusiveIoMem, device: &'a Device<'_, Bound>) -> Option<&'a ExclusiveIoMem<'a>> {
    let guard = kept.access(device).ok()?;
    Some(guard.get())
}

fn bar(kept: &DevresBar<8>) -> Option<&Bar<'_, 8>> {
    kept.try_access_with(|bar| bar)
}

fn main() {}
