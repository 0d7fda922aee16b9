//! Which boards there are: those that some apps have a manifest for.

use anyhow::{Result, bail};
use leasehold_build::{Workspace, list};

/// Boards that at least one of these apps has a manifest for, sorted.
pub(crate) fn of(workspace: &Workspace, apps: &[&str]) -> Vec<String> {
    let mut boards: Vec<String> = apps
        .iter()
        .flat_map(|app| list::boards(workspace.root(), app))
        .collect();
    boards.sort();
    boards.dedup();
    boards
}

/// The boards to work on: the one asked for, else all that these apps have.
///
/// # Errors
/// When none of them has a manifest for the one asked for: those that they have.
pub(crate) fn asked(
    workspace: &Workspace,
    apps: &[&str],
    board: Option<&str>,
) -> Result<Vec<String>> {
    let all = of(workspace, apps);
    match board {
        None => Ok(all),
        Some(board) if all.iter().any(|one| one == board) => Ok(vec![board.to_owned()]),
        Some(board) => bail!(
            "there is no board `{board}`; the boards are: {}",
            all.join(", ")
        ),
    }
}

/// Whether an app has a manifest for a board.
pub(crate) fn has(workspace: &Workspace, app: &str, board: &str) -> bool {
    list::boards(workspace.root(), app)
        .iter()
        .any(|one| one == board)
}

/// Whether an app has a task of this name on a board. A manifest with a fault has none; other parts report it.
pub(crate) fn has_task(workspace: &Workspace, (app, board): (&str, &str), task: &str) -> bool {
    has(workspace, app, board)
        && leasehold_build::check(workspace.root(), app, board)
            .is_ok_and(|plan| plan.tasks.iter().any(|one| one.name == task))
}
