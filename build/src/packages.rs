//! The cargo packages that a task can name: the programs and the settings of each.

use crate::problem::Source;
use serde::Deserialize;
use serde_spanned::Spanned;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The part of a `Cargo.toml` that matters here.
#[derive(Deserialize)]
struct CargoManifest {
    package: Option<Package>,
    #[serde(default)]
    bin: Vec<Program>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    autobins: Option<bool>,
    #[serde(default)]
    metadata: Metadata,
}

#[derive(Default, Deserialize)]
struct Metadata {
    #[serde(default)]
    settings: BTreeMap<String, Spanned<toml::Value>>,
}

#[derive(Deserialize)]
struct Program {
    name: String,
    path: Option<String>,
}

/// The packages in `drivers/` and `app/` with their programs, none for a library.
pub(crate) fn programs(root: &Path) -> BTreeMap<String, Vec<String>> {
    let found = all(root).into_iter();
    found.map(|(name, found)| (name, found.programs)).collect()
}

/// The settings that a package declares, and where.
pub(crate) struct Declared {
    /// Its `Cargo.toml`.
    pub(crate) source: Source,
    /// By name, as they stand there.
    pub(crate) settings: BTreeMap<String, Spanned<toml::Value>>,
}

/// The settings of each of these packages.
pub(crate) fn settings(root: &Path) -> BTreeMap<String, Declared> {
    let found = all(root).into_iter();
    found.map(|(name, found)| (name, found.declared)).collect()
}

/// What is known of a package.
struct Found {
    programs: Vec<String>,
    declared: Declared,
}

fn all(root: &Path) -> BTreeMap<String, Found> {
    let mut packages = BTreeMap::new();
    visit(root, Path::new("drivers"), 1, &mut packages);
    visit(root, Path::new("app"), 2, &mut packages);
    packages
}

fn visit(root: &Path, folder: &Path, depth: usize, packages: &mut BTreeMap<String, Found>) {
    let entries = std::fs::read_dir(root.join(folder));
    for entry in entries.into_iter().flatten().flatten() {
        let path = entry.path();
        let folder = folder.join(entry.file_name());
        if let Ok(source) = Source::read(root, &folder.join("Cargo.toml"))
            && let Ok(CargoManifest {
                package: Some(package),
                bin,
            }) = toml::from_str(source.text())
        {
            let programs = of_package(&path, &package, bin);
            let declared = Declared {
                source,
                settings: package.metadata.settings,
            };
            packages.insert(package.name, Found { programs, declared });
        }
        if depth > 1 && path.is_dir() {
            visit(root, &folder, depth - 1, packages);
        }
    }
}

/// Finds them as cargo does (The Cargo Book, "Target auto-discovery"): first those in `Cargo.toml`, then `src/main.rs`,
/// which has the package's name, then the files in `src/bin`.
fn of_package(folder: &Path, package: &Package, written: Vec<Program>) -> Vec<String> {
    const MAIN: &str = "src/main.rs";
    let main_is_written = written.iter().any(|program| match &program.path {
        Some(path) => path == MAIN,
        None => program.name == package.name,
    });
    let mut programs: Vec<String> = written.into_iter().map(|program| program.name).collect();
    if package.autobins == Some(false) {
        return programs;
    }
    if !main_is_written && folder.join(MAIN).exists() {
        programs.push(package.name.clone());
    }
    let mut found = BTreeSet::new();
    let entries = std::fs::read_dir(folder.join("src/bin"));
    for entry in entries.into_iter().flatten().flatten() {
        let path = entry.path();
        let is_program =
            path.extension().is_some_and(|end| end == "rs") || path.join("main.rs").exists();
        if let Some(name) = path.file_stem().filter(|_| is_program) {
            found.insert(name.to_string_lossy().into_owned());
        }
    }
    programs.extend(
        found
            .into_iter()
            .filter(|name| !programs.contains(name))
            .collect::<Vec<_>>(),
    );
    programs
}

#[cfg(test)]
mod tests {
    use crate::common::{CHIP, MANIFEST, Repository};

    #[test]
    fn programs_are_found_as_cargo_finds_them() {
        let repository = Repository::new(MANIFEST, CHIP);
        let package = |folder: &str, rest: &str, sources: &[&str]| {
            let folder = format!("drivers/{folder}");
            repository.write(
                &format!("{folder}/Cargo.toml"),
                &format!("[package]\nname = \"one\"\n{rest}"),
            );
            sources
                .iter()
                .for_each(|source| repository.write(&format!("{folder}/{source}"), ""));
            let programs = super::programs(repository.root()).remove("one").unwrap();
            std::fs::remove_dir_all(repository.root().join(folder)).unwrap();
            programs
        };
        let bin = |name: &str| format!("[[bin]]\nname = \"{name}\"\npath = \"src/main.rs\"\n");
        let (main, lib, other) = ("src/main.rs", "src/lib.rs", "src/bin/other.rs");
        assert_eq!(package("a", "", &[main]), ["one"]);
        assert_eq!(package("a", "", &[lib]), [""; 0]);
        assert_eq!(package("a", &bin("task"), &[main]), ["task"]);
        assert_eq!(
            package("a", "[[bin]]\nname = \"one\"\n", &[main, other]),
            ["one", "other"]
        );
        assert_eq!(
            package("a", "", &[main, other, "src/bin/more/main.rs"]),
            ["one", "more", "other"]
        );
        assert_eq!(package("a", "autobins = false\n", &[main]), [""; 0]);
    }
}
