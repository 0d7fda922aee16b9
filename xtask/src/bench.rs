//! `bench`: the budget table, measured by executed instructions in the emulator.

mod rows;
mod size;

use crate::allowance::Allowance;
use crate::build;
use crate::emulator::Emulators;
use crate::machine::{self, Line};
use crate::needs::{self, Work};
use crate::qemu::Clock;
use crate::run::is_kernel_fault;
use crate::session::{Event, Session};
use ::records::{FIGURE, NO_FIGURES, NOTE};
use anyhow::{Context, Error, Result, bail, ensure};
use leasehold_build::Workspace;
use rows::{Column, ROWS, Row};
use std::collections::BTreeMap;
use std::time::Duration;

/// The image with many tasks, which gives the table, and the image with few tasks for comparison.
const APPS: [&str; 2] = ["bench", "bench-small"];
/// The measurements take a few seconds of the emulator's own time.
const LIMIT: Duration = Duration::from_secs(300);
/// The row that is no run-time measurement.
const SIZE: &str = "kernel-size";

/// What one image measured.
struct Measured {
    tasks: usize,
    column: Column,
    /// The emulator's release.
    release: String,
    figures: BTreeMap<String, u64>,
    notes: Vec<String>,
}

/// Measures and prints.
///
/// # Errors
/// When an image cannot be built or run, or does not measure what it should.
pub(crate) fn run(
    workspace: &Workspace,
    emulators: &Emulators,
    board: &str,
    json: bool,
) -> Result<()> {
    let needs = needs::of(workspace, &[Work::Boot], &APPS.map(|app| (app, board)))?;
    needs::ensure(workspace, emulators, &needs)?;
    let level = optimisation(workspace)?;
    let [many, few] = APPS.map(|app| measure(workspace, emulators, app, board));
    let (many, few) = (many?, few?);
    for row in ROWS {
        ensure!(
            many.figures.contains_key(row.key),
            "{}: not measured",
            row.operation
        );
    }
    if json {
        let objects: Vec<_> = [&many, &few]
            .into_iter()
            .flat_map(|measured| objects(measured, &level))
            .collect();
        println!("{}", serde_json::to_string_pretty(&objects)?);
        return Ok(());
    }
    table(&many, &few, &level);
    Ok(())
}

/// One object for each row that an image measured.
fn objects(measured: &Measured, level: &str) -> Vec<serde_json::Value> {
    let row = |row: &Row| {
        let figure = measured.figures.get(row.key)?;
        let cell = row.cell(measured.column);
        Some(serde_json::json!({
            "operation": row.operation,
            "unit": row.unit,
            "instructions": figure,
            "budget": cell.budget,
            "peer": cell.peer.map(|_| measured.column.peer()),
            "peer_instructions": cell.peer,
            "opt_level": level,
            "qemu": measured.release,
            "tasks": measured.tasks,
        }))
    };
    ROWS.iter().filter_map(row).collect()
}

/// Builds an image, runs it and reads its figures.
fn measure(
    workspace: &Workspace,
    emulators: &Emulators,
    app: &str,
    board: &str,
) -> Result<Measured> {
    let bootable = build::bootable(workspace, emulators, app, board)?;
    let built = &bootable.built;
    let column = Column::of(built.plan.chip.chip.arch.get_ref());
    let clock = Clock::Instructions(column.shift());
    let command = machine::command(&bootable, clock, Line::Pipes)?;
    let mut session = Session::start(&command, bootable.symbols.clone())?;
    let mut allowance = Allowance::new(LIMIT);
    let mut figures = BTreeMap::new();
    let mut notes = Vec::new();
    loop {
        match session.next(&mut allowance) {
            Event::Line(line) => {
                ensure!(!is_kernel_fault(&line), "the kernel faulted: {line}");
            }
            Event::Record(record) => {
                let record = record.map_err(Error::msg)?;
                if let Some(reason) = record.strip_prefix(NO_FIGURES) {
                    bail!("{app}: {reason}");
                }
                if let Some(note) = record.strip_prefix(NOTE) {
                    notes.push(note.to_owned());
                }
                if let Some((key, figure)) = figure(&record) {
                    figures.insert(key.to_owned(), figure);
                }
            }
            Event::Prompt { .. } => {}
            Event::TimedOut => bail!("{app}: it did not end in {} s", LIMIT.as_secs()),
            Event::End => break,
        }
    }
    let status = session.wait()?;
    ensure!(status.success(), "{app} ended with {status}");
    let size::Constant { text, data } = size::constant_bytes(&built.folder.join("kernel.elf"))?;
    figures.insert(SIZE.to_owned(), text + data);
    let tasks = built.plan.tasks.len();
    notes.push(format!(
        "the kernel for {tasks} tasks: {text} bytes of text, {data} of read-only data"
    ));
    Ok(Measured {
        tasks,
        column,
        release: bootable.machine.emulator("release")?.release.clone(),
        figures,
        notes,
    })
}

/// The key and the figure of a record `row KEY FIGURE`.
fn figure(record: &str) -> Option<(&str, u64)> {
    let (key, figure) = record.strip_prefix(FIGURE)?.split_once(' ')?;
    Some((key, figure.trim().parse().ok()?))
}

/// The optimisation level that the images are built with.
fn optimisation(workspace: &Workspace) -> Result<String> {
    let path = workspace.root().join("Cargo.toml");
    let text = std::fs::read_to_string(&path).context(path.display().to_string())?;
    let (_, profile) = text
        .split_once("[profile.release]")
        .context("no release profile")?;
    let level = profile
        .lines()
        .skip(1)
        .take_while(|line| !line.starts_with('['))
        .find_map(|line| line.strip_prefix("opt-level = "))
        .context("the release profile has no optimisation level")?;
    Ok(level.trim_matches('"').to_owned())
}

fn table(many: &Measured, few: &Measured, level: &str) {
    let release = &many.release;
    println!("executed instructions (QEMU {release}, -icount), opt-level {level}, one hart");
    println!(
        "{:<58} {:>9} {:>9} {:>8} {:>8}",
        "operation",
        format!("{} tasks", many.tasks),
        format!("{} tasks", few.tasks),
        "budget",
        many.column.peer().split(' ').next().unwrap_or_default()
    );
    let (mut within, mut over) = (0, 0);
    for row in ROWS {
        let show = |figure: Option<u64>| figure.map_or("-".to_owned(), |figure| figure.to_string());
        let figure = many.figures.get(row.key).copied();
        let cell = row.cell(many.column);
        let verdict = match (figure, cell.budget) {
            (Some(figure), Some(budget)) if figure <= budget => {
                within += 1;
                ""
            }
            (Some(_), Some(_)) => {
                over += 1;
                "over"
            }
            _ => "",
        };
        println!(
            "{:<58} {:>9} {:>9} {:>8} {:>8} {verdict}",
            row.operation,
            show(figure),
            show(few.figures.get(row.key).copied()),
            show(cell.budget),
            show(cell.peer)
        );
    }
    for note in many.notes.iter().chain(few.notes.last()) {
        println!("  {note}");
    }
    println!("{within} rows within their budget, {over} over it");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_read() {
        assert_eq!(figure("row revoke-1 480"), Some(("revoke-1", 480)));
        assert_eq!(figure("row revoke-1 many"), None);
        assert_eq!(figure("tasks 24"), None);
    }

    #[test]
    fn every_row_has_a_key_of_its_own() {
        let keys: std::collections::BTreeSet<_> = ROWS.iter().map(|row| row.key).collect();
        assert_eq!(keys.len(), ROWS.len());
    }
}
