//! What the model of a board insists on, shown to catch bugs: each row of a table breaks the kernel or a driver on
//! purpose, in a copy of the workspace, and says what must be seen then.

mod copy;
mod table;
mod trial;

use anyhow::{Context, Result, bail, ensure};
use copy::Copy;
use leasehold_build::Workspace;
use std::collections::BTreeMap;
use table::{Break, Trial};

/// The table, from the repository's root.
const TABLE: &str = "chips/th1520/breaks.toml";
/// The board whose model it is about.
const BOARD: &str = "th1520";

/// Reads the table.
fn table(workspace: &Workspace) -> Result<Vec<Break>> {
    let path = workspace.root().join(TABLE);
    let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    table::parse(&text).context(TABLE)
}

/// The apps whose images are built.
///
/// # Errors
/// When the table has a fault.
pub(super) fn apps(workspace: &Workspace) -> Result<Vec<(String, &'static str)>> {
    let rows = table(workspace)?;
    let apps = rows.iter().filter_map(|row| match &row.trial {
        Trial::Run { run, .. } => Some((run.app.clone(), BOARD)),
        Trial::Tests { .. } => None,
    });
    Ok(apps.collect())
}

/// Makes each break by itself; with `file`, only those of files whose paths contain it.
///
/// # Errors
/// When one is not noticed, or what shall be seen with it is seen without it too.
pub(super) fn check(workspace: &Workspace, file: Option<&str>) -> Result<()> {
    let mut rows = table(workspace)?;
    rows.retain(|row| file.is_none_or(|file| row.file.contains(file)));
    ensure!(!rows.is_empty(), "{TABLE} has no break of such a file");
    let copy = Copy::make(workspace)?;
    let mut unbroken = BTreeMap::new();
    let mut unnoticed = Vec::new();
    for row in &rows {
        let what = row.trial.what();
        if !unbroken.contains_key(&what) {
            unbroken.insert(what.clone(), trial::see(&copy, BOARD, &row.trial)?);
        }
        if row.trial.is_noticed(&unbroken[&what]) {
            bail!("{}: seen without the break too", row.rule);
        }
        let noticed = {
            let _broken = copy.with(row)?;
            trial::see(&copy, BOARD, &row.trial)
        };
        let outcome = match &noticed {
            Ok(seen) if row.trial.is_noticed(seen) => "noticed",
            Ok(_) => "NOT NOTICED",
            Err(_) => "NOT BUILT",
        };
        println!("{outcome}: {}: {}", row.rule, row.trial.sign());
        if outcome != "noticed" {
            let said = noticed.unwrap_or_else(|error| format!("{error:#}"));
            println!("{}", trial::last_lines(&said));
            unnoticed.push(row.rule.as_str());
        }
    }
    println!(
        "{} breaks, {} noticed",
        rows.len(),
        rows.len() - unnoticed.len()
    );
    ensure!(
        unnoticed.is_empty(),
        "not noticed: {}",
        unnoticed.join("; ")
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    /// A break whose place is gone would fail only when somebody proves.
    #[test]
    fn each_break_has_its_place() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        for row in table(&Workspace::new(root)).unwrap() {
            let source = std::fs::read_to_string(root.join(&row.file)).unwrap();
            row.applied_to(&source).unwrap();
        }
    }
}
