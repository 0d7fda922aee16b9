//! The measuring task: the supervisor of the bench images.
//!
//! Prints a line `row KEY INSTRUCTIONS` for each measurement, then turns the machine off. Every
//! figure is the most of several rounds, without the cost of reading the counter.
#![cfg_attr(target_os = "none", no_std, no_main)]
#![cfg(any(target_arch = "arm", target_arch = "riscv32", target_arch = "riscv64"))]
#![forbid(unsafe_code)]

mod bench;
mod board;
mod calls;
mod full;
mod latency;
mod leases;
mod types;

use crate::bench::Bench;
use crate::types::{Board, Outcome};
use bench_machine as machine;
use leasehold_abi::LeaseEvent;
use records::{NO_FIGURES, Record};
use userlib::early_print;
use userlib::sys;

/// Measures everything.
fn run() {
    let code = match measure() {
        Ok(()) => 0,
        Err(reason) => {
            let record = Record(format_args!("{NO_FIGURES}{reason}"));
            early_print!("failed: {reason}{record}\n");
            1
        }
    };
    sys::system_off(code, false);
}

fn measure() -> Outcome {
    exact()?;
    let Some((LeaseEvent::Offered, root)) = sys::lease_event() else {
        return Err("no root lease");
    };
    let mut bench = Bench::new(root, Board::find(root)?)?;
    early_print!("tasks {}\n", bench.tasks());
    bench.start_others()?;
    calls::null(&mut bench)?;
    calls::round_trips(&mut bench)?;
    board::interrupt(&mut bench)?;
    board::ring(&mut bench)?;
    calls::notify(&mut bench)?;
    calls::client_error(&mut bench)?;
    leases::revoke_one(&mut bench)?;
    leases::restart(&mut bench)?;
    full::all(&mut bench)?;
    // What takes long, and what needs the lessees, is not measured again with few tasks.
    if bench.has_lessees() {
        leases::revoke_sixteen(&mut bench)?;
        board::read(&mut bench)?;
        latency::wide(&mut bench)?;
        latency::revocation(&mut bench)?;
        latency::restart(&mut bench)?;
    }
    Ok(())
}

/// The counter counts instructions exactly, and reading it costs what is subtracted.
fn exact() -> Outcome {
    let measured = [
        (machine::counter_around::<0>(), 0),
        (machine::counter_around::<1>(), 1),
        (machine::counter_around::<2>(), 2),
        (machine::counter_around::<7>(), 7),
        (machine::counter_around::<64>(), 64),
        (machine::counter_around::<1000>(), 1000),
    ];
    for (counted, nops) in measured {
        if counted != nops {
            early_print!("{nops} instructions were counted as {counted}\n");
            return Err("the counter is not exact: run QEMU with -icount");
        }
    }
    Ok(())
}

userlib::task!(run);
