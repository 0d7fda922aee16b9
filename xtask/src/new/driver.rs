//! `new driver`: a crate that compiles, its host test, and its task in a manifest.

use super::change::Change;
use super::edit::add_to_list;
use super::{check_name, fill, type_name};
use anyhow::{Context, Result, bail, ensure};
use leasehold_build::Workspace;
use leasehold_build::plan::{Authority, Plan};
use std::fs;
use std::path::{Path, PathBuf};

/// What the driver is for.
#[derive(Clone, Debug)]
pub(crate) enum Device {
    /// A PCI function, `vendor:device` in hexadecimal.
    Pci(String),
    /// A device of the chip file.
    Chip(String),
}

/// Writes the files of a driver, and puts its task into the app's manifest, or prints that.
///
/// # Errors
/// A name that is taken, a device that the board has not, or that another task binds. Then nothing has changed.
pub(crate) fn driver(
    workspace: &Workspace,
    name: &str,
    device: &Device,
    (app, board): (&str, &str),
    qemu: Option<&str>,
    only_print: bool,
) -> Result<()> {
    check_name("a driver", name)?;
    let root = workspace.root();
    let plan = leasehold_build::check(root, app, board)?;
    ensure!(
        plan.tasks.iter().all(|task| task.name != name),
        "{app} for {board} has a task `{name}` already; nothing was changed"
    );
    let template = Template::new(name, device, &plan)?;
    let folder = Path::new("drivers").join(name);
    let mut change = Change::new(root);
    change.folder(&folder)?;
    for (file, text) in FILES {
        change.file(folder.join(file), template.fill(text));
    }
    let table = template.fill(TABLE);
    let manifest = manifest_path(root, &plan)?;
    let added = added(root, &manifest, &plan, name, &table, qemu)?;
    if !only_print {
        change.file(&manifest, added);
    }
    let files = change.list();
    change.commit(|| leasehold_build::check(root, app, board).map(drop))?;
    print!("{files}");
    if only_print {
        println!("\nThe task, for {}:\n{table}", manifest.display());
        println!("Add it to `calls` of the shell and to `notifies` of the supervisor too.");
    }
    println!("{}", next(name, &plan, device, qemu, only_print));
    Ok(())
}

/// The files of the crate.
const FILES: &[(&str, &str)] = &[
    (
        "Cargo.toml",
        include_str!("../../templates/driver/Cargo.toml.in"),
    ),
    (
        "src/lib.rs",
        include_str!("../../templates/driver/lib.rs.in"),
    ),
    (
        "src/main.rs",
        include_str!("../../templates/driver/main.rs.in"),
    ),
    (
        "tests/device.rs",
        include_str!("../../templates/driver/device.rs.in"),
    ),
];
/// The task in the manifest.
const TABLE: &str = include_str!("../../templates/driver/table.toml.in");

