//! The cargo packages that a task can name: the programs and the settings of each.

use serde::Deserialize;
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
    settings: BTreeMap<String, Setting>,
}

/// A value that a manifest may give the tasks of a package: `[package.metadata.settings]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Setting {
    #[serde(rename = "type")]
    kind: Kind,
    least: Option<i64>,
    most: Option<i64>,
}

/// The type of the constant in the driver.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    U8,
    U16,
    U32,
    U64,
    I32,
}

impl Setting {
    /// The type's own range.
    const fn bounds(&self) -> (i128, i128) {
        match self.kind {
            Kind::U8 => (0, u8::MAX as i128),
            Kind::U16 => (0, u16::MAX as i128),
            Kind::U32 => (0, u32::MAX as i128),
            Kind::U64 => (0, u64::MAX as i128),
            Kind::I32 => (i32::MIN as i128, i32::MAX as i128),
        }
    }

    /// The least value.
    pub(crate) fn least(&self) -> i128 {
        let (least, _) = self.bounds();
        self.least.map_or(least, |own| least.max(own.into()))
    }

    /// The greatest.
    pub(crate) fn most(&self) -> i128 {
        let (_, most) = self.bounds();
        self.most.map_or(most, |own| most.min(own.into()))
    }

    /// For a person.
    pub(crate) fn range(&self) -> String {
        format!("a whole number from {} to {}", self.least(), self.most())
    }
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

/// The settings of each of these packages.
pub(crate) fn settings(root: &Path) -> BTreeMap<String, BTreeMap<String, Setting>> {
    let found = all(root).into_iter();
    found.map(|(name, found)| (name, found.settings)).collect()
}

/// What is known of a package.
struct Found {
    programs: Vec<String>,
    settings: BTreeMap<String, Setting>,
}

fn all(root: &Path) -> BTreeMap<String, Found> {
    let mut packages = BTreeMap::new();
    visit(&root.join("drivers"), 1, &mut packages);
    visit(&root.join("app"), 2, &mut packages);
    packages
}

fn visit(folder: &Path, depth: usize, packages: &mut BTreeMap<String, Found>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if let Ok(text) = std::fs::read_to_string(path.join("Cargo.toml"))
            && let Ok(CargoManifest {
                package: Some(package),
                bin,
            }) = toml::from_str(&text)
        {
            let programs = of_package(&path, &package, bin);
            let settings = package.metadata.settings;
            packages.insert(package.name, Found { programs, settings });
        }
        if depth > 1 && path.is_dir() {
            visit(&path, depth - 1, packages);
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
