//! What `cargo xtask` runs first: it compiles the command line, in this checkout's own folder, and becomes it.
//!
//! Cargo could run the command line by itself. It is compiled here for two reasons. First, it takes a minute the first
//! time: on a terminal the user sees the progress, and in a log there is none. A cargo alias can only be always quiet
//! or never. Second, if two checkouts have the same target folder (`CARGO_TARGET_DIR`), cargo can take the other
//! checkout's programs for this one's when the files are not newer, because it identifies packages by their place in
//! the workspace. So each checkout gets its own folder inside that one. This program is the same in all checkouts, and
//! finds the checkout when it runs.
#![forbid(unsafe_code)]

use std::env;
use std::io::{self, IsTerminal};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

fn main() -> ExitCode {
    match run() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: cannot start the command line: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Answers only when the command line does not compile.
fn run() -> io::Result<ExitCode> {
    let root = root()?;
    let shared = env::var_os("CARGO_TARGET_DIR");
    let target = match shared {
        None => root.join("target"),
        Some(shared) => own_folder(&env::current_dir()?.join(shared), &root),
    };
    let mut build = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    build
        .current_dir(&root)
        .args(["build", "--package", "xtask"])
        .env("CARGO_TARGET_DIR", &target);
    let program = target.join("debug").join("xtask");
    if !(io::stderr().is_terminal() && is_long(&program)) {
        build.arg("--quiet");
    }
    if !build.status()?.success() {
        return Ok(ExitCode::FAILURE);
    }
    Err(Command::new(program)
        .args(env::args_os().skip(1))
        .env("CARGO_TARGET_DIR", &target)
        .env("CARGO_MANIFEST_DIR", root.join("xtask"))
        .exec())
}

/// Whether compiling is going to take long, as far as that can be told.
fn is_long(program: &Path) -> bool {
    !program.exists()
}

/// The checkout: cargo names the folder of the package that it runs.
fn root() -> io::Result<PathBuf> {
    let package = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    let root = package
        .as_deref()
        .and_then(|package| package.ancestors().nth(2));
    root.map(Path::to_owned)
        .ok_or_else(|| io::Error::other("it is to be run by cargo"))
}

/// A checkout's own folder in one that several share. Its name has the checkout's, and a number for its path.
fn own_folder(shared: &Path, root: &Path) -> PathBuf {
    let name = root.file_name().unwrap_or_default().to_string_lossy();
    // FNV-1a, which is the same in all releases of the compiler.
    let hash = root
        .as_os_str()
        .as_encoded_bytes()
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3)
        });
    shared.join(format!("{name}-{hash:016x}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checkouts_that_share_a_folder_have_one_each() {
        let folder = |root: &str| own_folder(Path::new("/shared"), Path::new(root));
        assert_ne!(folder("/one/leasehold"), folder("/two/leasehold"));
        assert_eq!(folder("/one/leasehold"), folder("/one/leasehold"));
        let folder = folder("/one/leasehold");
        assert!(folder.starts_with("/shared"));
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        assert!(name.starts_with("leasehold-"), "{name}");
    }
}
