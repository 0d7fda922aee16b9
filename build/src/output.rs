//! The output folder: it is written under another name beside its place, and moved there at the end.

use anyhow::{Context, Result};
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// A folder that is not complete yet. If it is dropped before [`Output::commit`], it leaves nothing behind.
#[derive(Debug)]
pub(crate) struct Output {
    place: PathBuf,
    draft: PathBuf,
    committed: bool,
}

impl Output {
    /// A draft of the folder `place`.
    ///
    /// # Errors
    /// What the file system says.
    pub(crate) fn new(place: &Path) -> Result<Self> {
        let draft = beside(place, "new")?;
        fs::create_dir_all(&draft).with_context(|| draft.display().to_string())?;
        Ok(Self {
            place: place.to_owned(),
            draft,
            committed: false,
        })
    }

    /// Writes a file of the draft.
    ///
    /// # Errors
    /// What the file system says.
    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> Result<()> {
        let path = self.draft.join(name);
        let parent = path.parent().context("a file has a folder")?;
        fs::create_dir_all(parent).with_context(|| parent.display().to_string())?;
        fs::write(&path, content).with_context(|| path.display().to_string())
    }

    /// Copies a file into the draft.
    ///
    /// # Errors
    /// What the file system says.
    pub(crate) fn copy(&self, name: &str, from: &Path) -> Result<()> {
        self.write(
            name,
            fs::read(from).with_context(|| from.display().to_string())?,
        )
    }

    /// Puts the draft in its place and removes the old folder. If that has the same content it stays, because another
    /// process may be reading it: an emulator that boots the image, say.
    ///
    /// # Errors
    /// What the file system says. Then the old folder is still in its place.
    pub(crate) fn commit(mut self) -> Result<()> {
        let old = beside(&self.place, "old")?;
        let had_old = self.place.exists();
        if had_old && same(&self.place, &self.draft)? {
            return Ok(());
        }
        if had_old {
            fs::rename(&self.place, &old).with_context(|| self.place.display().to_string())?;
        }
        if let Err(error) = fs::rename(&self.draft, &self.place) {
            if had_old {
                fs::rename(&old, &self.place).with_context(|| self.place.display().to_string())?;
            }
            return Err(error).with_context(|| self.place.display().to_string());
        }
        self.committed = true;
        if had_old {
            fs::remove_dir_all(&old).with_context(|| old.display().to_string())?;
        }
        Ok(())
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        if !self.committed {
            // If the draft cannot be removed, nothing else can be done here.
            let _ = fs::remove_dir_all(&self.draft);
        }
    }
}

/// Whether two folders have the same files with the same content.
fn same(one: &Path, other: &Path) -> Result<bool> {
    let names = |folder: &Path| -> Result<BTreeSet<OsString>> {
        let entries = fs::read_dir(folder).with_context(|| folder.display().to_string())?;
        let names = entries.map(|entry| Ok(entry?.file_name()));
        names.collect::<io::Result<_>>().context("a folder's files")
    };
    let found = names(one)?;
    if found != names(other)? {
        return Ok(false);
    }
    for name in found {
        let [one, other] = [one, other].map(|folder| folder.join(&name));
        let equal = if one.is_dir() && other.is_dir() {
            same(&one, &other)?
        } else {
            one.is_file() && other.is_file() && fs::read(one)? == fs::read(other)?
        };
        if !equal {
            return Ok(false);
        }
    }
    Ok(true)
}

/// A name that only this process uses, in the same folder and so in the same file system.
fn beside(place: &Path, what: &str) -> Result<PathBuf> {
    let name = place
        .file_name()
        .context("an output folder has a name")?
        .to_string_lossy();
    Ok(place.with_file_name(format!(".{name}.{what}-{}", std::process::id())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::MetadataExt;

    fn folder(name: &str) -> PathBuf {
        let path = std::env::temp_dir().join(format!("leasehold-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        path
    }

    fn names(path: &Path) -> Vec<String> {
        let entries = fs::read_dir(path).unwrap();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_commit_replaces_the_whole_folder() {
        let root = folder("commit");
        let place = root.join("board");
        fs::create_dir_all(&place).unwrap();
        fs::write(place.join("stale"), "old").unwrap();
        let output = Output::new(&place).unwrap();
        output.write("tasks/one.elf", "new").unwrap();
        assert_eq!(names(&place), ["stale"]);
        output.commit().unwrap();
        assert_eq!(names(&place), ["tasks"]);
        assert_eq!(names(&root), ["board"]);
        fs::remove_dir_all(&root).unwrap();
    }

    #[test]
    fn a_commit_of_the_same_content_leaves_the_folder_to_its_readers() {
        let root = folder("same");
        let place = root.join("board");
        let build = |content: &str| {
            let output = Output::new(&place).unwrap();
            output.write("tasks/one.elf", content).unwrap();
            output.write("image.elf", "image").unwrap();
            output.commit().unwrap();
            assert_eq!(names(&root), ["board"]);
            fs::metadata(&place).unwrap().ino()
        };
        let first = build("one");
        assert_eq!(build("one"), first);
        let second = build("another");
        assert_ne!(second, first);
        assert_eq!(fs::read(place.join("tasks/one.elf")).unwrap(), b"another");
        fs::write(place.join("stale"), "old").unwrap();
        assert_ne!(build("another"), second);
        assert_eq!(names(&place), ["image.elf", "tasks"]);
        fs::remove_dir_all(&root).unwrap();
    }

    #[test]
    fn a_draft_that_is_dropped_leaves_nothing() {
        let root = folder("dropped");
        let place = root.join("board");
        let output = Output::new(&place).unwrap();
        output.write("image.elf", "half").unwrap();
        drop(output);
        assert_eq!(names(&root), Vec::<String>::new());
        fs::remove_dir_all(&root).unwrap();
    }
}
