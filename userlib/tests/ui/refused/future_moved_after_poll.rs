//! A future that is an item of a list is polled, and then moved away from where the list points to.
use core::pin::Pin;
use core::task::{Context, Waker};
use userlib::future::{Lock, sleep, with_deadline};

fn moved_sleep() {
    let mut waits = sleep(1);
    let _ = Pin::new(&mut waits).poll(&mut Context::from_waker(Waker::noop()));
    drop(Box::new(waits));
}

fn moved_turn(lock: &Lock<u32>) {
    let mut turn = lock.lock();
    let _ = Pin::new(&mut turn).poll(&mut Context::from_waker(Waker::noop()));
    drop(Box::new(turn));
}

fn moved_deadline() {
    let mut waits = with_deadline(1, core::future::pending::<()>());
    let _ = Pin::new(&mut waits).poll(&mut Context::from_waker(Waker::noop()));
    drop(Box::new(waits));
}

fn main() {}
