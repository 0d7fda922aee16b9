//! A worker of the test suite: a task that does what the test runner tells it to.
#![no_std]
#![cfg_attr(target_os = "none", no_main)]
#![forbid(unsafe_code)]

mod driver;
mod lending;
mod programs;
mod report;
mod worker;

/// Works until the task is stopped.
fn work() {
    worker::Worker::new().run()
}

userlib::task!(work);
