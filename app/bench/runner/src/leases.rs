//! Rows about leases: revocation, and the restart of a driver.

use crate::bench::{ALL, Bench, DRIVER, LESSEE, LESSEES, SERVER, most, row};
use crate::board::{WINDOW, drive};
use crate::types::Outcome;
use bench_machine as machine;
use bench_protocol::Command;
use leasehold_abi::{GrantKind, LeaseHandle, PayloadType, RevokeMode, WHOLE};
use userlib::sys::{self, LentPart};

const ROUNDS: usize = 16;

/// Revokes; answers the instructions of the call, after which everything is taken away.
pub(crate) fn revoke(lease: LeaseHandle) -> Outcome<usize> {
    let before = machine::counter();
    let revoked = sys::lease_revoke(lease, RevokeMode::Hard);
    let after = machine::counter();
    revoked.map_err(|_| "a lease cannot be revoked")?;
    Ok(machine::between(before, after))
}

/// A lease with one mapped window of a device.
pub(crate) fn revoke_one(bench: &mut Bench) -> Outcome {
    bench.start(DRIVER)?;
    let instructions = most(ROUNDS, || {
        let lease = bench.lend(DRIVER, &[(GrantKind::Mmio, bench.board.clock.0, WINDOW)])?;
        let handle = lease.raw() as usize;
        bench.succeed(DRIVER, Command::Claim, &[handle, 0, 0])?;
        bench.settle()?;
        let instructions = revoke(lease)?;
        bench.succeed(DRIVER, Command::Release, &[handle])?;
        Ok(instructions)
    })?;
    row("revoke-1", instructions);
    bench.stop(DRIVER)
}

/// A lease of which sixteen tasks hold a part, each with the window mapped.
pub(crate) fn revoke_sixteen(bench: &mut Bench) -> Outcome {
    bench.start(SERVER)?;
    for lessee in 0..LESSEES {
        bench.start(LESSEE + lessee)?;
    }
    let instructions = most(ROUNDS, || {
        let lease = bench.lend(SERVER, &[(GrantKind::Mmio, bench.board.clock.0, WINDOW)])?;
        let handle = lease.raw() as usize;
        let arguments = [handle, LESSEE, LESSEES, LESSEES];
        let [derived, ..] = bench.command(SERVER, Command::Derive, &arguments)?;
        let mut claimed = 0;
        for lessee in 0..LESSEES {
            claimed += bench.command(LESSEE + lessee, Command::ClaimOffered, &[])?[0];
        }
        if derived != LESSEES || claimed != LESSEES {
            return Err("not every lessee has its window");
        }
        // The timer of the previous wait would fire in the middle.
        bench.settle()?;
        let instructions = revoke(lease)?;
        for lessee in 0..LESSEES {
            bench.command(LESSEE + lessee, Command::ReleaseEnding, &[])?;
        }
        bench.succeed(SERVER, Command::Release, &[handle])?;
        Ok(instructions)
    })?;
    row("revoke-16", instructions);
    for lessee in 0..LESSEES {
        bench.stop(LESSEE + lessee)?;
    }
    bench.stop(SERVER)
}

/// Stop a driver that holds a window and a line, make it fresh, lend both again, first instruction.
pub(crate) fn restart(bench: &mut Bench) -> Outcome {
    bench.start(DRIVER)?;
    let (registers, interrupt) = bench.board.clock;
    drive(bench, DRIVER, (registers, interrupt))?;
    let (window, first) = bench.grant(GrantKind::Mmio, registers)?;
    let (line, _) = bench.grant(GrantKind::Interrupt, interrupt)?;
    let root = bench.root;
    let instructions = most(ROUNDS, || {
        // The timer of the previous wait would fire in the middle.
        bench.settle()?;
        let before = machine::counter();
        let lent = sys::task_stop(DRIVER)
            .and_then(|()| bench.begin_start(DRIVER))
            .and_then(|()| {
                let parts = [
                    LentPart::new(window, registers - first, WINDOW, ALL),
                    LentPart::new(line, 0, WHOLE, ALL),
                ];
                sys::lease_lend(
                    root,
                    DRIVER,
                    sys::label("rtc"),
                    0,
                    PayloadType::NONE,
                    &parts,
                )
            });
        bench.wait_for_message()?;
        let [first, ..] = bench.finish(DRIVER)?;
        let lease = lent.map_err(|_| "a step of the restart failed")?.raw() as usize;
        bench.succeed(DRIVER, Command::Claim, &[lease, 0, 0])?;
        bench.succeed(DRIVER, Command::Claim, &[lease, 1, 1])?;
        Ok(machine::between(before, first))
    })?;
    row("restart", instructions);
    bench.stop(DRIVER)
}
