//! How much of the kernel is text and read-only data.

use anyhow::{Context, Result};
use object::{Object, ObjectSection, SectionKind};
use std::path::Path;

/// Bytes of an ELF's sections that are in memory and not written.
///
/// # Errors
/// When the file cannot be read.
pub(super) fn constant_bytes(path: &Path) -> Result<u64> {
    let bytes = std::fs::read(path).with_context(|| path.display().to_string())?;
    let file = object::File::parse(&*bytes).with_context(|| path.display().to_string())?;
    let constant = |section: &object::Section<'_, '_>| {
        matches!(
            section.kind(),
            SectionKind::Text
                | SectionKind::ReadOnlyData
                | SectionKind::ReadOnlyString
                | SectionKind::ReadOnlyDataWithRel
        )
    };
    Ok(file
        .sections()
        .filter(constant)
        .map(|section| section.size())
        .sum())
}
