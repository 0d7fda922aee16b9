//! The value of a `Revocable` is there for its guards, and they for the `Revocable`.

use for_lt::Revocable;
use std::cell::Cell;
use std::rc::Rc;

fn value(device: &Revocable<String>) -> Option<&str> {
    let guard = device.try_access()?;
    Some(guard.as_str())
}

fn closure(device: &Revocable<String>) -> Option<&str> {
    device.try_access_with(|name| name.as_str())
}

fn dropped(device: Revocable<String>) -> usize {
    let guard = device.try_access().unwrap();
    drop(device);
    guard.len()
}

fn shared<T: Sync>(_: &T) {}

fn main() {
    shared(&Revocable::new(Cell::new(1)));
    shared(&Revocable::new(Rc::new(1)));
}
