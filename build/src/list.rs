//! Which apps, boards and chips there are.

use std::path::Path;

/// Apps with their boards, both sorted.
pub fn apps(root: &Path) -> Vec<(String, Vec<String>)> {
    let mut apps = Vec::new();
    for app in folders(&root.join("app")) {
        let boards = boards(root, &app);
        if !boards.is_empty() {
            apps.push((app, boards));
        }
    }
    apps
}

/// The boards of an app, sorted.
pub fn boards(root: &Path, app: &str) -> Vec<String> {
    let mut boards: Vec<String> = std::fs::read_dir(root.join("app").join(app))
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            name.strip_suffix(".toml").map(str::to_owned)
        })
        .filter(|name| name != "Cargo")
        .collect();
    boards.sort();
    boards
}

/// Chips, sorted.
pub fn chips(root: &Path) -> Vec<String> {
    let chips = root.join("chips");
    folders(&chips)
        .into_iter()
        .filter(|name| chips.join(name).join("chip.toml").exists())
        .collect()
}

/// The error for an app or a board that is not there.
pub fn unknown(root: &Path, app: &str, board: &str) -> anyhow::Error {
    let apps = apps(root);
    let Some((_, boards)) = apps.iter().find(|(name, _)| name == app) else {
        let names: Vec<&str> = apps.iter().map(|(name, _)| name.as_str()).collect();
        return anyhow::anyhow!(
            "there is no app `{app}`; the apps are: {}",
            names.join(", ")
        );
    };
    anyhow::anyhow!(
        "app `{app}` has no board `{board}` (app/{app}/{board}.toml); its boards are: {}",
        boards.join(", ")
    )
}

fn folders(path: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(path)
        .into_iter()
        .flatten()
        .flatten()
        .filter(|entry| entry.path().is_dir())
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect();
    names.sort();
    names
}
