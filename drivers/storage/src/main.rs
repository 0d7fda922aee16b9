//! The task around the file system.
#![cfg_attr(target_os = "none", no_std, no_main)]
#![forbid(unsafe_code)]

use driver_storage::{StorageDriver, serve};
use userlib::runtime::run_beside;

/// The task's main function.
fn storage() {
    let driver = StorageDriver::default();
    run_beside(&driver, |step| serve(&driver, step))
}

userlib::task!(storage);
