//! `new app`: a manifest with supervisor, console and shell, and a task of the app's own.

use super::change::Change;
use super::{check_name, fill};
use anyhow::{Context, Result, ensure};
use leasehold_build::Workspace;
use leasehold_build::plan::{Bind, Plan, Task};
use std::fs;
use std::path::Path;

/// The app that has a console and a shell on every board.
const DEMO: &str = "demo";
/// The members of the workspace that a new app's come behind.
const BEFORE: &str = "    \"app/demo/*\",\n";

/// Writes the files of an app.
///
/// # Errors
/// A name that is taken, a board that the demo has no manifest for. Then nothing has changed.
pub(crate) fn app(workspace: &Workspace, name: &str, board: &str) -> Result<()> {
    check_name("an app", name)?;
    let root = workspace.root();
    let plan = leasehold_build::check(root, DEMO, board)?;
    let task = |name: &str| -> Result<&Task> {
        let task = plan.tasks.iter().find(|task| task.name == name);
        task.with_context(|| format!("the demo has no task `{name}` on {board}"))
    };
    let (supervisor, console, shell) = (task("supervisor")?, task("console")?, task("shell")?);
    let stack = |task: &Task| task.stack.to_string();
    let values = [
        ("name", name.to_owned()),
        ("board", board.to_owned()),
        ("chip", plan.chip.chip.name.get_ref().clone()),
        ("supervisor-stack", stack(supervisor)),
        ("console", console.package.clone()),
        ("console-stack", stack(console)),
        ("uart", device(&plan, console)?),
        ("shell-stack", stack(shell)),
    ];
    let values: Vec<(&str, &str)> = values
        .iter()
        .map(|(key, value)| (*key, value.as_str()))
        .collect();
    let folder = Path::new("app").join(name);
    let mut change = Change::new(root);
    change.folder(&folder)?;
    let manifest = format!("{board}.toml");
    for (file, template) in [
        (
            manifest.as_str(),
            include_str!("../../templates/app/manifest.toml.in"),
        ),
        (
            "main/Cargo.toml",
            include_str!("../../templates/app/Cargo.toml.in"),
        ),
        (
            "main/src/main.rs",
            include_str!("../../templates/app/main.rs.in"),
        ),
    ] {
        change.file(folder.join(file), fill(template, &values));
    }
    change.file("Cargo.toml", members(root, name)?);
    let files = change.list();
    change.commit(|| leasehold_build::check(root, name, board).map(drop))?;
    print!("{files}");
    println!(
        "\nNow:\n  cargo xtask run {name} {board}\n  call main.add 5                # at the shell\n  \
         put what the app does into app/{name}/main/src/main.rs; docs/manifest.md has the manifest's keys"
    );
    Ok(())
}

/// The device of the chip that a task binds.
fn device(plan: &Plan, task: &Task) -> Result<String> {
    let device = task.binds.iter().find_map(|bind| match bind {
        Bind::Platform { device, .. } => Some(plan.devices[*device].name.clone()),
        _ => None,
    });
    device.with_context(|| format!("`{}` binds no device of the chip", task.name))
}

/// The workspace's `Cargo.toml` with the app's crates, in both lists of members.
fn members(root: &Path, name: &str) -> Result<String> {
    let text = fs::read_to_string(root.join("Cargo.toml")).context("Cargo.toml")?;
    ensure!(
        text.contains(BEFORE),
        "Cargo.toml has no member {} to put the new app's behind",
        BEFORE.trim()
    );
    Ok(text.replace(BEFORE, &format!("{BEFORE}    \"app/{name}/*\",\n")))
}
