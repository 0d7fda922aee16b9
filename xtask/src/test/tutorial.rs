//! The tutorial in CONTRIBUTING.md up to its boot, in a copy of the repository: the driver that it makes answers, is
//! crashed and answers again. Its other steps are tests of the host too (`new/tests.rs`).

use super::apart;
use super::part::{OnBoard, Part, Runs};
use super::shell::Shell;
use super::tally::Tally;
use crate::build::Bootable;
use crate::new::tutorial::{Step, edit, steps};
use anyhow::{Context, Result, bail, ensure};
use leasehold_build::Workspace;
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::Command;

/// The app whose manifest gets the driver, as `new driver` says by itself. It has a manifest for virt-rv32 too, which
/// is like that of virt-rv64.
const APP: &str = "demo";
/// A task that PCI functions need.
const TASK: &str = "pci-host";
/// What of the repository is not copied: results, and history.
const LEFT_OUT: [&str; 3] = ["target", "out", ".git"];
/// What the driver answers, and what it is asked twice (`templates/driver/lib.rs.in`).
const METHOD: &str = "identity() -> u32";
const CALL: &str = "call sd.identity";

pub(super) const PART: OnBoard = OnBoard {
    part: Part::Tutorial,
    what: "the tutorial",
    app: APP,
    task: Some(TASK),
    needs: &[],
    // It compiles the whole demo a second time.
    runs: Runs::Asked,
    tell,
};

fn tell(workspace: &Workspace, bootable: Bootable) -> Result<Tally> {
    let mut tally = Tally::default();
    tally.judge(
        "tutorial",
        "its_driver_answers_also_after_a_crash",
        replay(workspace, bootable),
    );
    Ok(tally)
}

/// Does the steps in a copy, and boots what comes of it.
fn replay(workspace: &Workspace, bootable: Bootable) -> Result<()> {
    let root = workspace.target().join("tutorial");
    mirror(workspace.root(), &root, &LEFT_OUT)?;
    let text = fs::read_to_string(root.join("CONTRIBUTING.md")).context("CONTRIBUTING.md")?;
    let mut booted = None;
    for step in steps(&text)? {
        let line = match step {
            Step::Edit { file, text } => {
                edit(&root, &file, &text)?;
                continue;
            }
            Step::Type(line) => line,
        };
        if let Some(lines) = line.strip_prefix("cargo xtask run --exec ") {
            booted = Some(lines.trim_matches('\'').to_owned());
        } else if let Some(words) = line.strip_prefix("cargo xtask new ") {
            let mut new = Command::new(apart::program()?);
            new.arg("new").args(words.split_whitespace());
            new.current_dir(&root).env_remove("CARGO_MANIFEST_DIR");
            let output = new.output().context("cannot run this program again")?;
            let said = String::from_utf8_lossy(&output.stderr);
            ensure!(output.status.success(), "`{line}`: {said}");
        } else if !line.starts_with("cargo test ") {
            bail!("a step that nobody replays: {line}");
        }
    }
    let lines = booted.context("the tutorial boots nothing")?;
    let lines: Vec<&str> = lines.split(';').map(str::trim).collect();
    let lines = lines.strip_suffix(&["poweroff"]);
    let lines = lines.context("the tutorial does not turn the machine off")?;
    let bootable = bootable.rebuilt(&Workspace::new(&root))?;
    let mut shell = Shell::boot(&bootable)?;
    let mut identities = Vec::new();
    for (line, answer) in lines.iter().zip(shell.lines(lines)?) {
        let (said, succeeded) = answer?;
        let all = said.join("\n");
        ensure!(succeeded, "`{line}` failed: {all}");
        match *line {
            CALL => identities.push(said.iter().find_map(|line| line.parse::<u32>().ok())),
            "call sd" => ensure!(all.contains(METHOD), "no `{METHOD}` in {all}"),
            _ => {}
        }
    }
    shell.power_off()?;
    ensure!(
        matches!(&identities[..], [Some(one), Some(other)] if one == other),
        "not the same twice: {identities:?}"
    );
    Ok(())
}

/// Makes one folder like another. A file that is the same already is not written again, so that cargo does not compile
/// it again.
fn mirror(from: &Path, to: &Path, left_out: &[&str]) -> Result<()> {
    fs::create_dir_all(to).with_context(|| to.display().to_string())?;
    let names = |folder: &Path| -> Result<BTreeSet<OsString>> {
        let entries = fs::read_dir(folder).with_context(|| folder.display().to_string())?;
        let names = entries.map(|entry| Ok(entry?.file_name()));
        let is_copied = |name: &OsString| !left_out.iter().any(|one| name == one);
        let names: Result<BTreeSet<OsString>> = names.collect();
        Ok(names?.into_iter().filter(is_copied).collect())
    };
    let wanted = names(from)?;
    for gone in names(to)?.difference(&wanted) {
        let path = to.join(gone);
        let removed = match path.is_dir() {
            true => fs::remove_dir_all(&path),
            false => fs::remove_file(&path),
        };
        removed.with_context(|| path.display().to_string())?;
    }
    for name in wanted {
        let (source, copy) = (from.join(&name), to.join(&name));
        if source.is_dir() {
            mirror(&source, &copy, &[])?;
            continue;
        }
        let text = fs::read(&source).with_context(|| source.display().to_string())?;
        if fs::read(&copy).ok().as_ref() != Some(&text) {
            fs::write(&copy, text).with_context(|| copy.display().to_string())?;
        }
    }
    Ok(())
}
