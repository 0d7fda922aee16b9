//! What both meters need. A meter reads the counter of instructions where a measurement begins and where it ends, and
//! nowhere else. The host logs each instruction, and counts by program what lies between two readings
//! (`xtask/src/bench/steps.rs`).
#![cfg_attr(any(target_arch = "riscv32", target_arch = "riscv64"), no_std)]
#![cfg(any(target_arch = "riscv32", target_arch = "riscv64"))]
#![forbid(unsafe_code)]

use core::cell::Cell;
use userlib::Error;
use userlib::future::sleep;
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

/// How often the driver below was killed, in all bindings.
#[derive(Debug, Default)]
pub struct Kills(Cell<u32>);

impl Kills {
    /// Whether this binding's driver came after one that was killed.
    pub fn are_any(&self) -> bool {
        self.0.get() != 0
    }

    /// Begins a measurement and kills the driver, which ends the binding; or all have been made.
    ///
    /// # Errors
    /// Those of the supervisor's call. `TimedOut`: the binding goes on.
    pub async fn next(&self, driver: &str) -> Result<(), Error> {
        if self.0.get() == ROUNDS {
            return Ok(());
        }
        self.0.set(self.0.get() + 1);
        sleep(REST).await;
        mark();
        supervisor::connect()?.crash(Name::new(driver))?;
        sleep(PATIENCE).await;
        Err(Error::TimedOut)
    }
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
