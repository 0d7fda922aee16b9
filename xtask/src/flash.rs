//! `flash`: puts an image and what its board's loader wants onto a mounted boot partition.

use crate::build;
use crate::emulator::Emulators;
use crate::needs::{self, Work};
use anyhow::{Context, Result, bail, ensure};
use leasehold_build::Workspace;
use std::path::{Path, PathBuf};

/// What the loader reads, and where it looks for it.
const CONFIGURATION: (&str, &str) = ("extlinux.conf", "extlinux/extlinux.conf");
const IMAGE: &str = "image.bin";
const TREE: &str = "leasehold.dtb";
const FIRMWARE: &str = "fw_dynamic.bin";
/// The first bytes of a device tree (Devicetree Specification 0.4, section 5.2).
const TREE_MAGIC: [u8; 4] = [0xd0, 0x0d, 0xfe, 0xed];

/// What goes onto the partition beside the image.
#[derive(Debug)]
pub(crate) struct Files<'a> {
    /// The mounted partition.
    pub(crate) to: &'a Path,
    /// The board's device tree.
    pub(crate) tree: Option<&'a Path>,
    /// The board's OpenSBI.
    pub(crate) firmware: Option<&'a Path>,
}

/// Builds an app and puts it there.
///
/// # Errors
/// When it cannot be built, the board has no such loader, or a file is not what it should be. Then nothing was written.
pub(crate) fn run(workspace: &Workspace, app: &str, board: &str, files: &Files<'_>) -> Result<()> {
    let needs = needs::of(workspace, &[Work::Build], &[(app, board)])?;
    needs::ensure(workspace, &Emulators::default(), &needs)?;
    let built = build::image(workspace, app, board)?;
    let notes = put(&built.folder, files)
        .with_context(|| format!("{app} for {board} was not put onto {}", files.to.display()))?;
    println!("{app} for {board} is on {}", files.to.display());
    for note in notes {
        println!("  {note}");
    }
    println!(
        "  the next steps, none of them tried on hardware: {}",
        built.folder.join("boot.md").display()
    );
    Ok(())
}

/// Copies all files, after a look at each. Returns what is missing.
fn put(from: &Path, files: &Files<'_>) -> Result<Vec<String>> {
    let to = files.to;
    ensure!(to.is_dir(), "{} is no folder", to.display());
    let (configuration, place) = CONFIGURATION;
    ensure!(
        from.join(configuration).is_file(),
        "the board's loader takes no {configuration}: see CONTRIBUTING.md"
    );
    let mut copies: Vec<(PathBuf, &str)> =
        vec![(from.join(IMAGE), IMAGE), (from.join(configuration), place)];
    let mut notes = Vec::new();
    match files.tree {
        Some(tree) => {
            let bytes = std::fs::read(tree).with_context(|| tree.display().to_string())?;
            if !bytes.starts_with(&TREE_MAGIC) {
                bail!("{} is no device tree (*.dtb)", tree.display());
            }
            copies.push((tree.to_owned(), TREE));
        }
        None if !to.join(TREE).is_file() => {
            notes.push(format!(
                "no {TREE} is there: add the board's tree with --tree FILE, or it will not boot"
            ));
        }
        None => {}
    }
    match files.firmware {
        Some(firmware) => {
            ensure!(firmware.is_file(), "there is no {}", firmware.display());
            copies.push((firmware.to_owned(), FIRMWARE));
        }
        None if !to.join(FIRMWARE).is_file() => {
            notes.push(format!(
                "no {FIRMWARE} is there: the vendor's U-Boot wants it, with --firmware FILE; mainline's does not"
            ));
        }
        None => {}
    }
    for (source, name) in &copies {
        let target = to.join(name);
        if let Some(folder) = target.parent() {
            std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
        }
        std::fs::copy(source, &target)
            .with_context(|| format!("{} to {}", source.display(), target.display()))?;
    }
    Ok(notes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folders(name: &str) -> (PathBuf, PathBuf) {
        let root = std::env::temp_dir().join(format!("leasehold-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&root);
        let (from, to) = (root.join("from"), root.join("to"));
        for folder in [&from, &to] {
            std::fs::create_dir_all(folder).unwrap();
        }
        (from, to)
    }

    fn files(to: &Path) -> Files<'_> {
        Files {
            to,
            tree: None,
            firmware: None,
        }
    }

    #[test]
    fn a_partition_gets_what_the_loader_reads_and_keeps_the_rest() {
        let (from, to) = folders("flash");
        std::fs::write(from.join("image.bin"), "image").unwrap();
        std::fs::write(from.join("extlinux.conf"), "configuration").unwrap();
        std::fs::write(to.join("other"), "kept").unwrap();
        let notes = put(&from, &files(&to)).unwrap();
        assert_eq!(notes.len(), 2, "{notes:?}");
        assert!(notes[0].contains("leasehold.dtb") && notes[1].contains("fw_dynamic.bin"));
        let tree = from.join("board.dtb");
        std::fs::write(&tree, [0xd0, 0x0d, 0xfe, 0xed, 1]).unwrap();
        let all = Files {
            tree: Some(&tree),
            firmware: Some(&tree),
            ..files(&to)
        };
        assert_eq!(put(&from, &all).unwrap(), [""; 0]);
        for (name, length) in [
            ("image.bin", 5),
            ("extlinux/extlinux.conf", 13),
            ("leasehold.dtb", 5),
            ("fw_dynamic.bin", 5),
            ("other", 4),
        ] {
            assert_eq!(
                std::fs::read(to.join(name)).unwrap().len(),
                length,
                "{name}"
            );
        }
    }

    #[test]
    fn nothing_is_written_when_a_file_is_wrong() {
        let (from, to) = folders("flash-wrong");
        let no_loader = put(&from, &files(&to)).unwrap_err().to_string();
        assert!(no_loader.contains("takes no extlinux.conf"), "{no_loader}");
        std::fs::write(from.join("image.bin"), "image").unwrap();
        std::fs::write(from.join("extlinux.conf"), "configuration").unwrap();
        let image = from.join("image.bin");
        let wrong = Files {
            tree: Some(&image),
            ..files(&to)
        };
        let error = put(&from, &wrong).unwrap_err().to_string();
        assert!(error.contains("is no device tree"), "{error}");
        let nowhere = to.join("nowhere");
        let error = put(&from, &files(&nowhere)).unwrap_err().to_string();
        assert!(error.contains("is no folder"), "{error}");
        assert_eq!(std::fs::read_dir(&to).unwrap().count(), 0);
    }
}
