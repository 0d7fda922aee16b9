//! What the model of a board insists on, shown to catch bugs: each row of a table breaks the kernel or a driver on
//! purpose, in a copy of the workspace, and says what must be seen then.

mod copy;
mod table;
mod trial;

use anyhow::{Context, Result, ensure};
use copy::Copy;
use leasehold_build::Workspace;
use std::collections::BTreeMap;
use std::time::Instant;
use table::{Break, Trial};

/// The table, from the repository's root.
const TABLE: &str = "chips/th1520/breaks.toml";
/// The board whose model it is about.
const BOARD: &str = "th1520";
/// The word for a break that is as it should be.
const NOTICED: &str = "noticed";

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

/// Makes each break by itself; with `file`, only those of files whose paths contain it. A fault of one says nothing
/// about the others, so all are tried.
///
/// # Errors
/// When one is not noticed, or what shall be seen with it is seen without it too.
pub(super) fn check(workspace: &Workspace, file: Option<&str>) -> Result<()> {
    let mut rows = table(workspace)?;
    rows.retain(|row| file.is_none_or(|file| row.file.contains(file)));
    ensure!(!rows.is_empty(), "{TABLE} has no break of such a file");
    let copy = Copy::make(workspace)?;
    let see = |row: &Break| trial::see(&copy, BOARD, &row.trial);
    let mut unbroken = BTreeMap::new();
    let mut unnoticed = Vec::new();
    for row in &rows {
        let start = Instant::now();
        let whole = unbroken.entry(row.trial.what()).or_insert_with(|| see(row));
        let (word, said) = judge(&row.trial, whole, || {
            let _broken = copy.with(row)?;
            see(row)
        });
        let seconds = start.elapsed().as_secs_f64();
        println!("{word}, {seconds:.1} s: {}: {}", row.rule, row.trial.sign());
        if word != NOTICED {
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

/// What came of a break, in a word, and all that was seen or said if it was not noticed. `whole` is what was seen
/// without it.
fn judge(
    trial: &Trial,
    whole: &Result<String>,
    broken: impl FnOnce() -> Result<String>,
) -> (&'static str, String) {
    match whole {
        Err(error) => return ("NOT BUILT WITHOUT IT", format!("{error:#}")),
        Ok(seen) if trial.is_noticed(seen) => return ("SEEN WITHOUT IT TOO", seen.clone()),
        Ok(_) => {}
    }
    match broken() {
        Ok(seen) if trial.is_noticed(&seen) => (NOTICED, String::new()),
        Ok(seen) => ("NOT NOTICED", seen),
        Err(error) => ("NOT BUILT", format!("{error:#}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::bail;
    use std::path::Path;

    #[test]
    fn only_what_is_seen_with_the_break_alone_is_noticed() {
        let row = "[[break]]\nrule = 'r'\nfile = 'f'\nold = 'a'\nnew = 'b'\napp = 'x'\nmilliseconds = 1\nsays = 'bad'";
        let trial = table::parse(row).unwrap().remove(0).trial;
        let good = || Ok("good".to_owned());
        let bad = || Ok("bad".to_owned());
        assert_eq!(judge(&trial, &good(), bad).0, NOTICED);
        let not = ("NOT NOTICED", "good".to_owned());
        assert_eq!(judge(&trial, &good(), good), not);
        let not = ("NOT BUILT", "no compiler".to_owned());
        assert_eq!(judge(&trial, &good(), || bail!("no compiler")), not);
        // Then the break is not even made.
        let never = || -> Result<String> { panic!("tried") };
        let not = ("SEEN WITHOUT IT TOO", "bad".to_owned());
        assert_eq!(judge(&trial, &bad(), never), not);
        let whole = Err(anyhow::anyhow!("no compiler"));
        assert_eq!(judge(&trial, &whole, never).0, "NOT BUILT WITHOUT IT");
    }

    /// Whether a source in a folder has this text.
    fn has(folder: &Path, text: &str) -> bool {
        let paths = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path());
        paths.into_iter().any(|path| match path.is_dir() {
            true => has(&path, text),
            false => {
                let is_source = path.extension().is_some_and(|end| end == "rs");
                is_source && std::fs::read_to_string(path).unwrap().contains(text)
            }
        })
    }

    /// One whose place or test is gone would fail only when somebody proves.
    #[test]
    fn each_break_has_its_place_and_its_test() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        for row in table(&Workspace::new(root)).unwrap() {
            let source = std::fs::read_to_string(root.join(&row.file)).unwrap();
            row.applied_to(&source).unwrap();
            if let Trial::Tests { fails, .. } = &row.trial {
                let test = format!("fn {fails}(");
                let is_there = ["drivers", "kernel"].map(|folder| has(&root.join(folder), &test));
                assert!(is_there.contains(&true), "{}: {test}", row.rule);
            }
        }
    }
}
