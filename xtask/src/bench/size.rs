//! How much of the kernel is text and read-only data, for as long as tasks run.

use anyhow::{Context, Result};
use object::{Object, ObjectSection, SectionKind};
use std::path::Path;

/// The row that is no run-time measurement.
pub(super) const ROW: &str = "kernel-size";

/// The section of what runs at boot alone, where the kernel's stack takes its place afterwards.
const BOOT: &str = ".init";

/// Bytes of an ELF's sections that are in memory and not written.
pub(super) struct Constant {
    /// Instructions.
    pub(super) text: u64,
    /// Constants; the tables of the image's tasks and resources are among them.
    pub(super) data: u64,
    /// Of the section `.init`, which are in neither.
    pub(super) boot: u64,
}

/// Counts them.
///
/// # Errors
/// When the file cannot be read.
pub(super) fn constant_bytes(path: &Path) -> Result<Constant> {
    let bytes = std::fs::read(path).with_context(|| path.display().to_string())?;
    let file = object::File::parse(&*bytes).with_context(|| path.display().to_string())?;
    let mut constant = Constant {
        text: 0,
        data: 0,
        boot: 0,
    };
    for section in file.sections() {
        match section.kind() {
            SectionKind::Text if section.name() == Ok(BOOT) => constant.boot += section.size(),
            SectionKind::Text => constant.text += section.size(),
            SectionKind::ReadOnlyData
            | SectionKind::ReadOnlyString
            | SectionKind::ReadOnlyDataWithRel => constant.data += section.size(),
            _ => {}
        }
    }
    Ok(constant)
}
