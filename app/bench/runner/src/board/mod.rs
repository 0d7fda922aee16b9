//! Rows that need a device, and the devices of the board.

#[cfg(target_arch = "arm")]
#[path = "mps2.rs"]
mod devices;
#[cfg(not(target_arch = "arm"))]
#[path = "virt.rs"]
mod devices;

mod drive;

pub(crate) use devices::{Alarm, start};
pub(crate) use drive::{WINDOW, drive};

use crate::bench::{Bench, CLIENT, DRIVER, LESSEE, READER, SERVER, most, row};
use crate::types::Outcome;
use bench_machine as machine;
use bench_protocol::{Command, RING_LINE};
use leasehold_abi::GrantKind;

const ROUNDS: usize = 32;

/// From the store that raises a line to the first instruction of the driver that waits for it.
pub(crate) fn interrupt(bench: &mut Bench) -> Outcome {
    start(bench)?;
    bench.start(DRIVER)?;
    bench.start(CLIENT)?;
    let raiser = bench.board.raiser;
    let registers = raiser.0;
    let lease = drive(bench, DRIVER, raiser)?.raw() as usize;
    let other = bench.lend(CLIENT, &[(GrantKind::Mmio, registers, WINDOW)])?;
    bench.succeed(CLIENT, Command::Claim, &[other.raw() as usize, 0, 0])?;
    for (register, value) in devices::READY {
        bench.command(DRIVER, Command::Raise, &[registers + register, *value])?;
    }
    let (raise, lower) = (devices::RAISE, devices::LOWER);
    let instructions = most(ROUNDS, || {
        bench.begin(DRIVER, Command::Await, &[RING_LINE])?;
        bench.settle()?;
        let arguments = [registers + raise.0, raise.1];
        let [raised, ..] = bench.command(CLIENT, Command::Raise, &arguments)?;
        let [ran, ..] = bench.finish(DRIVER)?;
        bench.command(DRIVER, Command::Raise, &[registers + lower.0, lower.1])?;
        bench.succeed(DRIVER, Command::Acknowledge, &[lease, 1])?;
        Ok(machine::between(raised, ran))
    })?;
    row("interrupt", instructions);
    bench.stop(CLIENT)?;
    bench.stop(DRIVER)
}

/// A wake-up of a ring between two tasks, from the store that raises the driver's line to the next instruction of the
/// task that stored: interrupt, the driver's entries, acknowledge, notify, the consumer's work, and both waits.
pub(crate) fn ring(bench: &mut Bench) -> Outcome {
    for (key, entries) in [("ring-1", 1), ("ring-8", 8), ("ring-32", 32)] {
        let instructions = ring_of(bench, entries)?;
        row(key, instructions);
    }
    Ok(())
}

fn ring_of(bench: &mut Bench, entries: usize) -> Outcome<usize> {
    for task in [SERVER, DRIVER, CLIENT] {
        bench.start(task)?;
    }
    let (registers, line) = bench.board.raiser;
    drive(bench, DRIVER, bench.board.raiser)?;
    for task in [CLIENT, SERVER] {
        let lease = bench.lend(task, &[(GrantKind::Mmio, registers, WINDOW)])?;
        let handle = lease.raw() as usize;
        if task == CLIENT {
            bench.succeed(CLIENT, Command::Claim, &[handle, 0, 0])?;
            continue;
        }
        let [_, lent, own, ..] = bench.succeed(SERVER, Command::LendArena, &[handle, DRIVER])?;
        let [_, _, seen, ..] = bench.succeed(DRIVER, Command::Claim, &[lent, 0, 0])?;
        if seen != own {
            return Err("the ring is at two addresses");
        }
        for (register, value) in devices::READY {
            bench.command(DRIVER, Command::Raise, &[registers + register, *value])?;
        }
        let (lower, consumer) = (devices::LOWER, bench.handle(SERVER));
        let interrupts = ROUNDS + 1;
        bench.begin(SERVER, Command::Consume, &[own, interrupts])?;
        let lower = (registers + lower.0, lower.1);
        let produced = [own, entries, lower.0, lower.1, line, consumer, interrupts];
        bench.begin(DRIVER, Command::Produce, &produced)?;
    }
    bench.settle()?;
    let raise = [registers + devices::RAISE.0, devices::RAISE.1];
    let instructions = most(ROUNDS, || {
        Ok(bench.command(CLIENT, Command::RaiseThrough, &raise)?[0])
    })?;
    bench.command(CLIENT, Command::Raise, &raise)?;
    bench.finish(DRIVER)?;
    let [count, sum, ..] = bench.finish(SERVER)?;
    let all = entries * (ROUNDS + 1);
    if count != all || sum != all * (all - 1) / 2 + all * entries {
        return Err("the ring lost something");
    }
    for task in [CLIENT, DRIVER, SERVER] {
        bench.stop(task)?;
    }
    Ok(instructions)
}

/// One read of a register by a driver in safe code; then, from the store that raises its line to its first instruction
/// behind the `await`.
pub(crate) fn read(bench: &mut Bench) -> Outcome {
    start(bench)?;
    bench
        .begin_start(READER)
        .map_err(|_| "the reader cannot be started")?;
    let (registers, line) = bench.board.raiser;
    let window = (GrantKind::Mmio, registers, WINDOW);
    bench.lend(READER, &[window, (GrantKind::Interrupt, line, 1)])?;
    let read = bench.read()?;
    row("mmio-read", read);
    bench.start(LESSEE)?;
    let lease = bench.lend(LESSEE, &[window])?.raw() as usize;
    bench.succeed(LESSEE, Command::Claim, &[lease, 0, 0])?;
    for (register, value) in devices::READY {
        bench.command(LESSEE, Command::Raise, &[registers + register, *value])?;
    }
    let raise = [registers + devices::RAISE.0, devices::RAISE.1];
    let instructions = most(ROUNDS, || {
        bench.settle()?;
        let [raised, ..] = bench.command(LESSEE, Command::Raise, &raise)?;
        Ok(machine::between(raised, bench.read()?))
    })?;
    row("interrupt-await", instructions);
    bench.stop(LESSEE)?;
    bench.stop(READER)
}
