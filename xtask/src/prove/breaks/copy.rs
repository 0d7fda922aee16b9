//! A copy of the workspace, in which one source at a time is another.

use super::table::Break;
use anyhow::{Context, Result};
use leasehold_build::Workspace;
use std::fs;
use std::path::{Path, PathBuf};

/// What is not copied: results, and the repository's history.
const LEFT_OUT: [&str; 3] = ["target", "out", ".git"];

/// The copy. What cargo makes of it stays there for the next time.
pub(super) struct Copy {
    workspace: Workspace,
}

/// A source that is broken until this is dropped.
pub(super) struct Broken {
    path: PathBuf,
    whole: String,
}

impl Copy {
    /// Makes it, or brings it up to date. What is the same is not written, so cargo need not compile it again.
    ///
    /// # Errors
    /// When a file cannot be read or written.
    pub(super) fn make(workspace: &Workspace) -> Result<Self> {
        let root = workspace.target().join("breaks");
        bring_up_to_date(workspace.root(), &root, workspace.target())?;
        Ok(Self {
            workspace: Workspace::new(root),
        })
    }

    /// It, as a workspace.
    pub(super) fn workspace(&self) -> &Workspace {
        &self.workspace
    }

    /// Breaks it.
    ///
    /// # Errors
    /// When the break has no place in the source, or that cannot be written.
    pub(super) fn with(&self, row: &Break) -> Result<Broken> {
        let path = self.workspace.root().join(&row.file);
        let whole = fs::read_to_string(&path).with_context(|| row.file.clone())?;
        fs::write(&path, row.applied_to(&whole)?).with_context(|| path.display().to_string())?;
        Ok(Broken { path, whole })
    }
}

impl Drop for Broken {
    fn drop(&mut self) {
        // If it cannot be written, the next `make` sees that it differs.
        let _ = fs::write(&self.path, &self.whole);
    }
}

/// Makes a folder as another is, but for what is left out.
fn bring_up_to_date(from: &Path, to: &Path, target: &Path) -> Result<()> {
    fs::create_dir_all(to).with_context(|| to.display().to_string())?;
    let names = |folder: &Path| -> Result<Vec<_>> {
        let entries = fs::read_dir(folder).with_context(|| folder.display().to_string())?;
        let names = entries.map(|entry| Ok(entry?.file_name()));
        let names: Result<Vec<_>> = names.collect();
        let is_copied =
            |name: &std::ffi::OsString| !LEFT_OUT.iter().any(|left_out| name == *left_out);
        Ok(names?.into_iter().filter(is_copied).collect())
    };
    let wanted = names(from)?;
    for name in names(to)?.iter().filter(|name| !wanted.contains(name)) {
        let path = to.join(name);
        let removed = if path.is_dir() {
            fs::remove_dir_all(&path)
        } else {
            fs::remove_file(&path)
        };
        removed.with_context(|| path.display().to_string())?;
    }
    for name in &wanted {
        let (source, copy) = (from.join(name), to.join(name));
        if source == target {
            continue;
        }
        if source.is_dir() {
            bring_up_to_date(&source, &copy, target)?;
            continue;
        }
        let bytes = fs::read(&source).with_context(|| source.display().to_string())?;
        if fs::read(&copy).is_ok_and(|old| old == bytes) {
            continue;
        }
        fs::write(&copy, bytes).with_context(|| copy.display().to_string())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_the_same_is_not_written_and_what_is_gone_goes() {
        let root = std::env::temp_dir().join(format!("leasehold-breaks-{}", std::process::id()));
        let (from, to) = (root.join("from"), root.join("to"));
        for folder in ["a", "target"] {
            fs::create_dir_all(from.join(folder)).unwrap();
            fs::write(from.join(folder).join("one"), "1").unwrap();
        }
        fs::create_dir_all(to.join("old")).unwrap();
        fs::create_dir_all(to.join("target/kept")).unwrap();
        bring_up_to_date(&from, &to, &from.join("target")).unwrap();
        let copied = to.join("a/one");
        assert_eq!(fs::read_to_string(&copied).unwrap(), "1");
        assert!(!to.join("old").exists() && !to.join("target/one").exists());
        assert!(to.join("target/kept").exists());
        let written = || fs::metadata(&copied).unwrap().modified().unwrap();
        let before = written();
        bring_up_to_date(&from, &to, &from.join("target")).unwrap();
        assert_eq!(written(), before);
        fs::write(from.join("a/one"), "2").unwrap();
        bring_up_to_date(&from, &to, &from.join("target")).unwrap();
        assert_eq!(fs::read_to_string(&copied).unwrap(), "2");
        fs::remove_dir_all(root).unwrap();
    }
}
