//! Finds the repository when this program runs, not when it is compiled: two checkouts that share cargo's target folder
//! may share this program as well.

use anyhow::{Context, Result};
use std::path::{Path, PathBuf};

/// The repository that this runs for: cargo names the folder of the package that it runs, and a
/// program that was started without cargo is in the repository, or in a folder of it.
///
/// # Errors
/// When neither is in a repository of this project.
pub(crate) fn find() -> Result<PathBuf> {
    let package = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    let here = std::env::current_dir().context("the current folder")?;
    search(package.as_deref())
        .or_else(|| search(Some(&here)))
        .with_context(|| format!("{} is not in a checkout of Leasehold", here.display()))
}

/// The folder itself, or the nearest around it, that is a repository of this project.
fn search(from: Option<&Path>) -> Option<PathBuf> {
    let is_root = |folder: &&Path| {
        folder.join("xtask/Cargo.toml").is_file() && folder.join("kernel/abi").is_dir()
    };
    from?.ancestors().find(is_root).map(Path::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn the_repository_is_found_from_within() {
        let root = std::env::temp_dir().join(format!("leasehold-root-{}", std::process::id()));
        let inner = root.join("one/xtask/start");
        fs::create_dir_all(&inner).unwrap();
        fs::create_dir_all(root.join("one/kernel/abi")).unwrap();
        assert_eq!(search(Some(&inner)), None);
        fs::write(root.join("one/xtask/Cargo.toml"), "").unwrap();
        assert_eq!(search(Some(&inner)), Some(root.join("one")));
        assert_eq!(search(Some(&root.join("one"))), Some(root.join("one")));
        assert_eq!(search(Some(&root)), None);
        assert_eq!(search(None), None);
        fs::remove_dir_all(&root).unwrap();
    }
}
