//! Which emulators are used: those of this machine, or those in a folder that was named.

use crate::tools;
use anyhow::{Context, Result, bail};
use leasehold_build::manifest::Qemu;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The value of `-bios` that is a file beside the emulator.
const DEFAULT_FIRMWARE: &str = "default";
/// The oldest emulator that the boards are known to run on.
const OLDEST: u32 = 7;

/// Where emulators are looked for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Emulators {
    /// In this folder; in `PATH` where there is none.
    folder: Option<PathBuf>,
}

/// An emulator that is there and new enough.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Emulator {
    /// The program.
    pub(crate) program: PathBuf,
    /// Its folder of firmware, if it would look in another one by default.
    pub(crate) data: Option<PathBuf>,
    /// Its folder of modules, if it would look in another one by default.
    pub(crate) modules: Option<PathBuf>,
    /// Its firmware, if that was asked for.
    pub(crate) firmware: Option<PathBuf>,
    /// Its release, such as `7.2.22`.
    pub(crate) release: String,
}

impl std::fmt::Display for Emulator {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            formatter,
            "QEMU {} ({})",
            self.release,
            self.program.display()
        )
    }
}

impl Emulators {
    /// Those in a folder, or in `PATH`.
    ///
    /// # Errors
    /// When there is no such folder.
    pub(crate) fn new(folder: Option<&Path>) -> Result<Self> {
        let absolute = |folder: &Path| {
            std::fs::canonicalize(folder)
                .with_context(|| format!("no folder of emulators: {}", folder.display()))
        };
        let folder = folder.map(absolute).transpose()?;
        Ok(Self { folder })
    }

    /// The folder that was named.
    pub(crate) fn folder(&self) -> Option<&Path> {
        self.folder.as_deref()
    }

    /// Whether they are the installed ones, which the package manager can bring in.
    pub(crate) fn are_installed(&self) -> bool {
        self.folder.is_none()
    }

    /// The emulator of this name, with its firmware if that is needed.
    ///
    /// # Errors
    /// When it is not there, has no firmware, or is too old: what is wrong.
    pub(crate) fn find(&self, name: &str, with_firmware: bool) -> Result<Emulator> {
        let program = match &self.folder {
            None => tools::find(name).with_context(|| format!("{name} is missing"))?,
            Some(folder) => Some(folder.join(name))
                .filter(|path| path.is_file())
                .with_context(|| format!("no {name} in {}", folder.display()))?,
        };
        let text = output(&program, &["--version"])?;
        let release = match release(&text) {
            Some((major, release)) if major >= OLDEST => release.to_owned(),
            _ => bail!(
                "{} is too old ({}), it must be {OLDEST}.0 or newer",
                program.display(),
                text.lines().next().unwrap_or("no version").trim()
            ),
        };
        // Debian's emulators look for their files at fixed places, even when they lie elsewhere.
        let prefix = self.folder.as_ref().and_then(|folder| folder.parent());
        let data = prefix.map(|prefix| prefix.join("share/qemu"));
        let data = data.filter(|folder| folder.is_dir());
        let modules = prefix.and_then(|prefix| modules(&prefix.join("lib")));
        let mut firmware = None;
        if with_firmware {
            let file = firmware_of(name);
            let folders = match &data {
                Some(folder) => vec![folder.clone()],
                None => output(&program, &["-L", "help"])?
                    .lines()
                    .map(PathBuf::from)
                    .collect(),
            };
            let mut files = folders.iter().map(|folder| folder.join(&file));
            firmware = files.find(|path| path.exists());
            if firmware.is_none() {
                let folders: Vec<_> = folders.iter().map(|path| path.display()).collect();
                bail!("{name} has no firmware: no {file} in {folders:?}");
            }
        }
        Ok(Emulator {
            program,
            data,
            modules,
            firmware,
            release,
        })
    }
}

/// The folder of an emulator's modules in one of libraries: Debian has a folder for each architecture there.
fn modules(libraries: &Path) -> Option<PathBuf> {
    let entries = |folder: &Path| std::fs::read_dir(folder).into_iter().flatten().flatten();
    let has_modules = |folder: &PathBuf| {
        let names = entries(folder).map(|entry| entry.path());
        names
            .into_iter()
            .any(|path| path.extension() == Some("so".as_ref()))
    };
    let inner = entries(libraries).map(|entry| entry.path().join("qemu"));
    std::iter::once(libraries.join("qemu"))
        .chain(inner)
        .find(has_modules)
}

