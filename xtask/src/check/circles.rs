//! No files use each other, directly or through others: what they need has a file below them.
//!
//! A file uses another when it names something that the other defines, in a `use` or in a path. A re-export is no use;
//! who names the thing through it uses the file that defines it. Functions that a file adds to a type of another are a
//! part of that type, and no use. Methods are not followed, because they need no name of their file.

mod modules;
mod names;

use self::modules::Modules;
use anyhow::{Result, ensure};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
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
/// All circles, with a name for each use.
pub(crate) fn check(root: &Path) -> Result<()> {
    let mut files = Vec::new();
    super::rules::collect(root, Path::new(""), "rs", &mut files)?;
    let roots: Vec<PathBuf> = files.into_iter().filter(|file| is_root(file)).collect();
    let mut findings = Vec::new();
    let mut staying = Vec::new();
    for file in &roots {
        for circle in of_crate(root, file)? {
            match STAY.iter().find(|(one, other, _)| circle.is_of(one, other)) {
                Some(stays) => staying.push(stays),
                None => findings.push(circle.to_string()),
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
        "{} circles of files that use each other; what they need goes into a file below them:\n{}",
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

/// Files of which each uses the next, and the last the first.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Circle {
    files: Vec<PathBuf>,
    /// What each uses of the next.
    names: Vec<String>,
}

impl Circle {
    fn is_of(&self, one: &str, other: &str) -> bool {
        self.files == [Path::new(one), Path::new(other)]
    }
}

/// Each of a circle's files, and the one that it uses.
fn uses<F>(files: &[F]) -> impl Iterator<Item = (&F, &F)> {
    files.iter().zip(files.iter().cycle().skip(1))
}

impl fmt::Display for Circle {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "  {} uses", self.files[0].display())?;
        for (number, (name, (_, of))) in self.names.iter().zip(uses(&self.files)).enumerate() {
            let which = if number == 0 { "" } else { ", which uses" };
            write!(formatter, "{which} `{name}` of {}", of.display())?;
        }
        Ok(())
    }
}

/// The circles in the crate that begins with this file: for each use a shortest one, if it is part of any.
fn of_crate(root: &Path, file: &Path) -> Result<BTreeSet<Circle>> {
    let uses = Modules::read(root, file)?.uses();
    let mut used: BTreeMap<&Path, Vec<&Path>> = BTreeMap::new();
    for (user, of) in uses.keys() {
        used.entry(user).or_default().push(of);
    }
    let mut circles = BTreeSet::new();
    for (user, of) in uses.keys() {
        let Some(mut files) = way(&used, of, user) else {
            continue;
        };
        // Each circle once, from its first file in order.
        let first = (0..files.len()).min_by_key(|at| files[*at]);
        files.rotate_left(first.unwrap_or(0));
        let names = self::uses(&files).map(|(user, of)| {
            let files = (user.to_path_buf(), of.to_path_buf());
            uses.get(&files).cloned().unwrap_or_default()
        });
        circles.insert(Circle {
            names: names.collect(),
            files: files.into_iter().map(Path::to_path_buf).collect(),
        });
    }
    Ok(circles)
}

/// The shortest way along uses, both ends in it.
fn way<'f>(
    used: &BTreeMap<&'f Path, Vec<&'f Path>>,
    from: &'f Path,
    to: &'f Path,
) -> Option<Vec<&'f Path>> {
    let mut ways = VecDeque::from([vec![from]]);
    let mut seen = BTreeSet::from([from]);
    while let Some(way) = ways.pop_front() {
        let last = *way.last()?;
        if last == to {
            return Some(way);
        }
        for of in used.get(last).into_iter().flatten() {
            if seen.insert(of) {
                ways.push_back([way.as_slice(), &[of]].concat());
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    /// A crate of these files, and its circles.
    fn circles(name: &str, files: &[(&str, &str)]) -> Vec<String> {
        let folder = std::env::temp_dir().join(format!("circles-{name}-{}", std::process::id()));
        for (file, text) in files {
            let path = folder.join("src").join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let found = of_crate(&folder, Path::new("src/lib.rs"));
        fs::remove_dir_all(&folder).unwrap();
        found.unwrap().iter().map(Circle::to_string).collect()
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
    fn a_longer_circle_is_found_once() {
        let lib = "mod a; mod b; mod c; mod d; pub struct Lib(d::D);";
        let files = |d: &str| {
            circles(
                "longer",
                &[
                    ("lib.rs", lib),
                    ("a.rs", "pub struct A(crate::b::B);"),
                    ("b.rs", "pub struct B(crate::c::C);"),
                    ("c.rs", "use super::a::A; pub struct C(A);"),
                    ("d.rs", d),
                ],
            )
        };
        let found = "  src/a.rs uses `crate::b::B` of src/b.rs, which uses `crate::c::C` of src/c.rs, \
                     which uses `super::a::A` of src/a.rs";
        assert_eq!(files("pub struct D(super::a::A);"), [found]);
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