/// What replaces the templates' keys.
struct Template(Vec<(&'static str, String)>);

impl Template {
    fn new(name: &str, device: &Device, plan: &Plan) -> Result<Self> {
        let supervisor = plan.tasks.first().context("the supervisor")?.name.clone();
        // It runs before those that call it, and before whoever computes for long.
        let shell = shell(plan);
        let priority = match shell {
            Some(shell) => plan.tasks[shell].priority - 1,
            None => {
                plan.tasks
                    .iter()
                    .map(|task| task.priority)
                    .max()
                    .unwrap_or(0)
                    + 1
            }
        };
        let mut values = vec![
            ("name", name.to_owned()),
            ("module", name.replace('-', "_")),
            ("type", type_name(name)),
            ("priority", priority.to_string()),
            ("supervisor", supervisor),
        ];
        values.extend(match device {
            Device::Pci(id) => pci(id)?,
            Device::Chip(device) => chip(device, plan)?,
        });
        Ok(Self(values))
    }

    fn fill(&self, template: &str) -> String {
        let values: Vec<(&str, &str)> = self
            .0
            .iter()
            .map(|(key, value)| (*key, value.as_str()))
            .collect();
        fill(template, &values)
    }
}

/// The values for a PCI function.
fn pci(id: &str) -> Result<Vec<(&'static str, String)>> {
    let parse = |word: &str| {
        u16::from_str_radix(word, 16)
            .ok()
            .filter(|_| word.len() == 4)
    };
    let numbers = id
        .split_once(':')
        .and_then(|(vendor, device)| Some((parse(vendor)?, parse(device)?)));
    let Some((vendor, device)) = numbers else {
        bail!(
            "`{id}` is no PCI function: write vendor:device, four hexadecimal digits each, as 1af4:1044"
        );
    };
    Ok(vec![
        (
            "description",
            format!("The PCI function {vendor:04x}:{device:04x}"),
        ),
        ("bind", format!("pci = \"{vendor:04x}:{device:04x}\"")),
        ("window_type", "Bar".to_owned()),
        ("window_claim", "bar".to_owned()),
        ("window", "bar0".to_owned()),
        ("label", "pci".to_owned()),
        ("id", format!("0x{vendor:04x}_{device:04x}")),
    ])
}

/// The values for a device of the chip.
fn chip(device: &str, plan: &Plan) -> Result<Vec<(&'static str, String)>> {
    let known = || {
        let free = plan.devices.iter().enumerate().filter(|(index, _)| {
            let binds = plan.tasks.iter().flat_map(|task| &task.binds);
            !binds.into_iter().any(|bind| matches!(bind, leasehold_build::plan::Bind::Platform { device, .. } if device == index))
        });
        let names: Vec<&str> = free.map(|(_, device)| device.name.as_str()).collect();
        names.join(", ")
    };
    let Some(found) = plan.devices.iter().find(|known| known.name == device) else {
        bail!(
            "{} has no device `{device}`; those that no task binds are: {}. Add [devices.{device}] to {} first",
            plan.board,
            known(),
            plan.chip_source.name()
        );
    };
    let grants = found
        .grants
        .iter()
        .map(|grant| &plan.grants[usize::from(*grant)]);
    let window = grants
        .into_iter()
        .find(|grant| grant.kind == leasehold_abi::GrantKind::Mmio);
    let window = window.with_context(|| format!("`{device}` has no registers"))?;
    Ok(vec![
        (
            "description",
            format!("The device `{device}` of {}", plan.chip.chip.name.get_ref()),
        ),
        ("bind", format!("device = \"{device}\"")),
        ("window_type", "IoMem".to_owned()),
        ("window_claim", "io_mem".to_owned()),
        ("window", window.name.clone()),
        ("label", device.to_owned()),
        ("id", "0".to_owned()),
    ])
}

/// The operator's task which people call tasks from: of those that are the operator's, it calls the most.
fn shell(plan: &Plan) -> Option<usize> {
    let tasks = plan.tasks.iter().enumerate();
    tasks
        .filter(|(_, task)| task.authority == Authority::Operator)
        .max_by_key(|(_, task)| task.calls.count_ones())
        .map(|(index, _)| index)
}

/// The file that has the app's tasks: the board's own, or the one that it is like.
fn manifest_path(root: &Path, plan: &Plan) -> Result<PathBuf> {
    let path = PathBuf::from(plan.source.name());
    ensure!(root.join(&path).is_file(), "no {}", path.display());
    Ok(path)
}

/// The manifest with the task.
fn added(
    root: &Path,
    manifest: &Path,
    plan: &Plan,
    name: &str,
    table: &str,
    qemu: Option<&str>,
) -> Result<String> {
    let text =
        fs::read_to_string(root.join(manifest)).with_context(|| manifest.display().to_string())?;
    let quoted = format!("\"{name}\"");
    let supervisor = &plan.tasks[0].name;
    let mut text = add_to_list(&text, &format!("tasks.{supervisor}"), "notifies", &quoted)?;
    if let Some(shell) = shell(plan) {
        let shell = &plan.tasks[shell].name;
        text = add_to_list(&text, &format!("tasks.{shell}"), "calls", &quoted)?;
    }
    if let Some(device) = qemu {
        let value = format!("{device:?}");
        text = match add_to_list(&text, "qemu", "devices", &value) {
            Ok(text) => text,
            Err(_) => {
                let (before, after) = text
                    .split_once("\n\n")
                    .context("an empty line in the manifest")?;
                format!("{before}\n\n[qemu]\ndevices = [{value}]\n\n{after}")
            }
        };
    }
    Ok(format!("{}\n{}\n", text.trim_end(), table.trim_end()))
}

/// What to do now.
fn next(name: &str, plan: &Plan, device: &Device, qemu: Option<&str>, only_print: bool) -> String {
    let (app, board) = (&plan.app, &plan.board);
    let mut steps = vec![format!(
        "cargo test -p driver-{name}                  # its host test"
    )];
    if only_print {
        steps.push(format!("put the task into {}", plan.source.name()));
    }
    if let (Device::Pci(_), None) = (device, qemu) {
        steps.push(format!(
            "add the device to `qemu.devices` in {}",
            plan.source.name()
        ));
    }
    steps.push(format!("cargo xtask run {app} {board}"));
    steps.push(format!(
        "call {name}                               # at the shell: its methods"
    ));
    steps.push(format!("describe the registers in drivers/{name}/src/lib.rs; docs/async.md says what a driver can await"));
    let lines: Vec<String> = steps.iter().map(|step| format!("  {step}")).collect();
    format!("\nNow:\n{}", lines.join("\n"))
}
