//! Files to write, all or none of them.

use anyhow::{Context, Result, ensure};
use std::fs;
use std::path::{Path, PathBuf};

/// What is to be written below a folder.
#[derive(Debug)]
pub(super) struct Change<'r> {
    root: &'r Path,
    /// Folders that are not there yet.
    folders: Vec<PathBuf>,
    /// Each file with its new text.
    files: Vec<(PathBuf, String)>,
}

/// What was done, to be undone unless it is kept.
struct Undo<'c> {
    root: &'c Path,
    folders: &'c [PathBuf],
    /// Files that were there, with what they had.
    changed: Vec<(&'c Path, String)>,
    /// Files that were not.
    added: Vec<&'c Path>,
    kept: bool,
}

impl Drop for Undo<'_> {
    fn drop(&mut self) {
        if self.kept {
            return;
        }
        // As much as the file system lets be undone; the error that led here is what is told.
        for (file, before) in &self.changed {
            let _ = fs::write(self.root.join(file), before);
        }
        for file in &self.added {
            let _ = fs::remove_file(self.root.join(file));
        }
        for folder in self.folders {
            let _ = fs::remove_dir_all(self.root.join(folder));
        }
    }
}

impl<'r> Change<'r> {
    /// Nothing yet, below this folder.
    pub(super) const fn new(root: &'r Path) -> Self {
        Self {
            root,
            folders: Vec::new(),
            files: Vec::new(),
        }
    }

    /// A folder that must not be there.
    ///
    /// # Errors
    /// When it is.
    pub(super) fn folder(&mut self, path: impl Into<PathBuf>) -> Result<()> {
        let path = path.into();
        ensure!(
            !self.root.join(&path).exists(),
            "{} is there already; nothing was changed",
            path.display()
        );
        self.folders.push(path);
        Ok(())
    }

    /// A file, new or with another text.
    pub(super) fn file(&mut self, path: impl Into<PathBuf>, text: String) {
        self.files.push((path.into(), text));
    }

    /// Writes everything, then checks it. If anything fails, nothing has changed.
    ///
    /// # Errors
    /// What the file system says, or the check.
    pub(super) fn commit(&self, check: impl FnOnce() -> Result<()>) -> Result<()> {
        let mut undo = Undo {
            root: self.root,
            folders: &self.folders,
            changed: Vec::new(),
            added: Vec::new(),
            kept: false,
        };
        for (file, text) in &self.files {
            let path = self.root.join(file);
            let folder = path.parent().context("a file has a folder")?;
            fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
            match fs::read_to_string(&path) {
                Ok(before) => undo.changed.push((file, before)),
                Err(_) => undo.added.push(file),
            }
            fs::write(&path, text).with_context(|| path.display().to_string())?;
        }
        check().context("nothing was changed")?;
        undo.kept = true;
        Ok(())
    }

    /// The files, for a person.
    pub(super) fn list(&self) -> String {
        let line = |(file, _): &(PathBuf, String)| {
            let new = self.folders.iter().any(|folder| file.starts_with(folder));
            let verb = if new || !self.root.join(file).exists() {
                "new"
            } else {
                "changed"
            };
            format!("  {verb:<8} {}\n", file.display())
        };
        self.files.iter().map(line).collect()
    }
}
