//! Dependencies that nothing uses: those of the workspace that no crate asks for, and those of a crate that its
//! sources never name.

use anyhow::{Context, Result, ensure};
use leasehold_build::Workspace;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Checks the workspace and every crate of it.
///
/// # Errors
/// All findings, one a line.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let root = workspace.root();
    let manifest: toml::Table = toml::from_str(&fs::read_to_string(root.join("Cargo.toml"))?)?;
    let shared = manifest
        .get("workspace")
        .and_then(|workspace| workspace.get("dependencies")?.as_table())
        .context("Cargo.toml has no [workspace.dependencies]")?;
    let output = workspace
        .cargo()
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .output()
        .context("cannot run cargo")?;
    ensure!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr).trim()
    );
    let metadata: Value = serde_json::from_slice(&output.stdout).context("cargo metadata")?;
    let crates = crates(&metadata).context("cargo metadata is not as expected")?;
    let mut findings = unasked(shared.keys().map(String::as_str), &crates);
    for one in &crates {
        let inner: Vec<&Path> = crates
            .iter()
            .map(|other| other.folder.as_path())
            .filter(|other| *other != one.folder)
            .collect();
        findings.extend(unnamed(one, &inner)?);
    }
    ensure!(
        findings.is_empty(),
        "{} findings:\n{}",
        findings.len(),
        findings.join("\n")
    );
    println!("{} crates", crates.len());
    Ok(())
}

/// A crate of the workspace.
#[derive(Debug)]
struct Crate {
    name: String,
    folder: PathBuf,
    dependencies: BTreeSet<Dependency>,
}

/// What a crate asks for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Dependency {
    /// As the crate's `Cargo.toml` has it.
    name: String,
    /// For tests, examples and benchmarks only.
    for_tests: bool,
}

fn crates(metadata: &Value) -> Option<Vec<Crate>> {
    let packages = metadata["packages"].as_array()?;
    let one = |package: &Value| {
        let dependency = |entry: &Value| {
            let name = entry["rename"]
                .as_str()
                .or_else(|| entry["name"].as_str())?;
            Some(Dependency {
                name: name.to_owned(),
                for_tests: entry["kind"] == "dev",
            })
        };
        let manifest = Path::new(package["manifest_path"].as_str()?);
        let dependencies = package["dependencies"].as_array()?;
        Some(Crate {
            name: package["name"].as_str()?.to_owned(),
            folder: manifest.parent()?.to_owned(),
            dependencies: dependencies.iter().filter_map(dependency).collect(),
        })
    };
    packages.iter().map(one).collect()
}

/// Dependencies of the workspace that no crate uses.
fn unasked<'a>(shared: impl Iterator<Item = &'a str>, crates: &[Crate]) -> Vec<String> {
    let asked: BTreeSet<&str> = crates
        .iter()
        .flat_map(|one| &one.dependencies)
        .map(|dependency| dependency.name.as_str())
        .collect();
    shared
        .filter(|name| !asked.contains(name))
        .map(|name| format!("Cargo.toml: no crate depends on `{name}`"))
        .collect()
}

/// Dependencies of a crate that its sources do not name. Crates in folders inside its own are not part of it.
fn unnamed(one: &Crate, inner: &[&Path]) -> Result<Vec<String>> {
    let (mut all, mut own) = (String::new(), String::new());
    collect(&one.folder, inner, &mut all)?;
    let source = one.folder.join("src");
    if source.is_dir() {
        collect(&source, inner, &mut own)?;
    }
    if let Ok(script) = fs::read_to_string(one.folder.join("build.rs")) {
        own += &script;
    }
    let finding = |dependency: &&Dependency| {
        let (text, place) = if dependency.for_tests {
            (&all, "no source of it")
        } else {
            (&own, "nothing in its src/")
        };
        let identifier = dependency.name.replace('-', "_");
        (!names(text, &identifier)).then(|| {
            format!(
                "{}: depends on `{}`, which {place} names",
                one.name, dependency.name
            )
        })
    };
    let dependencies = one.dependencies.iter();
    Ok(dependencies.filter_map(|one| finding(&one)).collect())
}