/// What a program prints.
fn output(program: &Path, arguments: &[&str]) -> Result<String> {
    let output = Command::new(program)
        .args(arguments)
        .output()
        .with_context(|| format!("cannot run {}", program.display()))?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Whether a chip starts with the firmware that comes with the emulator.
pub(crate) fn has_firmware(qemu: &Qemu) -> bool {
    qemu.bios.as_deref() == Some(DEFAULT_FIRMWARE)
}

/// The file that `-bios default` means to an emulator.
fn firmware_of(name: &str) -> String {
    let machine = name.strip_prefix("qemu-system-").unwrap_or(name);
    format!("opensbi-{machine}-generic-fw_dynamic.bin")
}

/// The major number and the whole release in what `--version` prints.
fn release(text: &str) -> Option<(u32, &str)> {
    let release = text.split_once("version ")?.1.split_whitespace().next()?;
    Some((release.split('.').next()?.parse().ok()?, release))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn the_release_is_read_from_what_distributions_print() {
        let text = "QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7+deb12u18)\nCopyright";
        assert_eq!(release(text), Some((7, "7.2.22")));
        assert_eq!(
            release("QEMU emulator version 10.0.2\n"),
            Some((10, "10.0.2"))
        );
        assert_eq!(
            release("QEMU emulator version 6.2.0 (Debian)"),
            Some((6, "6.2.0"))
        );
        assert_eq!(release("something else"), None);
    }

    const NAME: &str = "qemu-system-riscv64";

    /// Emulators in `folder/usr/bin` that print this version.
    fn installed(name: &str, version: &str) -> (PathBuf, Emulators) {
        let root = std::env::temp_dir().join(format!("leasehold-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&root);
        let folder = root.join("usr/bin");
        fs::create_dir_all(&folder).unwrap();
        let program = folder.join(NAME);
        let script = format!("#!/bin/sh\necho 'QEMU emulator version {version} (test)'\n");
        fs::write(&program, script).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        (root, Emulators::new(Some(&folder)).unwrap())
    }

    #[test]
    fn an_emulator_by_path_has_the_firmware_beside_it() {
        let (root, emulators) = installed("beside", "10.0.2");
        let data = root.join("usr/share/qemu");
        fs::create_dir_all(&data).unwrap();
        let error = emulators.find(NAME, true).unwrap_err().to_string();
        assert!(error.contains("has no firmware"), "{error}");
        fs::write(data.join("opensbi-riscv64-generic-fw_dynamic.bin"), "it").unwrap();
        let found = emulators.find(NAME, true).unwrap();
        assert_eq!(found.release, "10.0.2");
        assert_eq!(found.data, Some(fs::canonicalize(&data).unwrap()));
        assert_eq!(found.modules, None);
        let modules = root.join("usr/lib/some-linux-gnu/qemu");
        fs::create_dir_all(&modules).unwrap();
        fs::write(modules.join("hw-display.so"), "it").unwrap();
        let found = emulators.find(NAME, true).unwrap();
        assert_eq!(found.modules, Some(fs::canonicalize(&modules).unwrap()));
        fs::remove_dir_all(&root).unwrap();
    }

    #[test]
    fn an_emulator_by_path_is_not_sought_elsewhere() {
        let (root, emulators) = installed("old", "6.2.0");
        let error = emulators.find(NAME, false).unwrap_err().to_string();
        assert!(
            error.contains("is too old (QEMU emulator version 6.2.0"),
            "{error}"
        );
        fs::remove_file(root.join("usr/bin/qemu-system-riscv64")).unwrap();
        let error = emulators.find(NAME, false).unwrap_err().to_string();
        assert!(error.starts_with("no qemu-system-riscv64 in"), "{error}");
        fs::remove_dir_all(&root).unwrap();
        let gone = Emulators::new(Some(&root)).unwrap_err().to_string();
        assert!(gone.starts_with("no folder of emulators"), "{gone}");
    }
}
