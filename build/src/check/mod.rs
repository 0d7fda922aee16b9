//! From files to a [`Plan`], or to a list of all their mistakes.

mod binds;
mod chip;
mod compiler;
mod files;
mod functions;
mod labels;
mod peers;
mod platform;
mod pools;
mod programs;
mod settings;
mod tables;
mod tasks;
mod values;
mod windows;

use crate::arch::Arch;
use crate::manifest::{Chip, Manifest};
use crate::plan::Plan;
use crate::problem::{Problems, Source, nearest};
use files::File;
use std::path::Path;

/// The input of the checks, and the problems that they found.
struct Checker<'a> {
    root: &'a Path,
    board: &'a str,
    manifest: &'a Manifest,
    /// The file that has the tasks.
    source: &'a Source,
    /// The file that names the chip.
    board_source: &'a Source,
    chip: &'a Chip,
    /// The file that has the hardware.
    chip_source: &'a Source,
    /// The file that has the chip's name and target.
    header_source: &'a Source,
    arch: Arch,
    /// Names of the tasks, by rank.
    order: Vec<&'a str>,
    problems: Problems,
}

impl Checker<'_> {
    /// The rank of a task.
    fn rank(&self, name: &str) -> Option<usize> {
        self.order.iter().position(|task| *task == name)
    }

    /// "did you mean", or the list of tasks.
    fn task_hint(&self, written: &str) -> String {
        nearest(written, self.order.iter().copied()).map_or_else(
            || format!("the tasks are: {}", self.order.join(", ")),
            |name| format!("did you mean `{name}`?"),
        )
    }
}

/// Reads and checks `app/<app>/<board>.toml` and its chip file under `root`.
///
/// # Errors
/// All problems of the first stage that has any: reading, the chip, the manifest.
pub fn check(root: &Path, app: &str, board: &str) -> anyhow::Result<Plan> {
    let manifest = files::manifest(root, app, board)?;
    let chip = files::chip(root, &manifest.value.chip, &manifest.named)?;
    let arch = chip::arch(&chip.value, &chip.source).map_err(Problems::from)?;
    Ok(plan(root, (app, board), manifest, chip, arch)?)
}

fn plan(
    root: &Path,
    (app, board): (&str, &str),
    manifest: File<Manifest>,
    chip: File<Chip>,
    arch: Arch,
) -> Result<Plan, Problems> {
    let mut checker = Checker {
        root,
        board,
        manifest: &manifest.value,
        source: &manifest.source,
        board_source: &manifest.named,
        chip: &chip.value,
        chip_source: &chip.source,
        header_source: &chip.named,
        arch,
        order: tasks::order(&manifest.value),
        problems: Problems::default(),
    };
    checker.check_chip();
    std::mem::take(&mut checker.problems).into_result()?;
    checker.check_tasks();
    checker.check_programs();
    checker.check_values();
    let settings = checker.settings();
    let (devices, mut grants) = checker.device_grants();
    let binds = checker.binds(&devices, &mut grants);
    checker.check_labels(&devices, &grants);
    let entries = checker.check_entries();
    checker.check_page_tables();
    let mut tasks = checker.tasks(binds, &entries);
    let tables = checker.tables(&devices, &grants, &tasks);
    checker.share(&devices, &grants, &mut tasks, tables);
    checker.check_room(&grants, &tasks);
    let warnings = checker.problems.into_result()?;
    let alike = [
        (&manifest.named, &manifest.source),
        (&chip.named, &chip.source),
    ];
    let alike = alike
        .into_iter()
        .filter(|(named, source)| named.name() != source.name())
        .map(|(named, _)| named.clone())
        .collect();
    Ok(Plan {
        app: app.to_owned(),
        board: board.to_owned(),
        source: manifest.source,
        chip_source: chip.source,
        alike,
        chip: chip.value,
        tasks,
        devices,
        grants,
        tables,
        settings,
        qemu_options: manifest.value.qemu.options,
        qemu_devices: manifest.value.qemu.devices,
        qemu_disk: manifest.value.qemu.disk.map(|disk| *disk.get_ref()),
        qemu_classes: manifest.value.qemu.classes,
        qemu_page: manifest.value.qemu.page.map(|page| *page.get_ref()),
        debugger: arch.debugger_name(),
        warnings,
    })
}
