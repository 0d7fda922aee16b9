//! Rows about leases while all slots of the kernel's table but one are taken.

use crate::bench::{Bench, CLIENT, SERVER, row};
use crate::board::WINDOW;
use crate::leases::revoke;
use crate::types::Outcome;
use bench_machine as machine;
use bench_protocol::Command;
use leasehold_abi::{GrantKind, LeaseHandle, PayloadType};
use userlib::early_print;
use userlib::sys::{self, Error};

/// More leases than any table has room for.
const MANY: usize = 1024;
/// How often each is measured.
const ROUNDS: usize = 16;

/// The instructions of a call by the measuring task, whose result is this.
fn timed<T>(call: impl FnOnce() -> T) -> (T, usize) {
    let before = machine::counter();
    let result = call();
    let after = machine::counter();
    (result, machine::between(before, after))
}

/// One task holds leases of one window, as many as there can be, each with the window mapped; one slot is free again.
fn fill(bench: &mut Bench) -> Outcome<usize> {
    let part = (GrantKind::Mmio, bench.board.window, WINDOW);
    // The server's share of the table, then the measuring task's own: of two parts each, as long as there are grants.
    let parent = bench.lend(SERVER, &[part])?.raw() as usize;
    bench.command(SERVER, Command::Derive, &[parent, CLIENT, 1, MANY])?;
    let mut last = None;
    for parts in [&[part; 2][..], &[part]] {
        while let Ok(lease) = bench.lend(CLIENT, parts) {
            last = Some(lease.raw() as usize);
        }
    }
    bench.command(CLIENT, Command::ClaimOffered, &[])?;
    let last = last.ok_or("the measuring task could lend nothing")?;
    bench.succeed(CLIENT, Command::Release, &[last])?;
    let (mut taken, mut free) = (0, 0);
    for slot in 0.. {
        match sys::lease_at(slot) {
            Ok(_) => taken += 1,
            Err(Error::Revoked) => free += 1,
            Err(_) => break,
        }
    }
    if free != 1 {
        early_print!("{free} slots are free\n");
        return Err("the table of leases is not full");
    }
    Ok(taken)
}

/// Offers a lease, which the client takes and claims; the instructions of each of the three calls.
fn offer(bench: &mut Bench) -> Outcome<(LeaseHandle, [usize; 3])> {
    let part = bench.part((GrantKind::Mmio, bench.board.window, WINDOW))?;
    let (lease, lent) = timed(|| {
        sys::lease_lend(
            bench.root,
            CLIENT,
            sys::label("rtc"),
            0,
            PayloadType::NONE,
            &[part],
        )
    });
    let lease = lease.map_err(|_| "the last slot cannot be lent")?;
    let handle = lease.raw() as usize;
    let [_, taken, offered, ..] = bench.succeed(CLIENT, Command::Event, &[])?;
    if offered != handle {
        return Err("the event is of another lease");
    }
    let [_, claimed, ..] = bench.succeed(CLIENT, Command::Claim, &[handle, 0, 0])?;
    Ok((lease, [lent, taken, claimed]))
}

/// Measures them.
pub(crate) fn all(bench: &mut Bench) -> Outcome {
    bench.start(SERVER)?;
    bench.start(CLIENT)?;
    let taken = fill(bench)?;
    crate::bench::note(format_args!("{taken} leases fill the table"));
    let mut most = [0; 6];
    let mut add = |row: usize, instructions: usize| most[row] = most[row].max(instructions);
    for _ in 0..ROUNDS {
        let (lease, calls) = offer(bench)?;
        calls
            .into_iter()
            .enumerate()
            .for_each(|(row, count)| add(row, count));
        let (info, instructions) = timed(|| sys::lease_info(lease));
        info.map_err(|_| "the lessor cannot look at a lease")?;
        add(3, instructions);
        let handle = lease.raw() as usize;
        add(4, bench.succeed(CLIENT, Command::Release, &[handle])?[1]);
        let (lease, _) = offer(bench)?;
        // The timer of the previous wait would fire in the middle.
        bench.settle()?;
        add(5, revoke(lease)?);
        let [_, taken, ..] = bench.succeed(CLIENT, Command::Event, &[])?;
        add(1, taken);
        bench.succeed(CLIENT, Command::Release, &[lease.raw() as usize])?;
    }
    let keys = [
        "full-lend",
        "full-event",
        "full-claim",
        "full-lent",
        "full-release",
        "full-revoke",
    ];
    for (key, instructions) in keys.into_iter().zip(most) {
        row(key, instructions);
    }
    bench.stop(CLIENT)?;
    bench.stop(SERVER)
}