/// Adds all Rust files below a folder.
fn collect(folder: &Path, inner: &[&Path], text: &mut String) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        if path.is_dir() {
            let is_output = path.ends_with("target") || path.ends_with("out");
            if !is_output && !inner.contains(&path.as_path()) {
                collect(&path, inner, text)?;
            }
        } else if path.extension().is_some_and(|end| end == "rs") {
            *text += &fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        }
    }
    Ok(())
}

/// Whether a source names a crate: before `::`, or in a `use` or `extern crate` of the crate itself.
fn names(text: &str, identifier: &str) -> bool {
    let part_of_name = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    text.match_indices(identifier).any(|(at, _)| {
        let (before, after) = (&text[..at], &text[at + identifier.len()..]);
        let whole = !before.as_bytes().last().is_some_and(part_of_name)
            && !after.as_bytes().first().is_some_and(part_of_name);
        let leads = after.starts_with("::");
        let used = before.ends_with("use ") || before.ends_with("extern crate ");
        whole && (leads || used)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crate_is_named_by_its_paths_alone() {
        for text in [
            "use tar::Builder;",
            "let a = ::tar::Builder::new();",
            "use tar as archive;",
            "extern crate tar;",
        ] {
            assert!(names(text, "tar"), "{text}");
        }
        for text in [
            "",
            "// a tar file",
            "use star::Builder;",
            "use tar_gz::Builder;",
            "let tar = 1;",
            "use guitar::tar;",
        ] {
            assert!(!names(text, "tar"), "{text}");
        }
    }

    /// A crate in a folder of its own, with dependencies, those for tests marked with `?`.
    fn finds(dependencies: &[&str], files: &[(&str, &str)]) -> Vec<String> {
        use std::sync::atomic::{AtomicU32, Ordering};
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("leasehold-dependencies-{}-{count}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        for (path, text) in files {
            let path = folder.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let dependency = |name: &&str| Dependency {
            name: name.trim_end_matches('?').to_owned(),
            for_tests: name.ends_with('?'),
        };
        let one = Crate {
            name: "one".to_owned(),
            folder: folder.clone(),
            dependencies: dependencies.iter().map(dependency).collect(),
        };
        let found = unnamed(&one, &[&folder.join("inner")]).unwrap();
        fs::remove_dir_all(folder).unwrap();
        found
    }

    #[test]
    fn a_dependency_is_named_where_it_is_for() {
        let library = ("src/lib.rs", "use tar::Builder;");
        let test = ("tests/a.rs", "use try_build::Cases;");
        assert_eq!(finds(&["tar", "try-build?"], &[library, test]), [""; 0]);
        assert_eq!(finds(&["try-build"], &[library, test]).len(), 1);
        assert_eq!(finds(&["toml", "tar"], &[library, test]).len(), 1);
        assert_eq!(finds(&["toml?"], &[library, test]).len(), 1);
        // The sources of a crate inside the folder do not count.
        let inner = ("inner/src/lib.rs", "use toml::Value;");
        assert_eq!(finds(&["toml?"], &[library, inner]).len(), 1);
    }

    #[test]
    fn a_dependency_of_the_workspace_is_asked_for() {
        let one = Crate {
            name: "one".to_owned(),
            folder: PathBuf::new(),
            dependencies: BTreeSet::from([Dependency {
                name: "tar".to_owned(),
                for_tests: true,
            }]),
        };
        let found = unasked(["spin", "tar"].into_iter(), &[one]);
        assert_eq!(found, ["Cargo.toml: no crate depends on `spin`"]);
    }

    #[test]
    fn this_workspace_has_none_that_nothing_uses() {
        let root = crate::root::find().unwrap();
        check(&Workspace::from_environment(root)).unwrap();
    }
}
