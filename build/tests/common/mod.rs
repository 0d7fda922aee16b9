//! A small repository in a temporary folder: one chip, three packages, one manifest.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// A manifest without fault.
pub(crate) const MANIFEST: &str = include_str!("manifest.toml");
/// A chip file without fault.
pub(crate) const CHIP: &str = include_str!("chip.toml");

/// The folder; it goes when this is dropped.
pub(crate) struct Repository(PathBuf);

impl Repository {
    /// One with this manifest and this chip file.
    pub(crate) fn new(manifest: &str, chip: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("leasehold-build-{}-{count}", std::process::id());
        let repository = Self(std::env::temp_dir().join(name));
        repository.write("app/demo/board.toml", manifest);
        repository.write("chips/small/chip.toml", chip);
        for package in ["supervisor", "console", "edu"] {
            let settings = match package {
                "edu" => {
                    "[package.metadata.settings]\nbaud = { type = \"u32\", least = 300 }\nwidth = { type = \"u8\" }\necho = { type = \"bool\" }\nparity = { type = \"text\", choices = [\"none\", \"even\"] }\naddress = { type = \"u8\", list = true, shortest = 6, longest = 6 }\n"
                }
                _ => "",
            };
            let text = format!("[package]\nname = \"{package}\"\n{settings}");
            repository.write(&format!("drivers/{package}/Cargo.toml"), &text);
            repository.write(&format!("drivers/{package}/src/main.rs"), "");
        }
        let library = "[package]\nname = \"library\"\n";
        repository.write("drivers/library/Cargo.toml", library);
        repository.write("drivers/library/src/lib.rs", "");
        repository
    }

    /// Writes a file.
    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.0.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// The folder.
    pub(crate) fn root(&self) -> &Path {
        &self.0
    }
}

impl Drop for Repository {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).unwrap();
    }
}

/// `text` with one piece replaced, which must be there exactly once.
pub(crate) fn replace(text: &str, from: &str, to: &str) -> String {
    assert_eq!(
        text.matches(from).count(),
        1,
        "`{from}` is not once in the fixture"
    );
    text.replacen(from, to, 1)
}
