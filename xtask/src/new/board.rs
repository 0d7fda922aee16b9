//! `new board`: a chip file to be changed, and manifests that take the tasks of another board.

use super::change::Change;
use super::check_name;
use anyhow::{Context, Result, ensure};
use leasehold_build::{Workspace, list};
use std::fs;
use std::path::Path;

/// Writes the files of a board that begins as another.
///
/// # Errors
/// A name that is taken, another board that is not there. Then nothing has changed.
pub(crate) fn board(workspace: &Workspace, name: &str, like: &str) -> Result<()> {
    check_name("a board", name)?;
    let root = workspace.root();
    let all = list::apps(root);
    let apps: Vec<&str> = all
        .iter()
        .filter(|(_, boards)| boards.iter().any(|board| board == like))
        .map(|(app, _)| app.as_str())
        .collect();
    ensure!(
        !apps.is_empty(),
        "there is no board `{like}`; the boards are: {}",
        crate::boards::of(
            workspace,
            &all.iter().map(|(app, _)| app.as_str()).collect::<Vec<_>>()
        )
        .join(", ")
    );
    let first = apps.first().context("an app")?;
    let plan = leasehold_build::check(root, first, like)?;
    let from = plan.chip.chip.name.get_ref();
    let mut change = Change::new(root);
    let folder = Path::new("chips").join(name);
    change.folder(&folder)?;
    let path = Path::new("chips").join(from).join("chip.toml");
    let chip = fs::read_to_string(root.join(&path)).with_context(|| path.display().to_string())?;
    let named = format!("name = \"{from}\"");
    ensure!(
        chip.contains(&named),
        "{} has no line {named}",
        path.display()
    );
    let chip = chip.replacen(&named, &format!("name = \"{name}\""), 1);
    change.file(
        folder.join("chip.toml"),
        format!("# Begun as {from}: what differs is still to be changed here, each fact with its source.\n{chip}"),
    );
    for app in &apps {
        let manifest = Path::new("app").join(app).join(format!("{name}.toml"));
        ensure!(
            !root.join(&manifest).exists(),
            "{} is there already; nothing was changed",
            manifest.display()
        );
        // A manifest that is like another itself is no whole file.
        let plan = leasehold_build::check(root, app, like)?;
        let whole = Path::new(plan.source.name())
            .file_stem()
            .context("a manifest's name")?;
        let whole = whole.to_string_lossy();
        change.file(
            manifest,
            format!("# The same as on {whole}.\nlike = \"{whole}\"\nchip = \"{name}\"\n"),
        );
    }
    let files = change.list();
    change.commit(|| {
        apps.iter()
            .try_for_each(|app| leasehold_build::check(root, app, name).map(drop))
    })?;
    print!("{files}");
    println!(
        "\nNow:\n  change chips/{name}/chip.toml to what the board has; `cargo xtask build testsuite {name}` checks it\n  \
         cargo xtask test {name} --only board\n  \
         give the demo's story the board's names, in xtask/src/test/story/boards.rs"
    );
    Ok(())
}
