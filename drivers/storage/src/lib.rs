//! Files on a disk, for other tasks: MBR partitions and FAT, by the crate `embedded-sdmmc`.
//!
//! The task is the child of a disk's driver (crate `class-block`), and outlives it. The file system blocks, and knows
//! nothing of a driver that is started again: to it a disk whose driver is away is only a slow one. So it runs beside
//! the driver loop ([`serve`]). When it waits for the disk, it steps that loop. The loop takes new calls in the
//! meantime, gives the lease back when the driver ends, and takes the next one. What was not answered by then is asked
//! again ([`Medium`]); the clients stay in their calls, and their buffers with them.
//!
//! Calls are done one after the other, in the order in which they came. A client has one at a time.
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

mod cached;
mod driver;
mod files;
mod job;
mod layout;
mod medium;
#[cfg(test)]
mod power;
#[cfg(test)]
mod tests;

pub use cached::MediumError;
pub use driver::StorageDriver;
pub use files::Files;
pub use medium::Medium;

use core::convert::Infallible;

/// Does calls for ever. `step` waits for one event of the driver loop and handles it.
pub fn serve(driver: &StorageDriver, step: &dyn Fn()) -> Infallible {
    let files = Files::new(Medium::new(driver, step));
    loop {
        match driver.next() {
            Some(job) => {
                let result = job.run(&files);
                driver.done(result);
            }
            None => step(),
        }
    }
}
