//! A copy of the workspace in which one package's sources are others.

use super::trial::OUT_OF_TIME;
use anyhow::{Context, Result, ensure};
use leasehold_build::Workspace;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Sources by their paths from the repository's root.
pub(super) type Sources = BTreeMap<String, String>;

/// A package, and its folder from the repository's root.
#[derive(Clone, Copy, Debug)]
pub(super) struct Package {
    /// Its name.
    pub(super) name: &'static str,
    /// The folder.
    pub(super) folder: &'static str,
}

/// The copy: links to all but the package's sources.
pub(super) struct Tree {
    package: Package,
    root: PathBuf,
    target: PathBuf,
}

/// How a program is compiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Optimised {
    /// As the workspace says.
    AsEver,
    /// So that the compiler is soon done.
    Not,
}

/// What a build came to.
pub(super) enum Built {
    /// The program with the tests.
    Program(PathBuf),
    /// What the compiler said.
    Errors(Vec<CompilerError>),
    /// Nothing: the compiler did not come to an end. It evaluates constants, and some changes are a loop.
    Nothing,
}

/// One error of the compiler's.
pub(super) struct CompilerError {
    /// The source, from the root.
    pub(super) file: String,
    /// Where in it.
    pub(super) byte: usize,
    /// The function that a constant calls, if the error is that it is not `const`.
    pub(super) not_constant: Option<String>,
    /// All of it.
    pub(super) text: String,
}

impl Tree {
    /// Makes the copy, without sources of the package.
    ///
    /// # Errors
    /// When a file cannot be written or linked.
    pub(super) fn plant(workspace: &Workspace, package: Package) -> Result<Self> {
        let target = workspace.target().join("mutants");
        let root = target.join("tree");
        if root.exists() {
            std::fs::remove_dir_all(&root).context("an old copy")?;
        }
        let from = workspace.root().canonicalize().context("the repository")?;
        let tree = Self {
            package,
            root,
            target: target.join("build"),
        };
        tree.link(&from, Path::new(""), &Path::new(package.folder).join("src"))?;
        Ok(tree)
    }

    /// Links what is in a folder of the repository, and goes down to the one that is left out.
    fn link(&self, from: &Path, folder: &Path, left_out: &Path) -> Result<()> {
        std::fs::create_dir_all(self.root.join(folder)).context("a copy's folder")?;
        for entry in std::fs::read_dir(from.join(folder)).context("the repository")? {
            let name = entry?.file_name();
            let path = folder.join(&name);
            // The copy's own place is not copied, nor the repository's history.
            if path == left_out || folder == Path::new("") && (name == "target" || name == ".git") {
                continue;
            }
            if left_out.starts_with(&path) {
                self.link(from, &path, left_out)?;
            } else {
                std::os::unix::fs::symlink(from.join(&path), self.root.join(&path))
                    .with_context(|| format!("a link to {}", path.display()))?;
            }
        }
        Ok(())
    }

    /// The path of the package's `lib.rs`, as of a source.
    pub(super) fn library(&self) -> String {
        format!("{}/src/lib.rs", self.package.folder)
    }

    /// Builds the tests with these sources.
    ///
    /// # Errors
    /// When a source cannot be written; when cargo cannot be run, or fails without an error of the compiler's.
    pub(super) fn build(&self, sources: &Sources, optimised: Optimised) -> Result<Built> {
        for (file, text) in sources {
            self.write(file, text)?;
        }
        self.build_what_is_written(optimised)
    }

    /// Writes a source, if it is another than before.
    fn write(&self, file: &str, text: &str) -> Result<()> {
        let path = self.root.join(file);
        if std::fs::read_to_string(&path).is_ok_and(|before| before == text) {
            return Ok(());
        }
        let folder = path.parent().context("a source has a folder")?;
        std::fs::create_dir_all(folder).context("a copy's folder")?;
        std::fs::write(&path, text).with_context(|| path.display().to_string())
    }

