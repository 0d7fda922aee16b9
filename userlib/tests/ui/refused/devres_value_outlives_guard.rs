//! The guard of a `Devres` is what keeps the value, and the device what keeps an access by proof.
use userlib::Devres;
use userlib::runtime::{Bound, Device};

fn value(kept: &Devres<[u32; 4]>) -> Option<&u32> {
    let guard = kept.try_access()?;
    guard.first()
}

fn dropped(kept: &Devres<String>) -> usize {
    let guard = kept.try_access().unwrap();
    let text: &str = &guard;
    drop(guard);
    text.len()
}

fn handle(kept: Devres<u32>, device: &Device<'_, Bound>) -> u32 {
    let guard = kept.access(device).unwrap();
    drop(kept);
    *guard
}

fn main() {}
