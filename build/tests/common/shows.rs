//! The messages shown for a file, compared with texts that a person has read.
//!
//! The expected texts are in `tests/golden/`; `UPDATE_GOLDEN=1` writes them anew, to be read before they are committed.

use crate::common::Repository;
use std::path::PathBuf;

/// A manifest and a chip file with the golden text of their fault.
pub(crate) fn shows(name: &str, manifest: &str, chip: &str) {
    shows_of(name, &Repository::new(manifest, chip), "board");
}

/// This package's folder. Cargo says where it is: another checkout may have compiled this program.
pub(crate) fn package() -> PathBuf {
    PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo runs this"))
}

/// A board of a repository with the golden text of its fault.
pub(crate) fn shows_of(name: &str, repository: &Repository, board: &str) {
    let error = leasehold_build::check(repository.root(), "demo", board).expect_err("a fault");
    is_golden(name, &format!("{error}\n"), "error: ");
}

/// A manifest that can be built, with the golden text of its warnings.
#[allow(dead_code, reason = "not every test has doubts")]
pub(crate) fn warns(name: &str, manifest: &str, chip: &str) {
    let repository = Repository::new(manifest, chip);
    let plan = leasehold_build::check(repository.root(), "demo", "board").unwrap();
    is_golden(name, &format!("{}\n", plan.warnings), "warning: ");
}

/// A fault's text, compared with the golden one.
pub(crate) fn is_golden(name: &str, shown: &str, level: &str) {
    let path = package().join("tests/golden").join(format!("{name}.txt"));
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, shown).unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(shown, golden, "differs from {}:\n{shown}", path.display());
    for part in [level, "-->", "^", "help: "] {
        assert!(shown.contains(part), "no `{part}` in:\n{shown}");
    }
}

/// Tests that replace one piece of the manifest or of the chip file, each with the expected result.
macro_rules! faults {
    ($($name:ident: $how:ident $file:ident $from:literal => $to:expr;)*) => {$(
        #[test]
        fn $name() {
            faults!(@ $name $how $file $from $to);
        }
    )*};
    (@ $name:ident $how:ident manifest $from:literal $to:expr) => {
        crate::shows::$how(stringify!($name), &replace(MANIFEST, $from, $to), CHIP);
    };
    (@ $name:ident $how:ident chip $from:literal $to:expr) => {
        crate::shows::$how(stringify!($name), MANIFEST, &replace(CHIP, $from, $to));
    };
}
