//! Which cargo packages a task can be of, and which program each has.

use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;

/// The part of a `Cargo.toml` that matters here.
#[derive(Deserialize)]
struct CargoManifest {
    package: Option<Named>,
    #[serde(default)]
    bin: Vec<Named>,
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

/// The packages in `drivers/` and `app/`, each with its first binary.
pub(crate) fn binaries(root: &Path) -> BTreeMap<String, String> {
    let mut packages = BTreeMap::new();
    visit(&root.join("drivers"), 1, &mut packages);
    visit(&root.join("app"), 2, &mut packages);
    packages
}

fn visit(folder: &Path, depth: usize, packages: &mut BTreeMap<String, String>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if let Ok(text) = std::fs::read_to_string(path.join("Cargo.toml"))
            && let Ok(CargoManifest {
                package: Some(package),
                bin,
            }) = toml::from_str(&text)
        {
            let binary = bin
                .into_iter()
                .next()
                .map_or_else(|| package.name.clone(), |bin| bin.name);
            packages.insert(package.name, binary);
        }
        if depth > 1 && path.is_dir() {
            visit(&path, depth - 1, packages);
        }
    }
}
