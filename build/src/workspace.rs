//! Where things are: the repository, cargo, the linker, the folders written to.

use anyhow::{Context, Result, ensure};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The repository and the tools of its toolchain.
#[derive(Clone, Debug)]
pub struct Workspace {
    root: PathBuf,
    target: PathBuf,
    out: PathBuf,
}

impl Workspace {
    /// The repository at `root`, with `target/` and `out/` in it.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        let root = root.into();
        let (target, out) = (root.join("target"), root.join("out"));
        Self { root, target, out }
    }

    /// The repository at `root`. Intermediate files go to the folder in `CARGO_TARGET_DIR`, which no other repository
    /// uses (`xtask/start` ensures this). Results go to the folder in `LEASEHOLD_OUT`. Both variables are optional.
    pub fn from_environment(root: impl Into<PathBuf>) -> Self {
        let mut workspace = Self::new(root);
        for (variable, folder) in [
            ("CARGO_TARGET_DIR", &mut workspace.target),
            ("LEASEHOLD_OUT", &mut workspace.out),
        ] {
            if let Some(path) = std::env::var_os(variable) {
                *folder = workspace.root.join(path);
            }
        }
        workspace
    }

    /// The repository.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Where cargo puts what it compiles.
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// Generated sources and intermediate files of one image.
    pub fn generated(&self, app: &str, board: &str) -> PathBuf {
        self.target.join("leasehold").join(app).join(board)
    }

    /// The results of one image.
    pub fn output(&self, app: &str, board: &str) -> PathBuf {
        self.out.join(app).join(board)
    }

    /// Locks out other builds while the returned file is open: they share cargo's results and, for the same image, the
    /// folder of generated sources.
    ///
    /// # Errors
    /// What the file system says.
    pub(crate) fn lock(&self) -> Result<File> {
        self.lock_for("build")
    }

    /// Locks out whoever else does work of this name, while the returned file is open.
    ///
    /// # Errors
    /// What the file system says.
    pub fn lock_for(&self, work: &str) -> Result<File> {
        let folder = self.target.join("leasehold");
        fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
        let path = folder.join(format!(".{work}.lock"));
        let file = File::create(&path).with_context(|| path.display().to_string())?;
        if file.try_lock().is_err() {
            eprintln!("waiting for another {work}");
            file.lock().with_context(|| path.display().to_string())?;
        }
        Ok(file)
    }

    /// Cargo, to be run in the repository.
    pub fn cargo(&self) -> Command {
        let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = Command::new(program);
        command.current_dir(&self.root);
        // The caller's flags are for the host, and would replace the flags given here.
        for variable in ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CARGO_BUILD_TARGET"] {
            command.env_remove(variable);
        }
        command
    }

    /// The linker that comes with the toolchain.
    ///
    /// # Errors
    /// When the toolchain has none.
    pub fn linker(&self) -> Result<PathBuf> {
        let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
        let ask = |arguments: &[&str]| -> Result<String> {
            let output = Command::new(&rustc)
                .current_dir(&self.root)
                .args(arguments)
                .output()
                .context("cannot run rustc: install Rust from https://rustup.rs")?;
            ensure!(
                output.status.success(),
                "rustc {} failed",
                arguments.join(" ")
            );
            Ok(String::from_utf8(output.stdout)?.trim().to_owned())
        };
        let sysroot = ask(&["--print", "sysroot"])?;
        let version = ask(&["-vV"])?;
        let host = version.lines().find_map(|line| line.strip_prefix("host: "));
        let host = host.context("rustc -vV names no host")?;
        let path = Path::new(&sysroot)
            .join("lib/rustlib")
            .join(host)
            .join("bin/rust-lld");
        ensure!(path.exists(), "the toolchain has no {}", path.display());
        Ok(path)
    }
}

/// Writes a file only if its content changes, so that what depends on it need not be built again.
///
/// # Errors
/// What the file system says, with the path.
pub(crate) fn write_if_changed(path: &Path, content: &str) -> Result<()> {
    if std::fs::read_to_string(path).is_ok_and(|present| present == content) {
        return Ok(());
    }
    let parent = path.parent().context("a file has a folder")?;
    std::fs::create_dir_all(parent).with_context(|| parent.display().to_string())?;
    std::fs::write(path, content).with_context(|| path.display().to_string())
}