    fn build_what_is_written(&self, optimised: Optimised) -> Result<Built> {
        let package = self.package.name;
        // Seconds of processor time that the compiler may take: several times what it takes.
        let time = match optimised {
            Optimised::AsEver => 240,
            Optimised::Not => 40,
        };
        let mut command = Command::new("sh");
        let limit = format!("ulimit -t {time}; exec cargo \"$@\"");
        command.args(["-c", &limit, "cargo"]);
        if optimised == Optimised::Not {
            let level = format!("profile.dev.package.{package}.opt-level=0");
            command.args(["--config", &level, "--config", "profile.dev.debug=0"]);
        }
        let output = command
            .current_dir(&self.root)
            .args(["test", "--lib", "--no-run", "--message-format=json"])
            .args(["--package", package])
            .env("CARGO_TARGET_DIR", &self.target)
            // The compiler's warnings are for what people write.
            .env("RUSTFLAGS", "--cap-lints allow")
            .output()
            .context("cannot run cargo")?;
        let mut errors = Vec::new();
        let mut program = None;
        for line in String::from_utf8_lossy(&output.stdout).lines() {
            let Ok(message) = serde_json::from_str::<Value>(line) else {
                continue;
            };
            if let Some(path) = message["executable"].as_str() {
                program = Some(PathBuf::from(path));
            }
            errors.extend(compiler_error(&message["message"]));
        }
        match program {
            Some(program) if output.status.success() => Ok(Built::Program(program)),
            _ if !errors.is_empty() => Ok(Built::Errors(errors)),
            _ => {
                let said = String::from_utf8_lossy(&output.stderr);
                ensure!(is_out_of_time(&said), "cargo: {said}");
                Ok(Built::Nothing)
            }
        }
    }
}

/// An error with a place, out of a message.
fn compiler_error(message: &Value) -> Option<CompilerError> {
    if message["level"].as_str()? != "error" {
        return None;
    }
    let spans = message["spans"].as_array()?;
    let primary = spans.iter().find(|span| span["is_primary"] == true)?;
    Some(CompilerError {
        file: primary["file_name"].as_str()?.to_owned(),
        byte: usize::try_from(primary["byte_start"].as_u64()?).ok()?,
        not_constant: (message["code"]["code"] == "E0015")
            .then(|| called(message["message"].as_str()?))
            .flatten(),
        text: message["rendered"].as_str()?.to_owned(),
    })
}

/// The name of the function in a message such as "cannot call non-const associated function `Range::base` in statics".
fn called(message: &str) -> Option<String> {
    let path = message.split('`').nth(1)?;
    // A path may have arguments in it, and at its end.
    let mut name = "";
    let mut depth = 0_usize;
    let mut start = 0;
    for (at, sign) in path.char_indices().chain([(path.len(), ':')]) {
        match sign {
            '<' => depth += 1,
            '>' => depth = depth.saturating_sub(1),
            ':' if depth == 0 => {
                let part = &path[start..at];
                if part.starts_with(|sign: char| sign.is_alphabetic() || sign == '_') {
                    name = part;
                }
                start = at + 1;
            }
            _ => {}
        }
    }
    Some(name.split('<').next().unwrap_or(name).to_owned()).filter(|name| !name.is_empty())
}

/// Whether cargo says that a compiler was ended by a signal of [`OUT_OF_TIME`].
fn is_out_of_time(said: &str) -> bool {
    OUT_OF_TIME
        .iter()
        .any(|signal| said.contains(&format!("signal: {signal}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_function_that_a_constant_calls_is_read_off_the_message() {
        let of = |path: &str| {
            called(&format!(
                "cannot call non-const function `{path}` in constants"
            ))
        };
        let name = Some("name".to_owned());
        assert_eq!(of("name"), name);
        assert_eq!(of("config::Range::name"), name);
        assert_eq!(of("Table::<Vec<u8>, 3>::name"), name);
        assert_eq!(of("table::Leases::<L, G>::name::<[u8; 4]>"), name);
        assert_eq!(of("<Range as std::ops::Deref>::name"), name);
        assert_eq!(called("no function"), None);
    }

    /// As cargo says it: by the text of an [`std::process::ExitStatus`].
    #[test]
    fn a_compiler_that_used_up_its_time_is_told_from_one_that_failed() {
        let said = |script: &str| {
            let status = Command::new("sh").args(["-c", script]).status();
            format!(
                "process didn't exit successfully: `rustc` ({})",
                status.expect("a shell")
            )
        };
        assert!(is_out_of_time(&said("ulimit -t 1; while :; do :; done")));
        assert!(!is_out_of_time(&said("exit 101")));
        assert!(!is_out_of_time(&said("kill -ABRT $$")));
    }
}
