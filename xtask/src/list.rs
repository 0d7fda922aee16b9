//! `list`: which apps there are, and for which boards.

use anyhow::Result;
use leasehold_build::{Workspace, list};

/// Prints apps with their boards.
///
/// # Errors
/// None today.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let apps = list::apps(workspace.root());
    let width = apps
        .iter()
        .map(|(app, _)| app.len())
        .max()
        .unwrap_or(0)
        .max(3);
    println!("{:<width$}  BOARDS", "APP");
    for (app, boards) in apps {
        println!("{app:<width$}  {}", boards.join(", "));
    }
    Ok(())
}
