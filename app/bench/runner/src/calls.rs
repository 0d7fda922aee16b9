//! Rows about messages, notifications and errors.

use crate::bench::{Bench, CLIENT, DRIVER, SERVER, most, row};
use crate::types::Outcome;
use bench_machine as machine;
use bench_protocol::{Command, Size};
use userlib::sys;

/// How often each is measured.
const ROUNDS: usize = 32;

/// A call that does nothing.
pub(crate) fn null(bench: &mut Bench) -> Outcome {
    bench.start(CLIENT)?;
    let [most, ..] = bench.command(CLIENT, Command::Null, &[ROUNDS])?;
    row("null", most);
    bench.stop(CLIENT)
}

/// Call and reply.
pub(crate) fn round_trips(bench: &mut Bench) -> Outcome {
    for (key, size) in [
        ("round-trip-0", Size::Empty),
        ("round-trip-32", Size::Bytes32),
        ("round-trip-64", Size::Bytes64),
        ("round-trip-borrow-64", Size::Borrow64),
    ] {
        bench.start(SERVER)?;
        bench.start(CLIENT)?;
        bench.begin(SERVER, Command::Serve, &[size as usize, ROUNDS + 1])?;
        bench.settle()?;
        let arguments = [size as usize, bench.handle(SERVER), ROUNDS];
        let [most, _, failed, ..] = bench.command(CLIENT, Command::RoundTrips, &arguments)?;
        if failed != 0 {
            return Err("a round trip failed");
        }
        row(key, most);
        bench.stop(CLIENT)?;
        bench.stop(SERVER)?;
    }
    Ok(())
}

/// From the system call that notifies to the first instruction of the one that waits.
pub(crate) fn notify(bench: &mut Bench) -> Outcome {
    bench.start(DRIVER)?;
    bench.start(CLIENT)?;
    let instructions = most(ROUNDS, || {
        bench.begin(DRIVER, Command::Await, &[1])?;
        bench.settle()?;
        let [posted, status, ..] =
            bench.command(CLIENT, Command::Notify, &[bench.handle(DRIVER), 1])?;
        let [ran, ..] = bench.finish(DRIVER)?;
        if status != 0 {
            return Err("a notification failed");
        }
        Ok(machine::between(posted, ran))
    })?;
    row("notify", instructions);
    bench.stop(CLIENT)?;
    bench.stop(DRIVER)
}

/// From the faulting instruction of a server to the first instruction of its client after the call.
pub(crate) fn client_error(bench: &mut Bench) -> Outcome {
    let instructions = most(ROUNDS, || {
        bench.start(SERVER)?;
        bench.start(CLIENT)?;
        bench.begin(SERVER, Command::FaultInService, &[])?;
        bench.settle()?;
        let [status, returned, ..] =
            bench.command(CLIENT, Command::CallOnce, &[bench.handle(SERVER)])?;
        let info = sys::task_info(SERVER).map_err(|_| "no task information")?;
        if status != sys::Error::Dead.code() || info.fault != sys::FaultKind::Read {
            return Err("the client of a faulting server got no error");
        }
        bench.stop(CLIENT)?;
        bench.stop(SERVER)?;
        let faulted = machine::counter_at_fault(info.fault_address);
        Ok(machine::between(faulted, returned) - machine::FAULTING)
    })?;
    row("client-error", instructions);
    Ok(())
}
