//! `soak`: the long form of tests that repeat, bounded in count, with a seed that repeats a failure.

use crate::boards;
use crate::build;
use crate::emulator::Emulators;
use crate::needs::{self, Work};
use crate::test::disk::{self, Plan};
use crate::test::network;
use anyhow::{Result, ensure};
use leasehold_build::Workspace;

/// Most writes of a run: a disk that is written so often takes minutes, and its image is judged after each run.
const ROUND: u32 = 1000;

/// How much.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct Amount {
    /// Which random moments.
    #[arg(long, default_value_t = 1)]
    seed: u32,
    /// Files written and flushed, at least.
    #[arg(long, default_value_t = 10_000)]
    writes: u32,
    /// How often the disk's driver is killed.
    #[arg(long, default_value_t = 200)]
    kills: u32,
    /// Instead, cut the power this often, always on the same disk.
    #[arg(long, value_name = "CUTS", conflicts_with_all = ["writes", "kills"])]
    power_cuts: Option<u32>,
    /// Instead, let the disk take requests and answer none.
    #[arg(long, conflicts_with_all = ["writes", "kills", "power_cuts"])]
    silent_disk: bool,
    /// Instead, move so many MiB over the network in each direction, with its driver killed about once a second; then
    /// kill the stack, and let the wire lose frames.
    #[arg(long, value_name = "MEBIBYTES", conflicts_with_all = ["writes", "kills", "power_cuts", "silent_disk"])]
    network: Option<usize>,
}

/// Does what was asked for.
///
/// # Errors
/// What was lost, with the seed of its round.
pub(crate) fn run(
    workspace: &Workspace,
    emulators: &Emulators,
    board: &str,
    amount: Amount,
) -> Result<()> {
    match amount.network {
        None => on_disk(workspace, emulators, board, amount),
        Some(mebibytes) => {
            let target = (network::long::APP, board);
            ensure!(
                boards::has_task(workspace, target, network::STACK),
                "{board} has no network"
            );
            let needs = needs::of(workspace, &[Work::Boot], &[target])?;
            needs::ensure(workspace, emulators, &needs)?;
            let mut bootable = build::bootable(workspace, emulators, network::long::APP, board)?;
            println!("{}", bootable.machine);
            network::long::soak(workspace, &mut bootable, mebibytes, amount.seed)
        }
    }
}

/// Writes files while the disk's driver is killed, in rounds, each of a fresh disk that is judged afterwards.
fn on_disk(
    workspace: &Workspace,
    emulators: &Emulators,
    board: &str,
    amount: Amount,
) -> Result<()> {
    ensure!(
        boards::has(workspace, disk::APP, board),
        "{board} has no disk"
    );
    let needs = needs::of(workspace, &[Work::Disk], &[(disk::APP, board)])?;
    needs::ensure(workspace, emulators, &needs)?;
    let mut bootable = build::bootable(workspace, emulators, disk::APP, board)?;
    println!("{}", bootable.machine);
    if let Some(cuts) = amount.power_cuts {
        let all = disk::cut_power(workspace, &mut bootable, (amount.seed, cuts))?;
        println!("{cuts} cuts: {all}");
        return Ok(());
    }
    if amount.silent_disk {
        let writes = disk::with_fault(workspace, &mut bootable, disk::Fault::Silent)?;
        println!("{writes} writes, and then the client was told");
        return Ok(());
    }
    let rounds = amount.writes.div_ceil(ROUND).max(1);
    let mut all = 0;
    for round in 0..rounds {
        let plan = Plan {
            seed: amount.seed.wrapping_add(round),
            writes: amount.writes.div_ceil(rounds),
            kills: amount.kills.div_ceil(rounds),
            most: 200,
        };
        let written = disk::play(workspace, &mut bootable, plan, &mut Vec::new())?;
        disk::clean(bootable.disk()?)?;
        disk::right(bootable.disk()?, plan, written)?;
        all += written;
    }
    println!("{all} writes, each acknowledged one is there");
    Ok(())
}
