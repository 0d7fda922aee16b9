//! Runs an image that measures, and reads its figures.

use super::rows::Column;
use super::size;
use super::verdict::Sized;
use crate::allowance::Allowance;
use crate::build;
use crate::emulator::Emulators;
use crate::guest::{Event, Guest};
use crate::machine::Line;
use crate::qemu::Clock;
use ::records::{FIGURE, NO_FIGURES, NOTE};
use anyhow::{Error, Result, bail, ensure};
use leasehold_build::Workspace;
use std::collections::BTreeMap;
use std::time::Duration;

/// The measurements take a few seconds of the emulator's own time.
const LIMIT: Duration = Duration::from_secs(300);

/// What one image measured.
pub(super) struct Measured {
    pub(super) tasks: usize,
    pub(super) column: Column,
    /// The emulator's release.
    pub(super) release: String,
    /// The level that the kernel is compiled with.
    pub(super) level: &'static str,
    pub(super) figures: BTreeMap<String, u64>,
    /// Their keys, in the order in which they came.
    pub(super) order: Vec<String>,
    pub(super) notes: Vec<String>,
}

impl Measured {
    /// Its figures, for a comparison with another image's.
    pub(super) const fn sized(&self) -> Sized<'_> {
        Sized {
            tasks: self.tasks,
            figures: &self.figures,
        }
    }
}

/// Builds an image, runs it and reads its figures.
///
/// # Errors
/// When it cannot be built or run, or measures nothing.
pub(super) fn measure(
    workspace: &Workspace,
    emulators: &Emulators,
    app: &str,
    board: &str,
) -> Result<Measured> {
    let bootable = build::bootable(workspace, emulators, app, board)?;
    let built = &bootable.built;
    let column = Column::of(built.plan.chip.chip.arch.get_ref());
    let clock = Clock::Instructions(column.shift());
    let command = bootable.command(clock, Line::Pipes)?;
    let mut guest = Guest::start(&command, bootable.symbols.clone())?;
    let mut allowance = Allowance::new(LIMIT);
    let mut figures = BTreeMap::new();
    let mut order = Vec::new();
    let mut notes = Vec::new();
    loop {
        match guest.next(&mut allowance)? {
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
                    order.push(key.to_owned());
                }
            }
            Event::Line(_) | Event::Prompt { .. } => {}
            Event::TimedOut => bail!("{app}: it did not end in {} s", LIMIT.as_secs()),
            Event::End => break,
        }
    }
    let status = guest.wait()?;
    ensure!(status.success(), "{app} ended with {status}");
    let size::Constant { text, data, boot } =
        size::constant_bytes(&built.folder.join("kernel.elf"))?;
    figures.insert(size::ROW.to_owned(), text + data);
    let tasks = built.plan.tasks.len();
    notes.push(format!(
        "the kernel for {tasks} tasks: {text} bytes of text, {data} of read-only data, {boot} of boot code that its stack \
         takes the place of"
    ));
    Ok(Measured {
        tasks,
        column,
        release: bootable.machine.emulator("release")?.release.clone(),
        level: built.plan.kernel_level(),
        figures,
        order,
        notes,
    })
}

/// The key and the figure of a record `row KEY FIGURE`.
fn figure(record: &str) -> Option<(&str, u64)> {
    let (key, figure) = record.strip_prefix(FIGURE)?.split_once(' ')?;
    Some((key, figure.trim().parse().ok()?))
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
}
