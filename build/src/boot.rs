//! What a loader on a board wants besides the image: the size in the image's header, and files that lie beside it.

use anyhow::{Context, Result};
use std::path::Path;

/// The header that `booti` looks at (Linux Documentation/arch/riscv/boot-image-header.rst): where the size of the image
/// in memory is, and the two magic numbers.
const SIZE: std::ops::Range<usize> = 0x10..0x18;
const MAGIC: (usize, &[u8]) = (0x30, b"RISCV\0\0\0");
const MAGIC_2: (usize, &[u8]) = (0x38, b"RSC\x05");

/// A flat image, with its size in memory in its header if it has one.
pub(crate) fn complete(mut flat: Vec<u8>, size: u64) -> Vec<u8> {
    let has = |(at, magic): (usize, &[u8])| flat.get(at..at + magic.len()) == Some(magic);
    if has(MAGIC) && has(MAGIC_2) {
        flat[SIZE].copy_from_slice(&size.to_le_bytes());
    }
    flat
}

/// The files in the folder `boot` of a chip, by their names.
///
/// # Errors
/// When one cannot be read.
pub(crate) fn files(root: &Path, chip: &str) -> Result<Vec<(String, Vec<u8>)>> {
    let folder = root.join("chips").join(chip).join("boot");
    let Ok(entries) = std::fs::read_dir(&folder) else {
        return Ok(Vec::new());
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.with_context(|| folder.display().to_string())?.path();
        let name = path.file_name().unwrap_or_default();
        let bytes = std::fs::read(&path).with_context(|| path.display().to_string())?;
        files.push((name.to_string_lossy().into_owned(), bytes));
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_header_gets_the_size() {
        let mut flat = vec![0; 0x100];
        assert_eq!(complete(flat.clone(), 77), flat);
        flat[0x30..0x38].copy_from_slice(b"RISCV\0\0\0");
        assert_eq!(complete(flat.clone(), 77), flat, "one magic number alone");
        flat[0x38..0x3c].copy_from_slice(b"RSC\x05");
        let complete = complete(flat.clone(), 0x12_3456);
        assert_eq!(&complete[0x10..0x18], &[0x56, 0x34, 0x12, 0, 0, 0, 0, 0]);
        assert_eq!(complete[0x18..], flat[0x18..]);
        assert_eq!(complete[..0x10], flat[..0x10]);
        assert_eq!(super::complete(vec![1, 2], 9), [1, 2]);
    }
}
