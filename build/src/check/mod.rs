//! From files to a [`Plan`], or to everything that is wrong in them.

mod binds;
mod chip;
mod labels;
mod peers;
mod platform;
mod tables;
mod tasks;

use crate::arch::Arch;
use crate::manifest::{self, Chip, Manifest};
use crate::plan::Plan;
use crate::problem::{Problem, Problems, Source, nearest};
use std::path::{Path, PathBuf};

/// What the checks look at, and where they put what they find.
struct Checker<'a> {
    root: &'a Path,
    manifest: &'a Manifest,
    source: &'a Source,
    chip: &'a Chip,
    chip_source: &'a Source,
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
    let path = PathBuf::from("app").join(app).join(format!("{board}.toml"));
    let source = Source::read(root, &path).map_err(|_| crate::list::unknown(root, app, board))?;
    let manifest: Manifest = manifest::parse(&source)?;
    let (chip, chip_source) = read_chip(root, &manifest, &source)?;
    let arch = chip::arch(&chip, &chip_source).map_err(Problems::from)?;
    Ok(plan(
        root,
        app,
        board,
        manifest,
        source,
        chip,
        chip_source,
        arch,
    )?)
}

#[expect(
    clippy::too_many_arguments,
    reason = "the parts of one plan, named by their types"
)]
fn plan(
    root: &Path,
    app: &str,
    board: &str,
    manifest: Manifest,
    source: Source,
    chip: Chip,
    chip_source: Source,
    arch: Arch,
) -> Result<Plan, Problems> {
    let mut checker = Checker {
        root,
        manifest: &manifest,
        source: &source,
        chip: &chip,
        chip_source: &chip_source,
        arch,
        order: tasks::order(&manifest),
        problems: Problems::default(),
    };
    checker.check_chip();
    std::mem::take(&mut checker.problems).into_result()?;
    checker.check_tasks();
    let (devices, mut grants) = checker.device_grants();
    let binds = checker.binds(&devices, &mut grants);
    checker.check_labels(&devices, &grants);
    let tasks = checker.tasks(binds);
    let tables = checker.tables(&devices, &grants, &tasks);
    checker.check_room(&grants, &tasks);
    checker.problems.into_result()?;
    let qemu_devices = manifest.qemu.devices.clone();
    Ok(Plan {
        app: app.to_owned(),
        board: board.to_owned(),
        source,
        chip_source,
        chip,
        tasks,
        devices,
        grants,
        tables,
        qemu_devices,
    })
}

fn read_chip(
    root: &Path,
    manifest: &Manifest,
    source: &Source,
) -> Result<(Chip, Source), Problems> {
    let name = manifest.chip.get_ref();
    let path = PathBuf::from("chips").join(name).join("chip.toml");
    let chip_source = Source::read(root, &path).map_err(|_| {
        let known = crate::list::chips(root);
        Problem::new(
            source,
            manifest.chip.span(),
            format!("unknown chip `{name}`"),
        )
        .label(format!("there is no {}", path.display()))
        .hint(match nearest(name, known.iter().map(String::as_str)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("the chips are: {}", known.join(", ")),
        })
    })?;
    Ok((manifest::parse(&chip_source)?, chip_source))
}
