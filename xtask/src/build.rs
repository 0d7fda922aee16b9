//! `build`: the image in its output folder, and a few lines on what it is.

use crate::tools;
use anyhow::{Context, Result};
use leasehold_build::{Built, Workspace};

/// Builds an app and says what came of it.
///
/// # Errors
/// Whatever keeps the image from being built.
pub(crate) fn run(workspace: &Workspace, app: &str, board: &str) -> Result<()> {
    let built = image(workspace, app, board)?;
    let size = std::fs::metadata(built.folder.join("image.bin"))
        .context("image.bin")?
        .len();
    let stages: Vec<String> = built
        .stages
        .iter()
        .map(|(stage, time)| format!("{stage} {:.1} s", time.as_secs_f64()))
        .collect();
    println!(
        "{app} for {board}: {} tasks, {} KiB",
        built.plan.tasks.len(),
        size / 1024
    );
    println!("  {}", stages.join(", "));
    let folder = built
        .folder
        .strip_prefix(workspace.root())
        .unwrap_or(&built.folder);
    for (file, what) in [
        ("image.elf", "the image, for QEMU or a loader"),
        ("image.bin", "the same, flat"),
        ("tasks/", "each task with its symbols"),
        ("report.txt", "what lies where"),
        ("map.svg", "the same as a picture"),
        ("debug.tar", "all of it for a debugger"),
    ] {
        println!("  {:<40} {what}", folder.join(file).display().to_string());
    }
    Ok(())
}

/// Builds an app for other verbs, with the compiler's target in place.
///
/// # Errors
/// Whatever keeps the image from being built.
pub(crate) fn image(workspace: &Workspace, app: &str, board: &str) -> Result<Built> {
    let plan = leasehold_build::check(workspace.root(), app, board)?;
    tools::target(workspace, plan.chip.chip.target.get_ref())?;
    eprintln!("building {app} for {board}");
    leasehold_build::build(workspace, app, board)
}

/// Builds an app to be booted: a missing emulator is found before anything is compiled.
///
/// # Errors
/// Whatever keeps the image from being built or booted.
pub(crate) fn bootable(workspace: &Workspace, app: &str, board: &str) -> Result<Built> {
    let plan = leasehold_build::check(workspace.root(), app, board)?;
    let qemu = plan.chip.qemu.as_ref();
    tools::qemu(qemu.with_context(|| format!("QEMU has no board for {}", plan.chip.chip.name))?)?;
    image(workspace, app, board)
}
