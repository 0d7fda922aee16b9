//! An access at a constant offset is one load or one store in the compiled code.

use std::path::{Path, PathBuf};
use std::process::Command;

/// A crate of its own around `tests/code/accessors.rs`, so that it is built for a board without
/// what the tests depend on.
fn crate_folder() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("accessors");
    let userlib = Path::new(env!("CARGO_MANIFEST_DIR"));
    std::fs::create_dir_all(&folder).expect("a folder");
    let manifest = format!(
        "[package]\nname = \"accessors\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\
         [lib]\npath = {:?}\n[dependencies]\nuserlib = {{ path = {userlib:?} }}\n\
         [profile.release]\nopt-level = 3\ncodegen-units = 1\npanic = \"abort\"\n[workspace]\n",
        userlib.join("tests/code/accessors.rs"),
    );
    std::fs::write(folder.join("Cargo.toml"), manifest).expect("a manifest");
    std::fs::copy(userlib.join("../Cargo.lock"), folder.join("Cargo.lock")).expect("a lock file");
    folder
}

/// The instructions of a function in this assembly: mnemonic and operands.
fn body<'a>(assembly: &'a str, function: &str) -> Vec<Vec<&'a str>> {
    let start = format!("{function}:");
    let lines = assembly
        .lines()
        .skip_while(|line| line.trim() != start)
        .skip(1);
    lines
        .map(str::trim)
        .take_while(|line| !line.starts_with(".Lfunc_end"))
        .filter(|line| {
            !line.is_empty() && !line.starts_with(['.', '#', '/']) && !line.ends_with(':')
        })
        .map(|line| line.split_whitespace().collect())
        .collect()
}

#[test]
#[cfg_attr(miri, ignore = "runs the compiler")]
fn an_access_is_one_instruction() {
    let folder = crate_folder();
    let status = Command::new(env!("CARGO"))
        .current_dir(&folder)
        .args([
            "rustc",
            "--quiet",
            "--release",
            "--target",
            "riscv64imac-unknown-none-elf",
        ])
        .args(["--target-dir", "target", "--", "--emit", "asm"])
        .status()
        .expect("cargo runs");
    assert!(status.success());
    let built = folder.join("target/riscv64imac-unknown-none-elf/release/deps");
    let newest = std::fs::read_dir(&built)
        .expect("it was built")
        .filter_map(Result::ok)
        .filter(|entry| {
            entry
                .path()
                .extension()
                .is_some_and(|extension| extension == "s")
        })
        .max_by_key(|entry| entry.metadata().and_then(|data| data.modified()).ok())
        .expect("assembly was written");
    let assembly = std::fs::read_to_string(newest.path()).expect("it can be read");

    // The window's address is loaded from the structure first; a driver has it in a register.
    let read = body(&assembly, "read_once");
    let names: Vec<_> = read.iter().map(|line| line[0]).collect();
    assert_eq!(names, ["ld", "lw", "ret"], "{read:?}");
    assert!(read[1][2].starts_with("16("), "{read:?}");
    let write = body(&assembly, "write_once");
    let names: Vec<_> = write.iter().map(|line| line[0]).collect();
    assert_eq!(names, ["ld", "sw", "ret"], "{write:?}");
    assert!(write[1][2].starts_with("20("), "{write:?}");
    let several = body(&assembly, "several");
    for (mnemonic, offset) in [("sb", "32("), ("lhu", "34("), ("ld", "40(")] {
        let count = several
            .iter()
            .filter(|line| line[0] == mnemonic && line[2].starts_with(offset));
        assert_eq!(count.count(), 1, "{several:?}");
    }
    assert!(
        several.iter().all(|line| !line[0].starts_with('b')),
        "no branch: {several:?}"
    );
}
