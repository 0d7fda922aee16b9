//! No two files use each other: what both need has a file below them.
//!
//! A file uses another when it names something that the other defines, in a `use` or in a path. A re-export is no use;
//! who names the thing through it uses the file that defines it. Functions that a file adds to a type of another are a
//! part of that type, and no use. Methods are not followed, because they need no name of their file.

mod modules;
mod names;

use self::modules::Modules;
use anyhow::{Result, ensure};
use std::fmt;
use std::path::{Path, PathBuf};

/// Pairs that stay, and why. One that no longer uses each other must go from here.
const STAY: &[(&str, &str, &str)] = &[
    (
        "kernel/core/src/kernel.rs",
        "kernel/core/src/layout.rs",
        "a kernel is made only if the entry code's offsets are those of its fields",
    ),
    (
        "userlib/src/io/part.rs",
        "userlib/src/io/window.rs",
        "a window gives parts, and a part is used like a window",
    ),
    (
        "userlib/src/runtime/futures/reactor.rs",
        "userlib/src/runtime/futures/reply.rs",
        "a request waits with its duty to answer, and the answer waits where the request did",
    ),
];

/// Checks every crate.
///
/// # Errors
/// All pairs, with a name for each use.
pub(crate) fn check(root: &Path) -> Result<()> {
    let mut files = Vec::new();
    super::rules::collect(root, Path::new(""), "rs", &mut files)?;
    let roots: Vec<PathBuf> = files.into_iter().filter(|file| is_root(file)).collect();
    let mut findings = Vec::new();
    let mut staying = Vec::new();
    for file in &roots {
        for pair in of_crate(root, file)? {
            match STAY.iter().find(|(one, other, _)| pair.is_of(one, other)) {
                Some(stays) => staying.push(stays),
                None => findings.push(pair.to_string()),
            }
        }
    }
    for stays in STAY.iter().filter(|stays| !staying.contains(stays)) {
        let (one, other, _) = stays;
        findings.push(format!(
            "  {one} and {other} do not use each other, but are in the list of xtask/src/check/circles.rs"
        ));
    }
    ensure!(
        findings.is_empty(),
        "{} pairs of files use each other; what both need goes into a file below them:\n{}",
        findings.len(),
        findings.join("\n")
    );
    println!("{} crates", roots.len());
    Ok(())
}

/// Whether a crate begins with this file.
fn is_root(file: &Path) -> bool {
    let folder = file.parent().unwrap_or(Path::new(""));
    let is_test = |folder: &Path| folder.ends_with("tests") && !folder.ends_with("src/tests");
    file.ends_with("src/lib.rs")
        || file.ends_with("src/main.rs")
        || folder.ends_with("src/bin")
        || is_test(folder)
        || (file.ends_with("main.rs") && folder.parent().is_some_and(is_test))
}

/// Two files that use each other.
struct Pair {
    files: (PathBuf, PathBuf),
    /// What the first uses of the second, and the second of the first.
    names: (String, String),
}

impl Pair {
    fn is_of(&self, one: &str, other: &str) -> bool {
        self.files == (PathBuf::from(one), PathBuf::from(other))
    }
}

impl fmt::Display for Pair {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (one, other) = (self.files.0.display(), self.files.1.display());
        let (name, back) = &self.names;
        write!(
            formatter,
            "  {one} uses `{name}` of {other}, which uses `{back}` of {one}"
        )
    }
}

/// The pairs in the crate that begins with this file.
fn of_crate(root: &Path, file: &Path) -> Result<Vec<Pair>> {
    let uses = Modules::read(root, file)?.uses();
    let both = uses.iter().filter_map(|((user, of), name)| {
        let back = uses.get(&(of.clone(), user.clone()))?;
        // Each pair once.
        (user < of).then(|| Pair {
            files: (user.clone(), of.clone()),
            names: (name.clone(), back.clone()),
        })
    });
    Ok(both.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    /// A crate of these files, and its pairs.
    fn circles(name: &str, files: &[(&str, &str)]) -> Vec<String> {
        let folder = std::env::temp_dir().join(format!("circles-{name}-{}", std::process::id()));
        for (file, text) in files {
            let path = folder.join("src").join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let found = of_crate(&folder, Path::new("src/lib.rs"));
        fs::remove_dir_all(&folder).unwrap();
        found.unwrap().iter().map(Pair::to_string).collect()
    }

    #[test]
    fn there_are_none() {
        check(&crate::root::find().unwrap()).unwrap();
    }

    #[test]
    fn files_that_use_each_other_are_found_however_they_name_it() {
        let lib = "mod a; mod b;";
        for (name, a, b) in [
            (
                "use",
                "use crate::b::B; pub struct A(B);",
                "use crate::a::A; pub struct B(A);",
            ),
            (
                "path",
                "pub struct A(crate::b::B);",
                "pub struct B(super::a::A);",
            ),
            (
                "module",
                "use super::b; pub struct A(b::B);",
                "use super::a; pub struct B(a::A);",
            ),
            (
                "all",
                "use super::b::*; pub struct A(B);",
                "use crate::a::A; pub struct B(A);",
            ),
            (
                "macro",
                "pub fn a() { assert!(crate::b::b()); }",
                "use crate::a; pub fn b() { a::a() }",
            ),
            (
                "inline",
                "pub mod deep { pub struct A(super::super::b::B); }",
                "pub struct B(crate::a::deep::A);",
            ),
        ] {
            let found = circles(name, &[("lib.rs", lib), ("a.rs", a), ("b.rs", b)]);
            assert_eq!(found.len(), 1, "{name}");
            assert!(found[0].starts_with("  src/a.rs uses `"), "{found:?}");
        }
    }

    #[test]
    fn a_parent_and_its_child_are_two_files() {
        let lib = "mod child; pub struct Shared; pub fn top() { child::bottom() }";
        let child = "pub fn bottom() { let _ = super::Shared; }";
        assert_eq!(
            circles("parent", &[("lib.rs", lib), ("child.rs", child)]).len(),
            1
        );
        let lib = "mod child; mod shared; pub use shared::Shared; pub fn top() { child::bottom() }";
        let files = [
            ("lib.rs", lib),
            ("child.rs", child),
            ("shared.rs", "pub struct Shared;"),
        ];
        assert_eq!(circles("below", &files), Vec::<String>::new());
    }

    #[test]
    fn a_type_in_two_files_is_one_thing() {
        let lib = "mod part; pub struct Whole(part::Part);";
        let part =
            "use super::Whole; pub struct Part; impl Whole { fn more(&self) -> Part { Part } }";
        let files = |part: &str| circles("whole", &[("lib.rs", lib), ("part.rs", part)]).len();
        assert_eq!(files(part), 0);
        assert_eq!(files(&format!("{part} fn of(_: &Whole) {{}}")), 1);
    }

    #[test]
    fn what_only_tests_use_and_what_is_only_passed_on_is_no_circle() {
        let a = "pub struct A; #[cfg(test)] mod tests { use crate::b::B; }";
        let files = [
            ("lib.rs", "mod a; mod b;"),
            ("a.rs", a),
            ("b.rs", "pub struct B(super::a::A);"),
        ];
        assert_eq!(circles("tests", &files), Vec::<String>::new());
        let lib = "mod child; pub use child::Child; pub struct Above;";
        let child = "pub struct Child(super::Above);";
        let files = [("lib.rs", lib), ("child.rs", child)];
        assert_eq!(circles("passed", &files), Vec::<String>::new());
    }
}
