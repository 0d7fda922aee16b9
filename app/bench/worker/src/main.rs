//! A task that takes part in measurements: server, client, driver or lessee, as it is told.
#![cfg_attr(target_os = "none", no_std, no_main)]
#![cfg(any(target_arch = "arm", target_arch = "riscv32", target_arch = "riscv64"))]
#![forbid(unsafe_code)]

mod alarm;
mod helper;
mod leases;
mod messages;
mod report;
mod ring;
mod wait;

/// Works until the task is stopped.
fn work() {
    helper::run()
}

userlib::task!(work);
