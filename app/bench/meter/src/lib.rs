//! What both meters need. A meter reads the counter of instructions where a measurement begins and where it ends, and
//! nowhere else. The host logs each instruction, and counts by program what lies between two readings
//! (`xtask/src/bench/steps.rs`).
#![cfg_attr(any(target_arch = "riscv32", target_arch = "riscv64"), no_std)]
#![cfg(any(target_arch = "riscv32", target_arch = "riscv64"))]
#![forbid(unsafe_code)]

use userlib::Error;
use userlib::supervisor::{self, Name};

/// Measurements of each kind, as many as the host expects.
pub const ROUNDS: u32 = 8;
/// How long a driver may take for an answer, in milliseconds. It only ends a wait for one that hangs.
pub const PATIENCE: u64 = 60_000;
/// Before each measurement all tasks come to rest, in milliseconds.
pub const REST: u64 = 5;

/// A measurement begins, or ends.
#[inline(never)]
pub fn mark() {
    let _ = core::hint::black_box(bench_machine::counter());
}

/// Lets the driver of this name crash.
///
/// # Errors
/// Those of the supervisor's call.
pub fn kill(driver: &str) -> Result<(), Error> {
    supervisor::connect()?.crash(Name::new(driver))
}

/// What a binding's work ended with: all was measured, or it is the driver's end, which is measured, or a failure. The
/// machine goes off but for the second.
pub fn ended(result: Result<(), Error>) {
    let code = match result {
        Err(Error::Revoked) => return,
        result => {
            if let Err(error) = result {
                userlib::log!("cannot measure: {error}");
            }
            u32::from(result.is_err())
        }
    };
    // A meter without a supervisor can only wait for the host to lose its patience.
    let _ = supervisor::connect().and_then(|mut supervisor| supervisor.poweroff(code));
}
