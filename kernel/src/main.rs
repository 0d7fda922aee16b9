//! The kernel image: core, protection hardware and chip, with the tables that the build wrote.
#![no_std]
#![no_main]
#![deny(unsafe_code)]

#[expect(unsafe_code, reason = "devices and memory by address")]
mod board;
#[expect(unsafe_code, reason = "called by the entry code")]
mod entry;
#[expect(unsafe_code, reason = "a section of the boot code's own")]
mod log;
mod panic;
#[expect(unsafe_code, reason = "devices by address")]
mod platform;
mod report;

/// The build's configuration of this image: `TASKS`, `LEASES`, `GRANTS`, `LINES`, `PCI`, `Protection`,
/// `Platform`, `CHIP`, `CONFIG`.
#[expect(
    unreachable_pub,
    reason = "the file does not know where it is included"
)]
mod image {
    include!(env!("LEASEHOLD_CONFIG"));
}
