//! `list`: which apps there are, for which boards, and what the boards are.

use crate::boards;
use anyhow::Result;
use leasehold_build::{Workspace, list};

/// Prints apps with their boards, then the boards.
///
/// # Errors
/// When a manifest or a chip file has a fault.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let root = workspace.root();
    let apps = list::apps(root);
    let mut rows = vec![["APP".to_owned(), "BOARDS".to_owned()]];
    rows.extend(
        apps.iter()
            .map(|(app, boards)| [app.clone(), boards.join(", ")]),
    );
    print(&rows);
    println!();
    let names: Vec<&str> = apps.iter().map(|(app, _)| app.as_str()).collect();
    let header = ["BOARD", "PROTECTION", "TARGET", "MACHINE"];
    let mut rows = vec![header.map(str::to_owned)];
    for board in boards::of(workspace, &names) {
        let app = names.iter().find(|app| boards::has(workspace, app, &board));
        let Some(app) = app else { continue };
        let chip = leasehold_build::check(root, app, &board)?.chip;
        let machine = match (chip.qemu, chip.model) {
            (Some(qemu), _) => format!("{} -machine {}", qemu.binary, qemu.machine),
            (None, Some(model)) => format!("{} --board {}", model.package, model.board),
            (None, None) => "-".to_owned(),
        };
        rows.push([
            board,
            chip.chip.arch.get_ref().clone(),
            chip.chip.target.get_ref().clone(),
            machine,
        ]);
    }
    print(&rows);
    Ok(())
}

/// Prints columns, each as wide as its widest word.
fn print<const COLUMNS: usize>(rows: &[[String; COLUMNS]]) {
    let width = |column: usize| rows.iter().map(|row| row[column].len()).max().unwrap_or(0);
    for row in rows {
        let line: Vec<String> = row
            .iter()
            .enumerate()
            .map(|(column, word)| format!("{word:<0$}", width(column)))
            .collect();
        println!("{}", line.join("  ").trim_end());
    }
}
