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

/// How a target writes what is looked for.
struct Target {
    name: &'static str,
    /// Load of the window's address from the structure.
    pointer: &'static str,
    /// Load and store of 32 bits, with a constant offset.
    load: (&'static str, &'static str),
    store: (&'static str, &'static str),
    /// What else `several` has, and return from a function.
    others: &'static [(&'static str, &'static str)],
    back: &'static [&'static str],
}

const RISC_V_64: Target = Target {
    name: "riscv64imac-unknown-none-elf",
    pointer: "ld",
    load: ("lw", "16("),
    store: ("sw", "20("),
    others: &[("sb", "32("), ("lhu", "34("), ("ld", "40(")],
    back: &["ret"],
};

const RISC_V_32: Target = Target {
    name: "riscv32imac-unknown-none-elf",
    pointer: "lw",
    others: &[("sb", "32("), ("lhu", "34(")],
    ..RISC_V_64
};

const ARM: Target = Target {
    name: "thumbv7m-none-eabi",
    pointer: "ldr",
    load: ("ldr", "#16]"),
    store: ("str", "#20]"),
    others: &[("strb", "#32]"), ("ldrh", "#34]")],
    back: &["bx", "pop"],
};

/// The assembly of the accesses for a target.
fn compile(folder: &Path, target: &str) -> String {
    let status = Command::new(env!("CARGO"))
        .current_dir(folder)
        .args(["rustc", "--quiet", "--release", "--target", target])
        .args(["--target-dir", "target", "--", "--emit", "asm"])
        .args(["-C", "force-frame-pointers=no"])
        .status()
        .expect("cargo runs");
    assert!(status.success());
    let built = folder.join("target").join(target).join("release/deps");
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
    std::fs::read_to_string(newest.path()).expect("it can be read")
}

#[test]
#[cfg_attr(miri, ignore = "runs the compiler")]
fn an_access_is_one_instruction() {
    let folder = crate_folder();
    for target in [RISC_V_64, RISC_V_32, ARM] {
        let assembly = compile(&folder, target.name);
        // The window's address is loaded from the structure first; a driver has it in a register.
        for (function, access) in [("read_once", target.load), ("write_once", target.store)] {
            let mut code = body(&assembly, function);
            // A frame pointer, where the target's convention wants one.
            code.retain(|line| !matches!(line[..], ["push" | "mov", ..]));
            let back = code.pop().expect("a return");
            assert!(target.back.contains(&back[0]), "{back:?}");
            let names: Vec<_> = code.iter().map(|line| line[0]).collect();
            assert_eq!(names, [target.pointer, access.0], "{code:?}");
            assert!(code[1].join(" ").contains(access.1), "{code:?}");
        }
        let several = body(&assembly, "several");
        for (mnemonic, offset) in target.others {
            let count = several
                .iter()
                .filter(|line| line[0].starts_with(mnemonic) && line.join(" ").contains(offset));
            assert_eq!(count.count(), 1, "{several:?}");
        }
        let branches = |name: &str| name != "bx" && name.starts_with(['b', 'c']);
        assert!(
            several.iter().all(|line| !branches(line[0])),
            "no branch: {several:?}"
        );
    }
}
