//! The portable kernel: tasks, messages, leases and their revocation.
//!
//! Four principles hold it together:
//! 1. Whatever a task may touch beyond its own memory is a grant in a lease, in one tree.
//! 2. No call runs longer than one bounded step; what takes longer is a list that the
//!    reaper walks, one step at a time, with interrupts taken in between.
//! 3. Nothing that a task says is believed: handles carry generations, buffers are checked
//!    against the task's own memory, rights only shrink.
//! 4. All of it is safe Rust over tables sized by the manifest. What the machine does is
//!    behind [`Hardware`], so the same code runs on a board and on the host under test.
#![no_std]
#![forbid(unsafe_code)]

#[cfg(test)]
extern crate std;

mod borrow;
mod call;
mod config;
mod fast;
mod hardware;
mod index;
mod info;
mod interrupt;
mod kernel;
mod layout;
mod lease;
mod life;
mod message;
mod notify;
mod reaper;
mod schedule;
mod task;
mod time;

#[cfg(test)]
mod model;
#[cfg(test)]
mod tests;

pub use call::QUICK;
pub use config::{
    Beginning, Config, GrantConfig, Range, Region, RegionKind, TaskConfig, TaskSet, name,
};
pub use hardware::{Context, Fault, Hardware, NEVER, Routes, Window};
pub use kernel::{Kernel, Next};
pub use layout::Layout;
pub use schedule::{FIRST, First};
