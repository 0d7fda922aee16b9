//! `bench`: the budget table, measured by executed instructions in the emulator. Its exit code says whether every row
//! is within its budget, and whether none grows with the system.

mod blocks;
mod frames;
mod measure;
mod parts;
mod rows;
mod size;
mod steps;
mod verdict;

use crate::build;
use crate::emulator::Emulators;
use crate::needs::{self, Work};
use anyhow::{Result, ensure};
use leasehold_build::Workspace;
use measure::{Measured, measure};
use rows::{Row, rows};
use std::collections::BTreeMap;

/// The image with many tasks, which gives the table; those with few and with as many as there can be, for comparison;
/// and that with a supervisor and drivers as any app has them, which has rows of its own.
const APPS: [&str; 4] = ["bench", "bench-small", "bench-large", "bench-service"];

/// Measures, prints and judges.
///
/// # Errors
/// When an image cannot be built or run, or does not measure what it should; and when a row is over its budget or
/// grows.
pub(crate) fn run(
    workspace: &Workspace,
    emulators: &Emulators,
    board: &str,
    (json, alone): (bool, bool),
) -> Result<()> {
    let mut rows = rows()?;
    let apps = if alone { &APPS[..1] } else { &APPS[..] };
    let images: Vec<_> = apps.iter().map(|app| (*app, board)).collect();
    let needs = needs::of(workspace, &[Work::Boot], &images)?;
    needs::ensure(workspace, emulators, &needs)?;
    let measured = apps
        .iter()
        .map(|app| measure(workspace, emulators, app, board));
    let mut measured: Vec<Measured> = measured.collect::<Result<_>>()?;
    let mut figures = measured[0].figures.clone();
    if let [_, _, _, service] = &mut measured[..] {
        // The kernel's size is that of the bench.
        service.figures.remove(size::ROW);
        figures.extend(service.figures.clone());
    } else {
        rows.retain(|row| figures.contains_key(&row.key));
    }
    let sizes = &measured[..measured.len().min(3)];
    if json {
        let objects: Vec<_> = measured
            .iter()
            .flat_map(|measured| objects(&rows, measured, board))
            .collect();
        println!("{}", serde_json::to_string_pretty(&objects)?);
    } else {
        table(&rows, board, &figures, sizes);
        let others = sizes[1..].iter().filter_map(|other| other.notes.last());
        for note in sizes[0].notes.iter().chain(others) {
            println!("  {note}");
        }
    }
    let grown = sizes.last().map(Measured::sized);
    let mut faults = 0;
    for row in &rows {
        let over = verdict::fault(row, board, &figures);
        let grew = grown.and_then(|most| verdict::growth(row, sizes[0].sized(), most));
        for fault in over.into_iter().chain(grew) {
            eprintln!("{} on {board}: {fault}", row.operation);
            faults += 1;
        }
    }
    ensure!(
        faults == 0,
        "{faults} rows of {} are over their budgets or grow",
        rows.len()
    );
    Ok(())
}

/// Prints what rows are made of.
///
/// # Errors
/// When an image cannot be built or run, or a row cannot be found in its steps.
pub(crate) fn parts(workspace: &Workspace, emulators: &Emulators, board: &str) -> Result<()> {
    let [many, .., service] = APPS;
    let needs = needs::of(workspace, &[Work::Boot], &[(many, board), (service, board)])?;
    needs::ensure(workspace, emulators, &needs)?;
    for (app, mixed) in [(many, false), (service, true)] {
        let measured = measure(workspace, emulators, app, board)?;
        let bootable = build::bootable(workspace, emulators, app, board)?;
        parts::print(&bootable, &measured, mixed)?;
    }
    Ok(())
}

/// The app whose frames are counted, and that whose network's driver is killed.
const TRAFFIC: [&str; 2] = ["traffic", "frames"];

/// Prints what frames of a network cost, and how long the first takes after the end of the driver.
///
/// # Errors
/// When an image cannot be built or run, or does not answer.
pub(crate) fn frames(workspace: &Workspace, emulators: &Emulators, board: &str) -> Result<()> {
    let needs = needs::of(workspace, &[Work::Boot], &TRAFFIC.map(|app| (app, board)))?;
    needs::ensure(workspace, emulators, &needs)?;
    let [traffic, first] = TRAFFIC;
    frames::print(&build::bootable(workspace, emulators, traffic, board)?)?;
    blocks::print_first_frame(&build::bootable(workspace, emulators, first, board)?)
}

/// The app whose blocks are counted, and that of a client of files.
const BLOCKS: [&str; 2] = ["blocks", "files"];

/// Prints what blocks of a disk cost, how long the first takes after the end of the driver, and what files cost.
///
/// # Errors
/// When an image cannot be built or run, or does not measure.
pub(crate) fn blocks(workspace: &Workspace, emulators: &Emulators, board: &str) -> Result<()> {
    let needs = needs::of(workspace, &[Work::Boot], &BLOCKS.map(|app| (app, board)))?;
    needs::ensure(workspace, emulators, &needs)?;
    let [blocks, files] = BLOCKS;
    blocks::print(&build::bootable(workspace, emulators, blocks, board)?)?;
    blocks::print_files(&build::bootable(workspace, emulators, files, board)?)
}

/// One object for each row that an image measured.
fn objects(rows: &[Row], measured: &Measured, board: &str) -> Vec<serde_json::Value> {
    let column = measured.column;
    let row = |row: &Row| {
        let figure = measured.figures.get(&row.key)?;
        let peer = row.peer(column);
        Some(serde_json::json!({
            "key": row.key,
            "operation": row.operation,
            "unit": row.unit.name(),
            "instructions": figure,
            "budget": row.budget(board),
            "goal": row.goal(board),
            "peer": peer.map(|_| column.peer()),
            "peer_instructions": peer,
            "opt_level": measured.level,
            "qemu": measured.release,
            "tasks": measured.tasks,
        }))
    };
    rows.iter().filter_map(row).collect()
}

fn table(rows: &[Row], board: &str, figures: &BTreeMap<String, u64>, images: &[Measured]) {
    let column = images[0].column;
    println!(
        "executed instructions on {board} (QEMU {}, -icount), the kernel at opt-level {}, one hart",
        images[0].release, images[0].level
    );
    let tasks = images.iter().map(|image| format!("{} tasks", image.tasks));
    println!(
        "{:<58} {} {:>8} {:>8}",
        "operation",
        columns(tasks),
        "budget",
        column.peer().split(' ').next().unwrap_or_default()
    );
    let (mut within, mut over) = (0, 0);
    for row in rows {
        let show = |figure: Option<u64>| figure.map_or("-".to_owned(), |figure| figure.to_string());
        let of = |measured: &Measured| show(measured.figures.get(&row.key).copied());
        let remark = match verdict::fault(row, board, figures) {
            Some(_) => "OVER".to_owned(),
            None => verdict::remark(row, board, figures)
                .map_or(String::new(), |remark| remark.to_string()),
        };
        match (row.budget(board), remark.as_str()) {
            (None, _) => {}
            (_, "OVER") => over += 1,
            _ => within += 1,
        }
        let others = images[1..].iter().map(of);
        println!(
            "{:<58} {} {:>8} {:>8} {remark}",
            row.operation,
            columns(
                [show(figures.get(&row.key).copied())]
                    .into_iter()
                    .chain(others)
            ),
            show(row.budget(board)),
            show(row.peer(column))
        );
    }
    println!("{within} rows within their budget, {over} over it");
}

/// A column for each image.
fn columns(texts: impl Iterator<Item = String>) -> String {
    let columns: Vec<_> = texts.map(|text| format!("{text:>9}")).collect();
    columns.join(" ")
}
